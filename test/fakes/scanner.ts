import type { DiscardEvent, ScanEvent, Scanner, StatusEvent } from "../../device/ports.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";

/** A scanner in memory, with its far end: somebody who holds codes in front of it, and a hand on the cable. */
export interface FakeScanner extends Scanner {
  scan(text: string, symbology?: ScanEvent["symbology"]): void;
  /** Bytes arrive that are no code. */
  noise(): void;
  unplug(): void;
  plug(): void;
}

export function createFakeScanner(): FakeScanner {
  let on: ((event: ScanEvent | DiscardEvent | StatusEvent) => void) | undefined;
  let plugged = true;
  let told: PeripheralStatus["state"] | undefined;
  let count = 0;

  const report = () => {
    const status: PeripheralStatus = plugged
      ? { state: "ready", detail: "fake" }
      : { state: "offline", detail: "unplugged" };
    if (!on || told === status.state) return;
    told = status.state;
    on({ type: "status", status });
  };

  return {
    start(listener) {
      on = listener;
      told = undefined;
      count = 0;
      queueMicrotask(report);
    },
    async stop() {
      on = undefined;
    },
    scan(text, symbology = "unknown") {
      if (plugged) on?.({ type: "scan", text, symbology });
    },
    noise() {
      if (plugged) on?.({ type: "discard", reason: "noise", count: ++count });
    },
    unplug() {
      plugged = false;
      report();
    },
    plug() {
      plugged = true;
      report();
    },
  };
}
