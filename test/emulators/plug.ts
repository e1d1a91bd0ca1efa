import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPty, type Pty } from "./pty.ts";

/**
 * A pseudo-terminal behind a path that stays the same when the device is unplugged and comes back as another tty, as
 * the links in /dev/serial/by-id do.
 */
export interface Plug {
  readonly path: string;
  readonly plugged: boolean;
  write(bytes: Uint8Array): void;
  plug(): void;
  unplug(): void;
  /** Unplugs and removes the link's folder. */
  stop(): void;
}

/**
 * Bytes written in one turn of the event loop. A pseudo-terminal holds 4096, and more would block the process that
 * often is the reader, too.
 */
const chunkBytesMax = 512;

/** Nothing is there before the first `plug`. `onData` gets what the driver writes. */
export function createPlug(name: string, onData: (bytes: Buffer) => void): Plug {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-tty-"));
  const path = join(folder, name);
  let pty: Pty | undefined;
  let waiting: Buffer = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    timer = undefined;
    pty?.write(waiting.subarray(0, chunkBytesMax));
    waiting = waiting.subarray(chunkBytesMax);
    if (waiting.length > 0) timer = setTimeout(flush, 1);
  };

  const unplug = () => {
    clearTimeout(timer);
    timer = undefined;
    waiting = Buffer.alloc(0);
    if (!pty) return;
    unlinkSync(path);
    pty.unplug();
    pty = undefined;
  };

  return {
    path,
    get plugged() {
      return pty !== undefined;
    },
    write(bytes) {
      if (!pty) return;
      waiting = Buffer.concat([waiting, bytes]);
      if (!timer) flush();
    },
    plug() {
      if (pty) return;
      pty = openPty();
      pty.onData(onData);
      // Made aside and moved into place, so that the path never shows half a link.
      symlinkSync(pty.path, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
    unplug,
    stop() {
      unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
