import * as z from "zod";
import { reportedTicketsMax } from "../protocol/journal.ts";
import type { Office, PeripheralStatus, TerminalAppointments, Ticket } from "../protocol/messages.ts";
import { office, terminalAppointments, ticket } from "../protocol/messages.ts";
import { grant } from "../protocol/reserve.ts";
import type { KeptTime } from "./hub-clock.ts";
import { isBroken, moveAside, type Opened, openJournalFile, type Rescued } from "./journal-file.ts";
import { admittedMax } from "./terminal/limits.ts";
import type { HeldRange, Touch } from "./terminal/types.ts";

/** Touches of a day that are read at a time. */
export const givenMax = reportedTicketsMax;

/** Touches kept after they were closed, to see what happened; those that are open are never removed. */
export const closedTouchesMax = 2_000;

const upsert = `
  INSERT INTO touches (request, step, touch) VALUES (:request, :step, :touch)
  ON CONFLICT (request) DO UPDATE SET step = excluded.step, touch = excluded.touch`;
/** Of a touch that a broken file has twice the one that comes first here is taken. */
const putBackTouch = `
  INSERT INTO touches (sequence, request, step, touch) VALUES (:sequence, :request, :step, :touch) ON CONFLICT DO NOTHING`;
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
  left: z.boolean().default(false),
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

/**
 * What must survive a power cut: every touch and how far it came. A file that is found broken, at the start or later, is
 * moved aside and begun anew with what can be read of it and what is known here.
 */
export interface Journal {
  /**
   * Opens the file and returns the touches that are not closed, oldest first.
   *
   * @throws while it cannot be opened.
   */
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
   * @throws when they are not on the disk: then they are written with whatever is written next, as is all that is kept.
   */
  hold(grants: readonly HeldRange[]): void;
  /** @throws when it is not on the disk. */
  keep(what: "office" | "clock" | "epoch", value: object): void;
  /** Keeps the list of a day, and none of a day before `since`. @throws when it is not on the disk. */
  keepList(list: TerminalAppointments, since: string | null): void;
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
  let rescued: Rescued | undefined;
  /** What the file has that a new one must have too: touches that are not closed, once they were read, and ranges. */
  let open: Map<string, Touch> | undefined;
  let held: HeldRange[] = [];
  /** What could not be written when it was to be kept, by its name: it goes along with whatever is written next. */
  const unkept = new Map<string, (into: Opened) => void>();

  function ensure(): Opened {
    if (database) return database;
    const opened = openJournalFile(path);
    try {
      if (rescued) putBack(opened, rescued);
    } catch (error) {
      opened.close();
      throw error;
    }
    rescued = undefined;
    database = opened;
    return opened;
  }

  function beginAnew(why: string): void {
    database?.close();
    database = undefined;
    const aside = `${path}.broken`;
    rescued = moveAside(path, aside);
    movedAside = `journal begun anew; the old one is ${aside} and was broken: ${why}`.slice(0, 200);
    const known = { touches: rescued.touches.length, open: open?.size, ranges: held.length };
    log.error({ why, aside, ...known }, "journal broken, begun anew with what is known of it");
  }

  function putBack(into: Opened, { touches, kept }: Rescued): void {
    const read = touches.map(({ sequence, touch: text }) => ({ sequence, known: readAll([text], touch, log)[0] }));
    into.transact(() => {
      for (const { sequence, known } of read) {
        // What was closed since is open in a page that is too old.
        if (!known || (known.step !== "closed" && open && !open.has(known.request))) continue;
        into.prepare(putBackTouch).run({ sequence, ...rowOf(known) });
      }
      for (const known of open?.values() ?? []) into.prepare(upsert).run(rowOf(known));
      for (const { what, value } of kept) into.prepare(keepValue).run(what, value);
      for (const { day, letter, first, last, next } of held) into.prepare(hold).run({ day, letter, first, last, next });
    });
  }

  /** Does the work, in a new file where this one turns out to be broken. */
  function withFile<T>(work: (file: Opened) => T): T {
    try {
      return work(ensure());
    } catch (error) {
      if (!isBroken(error)) throw error;
      beginAnew(error.message);
      return work(ensure());
    }
  }

  function readOpen(from: Opened): Touch[] {
    const rows = from.prepare("SELECT touch FROM touches WHERE step <> 'closed' ORDER BY sequence").pluck().all();
    return readAll(rows, touch, log);
  }

  /** Writes in one transaction; the journal's status says how it went. */
  function write(work: (into: Opened) => void): void {
    try {
      withFile((into) =>
        into.transact(() => {
          for (const put of unkept.values()) put(into);
          work(into);
        }),
      );
      unkept.clear();
      failure = "";
    } catch (error) {
      failure = reasonOf(error);
      throw error;
    }
  }

  function writeKept(name: string, put: (into: Opened) => void): void {
    unkept.set(name, put);
    write(() => {});
  }

  return {
    open() {
      try {
        const touches = withFile(readOpen);
        open = new Map(touches.map((one) => [one.request, one]));
        return touches;
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== failure) log.error({ path, reason }, "journal cannot be opened");
        failure = reason;
        throw error;
      }
    },
    last() {
      try {
        const newest = "SELECT touch FROM touches ORDER BY sequence DESC LIMIT 1";
        const rows = withFile((file) => file.prepare(newest).pluck().all());
        return readAll(rows, touch, log)[0];
      } catch (error) {
        failure = reasonOf(error);
        return undefined;
      }
    },
    store(stored) {
      write((into) => {
        if (stored.reserve && stored.ticket) noteNumber(into, stored.ticket, isNew(stored));
        into.prepare(upsert).run(rowOf(stored));
        into.prepare(prune).run(closedTouchesMax);
        if (stored.reserve) held = readRanges(into, log);
      });
      if (stored.step === "closed") open?.delete(stored.request);
      else open?.set(stored.request, stored);
    },
    recall() {
      try {
        const kept = withFile((file) => readKept(file, log));
        held = kept.grants;
        return kept;
      } catch (error) {
        failure = reasonOf(error);
        log.error({ path, reason: failure }, "journal cannot be read: nothing can be given without the hub");
        return { grants: [], order: 0, admitted: [], lists: [], office: null, clock: null, epoch: null };
      }
    },
    given(day, after) {
      try {
        const range = { day, after, limit: givenMax };
        const rows = withFile((file) => file.prepare(ofDay).all(range)) as GivenRow[];
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
      writeKept("grants", (into) => {
        putRanges(into, grants);
        held = readRanges(into, log);
      }),
    keep: (what, value) => writeKept(what, (into) => into.prepare(keepValue).run(what, JSON.stringify(value))),
    keepList: (list, since) =>
      writeKept(`list/${list.day}`, (into) => {
        if (since) into.prepare("DELETE FROM kept WHERE what GLOB 'list/*' AND what < 'list/' || ?").run(since);
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
    grants: readRanges(from, log),
    order: typeof order === "number" && Number.isSafeInteger(order) ? order : 0,
    admitted: readAll(all(`SELECT touch FROM touches WHERE ${codes} ${admittedMax}`), touch, log),
    lists: readAll(all("SELECT value FROM kept WHERE what GLOB 'list/*'"), terminalAppointments, log),
    office: readAll(kept("office"), office, log)[0] ?? null,
    clock: readAll(kept("clock"), keptTime, log)[0] ?? null,
    epoch: readAll(kept("epoch"), keptEpoch, log)[0]?.epoch ?? null,
  };
}

function readRanges(from: Opened, log: JournalLog): HeldRange[] {
  return readAll(from.prepare("SELECT * FROM reserve ORDER BY rowid").all(), range, log);
}

function putRanges(into: Opened, grants: readonly HeldRange[]): void {
  const days = JSON.stringify(grants.map(({ day, first }) => day + first));
  into.prepare("DELETE FROM reserve WHERE day || first NOT IN (SELECT value FROM json_each(?))").run(days);
  for (const { day, letter, first, last, next } of grants) into.prepare(hold).run({ day, letter, first, last, next });
}

const rowOf = (one: Touch) => ({ request: one.request, step: one.step, touch: JSON.stringify(one) });

/** Whether a number of the reserve was given just now. */
const isNew = ({ step, reserve }: Touch): boolean => step === "issued" && reserve?.adopted === false;

/** @throws when a new number is in no range that is held: after a power cut it would be given again. */
function noteNumber(into: Opened, { day, number }: Ticket, isGivenNow: boolean): void {
  const value = Number(number.slice(1));
  const { changes } = into.prepare(give).run({ day, letter: number.slice(0, 1), number, value });
  if (isGivenNow && changes === 0) throw new Error(`the journal holds no range with ${number} of ${day}`);
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
