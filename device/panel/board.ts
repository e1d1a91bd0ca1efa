import { EventEmitter } from "node:events";
import five from "johnny-five";
import type { LedMode } from "../ports.ts";
import type { PanelOptions } from "./options.ts";
import { createPullUpKeeper } from "./pull-ups.ts";

/** Half a blink in milliseconds: on for as long, then off for as long. */
export const blinkMs = 500;

/** Pin modes of the Firmata protocol 2.x that this panel needs. */
const inputMode = 0;
const outputMode = 1;

/** What a board of johnny-five tells and takes; all calls go to the board that it was made for. */
export interface PanelBoard {
  /** One whole message from the board. An error that a handler inside the library throws comes through. */
  receive(frame: Buffer): void;
  setLed(led: string, mode: LedMode): void;
  /** Stops blinking, removes listeners and takes the board out of johnny-five's caches. */
  dispose(): void;
}

export interface PanelBoardEvents {
  write(bytes: Uint8Array): void;
  ready(): void;
  level(button: string, down: boolean): void;
  /** The configuration and the board do not fit. */
  unfit(why: string): void;
}

/** The serial port as the Firmata library sees it. */
interface Transport extends EventEmitter {
  path: string;
  write(bytes: Uint8Array, done?: () => void): void;
}

/** The parts of johnny-five that its typings leave out (johnny-five 2.1.0, lib/board.js; firmata-io 2.3.0). */
interface BoardInternals extends EventEmitter {
  io: EventEmitter & {
    pins: { supportedModes: number[] }[];
    reportVersionTimeoutId?: NodeJS.Timeout;
  };
  timer: NodeJS.Timeout | null;
}
interface BoardStatics {
  cache: unknown[];
  Pins: { normalize: { clear(): void } };
}
interface Component {
  board: unknown;
  io: unknown;
}
type ButtonComponent = five.Button & EventEmitter;

/**
 * Makes a board over a wire that is already open. johnny-five gets an object in place of a port: it would otherwise
 * search for the first serial device by itself, and it must only ever see whole messages (frames.ts).
 */
export function createPanelBoard(options: PanelOptions, events: PanelBoardEvents): PanelBoard {
  const keepPullUps = createPullUpKeeper(options.buttons.filter(({ pullup }) => pullup).map(({ pin }) => pin));
  const transport: Transport = Object.assign(new EventEmitter(), {
    path: options.path,
    write(bytes: Uint8Array, done?: () => void) {
      events.write(keepPullUps(bytes));
      done?.();
    },
  });
  const board = new five.Board({ port: transport, repl: false, debug: false, sigint: false } as five.BoardOption);
  const internals = board as unknown as BoardInternals;
  internals.on("error", () => {});
  const buttons: ButtonComponent[] = [];
  const leds = new Map<string, five.Led>();

  internals.on("ready", () => {
    const why = misfit(options, internals.io.pins);
    if (why) {
      events.unfit(why);
      return;
    }
    for (const { name, pin } of options.leds) leds.set(name, new five.Led({ pin, board }));
    for (const { name, pin, pullup } of options.buttons) {
      const button = new five.Button({ pin, isPullup: pullup, board }) as ButtonComponent;
      button.on("down", () => events.level(name, true));
      button.on("up", () => events.level(name, false));
      buttons.push(button);
    }
    events.ready();
  });

  return {
    receive(frame) {
      transport.emit("data", frame);
    },
    setLed(name, mode) {
      const led = leds.get(name);
      if (!led) return;
      led.stop();
      if (mode === "blink") led.blink(blinkMs);
      else if (mode === "on") led.on();
      else led.off();
    },
    dispose() {
      // A button that is down keeps an interval for its "hold" event; only its way up clears it.
      for (const button of buttons) {
        button.removeAllListeners();
        internals.io.emit(`digital-read-${button.pin}`, button.upValue);
      }
      for (const led of leds.values()) led.stop();
      if (internals.timer) clearTimeout(internals.timer);
      clearTimeout(internals.io.reportVersionTimeoutId);
      transport.removeAllListeners();
      internals.io.removeAllListeners();
      internals.removeAllListeners();
      // johnny-five keeps every board and component for ever; a board that comes and goes would fill the memory.
      const statics = five.Board as unknown as BoardStatics;
      const index = statics.cache.indexOf(board);
      if (index >= 0) statics.cache.splice(index, 1);
      statics.Pins.normalize.clear();
      for (const component of [...buttons, ...leds.values()] as unknown as Component[]) {
        component.board = undefined;
        component.io = undefined;
      }
    },
  };
}

/** Why these options cannot work with a board of these pins, or undefined when they can. */
function misfit(options: PanelOptions, pins: { supportedModes: number[] }[]): string | undefined {
  const lacks = (pin: number, mode: number) => !pins[pin]?.supportedModes.includes(mode);
  const button = options.buttons.find(({ pin }) => lacks(pin, inputMode));
  if (button) return `button ${button.name}: pin ${button.pin} is no digital input of this board`;
  const led = options.leds.find(({ pin }) => lacks(pin, outputMode));
  return led && `led ${led.name}: pin ${led.pin} is no digital output of this board`;
}
