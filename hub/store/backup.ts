/**
 * A thread that copies the hub's file. `VACUUM INTO` reads one moment of it through a connection of its own, however long
 * it takes: in WAL mode neither waits for the office nor makes it wait. What it writes has no unused parts in which
 * something erased could be left. The copy is looked through and on the disk before it gets its name.
 */
import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { syncPath } from "./file.ts";
import { findProblems } from "./integrity.ts";

/** What is asked of the thread: which file to copy, and the path of the copy. */
export interface BackupTask {
  from: string;
  to: string;
}

/** The lowest priority; on Linux it is that of this thread alone. */
const lowest = 19;
/** Nobody but the hub's user reads it: it holds personal data, and the key of the file's hashes. */
const ownerOnly = 0o600;

const { from, to } = workerData as BackupTask;
const part = `${to}.part`;

function copy(): void {
  rmSync(part, { force: true });
  closeSync(openSync(part, "wx", ownerOnly));
  const db = new Database(from, { readonly: true });
  db.prepare("VACUUM INTO ?").run(part);
  db.close();
}

function verify(): void {
  const db = new Database(part, { readonly: true });
  const problems = findProblems(db, "integrity_check");
  db.close();
  if (problems.length > 0) throw new Error(`the copy is damaged: ${problems[0]}`);
}

setPriority(lowest);
try {
  copy();
  verify();
  syncPath(part);
  renameSync(part, to);
  syncPath(dirname(to));
} finally {
  rmSync(part, { force: true });
}
parentPort?.postMessage(statSync(to).size);
