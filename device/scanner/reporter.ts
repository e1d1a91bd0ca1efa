import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { DiscardEvent, ScanEvent, StatusEvent } from "../ports.ts";
import type { Decoded } from "./decoding.ts";

export type ScannerEvent = ScanEvent | DiscardEvent | StatusEvent;

/** What both kinds of scanner tell: statuses without repetition, codes, and drops with their count. */
export interface Reporter {
  status(state: PeripheralStatus["state"], detail: string): void;
  decoded(results: Decoded[]): void;
}

/** The count of drops runs from here on, across unplugging. */
export function createReporter(on: (event: ScannerEvent) => void): Reporter {
  let told: PeripheralStatus | undefined;
  let count = 0;
  return {
    status(state, detail) {
      if (told?.state === state && told.detail === detail) return;
      told = { state, detail };
      on({ type: "status", status: told });
    },
    decoded(results) {
      for (const result of results) {
        if ("scan" in result) on({ type: "scan", ...result.scan });
        else on({ type: "discard", reason: result.discard, count: ++count });
      }
    },
  };
}
