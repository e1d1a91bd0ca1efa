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

/** What outlives the terminal that drives it: the paper, how the printer is, and what it remembers of named jobs. */
export interface FakeHardware {
  receipts: Receipt[];
  status: PeripheralStatus;
  jobs: Map<string, PrintOutcome>;
}

export function createFakePrinter(
  hardware: FakeHardware = { receipts: [], status: { state: "ready", detail: "" }, jobs: new Map() },
): FakePrinter {
  const { receipts, jobs } = hardware;
  const scripted: PrintOutcome[] = [];
  let told: PeripheralStatus | undefined;
  let on: ((event: StatusEvent) => void) | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let gate: Promise<void> = Promise.resolve();
  let open = () => {};

  const canPrint = () => hardware.status.state === "ready" || hardware.status.state === "paper-low";

  function report(): void {
    if (!on || (told?.state === hardware.status.state && told.detail === hardware.status.detail)) return;
    told = hardware.status;
    on({ type: "status", status: told });
  }

  async function perform(receipt: Receipt, job?: string): Promise<PrintOutcome> {
    await gate;
    if (!on) return { outcome: "failed", sure: true, detail: "not started" };
    if (!canPrint()) {
      return { outcome: "failed", sure: true, detail: hardware.status.detail };
    }
    const outcome = scripted.shift() ?? { outcome: "printed", sure: true, detail: "" };
    if (outcome.outcome !== "failed") receipts.push(receipt);
    if (job !== undefined) jobs.set(job, outcome);
    return outcome;
  }

  /** It can be asked for the last job only, and an empty memory says nothing about any. */
  async function lookBack(job: string): Promise<PrintOutcome> {
    if (!canPrint()) return unknown(hardware.status.detail);
    if (jobs.size === 0) return unknown("the printer remembers nothing");
    return jobs.get(job) ?? { outcome: "failed", sure: true, detail: "nothing of it reached the printer" };
  }

  return {
    start(listener) {
      on = listener;
      queueMicrotask(report);
    },
    async stop() {
      on = undefined;
    },
    print(receipt, job) {
      const done = turn.then(() => perform(receipt, job));
      turn = done;
      return done;
    },
    outcomeOf(job) {
      const done = turn.then(() => gate).then(() => lookBack(job));
      turn = done;
      return done;
    },
    receipts,
    setStatus(next) {
      hardware.status = next;
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

function unknown(detail: string): PrintOutcome {
  return { outcome: "unknown", sure: false, detail };
}
