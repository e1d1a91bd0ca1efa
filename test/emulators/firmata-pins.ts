/** Pin modes of the Firmata protocol 2.x. */
export const pinModes = { input: 0, output: 1, analog: 2, pwm: 3 } as const;

export interface EmulatedPin {
  /** Mode → resolution in bits. */
  modes: Map<number, number>;
  analogChannel: number | undefined;
  mode: number | undefined;
  /** What was written: 0 or 1 by a digital message, 0 to 255 by an analog one. */
  output: number;
  pullUp: boolean;
  /** What the outside drives the pin to; undefined leaves it floating. */
  drivenTo: 0 | 1 | undefined;
}

/** The pins of an Arduino Uno as StandardFirmata describes them: 0 and 1 are the serial line, 14 to 19 analog. */
export function unoPins(): EmulatedPin[] {
  const pwm = new Set([3, 5, 6, 9, 10, 11]);
  return Array.from({ length: 20 }, (_, pin) => {
    const modes = new Map<number, number>();
    if (pin > 1) modes.set(pinModes.input, 1).set(pinModes.output, 1);
    if (pwm.has(pin)) modes.set(pinModes.pwm, 8);
    if (pin > 13) modes.set(pinModes.analog, 10);
    const analogChannel = pin > 13 ? pin - 14 : undefined;
    // After a reset StandardFirmata makes every digital pin an output and every analog one an analog input.
    const mode = pin < 2 ? undefined : pin < 14 ? pinModes.output : pinModes.analog;
    return { modes, analogChannel, mode, output: 0, pullUp: false, drivenTo: undefined };
  });
}

/** What the board reads at a pin. A floating input reads low here; a real one reads anything. */
export function levelOf(pin: EmulatedPin): 0 | 1 {
  return pin.drivenTo ?? (pin.pullUp ? 1 : 0);
}
