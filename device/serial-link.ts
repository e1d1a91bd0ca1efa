import type { SerialPort } from "serialport";
import type { Clock } from "./ports.ts";
import { closeSerialPort, createSerialPort, type SerialSettings } from "./serial-port.ts";

/** Pause before a port that failed or vanished is looked for again, in milliseconds. */
export const reopenMs = 1_000;
/** An opening that has not settled by then is reported as such, in milliseconds. It is still waited for. */
export const openTimeoutMs = 5_000;
/** Bytes that may wait to be taken by the hardware before it counts as hung. */
export const writeBacklogBytesMax = 4_096;

/** What the user of a link is told. `closed` also comes for an opening that failed, once per attempt. */
export interface SerialLinkEvents {
  opened(): void;
  bytes(chunk: Buffer): void;
  closed(why: string): void;
}

/**
 * A serial port that keeps coming back: opened again and again until it is there, watched until it vanishes. A device
 * that is unplugged often returns under another tty number, so `path` should be a stable link (/dev/serial/by-id).
 */
export interface SerialLink {
  start(): void;
  /** Settles when the port is closed; afterwards nothing more is reported. */
  stop(): Promise<void>;
  /** False when nobody is there or the hardware takes no data; the bytes are then lost, as on a cut wire. */
  write(bytes: Uint8Array): boolean;
  /** Closes a port that is open but useless, reports `closed(why)` and tries again later. */
  drop(why: string): void;
}

/** Nothing is opened before `start`. A fresh SerialPort serves each attempt: a closed one still holds unsent bytes. */
export function createSerialLink(settings: SerialSettings, clock: Clock, events: SerialLinkEvents): SerialLink {
  let port: SerialPort | undefined;
  let cancelTimer = () => {};
  let stopped = true;
  let closing: Promise<void> = Promise.resolve();

  const retryLater = () => {
    cancelTimer();
    cancelTimer = clock.after(reopenMs, attempt);
  };

  const lose = (lost: SerialPort, why: string) => {
    if (port !== lost) return;
    port = undefined;
    closing = closeSerialPort(lost);
    if (stopped) return;
    events.closed(why);
    if (!stopped) retryLater();
  };

  const attempt = () => {
    const mine = createSerialPort(settings);
    port = mine;
    // After the close of a port with unsent bytes comes a late "Canceled"; without a listener it would end the process.
    mine.on("error", (error) => lose(mine, error.message));
    mine.on("close", () => lose(mine, "unplugged"));
    mine.on("data", (chunk: Buffer) => {
      if (port === mine && !stopped) events.bytes(chunk);
    });
    cancelTimer = clock.after(openTimeoutMs, () => events.closed(`does not open within ${openTimeoutMs} ms`));
    mine.open((error) => {
      cancelTimer();
      if (port !== mine) {
        // Given up while it was opening; whoever closes it waits for this word, which the library gives here alone.
        if (error) mine.emit("error", error);
        return;
      }
      if (error) lose(mine, error.message.replace(/^Error: /, ""));
      else if (!stopped) events.opened();
    });
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      attempt();
    },
    async stop() {
      stopped = true;
      cancelTimer();
      const last = port;
      port = undefined;
      if (last) closing = closeSerialPort(last);
      await closing;
    },
    write(bytes) {
      if (!port?.isOpen) return false;
      if (port.writableLength > writeBacklogBytesMax) {
        lose(port, "takes no data");
        return false;
      }
      port.write(Buffer.from(bytes));
      return true;
    },
    drop(why) {
      if (port) lose(port, why);
    },
  };
}
