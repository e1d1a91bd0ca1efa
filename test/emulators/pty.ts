import { createRequire } from "node:module";
import { ReadStream } from "node:tty";

/**
 * A pseudo-terminal whose far end an emulator plays: `path` is what a driver opens as its serial port,
 * `write` and the `onData` listener are the wire as the peripheral sees it.
 *
 * The slave side stays open here (raw, never read), so that the master survives a driver that closes and opens again,
 * as the wire of a real adapter does; `unplug` closes both, which a driver sees as a hang-up.
 */
export interface Pty {
  readonly path: string;
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Buffer) => void): void;
  /** Changes the size of the window; whoever works on it is not told before a SIGWINCH. */
  resize(columns: number, rows: number): void;
  unplug(): void;
}

/**
 * The native half of node-pty: its own `open` reads the slave side and so steals the first bytes that an emulator
 * sends, hence the two file descriptors are taken as they are.
 */
interface NativePty {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
  resize(master: number, columns: number, rows: number): void;
}

const require = createRequire(import.meta.url);

function nativePty(): NativePty {
  const { requireBinary } = require("@lydell/node-pty/requireBinary.js") as {
    requireBinary: (file: string) => NativePty;
  };
  return requireBinary("pty.node");
}

export function openPty(): Pty {
  const native = nativePty();
  const fds = native.open(80, 24);
  const master = new ReadStream(fds.master);
  const slave = new ReadStream(fds.slave);
  slave.setRawMode(true);
  // A hang-up reads as EIO on the master; it is how a pseudo-terminal ends, not a fault of the emulator.
  master.on("error", () => {});
  let plugged = true;
  return {
    path: fds.pty,
    write(bytes) {
      if (plugged) master.write(bytes);
    },
    onData(listener) {
      master.on("data", listener);
    },
    resize: (columns, rows) => native.resize(fds.master, columns, rows),
    unplug() {
      if (!plugged) return;
      plugged = false;
      slave.destroy();
      master.destroy();
    },
  };
}
