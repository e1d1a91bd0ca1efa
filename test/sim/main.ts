import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { DayReport } from "./day.ts";
import { simulateDay } from "./day.ts";
import { inWords, summarise } from "./report.ts";

/**
 * `npm run sim -- --days 1000` lives through a thousand office days and says what broke and what was wrong;
 * `--from` names the first seed, `--seed` one day to be told in detail.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    days: { type: "string", default: "100" },
    /** Within this process, for a share of the days of another. */
    share: { type: "boolean", default: false },
  },
});

if (values.seed !== undefined) {
  const report = await simulateDay(Number(values.seed));
  const summary = summarise([report]);
  for (const { at, fault, state } of report.faults) console.log(`${new Date(at).toISOString()} ${fault}: ${state}`);
  console.log(`${inWords(summary)}\n${report.events} events, digest ${report.digest}`);
  process.exitCode = summary.wrong.length > 0 ? 1 : 0;
} else if (values.share) {
  for (let seed = Number(values.from); seed < Number(values.from) + Number(values.days); seed += 1) {
    process.send?.(await simulateDay(seed));
  }
  process.disconnect();
} else {
  const reports = await inShares(Number(values.from), Number(values.days));
  const summary = summarise(reports);
  console.log(inWords(summary));
  process.exitCode = summary.wrong.length > 0 || summary.missing.length > 0 ? 1 : 0;
}

/** Each processor takes a share of the days, in a process of its own. */
async function inShares(from: number, days: number): Promise<DayReport[]> {
  const reports: DayReport[] = [];
  const shares = Math.min(availableParallelism(), days);
  const share = Math.ceil(days / shares);
  await Promise.all(
    Array.from({ length: shares }, (_, index) => {
      const first = from + index * share;
      const args = ["--share", "--from", String(first), "--days", String(Math.min(share, from + days - first))];
      // Its processor is all that it gets: V8's helpers would take from the other shares.
      const child = fork(import.meta.filename, args, { execArgv: ["--single-threaded"] });
      child.on("message", (report: DayReport) => {
        reports.push(report);
        // Days go on for hours: what was wrong is said at once, and stands there when somebody ends it.
        if (report.problems.length > 0) console.log(`seed ${report.seed}: ${report.problems.join("; ")}`);
        if (reports.length % 100 === 0) console.log(`${reports.length} days …`);
      });
      return new Promise<void>((resolve, reject) =>
        child.once("exit", (code) =>
          code === 0 ? resolve() : reject(new Error(`a share of the days ended: ${code}`)),
        ),
      );
    }),
  );
  return reports.sort((a, b) => a.seed - b.seed);
}
