import type { Logger } from "pino";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { ButtonEvent, Clock, LedMode, Panel, StatusEvent } from "../ports.ts";
import { createSerialLink } from "../serial-link.ts";
import { createPanelBoard, type PanelBoard } from "./board.ts";
import { createButtonWatch } from "./buttons.ts";
import { createFrameReader, endSysex, reportFirmware, reportVersion, startSysex } from "./frames.ts";
import type { PanelOptions } from "./options.ts";

/** StandardFirmata's speed (StandardFirmata.ino, `Firmata.begin(57600)`). */
const baudRate = 57_600;
/** From the opening of the port to a usable board, in milliseconds: a boot loader alone may take two seconds. */
export const readyTimeoutMs = 10_000;
/** The question for version and firmware is repeated until the board has booted far enough to answer. */
export const askMs = 1_000;
/** A ready board is asked for its version this often, in milliseconds … */
export const heartbeatMs = 2_000;
/** … and given up when it has not said a word for this long, in milliseconds. */
export const silenceMs = 6_000;

const question = Buffer.from([reportVersion, startSysex, reportFirmware, endSysex]);
const heartbeat = Buffer.from([reportVersion]);

/** Of pino's logger, what the drivers use. */
export type DriverLogger = Pick<Logger, "warn">;

/**
 * Buttons and LEDs on a Firmata board. The port is opened again until the board is there; each opening and each
 * restart of the board gets a new johnny-five board, and the LED modes are set again.
 *
 * A board that does not reset when the port opens would be waited for in vain by the Firmata library for 5 s, so it is
 * asked at once; one that restarts by itself (a dip of its supply) has forgotten its pin modes and is set up anew.
 */
export function createPanel(options: PanelOptions, clock: Clock, logger?: DriverLogger): Panel {
  const modes = new Map<string, LedMode>(options.leds.map(({ name }) => [name, "off"]));
  const watch = createButtonWatch(options.buttons.map(({ name }) => name));
  let on: ((event: ButtonEvent | StatusEvent) => void) | undefined;
  let told: PeripheralStatus | undefined;
  let frames = createFrameReader();
  let board: PanelBoard | undefined;
  let phase: "away" | "asking" | "setting-up" | "settling" | "ready" | "unfit" = "away";
  let heardAt = 0;
  let thrown = 0;
  let cancelPhaseTimer = () => {};
  let cancelAsk = () => {};
  let cancelButtonTimer = () => {};

  const report = (state: PeripheralStatus["state"], detail: string) => {
    if (!on || (told?.state === state && told.detail === detail)) return;
    told = { state, detail };
    on({ type: "status", status: told });
  };

  const reportReady = () => {
    const stuck = watch.stuck();
    if (stuck.length === 0) report("ready", options.path);
    else
      report(
        "error",
        stuck
          .map((button) => `button ${button} stuck`)
          .join(", ")
          .slice(0, 200),
      );
  };

  const deliver = (events: ButtonEvent[]) => {
    for (const event of events) on?.(event);
    if (phase === "ready") reportReady();
    cancelButtonTimer();
    const next = watch.nextAt();
    if (next === undefined || !on) return;
    cancelButtonTimer = clock.after(Math.max(0, next - clock.uptime()), () => deliver(watch.tick(clock.uptime())));
  };

  const dismantle = () => {
    for (const cancel of [cancelPhaseTimer, cancelAsk, cancelButtonTimer]) cancel();
    board?.dispose();
    board = undefined;
    for (const event of watch.end()) on?.(event);
  };

  const ask = () => {
    link.write(question);
    cancelAsk = clock.after(askMs, ask);
  };

  const handshake = () => {
    dismantle();
    phase = "asking";
    const giveUp = () => link.drop(`no Firmata board answers within ${readyTimeoutMs} ms`);
    cancelPhaseTimer = clock.after(readyTimeoutMs, giveUp);
    ask();
  };

  const setUp = () => {
    cancelAsk();
    phase = "setting-up";
    board = createPanelBoard(options, {
      write: (bytes) => link.write(bytes),
      level: (button, down) => deliver(watch.level(button, down, clock.uptime())),
      unfit(why) {
        phase = "unfit";
        cancelPhaseTimer();
        report("error", why);
      },
      ready() {
        for (const [led, mode] of modes) board?.setLed(led, mode);
        phase = "settling";
        cancelPhaseTimer();
        const now = clock.uptime();
        watch.begin(now);
        const settledAt = watch.nextAt() ?? now;
        cancelPhaseTimer = clock.after(settledAt - now, () => {
          phase = "ready";
          beat();
          deliver(watch.tick(clock.uptime()));
        });
      },
    });
  };

  const beat = () => {
    const silentMs = clock.uptime() - heardAt;
    if (silentMs >= silenceMs) {
      link.drop(`the board has been silent for ${silenceMs} ms`);
      return;
    }
    link.write(heartbeat);
    cancelPhaseTimer = clock.after(heartbeatMs, beat);
  };

  const receive = (frame: Buffer) => {
    const isVersion = frame[0] === reportVersion;
    const isFirmware = frame[0] === startSysex && frame[1] === reportFirmware;
    if (isFirmware && (phase === "settling" || phase === "ready")) {
      logger?.warn({ path: options.path }, "the board has restarted");
      report("offline", "the board has restarted");
      handshake();
    }
    if (phase === "asking" && isVersion) setUp();
    try {
      board?.receive(frame);
    } catch (error) {
      // The library trusts the contents of a message, such as pin numbers; a well-formed one may still be nonsense.
      thrown++;
      logger?.warn({ path: options.path, thrown, error: String(error) }, "a message of the board made no sense");
    }
  };

  const link = createSerialLink({ path: options.path, baudRate }, clock, {
    opened() {
      frames = createFrameReader();
      heardAt = clock.uptime();
      handshake();
    },
    bytes(chunk) {
      const before = frames.discards;
      for (const frame of frames.push(chunk)) {
        heardAt = clock.uptime();
        receive(frame);
      }
      if (frames.discards > before) {
        logger?.warn({ path: options.path, discards: frames.discards }, "bytes that are no Firmata were dropped");
      }
    },
    closed(why) {
      dismantle();
      phase = "away";
      report("offline", why.slice(0, 200));
    },
  });

  return {
    start(listener) {
      on = listener;
      told = undefined;
      link.start();
    },
    async stop() {
      on = undefined;
      dismantle();
      phase = "away";
      await link.stop();
    },
    /** A name without an LED lights nothing: a panel need not have one for every purpose. */
    setLed(led, mode) {
      if (!modes.has(led) || modes.get(led) === mode) return;
      modes.set(led, mode);
      board?.setLed(led, mode);
    },
  };
}
