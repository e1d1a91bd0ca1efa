import type Database from "better-sqlite3";

/** What SQLite finds wrong with a file, in its words. The quick check leaves out whether indexes fit their tables. */
export function findProblems(db: Database.Database, check: "quick_check" | "integrity_check"): string[] {
  const found = db.prepare(`PRAGMA ${check}`).pluck().all() as string[];
  return found.filter((line) => line !== "ok");
}
