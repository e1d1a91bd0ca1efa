import { codeBytesMax, type Decoded, decodeBytes, partPauseMs } from "./decoding.ts";

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Put at the end of a line that must not be believed; no code contains it. */
const poison = 0x00;

/**
 * Stands before the line parser, which knows one terminator and no limit: makes CR, LF and CR LF one LF, and ends a
 * line that grows too long or pauses for too long with a mark, so that the parser holds `codeBytesMax` bytes at most.
 * Pure: time is an argument, in milliseconds.
 */
export interface LineGuard {
  /** The bytes for the parser. */
  pass(bytes: Uint8Array, now: number): Buffer;
  /** Ends a line that was not finished within `partPauseMs`. */
  idle(now: number): Buffer;
  /** When to call `idle`, while a line is unfinished. */
  idleAt(): number | undefined;
}

export function createLineGuard(): LineGuard {
  let length = 0;
  let skipping = false;
  let lastAt = 0;

  const idle = (now: number): number[] => {
    if (length === 0 || now - lastAt < partPauseMs) return [];
    const wasSkipping = skipping;
    length = 0;
    skipping = false;
    return wasSkipping ? [] : [poison, lineFeed];
  };

  return {
    pass(bytes, now) {
      const out = idle(now);
      lastAt = now;
      for (const byte of bytes) {
        if (byte === carriageReturn || byte === lineFeed) {
          if (length > 0 && !skipping) out.push(lineFeed);
          length = 0;
          skipping = false;
          continue;
        }
        length++;
        if (skipping) continue;
        skipping = length > codeBytesMax;
        if (skipping) out.push(poison, lineFeed);
        else out.push(byte);
      }
      return Buffer.from(out);
    },
    idle: (now) => Buffer.from(idle(now)),
    idleAt: () => (length === 0 ? undefined : lastAt + partPauseMs),
  };
}

/** A line of the parser (its bytes as Latin-1, so that none is lost) to a code. */
export function decodeLine(latin1: string): Decoded {
  if (latin1.endsWith("\0")) return { discard: "a line too long or without an end" };
  return decodeBytes(Buffer.from(latin1, "latin1"));
}
