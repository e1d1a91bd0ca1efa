import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import * as z from "zod";
import type { PeripheralStatus } from "../protocol/messages.ts";
import { ticket } from "../protocol/messages.ts";
import type { Touch } from "./terminal/types.ts";

/** Touches kept after they were closed, to see what happened; those that are open are never removed. */
export const closedTouchesMax = 2_000;

const schemaVersion = 1;
const schema = `
  CREATE TABLE IF NOT EXISTS touches (
    sequence INTEGER PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    step TEXT NOT NULL,
    touch TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS open_touches ON touches (sequence) WHERE step <> 'closed';
  PRAGMA user_version = ${schemaVersion};`;
const upsert = `
  INSERT INTO touches (request, step, touch) VALUES (:request, :step, :touch)
  ON CONFLICT (request) DO UPDATE SET step = excluded.step, touch = excluded.touch`;
const prune = `
  DELETE FROM touches WHERE step = 'closed' AND sequence <= (SELECT max(sequence) FROM touches) - ?`;

const touch = z.object({
  request: z.string(),
  service: z.string(),
  language: z.string(),
  at: z.int(),
  step: z.enum(["sent", "issued", "reporting", "withdrawing", "closed"]),
  ticket: ticket.nullable(),
  report: z
    .object({
      attempt: z.int(),
      outcome: z.enum(["printed", "shown", "failed", "unknown"]),
      sure: z.boolean(),
      detail: z.string(),
    })
    .nullable(),
});

/** What must survive a power cut: every touch and how far it came. */
export interface Journal {
  /** Opens the file and returns the touches that are not closed, oldest first. A broken file is moved aside; never throws. */
  open(): Touch[];
  /**
   * Returns once the touch is on the disk.
   *
   * @throws when it is not: then nothing may rely on it.
   */
  store(touch: Touch): void;
  /** How the journal is; an error names what staff must know. */
  status(): PeripheralStatus;
  close(): void;
}

export interface JournalLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A journal in one SQLite file; `path` and what SQLite keeps beside it are its own. */
export function createJournal(path: string, log: JournalLog): Journal {
  let database: Database.Database | undefined;
  let movedAside = "";
  let failure = "";

  function moveAside(why: string): void {
    const aside = `${path}.broken`;
    for (const suffix of ["", "-wal", "-shm"]) {
      rmSync(aside + suffix, { force: true });
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    movedAside = `journal was broken (${why}) and begun anew; the old one is ${aside}`.slice(0, 200);
    log.error({ why, aside }, "journal broken, begun anew: touches under way before this start are lost");
  }

  function ensure(): Database.Database {
    if (database?.open) return database;
    try {
      database = openDatabase(path);
    } catch (error) {
      if (!isBroken(error)) throw error;
      moveAside(error.message);
      database = openDatabase(path);
    }
    return database;
  }

  function readOpen(from: Database.Database): Touch[] {
    const rows = from.prepare("SELECT touch FROM touches WHERE step <> 'closed' ORDER BY sequence").pluck().all();
    return rows.flatMap((row) => {
      const read = touch.safeParse(parseJson(String(row)));
      if (read.success) return [read.data];
      log.warn({ problem: read.error.issues[0]?.message }, "journal: a touch could not be read and is left out");
      return [];
    });
  }

  return {
    open() {
      try {
        return readOpen(ensure());
      } catch (error) {
        failure = reasonOf(error);
        log.error({ path, reason: failure }, "journal cannot be opened");
        return [];
      }
    },
    store(stored) {
      try {
        const into = ensure();
        into.transaction(() => {
          into.prepare(upsert).run({ request: stored.request, step: stored.step, touch: JSON.stringify(stored) });
          into.prepare(prune).run(closedTouchesMax);
        })();
        failure = "";
      } catch (error) {
        failure = reasonOf(error);
        throw error;
      }
    },
    status() {
      if (failure) return { state: "error", detail: `journal cannot be written: ${failure}`.slice(0, 200) };
      return movedAside ? { state: "error", detail: movedAside } : { state: "ready", detail: "" };
    },
    close() {
      database?.close();
      database = undefined;
    },
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
    const check = opened.pragma("quick_check(1)", { simple: true });
    if (check !== "ok") throw new BrokenJournal(String(check));
    const version = opened.pragma("user_version", { simple: true });
    if (version !== 0 && version !== schemaVersion) throw new BrokenJournal(`of version ${version}`);
    opened.exec(schema);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

class BrokenJournal extends Error {}

/** The file is there and can be read, and is no journal of ours. */
function isBroken(error: unknown): error is Error {
  if (error instanceof BrokenJournal) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
