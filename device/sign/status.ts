import type { Logger } from "pino";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { StatusEvent } from "../ports.ts";

/** What a status detail may hold (protocol, device status). */
const detailLengthMax = 200;

/** Passes a sign's status on when it changed, and only between `start` and `stop`. */
export function createStatusReporter(logger: Logger | undefined) {
  let deliver: ((event: StatusEvent) => void) | undefined;
  let last: PeripheralStatus | undefined;
  return {
    start(on: (event: StatusEvent) => void): void {
      deliver = on;
      last = undefined;
    },
    stop(): void {
      deliver = undefined;
    },
    report(state: PeripheralStatus["state"], detail: string): void {
      const status = { state, detail: detail.slice(0, detailLengthMax) };
      if (!deliver || (last?.state === state && last.detail === status.detail)) return;
      last = status;
      logger?.info(status, "sign: status");
      deliver({ type: "status", status });
    },
  };
}
