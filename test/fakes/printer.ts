import type { Printer, PrintOutcome, Receipt, StatusEvent } from "../../device/ports.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";

/** A printer in memory: it remembers what it printed, and fails as told. */
export interface FakePrinter extends Printer {
  /** What came out, oldest first. */
  readonly receipts: Receipt[];
  /** From now on it is like this; in any state but `ready` and `paper-low` it prints nothing. */
  setStatus(status: PeripheralStatus): void;
  /** The outcomes of the next jobs, one each; `printed` and `unknown` put the receipt on paper, `failed` does not. */
  script(...outcomes: PrintOutcome[]): void;
  /** Jobs wait until `release`; for tests that look at a terminal while it prints. */
  hold(): void;
  release(): void;
}

export function createFakePrinter(): FakePrinter {
  const receipts: Receipt[] = [];
  const scripted: PrintOutcome[] = [];
  let status: PeripheralStatus = { state: "ready", detail: "" };
  let told: PeripheralStatus | undefined;
  let on: ((event: StatusEvent) => void) | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let gate: Promise<void> = Promise.resolve();
  let open = () => {};

  function report(): void {
    if (!on || (told?.state === status.state && told.detail === status.detail)) return;
    told = status;
    on({ type: "status", status });
  }

  async function perform(receipt: Receipt): Promise<PrintOutcome> {
    await gate;
    if (!on) return { outcome: "failed", sure: true, detail: "not started" };
    if (status.state !== "ready" && status.state !== "paper-low") {
      return { outcome: "failed", sure: true, detail: status.detail };
    }
    const outcome = scripted.shift() ?? { outcome: "printed", sure: true, detail: "" };
    if (outcome.outcome !== "failed") receipts.push(receipt);
    return outcome;
  }

  return {
    start(listener) {
      on = listener;
      queueMicrotask(report);
    },
    async stop() {
      on = undefined;
    },
    print(receipt) {
      const done = turn.then(() => perform(receipt));
      turn = done;
      return done;
    },
    receipts,
    setStatus(next) {
      status = next;
      report();
    },
    script: (...outcomes) => void scripted.push(...outcomes),
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
  };
}
