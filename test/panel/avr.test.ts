import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { panelOptions } from "../../device/panel/options.ts";
import { createPanel } from "../../device/panel/panel.ts";
import type { ButtonEvent, StatusEvent } from "../../device/ports.ts";
import { actions, states } from "../contract/panel.ts";
import { createFirmataAvr } from "../emulators/firmata-avr.ts";
import { until } from "../until.ts";

/** The emulated board runs as fast as the real one at best; a busy machine makes it slower, in milliseconds. */
const patienceMs = 30_000;

test("real StandardFirmata: press, hold, LED beside a held button, restart, unplug and replug", async () => {
  const board = await createFirmataAvr();
  // Button and LED of each pair share a port of the chip.
  const options = panelOptions.parse({
    path: board.path,
    buttons: [
      { name: "card", pin: 2 },
      { name: "passport", pin: 8 },
    ],
    leds: [
      { name: "lamp", pin: 4 },
      { name: "dimmable", pin: 9 },
    ],
  });
  const panel = createPanel(options, systemClock());
  const events: (ButtonEvent | StatusEvent)[] = [];
  const ready = () => until("ready", () => states(events).at(-1) === "ready", patienceMs);
  const gets = (what: string[]) =>
    until(what.join(), () => actions(events).join() === what.join(), patienceMs).then(() => events.splice(0));
  try {
    panel.start((event) => events.push(event));
    await ready();
    events.splice(0);

    board.press(2);
    await gets(["press"]);
    panel.setLed("lamp", "on");
    panel.setLed("dimmable", "on");
    await until("lamps lit", () => board.led(4) && board.led(9), patienceMs);
    board.release(2);
    await gets(["release"]);
    panel.setLed("lamp", "off");
    panel.setLed("dimmable", "off");
    await until("lamps dark", () => !board.led(4) && !board.led(9), patienceMs);
    board.press(8);
    await gets(["press"]);
    board.release(8);
    await gets(["release"]);

    panel.setLed("lamp", "on");
    await until("lamp lit", () => board.led(4), patienceMs);
    board.reset();
    await until("restart noticed", () => states(events).includes("offline"), patienceMs);
    await ready();
    await until("lamp lit again", () => board.led(4), patienceMs);
    events.splice(0);
    board.press(2);
    await gets(["press"]);
    board.release(2);
    await gets(["release"]);

    board.unplug();
    await until("offline", () => states(events).at(-1) === "offline", patienceMs);
    board.plug();
    await ready();
    events.splice(0);
    board.press(8);
    await gets(["press"]);
    assert.equal(states(events), []);
  } finally {
    await panel.stop();
    await board.stop();
  }
});

test.run();
