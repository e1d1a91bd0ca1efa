import { digitalMessage } from "./frames.ts";

/** Sets a pin's mode (Firmata protocol 2.x); three bytes with pin and mode, of which 0 is an input. */
const pinModeMessage = 0xf4;
const inputMode = 0;

/**
 * Keeps pull-up resistors on. The Firmata library writes a port of eight pins at a time and puts what it last *read*
 * into the bits of the inputs: lighting an LED while a button on the same port is down then switches the button's
 * pull-up off (StandardFirmata 2.3, `digitalWriteCallback`), and the released button floats. The result rewrites each
 * outgoing message; pins that are not inputs yet are left alone, since a one there would drive against the button.
 */
export function createPullUpKeeper(pins: number[]): (message: Uint8Array) => Uint8Array {
  const wanted = new Set(pins);
  const masks = new Map<number, number>();
  return (message) => {
    const [first = 0, a = 0, b = 0] = message;
    if (first === pinModeMessage && b === inputMode && wanted.has(a)) {
      masks.set(a >> 3, (masks.get(a >> 3) ?? 0) | (1 << (a & 7)));
    }
    if ((first & 0xf0) !== digitalMessage) return message;
    const mask = masks.get(first & 0x0f) ?? 0;
    return Uint8Array.of(first, a | (mask & 0x7f), b | (mask >> 7));
  };
}
