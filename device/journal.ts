import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import * as z from "zod";
import { reportedTicketsMax } from "../protocol/journal.ts";
import type { Office, PeripheralStatus, TerminalAppointments, Ticket } from "../protocol/messages.ts";
import { office, terminalAppointments, ticket } from "../protocol/messages.ts";
import { grant } from "../protocol/reserve.ts";
import type { KeptTime } from "./hub-clock.ts";
import { admittedMax } from "./terminal/limits.ts";
import type { HeldRange, Touch } from "./terminal/types.ts";

/** Touches of a day that are read at a time. */
export const givenMax = reportedTicketsMax;

/** Touches kept after they were closed, to see what happened; those that are open are never removed. */
export const closedTouchesMax = 2_000;

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
const upsert = `
  INSERT INTO touches (request, step, touch) VALUES (:request, :step, :touch)
  ON CONFLICT (request) DO UPDATE SET step = excluded.step, touch = excluded.touch`;
const prune = `
  DELETE FROM touches WHERE step = 'closed' AND sequence <= (SELECT max(sequence) FROM touches) - ?`;

/** The number is not given a second time, whatever comes after. */
const give = `
  UPDATE reserve SET next = max(next, :value + 1)
  WHERE day = :day AND letter = :letter AND length(first) = length(:number) AND first <= :number AND :number <= last`;
const hold = `
  INSERT INTO reserve (day, letter, first, last, next) VALUES (:day, :letter, :first, :last, :next)
  ON CONFLICT (day, first) DO UPDATE SET last = excluded.last, next = max(next, excluded.next)`;
/** A row that is no JSON ends a query that looks into it, and with it all that the other rows know. */
const ofDay = `
  SELECT sequence, touch FROM touches
  WHERE sequence > :after AND CASE WHEN json_valid(touch) THEN json_extract(touch, '$.ticket.day') END = :day
  ORDER BY sequence LIMIT :limit`;
type GivenRow = { sequence: number; touch: string };
const keepValue = `INSERT INTO kept (what, value) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET value = excluded.value`;

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
  reserve: z
    .object({
      order: z.int(),
      clock: z.enum(["sure", "unsure"]),
      contactAt: z.number().nullable(),
      adopted: z.boolean(),
    })
    .nullable()
    .default(null),
  code: z.string().nullable().default(null),
  toDesk: z.boolean().default(false),
});
const range = grant.extend({ next: z.int() });
const keptEpoch = z.object({ epoch: z.int() });
const keptTime = z.object({ contactAt: z.number(), aheadMs: z.number(), boot: z.string() });

/** What is kept for the time without the hub, each under its name; a list under that of its day. */
export interface KeptForAlone {
  grants: HeldRange[];
  /** The highest order of a number that was given. */
  order: number;
  /** Touches with a check-in code, the latest first. */
  admitted: Touch[];
  lists: TerminalAppointments[];
  office: Office | null;
  clock: KeptTime | null;
  /** The epoch of the hub that was told what is known here. */
  epoch: number | null;
}

/** What must survive a power cut: every touch and how far it came. */
export interface Journal {
  /** Opens the file and returns the touches that are not closed, oldest first. A broken file is moved aside; never throws. */
  open(): Touch[];
  /** The touch that came last of all, closed or not; undefined where there is none or it cannot be read. Never throws. */
  last(): Touch | undefined;
  /**
   * Returns once the touch is on the disk.
   *
   * @throws when it is not: then nothing may rely on it.
   */
  store(touch: Touch): void;
  /** What is known for the time without the hub; nothing of it where the file cannot be read. Never throws. */
  recall(): KeptForAlone;
  /**
   * The touches with a number of this day behind a place, in the order in which they were begun; `next` is the place
   * behind which there may be more. Of more than `closedTouchesMax` only the newest are known. Never throws.
   */
  given(day: string, after: number): { touches: Touch[]; next: number | null };
  /**
   * Keeps the ranges of numbers that the hub granted, and no others; none of them goes back behind what was given.
   *
   * @throws when they are not on the disk.
   */
  hold(grants: readonly HeldRange[]): void;
  /** @throws when it is not on the disk. */
  keep(what: "office" | "clock" | "epoch", value: object): void;
  /** Keeps the list of a day, and none of a day before `today`. @throws when it is not on the disk. */
  keepList(list: TerminalAppointments, today: string): void;
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
  let database: Opened | undefined;
  let movedAside = "";
  let failure = "";

  function moveAside(why: string): void {
    const aside = `${path}.broken`;
    for (const suffix of ["", "-wal", "-shm"]) {
      rmSync(aside + suffix, { force: true });
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    movedAside = `journal begun anew; the old one is ${aside} and was broken: ${why}`.slice(0, 200);
    log.error({ why, aside }, "journal broken, begun anew: touches under way before this start are lost");
  }

  function ensure(): Opened {
    if (database) return database;
    try {
      database = withStatements(openDatabase(path));
    } catch (error) {
      if (!isBroken(error)) throw error;
      moveAside(error.message);
      database = withStatements(openDatabase(path));
    }
    return database;
  }

  function readOpen(from: Opened): Touch[] {
    const rows = from.prepare("SELECT touch FROM touches WHERE step <> 'closed' ORDER BY sequence").pluck().all();
    return readAll(rows, touch, log);
  }

  /** Writes in one transaction; the journal's status says how it went. */
  function write(work: (into: Opened) => void): void {
    try {
      const into = ensure();
      into.transact(() => work(into));
      failure = "";
    } catch (error) {
      failure = reasonOf(error);
      throw error;
    }
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
    last() {
      try {
        const rows = ensure().prepare("SELECT touch FROM touches ORDER BY sequence DESC LIMIT 1").pluck().all();
        return readAll(rows, touch, log)[0];
      } catch (error) {
        failure = reasonOf(error);
        return undefined;
      }
    },
    store: (stored) =>
      write((into) => {
        if (stored.reserve && stored.ticket) noteNumber(into, stored.ticket);
        into.prepare(upsert).run({ request: stored.request, step: stored.step, touch: JSON.stringify(stored) });
        into.prepare(prune).run(closedTouchesMax);
      }),
    recall() {
      try {
        return readKept(ensure(), log);
      } catch (error) {
        failure = reasonOf(error);
        log.error({ path, reason: failure }, "journal cannot be read: nothing can be given without the hub");
        return { grants: [], order: 0, admitted: [], lists: [], office: null, clock: null, epoch: null };
      }
    },
    given(day, after) {
      try {
        const rows = ensure().prepare(ofDay).all({ day, after, limit: givenMax }) as GivenRow[];
        const next = rows.length < givenMax ? null : (rows.at(-1)?.sequence ?? null);
        const stored = rows.map((row) => row.touch);
        return { touches: readAll(stored, touch, log), next };
      } catch (error) {
        failure = reasonOf(error);
        log.error({ path, reason: failure }, "journal cannot be read: the hub is not told what was given today");
        return { touches: [], next: null };
      }
    },
    hold: (grants) =>
      write((into) => {
        const days = JSON.stringify(grants.map(({ day, first }) => day + first));
        into.prepare("DELETE FROM reserve WHERE day || first NOT IN (SELECT value FROM json_each(?))").run(days);
        for (const { day, letter, first, last, next } of grants) {
          into.prepare(hold).run({ day, letter, first, last, next });
        }
      }),
    keep: (what, value) => write((into) => into.prepare(keepValue).run(what, JSON.stringify(value))),
    keepList: (list, today) =>
      write((into) => {
        into.prepare("DELETE FROM kept WHERE what GLOB 'list/*' AND what < 'list/' || ?").run(today);
        into.prepare(keepValue).run(`list/${list.day}`, JSON.stringify(list));
      }),
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

/** The open file, with each statement made once: making one costs more than a small one takes. */
interface Opened {
  prepare(sql: string): Database.Statement;
  /** In one transaction, which is on the disk when this returns. */
  transact(work: () => void): void;
  close(): void;
}

function withStatements(database: Database.Database): Opened {
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

function readAll<T>(rows: unknown[], schema: z.ZodType<T>, log: JournalLog): T[] {
  return rows.flatMap((row) => {
    const read = schema.safeParse(typeof row === "string" ? parseJson(row) : row);
    if (read.success) return [read.data];
    log.warn({ problem: read.error.issues[0]?.message }, "journal: an entry could not be read and is left out");
    return [];
  });
}

function readKept(from: Opened, log: JournalLog): KeptForAlone {
  const all = (sql: string) => from.prepare(sql).pluck().all();
  const kept = (what: string) => all(`SELECT value FROM kept WHERE what = '${what}'`);
  // A row that is no JSON ends a query that looks into it, and with it all that the other rows know.
  const within = (path: string) => `CASE WHEN json_valid(touch) THEN json_extract(touch, '${path}') END`;
  const [order] = all(`SELECT max(${within("$.reserve.order")}) FROM touches`);
  const codes = `${within("$.code")} IS NOT NULL ORDER BY sequence DESC LIMIT`;
  return {
    grants: readAll(from.prepare("SELECT * FROM reserve ORDER BY rowid").all(), range, log),
    order: typeof order === "number" && Number.isSafeInteger(order) ? order : 0,
    admitted: readAll(all(`SELECT touch FROM touches WHERE ${codes} ${admittedMax}`), touch, log),
    lists: readAll(all("SELECT value FROM kept WHERE what GLOB 'list/*'"), terminalAppointments, log),
    office: readAll(kept("office"), office, log)[0] ?? null,
    clock: readAll(kept("clock"), keptTime, log)[0] ?? null,
    epoch: readAll(kept("epoch"), keptEpoch, log)[0]?.epoch ?? null,
  };
}

/** @throws when the number is in no range that is held: after a power cut it would be given again. */
function noteNumber(into: Opened, { day, number }: Ticket): void {
  const value = Number(number.slice(1));
  const { changes } = into.prepare(give).run({ day, letter: number.slice(0, 1), number, value });
  if (changes === 0) throw new Error(`the journal holds no range with ${number} of ${day}`);
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
    if (Number(version) > schemaVersion) throw new BrokenJournal(`of version ${version}`);
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
