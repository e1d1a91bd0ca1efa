import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Clock, Sign, SignPicture } from "../ports.ts";
import { createSerialLink } from "../serial-link.ts";
import { encodePages } from "./alpha.ts";
import type { AlphaOptions } from "./options.ts";
import { createStatusReporter } from "./status.ts";
import { signPages } from "./text.ts";

export const alphaLimits = {
  /** What a sign needs after a transmission before it listens again; bytes that come earlier it loses. */
  settleMs: 120,
  /** The sign never answers, so one that was without power is served by showing the picture again this often. */
  refreshMs: 60_000,
};

/** Start bit, eight bits (or seven and parity) and stop bit. */
const bitsPerByte = 10;

/** An Alpha sign on a serial port. It is a one-way wire: ready means that the port is open, no more can be known. */
export function createAlphaSign(options: AlphaOptions, clock: Clock, logger?: Logger): Sign {
  const status = createStatusReporter(logger);
  let picture: SignPicture | undefined;
  let isStale = false;
  let isUp = false;
  let isBusy = false;
  let cancelPause = () => {};
  let cancelRefresh = () => {};

  const isSevenBit = options.framing === "7E1";
  const settings = {
    path: options.path,
    baudRate: options.baudRate,
    dataBits: isSevenBit ? 7 : 8,
    parity: isSevenBit ? "even" : "none",
  } as const;
  const link = createSerialLink(settings, clock, {
    opened() {
      isUp = true;
      isStale = true;
      status.report("ready", "port open; this sign never answers");
      pump();
    },
    closed(why) {
      isUp = false;
      status.report("offline", why);
    },
    bytes() {},
  });

  /** Only the newest picture waits; whatever was shown while the wire was busy is never sent. */
  function pump(): void {
    if (!isUp || isBusy || !isStale || !picture) return;
    isStale = false;
    isBusy = true;
    const bytes = encodePages(options, signPages(picture, options.columns), picture.flash);
    // A USB adapter takes all bytes at once; the wire behind it needs its time.
    const onTheWireMs = Math.ceil((bytes.length * bitsPerByte * 1000) / options.baudRate);
    link.write(bytes);
    cancelPause = clock.after(onTheWireMs + alphaLimits.settleMs, () => {
      isBusy = false;
      pump();
    });
  }

  function refresh(): void {
    // Sending anew restarts the sign's flashing; a flash is short, so it waits.
    if (!picture?.flash) isStale = true;
    pump();
    cancelRefresh = clock.after(alphaLimits.refreshMs, refresh);
  }

  return {
    columns: options.columns,
    start(on) {
      status.start(on);
      cancelRefresh = clock.after(alphaLimits.refreshMs, refresh);
      link.start();
    },
    show(next) {
      if (isDeepStrictEqual(next, picture)) return;
      picture = next;
      isStale = true;
      pump();
    },
    async stop() {
      status.stop();
      isUp = false;
      cancelPause();
      cancelRefresh();
      await link.stop();
    },
  };
}
