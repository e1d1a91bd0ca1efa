import { Duplex } from "node:stream";

/**
 * The two ends of a connection within this process: what is written at one is read at the other, with the back-pressure
 * of a socket. Writes that were corked together arrive as one chunk, which `duplexPair` of Node would deliver piece by
 * piece; a packet of MQTT is written in six.
 */
export function insideConnection(): [Duplex, Duplex] {
  const ends: [Duplex, Duplex] = [createEnd(() => ends[1]), createEnd(() => ends[0])];
  return ends;
}

/** Called by the reader when it has room again. */
const goOn = Symbol("goOn");
type End = Duplex & { [goOn]?: (() => void) | undefined };

function createEnd(otherEnd: () => End): Duplex {
  const pass = (bytes: Buffer, done: () => void) => {
    const other = otherEnd();
    if (other.destroyed || other.push(bytes)) done();
    else other[goOn] = done;
  };
  return new Duplex({
    write: (chunk: Buffer, _encoding, done) => pass(chunk, done),
    writev: (chunks, done) => pass(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    read(this: End) {
      const done = this[goOn];
      this[goOn] = undefined;
      done?.();
    },
    final(done) {
      otherEnd().push(null);
      done();
    },
    destroy(this: End, error, done) {
      this[goOn]?.();
      const other = otherEnd();
      // As the other end of a socket learns of it: a moment later.
      if (!other.destroyed) setImmediate(() => other.destroy());
      done(error);
    },
  });
}
