import type Database from "better-sqlite3";
import type { AuditEntry, StaffAccount, StaffSession } from "../staff/record.ts";

/** Accounts of staff, who is signed in, wrong passwords, and what staff did. Each write is durable on return. */
export interface StaffTables {
  account(name: string): StaffAccount | undefined;
  /** By name. */
  accounts(): StaffAccount[];
  put(account: StaffAccount): void;
  /** Removes an account and ends its sessions. */
  remove(name: string): void;
  /** What of the configuration was last made an account of this name. */
  seed(name: string): string | undefined;
  /** Makes an account of the configuration. */
  plant(account: StaffAccount, seed: string): void;
  begin(session: StaffSession): void;
  session(id: string): StaffSession | undefined;
  touch(id: string, at: number): void;
  end(id: string): void;
  /** Ends all sessions of an account but one. */
  endAll(name: string, except?: string): void;
  /** Notes an attempt for each of these subjects, and names the notes. */
  attempt(subjects: string[], at: number): number[];
  /** Takes notes back: the attempts were none. */
  takeBack(notes: number[]): void;
  forgive(subject: string): void;
  /** When there were attempts since then, oldest first. */
  attempts(subject: string, since: number): number[];
  audit(entry: AuditEntry): void;
  /** The newest entries before this one, or of all; each with its number. */
  audits(limit: number, before?: number): (AuditEntry & { id: number })[];
  /** Forgets what is older than these instants. */
  forget(before: { attempts: number; audits: number; sessionsBegan: number; sessionsSeen: number }): void;
}

/** @param erased called whenever something was deleted that is to be gone from the log too. */
export function createStaffTables(db: Database.Database, erased: () => void): StaffTables {
  const sql = prepare(db);
  const parse = (row: unknown) => (row ? (JSON.parse((row as { body: string }).body) as StaffAccount) : undefined);
  const put = (account: StaffAccount) => void sql.put.run(account.name, JSON.stringify(account));
  const remove = db.transaction((name: string) => {
    sql.remove.run(name);
    sql.endAll.run(name, "");
  });
  const plant = db.transaction((account: StaffAccount, seed: string) => {
    put(account);
    sql.setSeed.run(account.name, seed);
    sql.endAll.run(account.name, "");
  });
  const attempt = db.transaction((subjects: string[], at: number) =>
    subjects.map((subject) => Number(sql.attempt.run(subject, at).lastInsertRowid)),
  );
  const takeBack = db.transaction((notes: number[]) => {
    for (const note of notes) sql.takeBack.run(note);
  });
  const forget = db.transaction((before: Parameters<StaffTables["forget"]>[0]) => {
    sql.forgetAttempts.run(before.attempts);
    sql.forgetSessions.run(before.sessionsBegan, before.sessionsSeen);
    return sql.forgetAudits.run(before.audits).changes;
  });
  return {
    account: (name) => parse(sql.account.get(name)),
    accounts: () => sql.accounts.all().flatMap((row) => parse(row) ?? []),
    put,
    remove(name) {
      remove(name);
      erased();
    },
    seed: (name) => (sql.seed.get(name) as { digest: string } | undefined)?.digest,
    plant,
    begin: ({ id, name, began, seen }) => void sql.begin.run(id, name, began, seen),
    session: (id) => sql.session.get(id) as StaffSession | undefined,
    touch: (id, at) => void sql.touch.run(at, id),
    end: (id) => void sql.end.run(id),
    endAll: (name, except = "") => void sql.endAll.run(name, except),
    attempt,
    takeBack,
    forgive: (subject) => void sql.forgive.run(subject),
    attempts: (subject, since) => (sql.attempts.all(subject, since) as { at: number }[]).map(({ at }) => at),
    audit: ({ at, who, what, desk, ticket, outcome, about }) =>
      void sql.audit.run(at, who, what, desk, ticket, outcome, about),
    audits: (limit, before = Number.MAX_SAFE_INTEGER) =>
      sql.audits.all(before, limit) as (AuditEntry & { id: number })[],
    forget(before) {
      if (forget(before) > 0) erased();
    },
  };
}

function prepare(db: Database.Database) {
  return {
    account: db.prepare("SELECT body FROM staff WHERE name = ?"),
    accounts: db.prepare("SELECT body FROM staff ORDER BY name"),
    put: db.prepare("INSERT INTO staff VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"),
    remove: db.prepare("DELETE FROM staff WHERE name = ?"),
    seed: db.prepare("SELECT digest FROM staff_seed WHERE name = ?"),
    setSeed: db.prepare("INSERT INTO staff_seed VALUES (?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest"),
    begin: db.prepare("INSERT INTO staff_session VALUES (?, ?, ?, ?)"),
    session: db.prepare("SELECT * FROM staff_session WHERE id = ?"),
    touch: db.prepare("UPDATE staff_session SET seen = ? WHERE id = ?"),
    end: db.prepare("DELETE FROM staff_session WHERE id = ?"),
    endAll: db.prepare("DELETE FROM staff_session WHERE name = ? AND id <> ?"),
    attempt: db.prepare("INSERT INTO staff_attempt (subject, at) VALUES (?, ?)"),
    takeBack: db.prepare("DELETE FROM staff_attempt WHERE id = ?"),
    forgive: db.prepare("DELETE FROM staff_attempt WHERE subject = ?"),
    attempts: db.prepare("SELECT at FROM staff_attempt WHERE subject = ? AND at > ? ORDER BY at, id"),
    audit: db.prepare(
      "INSERT INTO staff_audit (at, who, what, desk, ticket, outcome, about) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    audits: db.prepare("SELECT * FROM staff_audit WHERE id < ? ORDER BY id DESC LIMIT ?"),
    forgetAttempts: db.prepare("DELETE FROM staff_attempt WHERE at < ?"),
    forgetSessions: db.prepare("DELETE FROM staff_session WHERE began < ? OR seen < ?"),
    forgetAudits: db.prepare("DELETE FROM staff_audit WHERE at < ?"),
  };
}
