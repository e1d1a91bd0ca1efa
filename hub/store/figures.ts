import type Database from "better-sqlite3";
import type { FiguresReport } from "../../protocol/messages.ts";
import type { Counted, FiguresAnswer, FiguresTask } from "./figures-task.ts";
import { countedKey } from "./figures-task.ts";
import { runThread } from "./thread.ts";

export interface ReportWanted {
  from: string;
  to: string;
  timeZone: string;
}

/** Figures from the file, reckoned in a thread that holds nobody up. */
export interface StoredFigures {
  /**
   * The figures of these days, both included; today as far as it has come.
   *
   * @param moment names the state of the record: what was reckoned for the same one is not reckoned again, as for the next
   * page of a report.
   */
  report(wanted: ReportWanted, moment: string): Promise<FiguresReport>;
  /**
   * Counts the days that are over and are not counted yet, those of years where none are.
   *
   * @param today the day of the office: when all before it is counted there is nothing to do.
   */
  settle(timeZone: string, today: string): Promise<void>;
}

export function createStoredFigures(db: Database.Database, path: string): StoredFigures {
  const setDay = db.prepare("INSERT INTO figure VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");
  const setCounted = db.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const readCounted = db.prepare("SELECT value FROM meta WHERE key = ?");
  const write = db.transaction(({ days, counted }: Extract<FiguresAnswer, { days: unknown }>) => {
    for (const { day, body } of days) setDay.run(day, body);
    setCounted.run(countedKey, JSON.stringify(counted));
  });
  const run = (task: FiguresTask) => runThread<FiguresAnswer>("figures-thread.ts", task);
  let last: { key: string; report: Promise<FiguresReport> } | undefined;
  let settling: Promise<void> | undefined;

  async function reckon({ from, to, timeZone }: ReportWanted): Promise<FiguresReport> {
    const answer = await run({ do: "report", path, timeZone, from, to });
    if (!("report" in answer)) throw new Error("the thread for figures answered something else");
    return answer.report;
  }

  async function settle(timeZone: string): Promise<void> {
    for (let more = true; more; ) {
      const answer = await run({ do: "settle", path, timeZone });
      if (!("days" in answer) || !db.open) return;
      write(answer);
      more = answer.more;
    }
  }

  return {
    report(wanted, moment) {
      const key = [wanted.from, wanted.to, wanted.timeZone, moment].join();
      if (last?.key === key) return last.report;
      const report = reckon(wanted);
      last = { key, report };
      // A failure is not remembered.
      report.catch(() => {
        last = undefined;
      });
      return report;
    },
    settle(timeZone, today) {
      const counted = readCounted.get(countedKey) as { value: string } | undefined;
      if (counted && (JSON.parse(counted.value) as Counted).day === today) return settling ?? Promise.resolve();
      settling ??= settle(timeZone).finally(() => {
        settling = undefined;
      });
      return settling;
    },
  };
}
