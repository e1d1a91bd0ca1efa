import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";

const schemaVersion = 2;
const schema = `
  CREATE TABLE IF NOT EXISTS touches (
    sequence INTEGER PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    step TEXT NOT NULL,
    touch TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reserve (
    day TEXT NOT NULL,
    letter TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (day, first)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS kept (
    what TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS open_touches ON touches (sequence) WHERE step <> 'closed';
  PRAGMA user_version = ${schemaVersion};`;

/** The open file, with each statement made once: making one costs more than a small one takes. */
export interface Opened {
  prepare(sql: string): Database.Statement;
  /** In one transaction, which is on the disk when this returns. */
  transact(work: () => void): void;
  close(): void;
}

/** @throws BrokenJournal or SqliteError */
export function openJournalFile(path: string): Opened {
  const database = openDatabase(path);
  const made = new Map<string, Database.Statement>();
  return {
    prepare(sql) {
      const statement = made.get(sql) ?? database.prepare(sql);
      made.set(sql, statement);
      return statement;
    },
    transact: database.transaction((work: () => void) => work()),
    close: () => void database.close(),
  };
}

/**
 * Opens the file, checks it and makes its table where there is none. Whatever is written is on the disk when the
 * transaction returns.
 *
 * @throws BrokenJournal or SqliteError
 */
export function openDatabase(path: string): Database.Database {
  mkdirSync(dirname(path), { recursive: true });
  const opened = new Database(path);
  try {
    opened.pragma("journal_mode = WAL");
    // SQLite as built here falls back to NORMAL when a WAL file is opened again.
    opened.pragma("synchronous = FULL");
    // The quick check does not compare the indexes with their tables: what they lack is found by the first write instead.
    const check = opened.pragma("integrity_check(1)", { simple: true });
    if (check !== "ok") throw new BrokenJournal(String(check));
    const version = opened.pragma("user_version", { simple: true });
    if (Number(version) > schemaVersion) throw new BrokenJournal(`of version ${version}`);
    opened.exec(schema);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** What could be read of a broken file. */
export interface Rescued {
  /** The newest first. */
  touches: { sequence: number; touch: unknown }[];
  kept: { what: string; value: string }[];
}

/**
 * Moves a broken file and what SQLite keeps beside it to `aside`, and reads from it what can be read: by the tables alone,
 * the newest first, up to where they are damaged. The ranges of numbers are left: how far they had come must be certain.
 */
export function moveAside(path: string, aside: string): Rescued {
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(aside + suffix, { force: true });
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  const rescued: Rescued = { touches: [], kept: [] };
  let broken: Database.Database | undefined;
  try {
    broken = new Database(aside, { fileMustExist: true });
    if (Number(broken.pragma("user_version", { simple: true })) > schemaVersion) return rescued;
    readInto(rescued.touches, broken, "SELECT sequence, touch FROM touches NOT INDEXED ORDER BY sequence DESC");
    readInto(rescued.kept, broken, "SELECT what, value FROM kept NOT INDEXED");
  } catch {
    // Nothing of it is a database.
  } finally {
    broken?.close();
  }
  return rescued;
}

function readInto<Row>(rows: Row[], from: Database.Database, sql: string): void {
  try {
    for (const row of from.prepare<[], Row>(sql).iterate()) rows.push(row);
  } catch {
    // What came before the damage is there.
  }
}

class BrokenJournal extends Error {}

/** The file is there and can be read, and is no journal of ours. */
export function isBroken(error: unknown): error is Error {
  if (error instanceof BrokenJournal) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}
