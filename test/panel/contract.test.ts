import { test } from "uvu";
import { systemClock } from "../../device/clock.ts";
import { panelOptions } from "../../device/panel/options.ts";
import { createPanel } from "../../device/panel/panel.ts";
import { panelContract } from "../contract/panel.ts";
import { askPerson, personMs } from "../contract/person.ts";
import { createFirmataBoard } from "../emulators/firmata-board.ts";
import { createFakePanel } from "../fakes/panel.ts";

panelContract("fake", () => {
  const panel = createFakePanel(["card"], ["lamp"]);
  return {
    panel,
    press: () => panel.press("card"),
    release: () => panel.release("card"),
    lit: () => panel.led("lamp") !== "off",
    unplug: panel.unplug,
    plug: panel.plug,
    errors: () => [],
    stop: () => {},
  };
});

for (const [wiring, lamp] of [
  ["plain pins of one port", 4],
  ["an LED that can be dimmed", 9],
] as const) {
  panelContract(`Firmata board, ${wiring}`, () => {
    const board = createFirmataBoard();
    const options = panelOptions.parse({
      path: board.path,
      buttons: [{ name: "card", pin: 2 }],
      leds: [{ name: "lamp", pin: lamp }],
    });
    return {
      panel: createPanel(options, systemClock()),
      press: () => board.press(2),
      release: () => board.release(2),
      lit: () => board.led(lamp),
      unplug: board.unplug,
      plug: board.plug,
      errors: () => board.errors,
      stop: board.stop,
    };
  });
}

const real = process.env.WARTEMARKE_HIL_PANEL;
if (real !== undefined) {
  panelContract("real panel", () => ({
    panel: createPanel(panelOptions.parse(JSON.parse(real)), systemClock()),
    press: () => askPerson("press and hold button 'card'"),
    release: () => askPerson("let button 'card' go"),
    lit: undefined,
    unplug: () => askPerson("unplug the panel"),
    plug: () => askPerson("plug the panel in"),
    errors: () => [],
    stop: () => askPerson("make sure that the panel is plugged in and no button is down"),
    patienceMs: personMs,
  }));
}

test.run();
