import { Transform } from "node:stream";

/**
 * Stands before a ReadlineParser, which would keep a line without an end in memory for ever: what is longer than
 * `bytesMax` is dropped up to its line feed, and counted.
 */
export function createLengthGuard(bytesMax: number, onDrop: () => void): Transform {
  let kept: number[] = [];
  let isDropping = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) {
        kept.push(byte);
        if (byte === 0x0a) {
          if (!isDropping) this.push(Buffer.from(kept));
          kept = [];
          isDropping = false;
        } else if (kept.length >= bytesMax) {
          if (!isDropping) onDrop();
          isDropping = true;
          kept = [];
        }
      }
      done();
    },
  });
}
