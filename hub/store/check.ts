/**
 * A thread that looks through the hub's file and says what it found (`StoreReport`). It has a connection of its own,
 * which in WAL mode neither waits for the office nor makes it wait.
 */
import { statSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { findProblems } from "./integrity.ts";
import type { StoreReport } from "./store.ts";

const path = workerData as string;
const db = new Database(path, { readonly: true });
const problems: string[] = [];

/** What one part of the file tells; what cannot be read is a problem, and no reason to keep quiet about the others. */
function look<T>(part: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push(`${part}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

problems.push(...(look("the file", () => findProblems(db, "quick_check")) ?? []));
look("the record of events", () => {
  const gaps = db
    .prepare("SELECT epoch, max(seq) AS last, count(*) AS n FROM event GROUP BY epoch HAVING n <> last")
    .all() as { epoch: number; last: number; n: number }[];
  for (const { epoch, n, last } of gaps) {
    problems.push(`epoch ${epoch}: ${n} events recorded, the last is number ${last}`);
  }
});
const tables = {
  events: "event",
  tickets: "ticket",
  replies: "reply",
  appointments: "appointment",
  persons: "person",
  mails: "mail",
};
const counts: StoreReport["counts"] = {};
for (const [name, table] of Object.entries(tables)) {
  const n = look(table, () => (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n);
  if (n !== undefined) counts[name] = n;
}
db.close();
const report: StoreReport = { problems, bytes: statSync(path).size, counts };
parentPort?.postMessage(report);
