import type Database from "better-sqlite3";

/** Whether anybody waited, was parked or was at a desk at the last commit: asked before the office is loaded. */
export function isBusy(db: Database.Database): boolean {
  const atDesk = db.prepare("SELECT 1 FROM ticket WHERE state = 'called' LIMIT 1");
  const waiting = db.prepare(
    "SELECT 1 FROM ticket WHERE id >= :day || '/' AND id < :day || '0' AND state IN ('waiting', 'parked') LIMIT 1",
  );
  const office = db.prepare("SELECT value FROM meta WHERE key = 'office'").pluck().get();
  const { day = "" } = JSON.parse(String(office ?? "{}")) as { day?: string };
  return atDesk.get() !== undefined || waiting.get({ day }) !== undefined;
}
