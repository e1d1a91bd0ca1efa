import type Database from "better-sqlite3";
import type { MailOrder } from "../office/aside.ts";

/** Characters kept of why a mail could not be sent. */
const errorCharsMax = 200;

/** A mail that waits to be sent, with what only it still knows of the person. */
export interface SpooledMail {
  order: MailOrder;
  to: { name: string; address: string };
  /** How often it was tried in vain. */
  attempts: number;
}

/** Mails that were ordered in a transaction of the office and are not sent yet. What is written here is durable on return. */
export interface Spool {
  /** Those whose time has come, the longest due first; mails behind their `dropAt` are among them. */
  dueMails(now: number, limit: number): SpooledMail[];
  /** When the next one is due, in milliseconds since the epoch; null when none waits. */
  nextMailAt(): number | null;
  /** Those whose time has come, and those that were tried in vain. */
  mailsWaiting(now: number): number;
  /** The mail server has it: it is deleted here, with the address. */
  mailSent(id: string): void;
  /**
   * It could not be sent.
   *
   * @param again when to try again, in milliseconds since the epoch.
   * @param why for staff, without personal data.
   */
  mailFailed(id: string, again: number, why: string): void;
  /** It is given up and deleted. */
  mailDropped(id: string): void;
}

/**
 * The spool in the hub's file.
 *
 * @param erased called whenever personal data was deleted.
 */
export function createSpool(db: Database.Database, erased: () => void): Spool {
  const due = db.prepare("SELECT body, attempts FROM mail WHERE due <= ? ORDER BY due LIMIT ?");
  const waiting = db.prepare("SELECT count(*) AS n FROM mail WHERE due <= ? OR attempts > 0");
  const next = db.prepare("SELECT min(due) AS due FROM mail");
  const remove = db.prepare("DELETE FROM mail WHERE id = ?");
  const postpone = db.prepare("UPDATE mail SET attempts = attempts + 1, due = ?, error = ? WHERE id = ?");
  const forget = (id: string) => {
    if (remove.run(id).changes > 0) erased();
  };
  return {
    dueMails: (now, limit) =>
      (due.all(now, limit) as { body: string; attempts: number }[]).map(({ body, attempts }) => ({
        ...(JSON.parse(body) as Pick<SpooledMail, "order" | "to">),
        attempts,
      })),
    nextMailAt: () => (next.get() as { due: number | null }).due,
    mailsWaiting: (now) => (waiting.get(now) as { n: number }).n,
    mailSent: forget,
    mailFailed: (id, again, why) => void postpone.run(again, why.slice(0, errorCharsMax), id),
    mailDropped: forget,
  };
}
