/**
 * What a Firmata board may say, cut into whole messages (Firmata protocol 2.x, "Message Types"). The Firmata library
 * takes any byte for data: noise makes it call handlers with half a message, throw inside the serial port's event, or
 * collect a sysex that never ends. So only well-formed messages are let through, and everything else is counted.
 */

/** Longest sysex taken: the capability response of a 128-pin board with seven modes per pin, and room to spare. */
export const sysexBytesMax = 4_096;

export const analogMessage = 0xe0;
export const digitalMessage = 0x90;
export const reportVersion = 0xf9;
export const startSysex = 0xf0;
export const endSysex = 0xf7;
export const reportFirmware = 0x79;

export interface FrameReader {
  /** The whole messages that these bytes completed, in order. */
  push(bytes: Uint8Array): Buffer[];
  /** How often bytes were dropped since the start; a run of dropped bytes counts once. */
  readonly discards: number;
}

export function createFrameReader(): FrameReader {
  let message: number[] = [];
  let discards = 0;
  let dropping = false;

  const drop = () => {
    message = [];
    if (!dropping) discards++;
    dropping = true;
  };

  const take = (byte: number): Buffer | undefined => {
    const first = message[0];
    if (byte >= 0x80) {
      if (first === startSysex && byte === endSysex) return whole(byte);
      if (first !== undefined) drop();
      if (!startsMessage(byte)) drop();
      else message = [byte];
      return undefined;
    }
    if (first === undefined) {
      drop();
      return undefined;
    }
    if (first !== startSysex) return message.length === 2 ? whole(byte) : void message.push(byte);
    if (message.length >= sysexBytesMax) drop();
    else message.push(byte);
    return undefined;
  };

  const whole = (last: number): Buffer => {
    const frame = Buffer.from([...message, last]);
    message = [];
    dropping = false;
    return frame;
  };

  return {
    push(bytes) {
      const frames: Buffer[] = [];
      for (const byte of bytes) {
        const frame = take(byte);
        if (frame) frames.push(frame);
      }
      return frames;
    },
    get discards() {
      return discards;
    },
  };
}

function startsMessage(byte: number): boolean {
  const channelMessage = byte & 0xf0;
  return (
    byte === startSysex ||
    byte === reportVersion ||
    channelMessage === digitalMessage ||
    channelMessage === analogMessage
  );
}
