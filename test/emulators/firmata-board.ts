import { type EmulatedPin, levelOf, pinModes, unoPins } from "./firmata-pins.ts";
import { createPlug } from "./plug.ts";

/** Pins of one port of the Firmata protocol. */
const portPins = 8;
/** Half a pair of a bouncing contact's edges, in milliseconds: longer than the 7 ms that johnny-five filters. */
const bounceEdgeMs = 9;

export interface FirmataBoardOptions {
  /** From plugging in until the board speaks, in milliseconds. */
  bootMs?: number;
  /** The name of the link that the driver opens. */
  name?: string;
}

/** A Firmata 2.5 board at byte level on a pseudo-terminal, with buttons between pins and ground. */
export interface FirmataBoard {
  /** What the driver opens; stays the same across `unplug` and `plug`. */
  readonly path: string;
  /** Misuse of the protocol by the driver, in order: what a real board would silently mistake. */
  readonly errors: string[];
  press(pin: number): void;
  release(pin: number): void;
  /** Presses with a contact that bounces `bounces` times before it rests. Resolves when it does. */
  pressBouncing(pin: number, bounces: number): Promise<void>;
  /** Whether the LED at a pin is lit. */
  led(pin: number): boolean;
  /** Called for each change of an LED; the result removes the listener. */
  onLed(listener: (pin: number, lit: boolean) => void): () => void;
  /** Fault: from now on the board says nothing (true), or speaks again (false). */
  mute(on: boolean): void;
  /** Fault: these bytes appear on the line to the driver. */
  noise(bytes: Uint8Array): void;
  /** Fault: the board restarts by itself, as after a dip of its supply, and forgets all pin modes. */
  restart(): void;
  unplug(): void;
  plug(): void;
  stop(): void;
}

/** The board is plugged in at once. */
export function createFirmataBoard({ bootMs = 0, name = "panel" }: FirmataBoardOptions = {}): FirmataBoard {
  const errors: string[] = [];
  const listeners = new Set<(pin: number, lit: boolean) => void>();
  const pressed = new Set<number>();
  let pins = unoPins();
  let reported = new Set<number>();
  let message: number[] = [];
  let muted = false;
  let booted = false;
  let bootTimer: NodeJS.Timeout | undefined;

  const plug = createPlug(name, (bytes) => {
    if (booted) for (const byte of bytes) take(byte);
  });
  const send = (...bytes: number[]) => {
    if (booted && !muted) plug.write(Buffer.from(bytes));
  };

  const boot = () => {
    pins = unoPins();
    for (const pin of pressed) pinAt(pin).drivenTo = 0;
    reported = new Set();
    message = [];
    booted = false;
    clearTimeout(bootTimer);
    const speak = () => {
      booted = true;
      sendVersion();
      sendFirmware();
    };
    // Without a boot time the board was running before anybody looked, and waits to be asked.
    if (bootMs > 0) bootTimer = setTimeout(speak, bootMs);
    else booted = true;
  };

  const pinAt = (pin: number): EmulatedPin => {
    const found = pins[pin];
    if (!found) throw new Error(`an Uno has no pin ${pin}`);
    return found;
  };

  const sendVersion = () => send(0xf9, 2, 5);
  const sendFirmware = () => {
    const name14 = [...Buffer.from("StandardFirmata.ino")].flatMap((byte) => [byte & 0x7f, byte >> 7]);
    send(0xf0, 0x79, 2, 5, ...name14, 0xf7);
  };
  const sendPort = (port: number) => {
    if (!reported.has(port)) return;
    let value = 0;
    for (let bit = 0; bit < portPins; bit++) {
      const pin = pins[port * portPins + bit];
      if (pin?.mode === pinModes.input && levelOf(pin) === 1) value |= 1 << bit;
    }
    send(0x90 | port, value & 0x7f, value >> 7);
  };

  const write = (number: number, output: number) => {
    const pin = pinAt(number);
    const was = pin.output > 0;
    if (pin.mode === pinModes.output && pin.drivenTo === 0 && output > 0)
      errors.push(`pin ${number} drives a pressed button`);
    pin.output = output;
    if (was !== output > 0) for (const listener of listeners) listener(number, output > 0);
  };

  const take = (byte: number) => {
    if (byte >= 0x80 && !(message[0] === 0xf0 && byte === 0xf7)) {
      if (message.length > 0) errors.push(`message cut off: ${Buffer.from(message).toString("hex")}`);
      message = [];
    } else if (message.length === 0) {
      errors.push(`data byte 0x${byte.toString(16)} outside a message`);
      return;
    }
    message.push(byte);
    const [first = 0] = message;
    const lengths = new Map([[0xf9, 1], [0xff, 1], [0xf4, 3], [0xf5, 3]]); // biome-ignore format: a table
    const channelLengths = new Map([[0x90, 3], [0xe0, 3], [0xc0, 2], [0xd0, 2]]); // biome-ignore format: a table
    const length = lengths.get(first) ?? channelLengths.get(first & 0xf0);
    if (first === 0xf0 ? byte !== 0xf7 : length !== undefined && message.length < length) return;
    const whole = message;
    message = [];
    if (first === 0xf0) sysex(whole);
    else if (length === undefined) errors.push(`unknown message 0x${first.toString(16)}`);
    else command(whole);
  };

  const command = ([first = 0, a = 0, b = 0]: number[]) => {
    const value = a | (b << 7);
    if (first === 0xf9) sendVersion();
    else if (first === 0xff) boot();
    else if (first === 0xf4) setMode(a, b);
    else if (first === 0xf5) writeDigital(a, b, true);
    else if ((first & 0xf0) === 0x90) {
      for (let bit = 0; bit < portPins; bit++) writeDigital((first & 0x0f) * portPins + bit, (value >> bit) & 1, false);
    } else if ((first & 0xf0) === 0xe0) writeAnalog(first & 0x0f, value);
    else if ((first & 0xf0) === 0xd0) {
      if (a === 1) reported.add(first & 0x0f);
      else reported.delete(first & 0x0f);
      sendPort(first & 0x0f);
    }
  };

  const setMode = (number: number, mode: number) => {
    const pin = pins[number];
    if (!pin?.modes.has(mode)) {
      errors.push(`pin ${number} has no mode ${mode}`);
      return;
    }
    pin.mode = mode;
    pin.pullUp = false;
    write(number, 0);
  };

  /** A message for a whole port touches only the pins that are inputs or outputs; one for a pin means that pin. */
  const writeDigital = (number: number, value: number, single: boolean) => {
    const pin = pins[number];
    if (pin?.mode === pinModes.output) write(number, value);
    else if (pin?.mode === pinModes.input) {
      // StandardFirmata 2.3 takes this as "pull-up off" and the pin floats; 2.4 and later ignore it.
      if (pin.pullUp && value === 0) errors.push(`pull-up of pin ${number} switched off`);
      pin.pullUp = value === 1;
      sendPort(number >> 3);
    } else if (single) errors.push(`digital write to pin ${number} in mode ${pin?.mode}`);
  };

  const writeAnalog = (number: number, value: number) => {
    if (pins[number]?.mode === pinModes.pwm && value <= 255) write(number, value);
    else errors.push(`analog write of ${value} to pin ${number} in mode ${pins[number]?.mode}`);
  };

  const sysex = (whole: number[]) => {
    const kind = whole[1];
    if (kind === 0x79) sendFirmware();
    else if (kind === 0x6b) send(0xf0, 0x6c, ...pins.flatMap(({ modes }) => [...[...modes].flat(), 0x7f]), 0xf7);
    else if (kind === 0x69) send(0xf0, 0x6a, ...pins.map(({ analogChannel }) => analogChannel ?? 0x7f), 0xf7);
    else errors.push(`unknown sysex ${Buffer.from(whole).toString("hex")}`);
  };

  const drive = (pin: number, down: boolean) => {
    if (down) pressed.add(pin);
    else pressed.delete(pin);
    pinAt(pin).drivenTo = down ? 0 : undefined;
    sendPort(pin >> 3);
  };

  const plugIn = () => {
    boot();
    plug.plug();
  };
  plugIn();

  return {
    path: plug.path,
    errors,
    press: (pin) => drive(pin, true),
    release: (pin) => drive(pin, false),
    async pressBouncing(pin, bounces) {
      for (let edge = 0; edge < bounces * 2; edge++) {
        drive(pin, edge % 2 === 0);
        await new Promise((resolve) => setTimeout(resolve, bounceEdgeMs));
      }
      drive(pin, true);
    },
    led: (pin) => pinAt(pin).output > 0,
    onLed(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    mute(on) {
      muted = on;
    },
    noise: (bytes) => plug.write(bytes),
    restart() {
      boot();
      booted = true;
      sendVersion();
      sendFirmware();
    },
    plug: plugIn,
    unplug() {
      clearTimeout(bootTimer);
      booted = false;
      plug.unplug();
    },
    stop() {
      clearTimeout(bootTimer);
      plug.stop();
    },
  };
}
