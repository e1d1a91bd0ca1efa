import type { ButtonEvent, LedMode, Panel, StatusEvent } from "../../device/ports.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";

/** A panel in memory, with its far end: fingers on the buttons, eyes on the LEDs, a hand on the cable. */
export interface FakePanel extends Panel {
  press(button: string): void;
  release(button: string): void;
  led(led: string): LedMode;
  unplug(): void;
  plug(): void;
}

export function createFakePanel(buttons: string[], leds: string[]): FakePanel {
  const modes = new Map<string, LedMode>(leds.map((led) => [led, "off"]));
  const pressed = new Set<string>();
  let on: ((event: ButtonEvent | StatusEvent) => void) | undefined;
  let plugged = true;
  let told: PeripheralStatus | undefined;

  const report = () => {
    const status: PeripheralStatus = plugged
      ? { state: "ready", detail: "fake" }
      : { state: "offline", detail: "unplugged" };
    if (!on || told?.state === status.state) return;
    told = status;
    on({ type: "status", status });
  };
  const act = (button: string, action: "press" | "release") => {
    if (!buttons.includes(button)) throw new Error(`no button ${button}`);
    if (!plugged || pressed.has(button) === (action === "press")) return;
    if (action === "press") pressed.add(button);
    else pressed.delete(button);
    on?.({ type: "button", button, action });
  };

  return {
    start(listener) {
      on = listener;
      told = undefined;
      queueMicrotask(report);
    },
    async stop() {
      on = undefined;
    },
    setLed(led, mode) {
      if (modes.has(led)) modes.set(led, mode);
    },
    press: (button) => act(button, "press"),
    release: (button) => act(button, "release"),
    led(led) {
      const mode = modes.get(led);
      if (!mode) throw new Error(`no LED ${led}`);
      return plugged ? mode : "off";
    },
    unplug() {
      for (const button of [...pressed]) act(button, "release");
      plugged = false;
      report();
    },
    plug() {
      plugged = true;
      report();
    },
  };
}
