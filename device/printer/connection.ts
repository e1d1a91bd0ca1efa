import type { Clock } from "../ports.ts";
import { fileLink } from "./file.ts";
import type { PrinterConnection } from "./options.ts";
import { serialLink } from "./serial.ts";
import { tcpLink } from "./tcp.ts";
import type { Link, OpenLink } from "./transport.ts";
import { usbLink } from "./usb.ts";

const retryMsMin = 250;
const retryMsMax = 4_000;
/** A link that was lost sooner was none: whoever closes each connection at once, as a printer in use may, is left in peace. */
const steadyMs = 4_000;

/** One printer's link, made again by itself whenever it is gone. */
export interface Connection {
  start(): void;
  /** The link that is open now, if any. */
  readonly link: Link | undefined;
  /** Gives the open link up at once, with whatever waits in it, and makes a new one. */
  drop(): void;
  stop(): Promise<void>;
}

export interface ConnectionEvents {
  opened(link: Link): void;
  data(bytes: Buffer): void;
  /** The link is gone; `reason` says why. Not called for `drop` and `stop`. */
  lost(reason: string): void;
  /** There is no link and making one failed. */
  failed(reason: string): void;
}

export function openLinkFor(connection: PrinterConnection): OpenLink {
  switch (connection.kind) {
    case "usb":
      return usbLink(connection);
    case "serial":
      return serialLink(connection.path, connection.baudRate, connection.rtscts);
    case "tcp":
      return tcpLink(connection.host, connection.port);
    case "file":
      return fileLink(connection.path);
  }
}

/**
 * Tries at once and then after ever longer pauses, from `retryMsMin` to `retryMsMax`, for as long as it takes; after a link
 * that lasted they begin anew.
 */
export function createConnection(openLink: OpenLink, clock: Clock, events: ConnectionEvents): Connection {
  let running = false;
  let link: Link | undefined;
  let openedAt = 0;
  let retryMs = retryMsMin;
  let cancelRetry = () => {};
  let opening: Promise<void> = Promise.resolve();
  let closing: Promise<void> = Promise.resolve();

  async function open(): Promise<void> {
    // A device can be opened only once, so the old link must have let go of it.
    await closing;
    if (!running) return;
    let current: Link | undefined;
    let lostEarly: string | undefined;
    try {
      current = await openLink({
        data(bytes) {
          if (running && (link === current || !current)) events.data(bytes);
        },
        lost(reason) {
          if (!current) lostEarly = reason;
          else if (link === current) lose(reason);
        },
      });
      if (lostEarly !== undefined) throw new Error(lostEarly);
    } catch (error) {
      if (!running) return;
      events.failed((error as Error).message);
      retry();
      return;
    }
    if (!running) {
      await current.close();
      return;
    }
    link = current;
    openedAt = clock.uptime();
    events.opened(current);
  }

  function lose(reason: string): void {
    link = undefined;
    beginAnew();
    events.lost(reason);
  }

  function beginAnew(): void {
    if (clock.uptime() - openedAt >= steadyMs) retryMs = retryMsMin;
    retry();
  }

  function retry(): void {
    cancelRetry();
    cancelRetry = clock.after(retryMs, () => {
      opening = open();
    });
    retryMs = Math.min(retryMs * 2, retryMsMax);
  }

  return {
    start() {
      running = true;
      opening = open();
    },
    get link() {
      return link;
    },
    drop() {
      if (!link) return;
      closing = link.close();
      link = undefined;
      beginAnew();
    },
    async stop() {
      running = false;
      cancelRetry();
      const last = link;
      link = undefined;
      await last?.close();
      await Promise.all([opening, closing]);
    },
  };
}
