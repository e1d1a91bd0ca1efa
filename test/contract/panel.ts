import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ButtonEvent, Panel, StatusEvent } from "../../device/ports.ts";
import { until as untilWithin } from "../until.ts";

/** A panel under test with button `card` and LED `lamp`, and its far end. Whoever has no far end (real hardware) says so. */
export interface PanelRig {
  panel: Panel;
  press(): void;
  release(): void;
  /** Whether the LED is lit right now; undefined where only a person could tell. */
  lit: (() => boolean) | undefined;
  unplug(): void;
  plug(): void;
  /** What the far end found wrong with the driver. */
  errors(): string[];
  stop(): Promise<void> | void;
  /** How long the far end may take, in milliseconds: a person is slower than an emulator. */
  patienceMs?: number;
}

type Event = ButtonEvent | StatusEvent;

/** What every panel must do, whatever it is made of (device/ports.ts). */
export function panelContract(name: string, createRig: () => PanelRig): void {
  const check = (what: string, run: (rig: PanelRig, events: Event[]) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const rig = createRig();
      const events: Event[] = [];
      patienceMs = rig.patienceMs ?? patienceMs;
      try {
        await run(rig, events);
        assert.equal(rig.errors(), []);
      } finally {
        await rig.panel.stop();
        await rig.stop();
      }
    });
  let patienceMs = 10_000;
  const until = <T>(what: string, probe: () => T) => untilWithin(what, probe, patienceMs);
  const start = async ({ panel }: PanelRig, events: Event[]) => {
    panel.start((event) => events.push(event));
    await until("ready", () => states(events).at(-1) === "ready");
  };

  check("a held button sends one press and one release", async (rig, events) => {
    await start(rig, events);
    for (let round = 0; round < 3; round++) {
      rig.press();
      await until("press", () => actions(events).length === round * 2 + 1);
      rig.release();
      await until("release", () => actions(events).length === round * 2 + 2);
    }
    assert.equal(actions(events), ["press", "release", "press", "release", "press", "release"]);
    assert.is(events.filter((event) => event.type === "button" && event.button === "card").length, 6);
  });

  check("an LED is lit, dark and blinking as told; unknown ones are nobody's business", async (rig, events) => {
    await start(rig, events);
    rig.panel.setLed("no-such-led", "on");
    rig.panel.setLed("lamp", "on");
    await until("lit", () => rig.lit?.() ?? true);
    rig.panel.setLed("lamp", "off");
    await until("dark", () => !(rig.lit?.() ?? false));
  });

  check("it may be missing at start, and modes set meanwhile hold when it comes", async (rig, events) => {
    rig.unplug();
    rig.panel.start((event) => events.push(event));
    rig.panel.setLed("lamp", "on");
    await until("offline", () => states(events).at(-1) === "offline");
    rig.plug();
    await until("ready", () => states(events).at(-1) === "ready");
    await until("lit", () => rig.lit?.() ?? true);
  });

  check("it vanishes and comes back, its LEDs as they were, its buttons alive", async (rig, events) => {
    await start(rig, events);
    rig.panel.setLed("lamp", "on");
    await until("lit", () => rig.lit?.() ?? true);
    for (let round = 0; round < 2; round++) {
      rig.unplug();
      await until("offline", () => states(events).at(-1) === "offline");
      rig.plug();
      await until("ready", () => states(events).at(-1) === "ready");
      await until("lit again", () => rig.lit?.() ?? true);
    }
    rig.press();
    await until("press", () => actions(events).at(-1) === "press");
    rig.release();
    await until("release", () => actions(events).at(-1) === "release");
  });

  check("a button that is down when the panel vanishes is released", async (rig, events) => {
    await start(rig, events);
    rig.press();
    await until("press", () => actions(events).at(-1) === "press");
    rig.unplug();
    await until("release", () => actions(events).at(-1) === "release");
    await until("offline", () => states(events).at(-1) === "offline");
  });

  check("the same status is never sent twice in a row, and after stop nothing is", async (rig, events) => {
    await start(rig, events);
    rig.unplug();
    await until("offline", () => states(events).at(-1) === "offline");
    rig.plug();
    await until("ready", () => states(events).at(-1) === "ready");
    const told = events.flatMap((event) => (event.type === "status" ? [JSON.stringify(event.status)] : []));
    told.forEach((status, index) => {
      assert.is.not(status, told[index - 1]);
    });
    await rig.panel.stop();
    const before = events.length;
    rig.press();
    rig.release();
    rig.unplug();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(events.length, before);
  });
}

export function states(events: readonly { type: string }[]): string[] {
  return (events as Event[]).flatMap((event) => (event.type === "status" ? [event.status.state] : []));
}

export function actions(events: readonly Event[]): string[] {
  return events.flatMap((event) => (event.type === "button" ? [event.action] : []));
}
