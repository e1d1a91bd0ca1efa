import { systemClock } from "../clock.ts";
import type { Clock, Printer, PrintOutcome, Receipt } from "../ports.ts";
import { lookBack } from "./aftermath.ts";
import { openLinkFor } from "./connection.ts";
import { encodeReceipt } from "./encoder.ts";
import { createJobRunner, type JobProgress, unknown } from "./job.ts";
import { createMonitor, type PrinterLog } from "./monitor.ts";
import { type PrinterOptions, profileOf } from "./options.ts";
import type { PrinterProfile } from "./profiles.ts";
import type { OpenLink } from "./transport.ts";

/** For a job from its turn to its outcome, whatever happens. */
export const printTimeoutMs = 20_000;

const silentLog: PrinterLog = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A receipt printer that speaks ESC/POS, over USB, a serial port, the network or a file. What its outcomes can promise
 * depends on its profile (profiles.ts).
 */
export function createPrinter(options: PrinterOptions, clock: Clock = systemClock(), log = silentLog): Printer {
  return createPrinterOver(openLinkFor(options.connection), profileOf(options), options.columns, clock, log);
}

/** The same over any way to a printer. */
export function createPrinterOver(
  openLink: OpenLink,
  profile: PrinterProfile,
  columns: number,
  clock: Clock,
  log = silentLog,
): Printer {
  const monitor = createMonitor(openLink, profile, clock, log);
  const runner = createJobRunner(monitor, profile, clock);
  let turn: Promise<unknown> = Promise.resolve();

  async function perform(receipt: Receipt, progress: JobProgress, job?: string): Promise<PrintOutcome> {
    const release = monitor.hold();
    try {
      return await runner.run(encodeReceipt(receipt, profile, columns, job), progress, job);
    } catch (error) {
      // A receipt that cannot be encoded is the caller's fault, and nothing of it was sent.
      const detail = (error as Error).message;
      log.error({ detail }, "print job failed");
      return progress.sent ? unknown(detail) : { outcome: "failed", sure: true, detail };
    } finally {
      release();
    }
  }

  function inTime(work: Promise<PrintOutcome>, progress: JobProgress): Promise<PrintOutcome> {
    return new Promise((resolve) => {
      const cancel = clock.after(printTimeoutMs, () => {
        progress.over = true;
        monitor.drop("print timeout");
        const detail = `no outcome within ${printTimeoutMs} ms`;
        resolve(progress.sent ? unknown(detail) : { outcome: "failed", sure: true, detail });
      });
      work.then((outcome) => {
        cancel();
        resolve(outcome);
      });
    });
  }

  return {
    start(on) {
      monitor.start((status) => on({ type: "status", status }));
    },
    stop: () => monitor.stop(),
    print(receipt, job) {
      const progress: JobProgress = { sent: false, over: false };
      const started = turn.then(() => {
        const work = perform(receipt, progress, job);
        return { work, outcome: inTime(work, progress) };
      });
      // The next job waits for the end of the work, not only for its outcome: two must never share the line.
      turn = started.then(({ work }) => work);
      return started.then(async (job) => {
        const outcome = await job.outcome;
        log.info({ ...outcome }, "print job");
        return outcome;
      });
    },
    outcomeOf(job) {
      const asked = turn.then(async () => {
        const { outcome, remains } = await lookBack(job, monitor, profile, clock);
        if (remains) runner.partFromEarlier();
        log.info({ ...outcome }, "print job of an earlier start");
        return outcome;
      });
      turn = asked;
      return asked;
    },
  };
}
