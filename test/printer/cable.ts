import { setImmediate as turn } from "node:timers/promises";
import { createPrinterOver } from "../../device/printer/printer.ts";
import { printerProfiles } from "../../device/printer/profiles.ts";
import { LinkError, type OpenLink } from "../../device/printer/transport.ts";
import type { EscposPrinter } from "../emulators/escpos-printer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

/** A step of the clock between two turns of the event loop, in milliseconds. */
const stepMs = 20;
/** More than any outcome takes. */
const turnsMax = 10_000;

/**
 * A cable from a driver to an emulated printer, with nothing between that buffers: whatever was handed over has arrived,
 * and the machine at its near end can lose its power after any byte.
 */
export function createCable(emulator: EscposPrinter) {
  let left = Number.POSITIVE_INFINITY;
  let plugged = true;
  let isHeard = true;
  let sent = 0;
  let longest = 0;
  let detach = () => {};
  const open: OpenLink = async (events) => {
    if (!plugged) throw new LinkError("no printer");
    let arrive = (_bytes: Buffer) => {};
    let isOpen = true;
    detach = emulator.attach({
      write: (bytes) => void setImmediate(() => isOpen && isHeard && events.data(Buffer.from(bytes))),
      onData(listener) {
        arrive = listener;
      },
    });
    return {
      async write(bytes) {
        const handed = bytes.subarray(0, Math.max(0, Math.min(left, bytes.length)));
        left -= handed.length;
        sent += handed.length;
        longest = Math.max(longest, bytes.length);
        if (isOpen) arrive(Buffer.from(handed));
        if (handed.length < bytes.length) throw new LinkError("no power");
      },
      async close() {
        isOpen = false;
        detach();
      },
    };
  };
  return {
    open,
    /** Bytes that have arrived since the start. */
    sent: () => sent,
    /** Of what was handed over at once, the most. */
    longestWrite: () => longest,
    /** From now on only so many bytes arrive any more. */
    cutAfter(bytes: number) {
      left = bytes;
    },
    /** What the printer says arrives no more. */
    goDeaf() {
      isHeard = false;
    },
    heal() {
      left = Number.POSITIVE_INFINITY;
      isHeard = true;
    },
    /** Nobody is at the near end any more. */
    letGo: () => detach(),
    setPlugged(isPlugged: boolean) {
      plugged = isPlugged;
    },
  };
}

/** One start of the driver at a cable, with time that runs as fast as it is waited for. */
export function startLife(cable: ReturnType<typeof createCable>, profile: keyof typeof printerProfiles = "epson") {
  const clock = createManualClock();
  const printer = createPrinterOver(cable.open, printerProfiles[profile], 48, clock);
  let state = "";
  const life = {
    printer,
    state: () => state,
    start: () => printer.start(({ status }) => (state = status.state)),
    /** Lets time pass until it is so. */
    async until(what: string, is: () => boolean) {
      for (let turns = 0; !is(); turns += 1) {
        if (turns > turnsMax) throw new Error(`${what}: not within ${turnsMax * stepMs} ms`);
        await turn();
        clock.advance(stepMs);
      }
    },
    async result<T>(promise: Promise<T>): Promise<T> {
      let settled: { value: T } | undefined;
      void promise.then((value) => {
        settled = { value };
      });
      await life.until("a result", () => settled !== undefined);
      return promise;
    },
    async ready() {
      life.start();
      await life.until("ready", () => state === "ready");
    },
  };
  return life;
}
