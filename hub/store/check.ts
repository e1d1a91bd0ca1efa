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
const problems = findProblems(db, "quick_check");
const gaps = db
  .prepare("SELECT epoch, max(seq) AS last, count(*) AS n FROM event GROUP BY epoch HAVING n <> last")
  .all() as { epoch: number; last: number; n: number }[];
for (const gap of gaps) problems.push(`epoch ${gap.epoch}: ${gap.n} events recorded, the last is number ${gap.last}`);
const count = (table: string) => (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
const counts = {
  events: count("event"),
  tickets: count("ticket"),
  replies: count("reply"),
  appointments: count("appointment"),
  persons: count("person"),
  mails: count("mail"),
};
db.close();
const report: StoreReport = { problems, bytes: statSync(path).size, counts };
parentPort?.postMessage(report);
