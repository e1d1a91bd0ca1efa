import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import type { RecordedEvent } from "../office/events.ts";
import { comesBefore, enqueue } from "../office/queue.ts";
import type { CalendarDay, DeskRecord, DisplayRecord, OfficeState, Plan, TicketRecord } from "../office/state.ts";
import { emptyOffice, servicePlan } from "../office/state.ts";

/** The layout of the file that this code reads and writes. */
const schemaVersion = 1;
/** What the write-ahead log has room for before it must grow, in bytes: some two hundred single commits. */
const logBytes = 8 * 1_048_576;
/** A log of this many pages (64 MiB) is written back even within a commit: nobody works that fast for long. */
const logPagesMax = 16_384;
/** Somebody else's lock on the file is waited for so long, in milliseconds: the office stands still meanwhile. */
const lockedMs = 250;
/** Old replies removed at a time, so that no commit waits for the clean-up. */
const pruneRowsMax = 500;

/** What is kept of a request: see schema.sql. */
export interface StoredReply {
  client: string;
  id: string;
  at: number;
  verb: string;
  hash: Buffer | null;
  reply: string;
}

/** All that one transaction writes: either everything of it is in the file, or nothing. */
export interface Changes {
  events: RecordedEvent[];
  replies: StoredReply[];
  state: OfficeState;
}

export interface Store {
  /** Secret of this file, for the keyed hashes of what requests asked. */
  readonly key: Buffer;
  load(plan: Plan, calendar: CalendarDay[]): OfficeState;
  /** Durable when it returns. Throws what SQLite throws, and then nothing was written. */
  commit(changes: Changes): void;
  reply(client: string, id: string): StoredReply | undefined;
  /** A ticket of any day. */
  ticket(id: string): TicketRecord | undefined;
  /** Events behind `after`, in order, at most `limit`. */
  events(epoch: number, after: number, limit: number): RecordedEvent[];
  /** The last event that the broker acknowledged, `[epoch, seq]`. */
  published(): [number, number];
  setPublished(epoch: number, seq: number): void;
  /** Work for quiet moments: forgets replies made before `repliesBefore` and writes the log back into the file. */
  tidy(repliesBefore: number): void;
  /** The last numbers that were given on a day, by letter. */
  series(day: string): Record<string, number>;
  /** Reads the whole file, in a thread of its own and without holding anybody up. */
  check(): Promise<StoreReport>;
  close(): void;
}

/** What a look through the whole file found. */
export interface StoreReport {
  problems: string[];
  bytes: number;
  counts: Record<string, number>;
}

/** The file could not be opened as the hub's own: the message says what to do. */
export class StoreError extends Error {}

/**
 * Opens the hub's file in `folder`, making both where they are missing.
 *
 * @throws StoreError when another hub has it open, when it is not a database, or when a newer version wrote it.
 */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const lock = holdFolder(folder);
  const path = join(folder, "hub.sqlite");
  let db: Database.Database;
  try {
    if (!existsSync(path)) openFile(path).close();
    makeRoomForLog(`${path}-wal`);
    db = openFile(path);
  } catch (error) {
    lock.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError(`${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  return storeOver(db, path, () => lock.close());
}

function openFile(path: string): Database.Database {
  const db = new Database(path, { timeout: lockedMs });
  db.pragma("journal_mode = WAL");
  // A file that is opened again would otherwise come up with NORMAL, which loses the last commits in a power cut.
  db.pragma("synchronous = FULL");
  // A checkpoint inside a commit is what makes the slowest ones; ours come in quiet moments (`tidy`).
  db.pragma(`wal_autocheckpoint = ${logPagesMax}`);
  migrate(db);
  return db;
}

/**
 * Gives the log its size before SQLite opens it, unless one is there: SQLite removes it when it closes the file, and a
 * log that grows makes each commit wait twice, for the data and for the file's new length. Zeros are not a log's header,
 * so that SQLite takes it as empty and writes over it from the start (SQLite, "Database File Format", section 4).
 */
function makeRoomForLog(path: string): void {
  if (existsSync(path)) return;
  const file = openSync(path, "wx");
  try {
    writeSync(file, Buffer.alloc(logBytes));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** An exclusive lock that the system releases with the process, however it ends. */
function holdFolder(folder: string): Database.Database {
  const path = join(folder, "hub.lock");
  const lock = new Database(path, { timeout: 0 });
  try {
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch {
    lock.close();
    throw new StoreError(`${folder} is in use by another hub: stop that one or choose another folder`);
  }
}

function migrate(db: Database.Database): void {
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version === schemaVersion) return;
  if (version > schemaVersion) {
    throw new StoreError(`${db.name} was written by a newer version (${version}, this one knows ${schemaVersion})`);
  }
  db.transaction(() => {
    db.exec(readFileSync(new URL("schema.sql", import.meta.url), "utf8"));
    db.prepare("INSERT INTO meta VALUES ('epoch', 1), ('key', ?)").run(randomBytes(32));
    db.pragma(`user_version = ${schemaVersion}`);
  })();
}

function storeOver(db: Database.Database, path: string, release: () => void): Store {
  const sql = prepare(db);
  const meta = (key: string) => (sql.meta.get(key) as { value: unknown } | undefined)?.value;
  const epoch = Number(meta("epoch"));

  const write = db.transaction(({ events, replies, state }: Changes) => {
    const tickets = new Set<string>();
    const desks = new Set<string>();
    const letters = new Set<string>();
    let displays = false;
    let office = false;
    for (const event of events) {
      sql.addEvent.run(event.epoch, event.seq, JSON.stringify(event));
      if ("ticket" in event) tickets.add(event.ticket);
      if ("desk" in event && event.desk !== null) desks.add(event.desk);
      if (event.type === "ticket.issued") letters.add(event.letter);
      if (event.type === "ticket.called" || event.type === "ticket.recalled" || event.type === "office.changed") {
        displays = true;
      }
      if (event.type.startsWith("office.")) office = true;
    }
    if (office) sql.setMeta.run("office", JSON.stringify({ day: state.day, open: state.open }));
    for (const id of tickets) {
      const ticket = state.tickets.get(id);
      if (ticket) sql.setTicket.run(id, ticket.state, JSON.stringify(ticket));
    }
    for (const id of desks) sql.setDesk.run(id, JSON.stringify(state.desks.get(id)));
    for (const letter of letters) {
      const last = state.series.get(letter);
      if (last !== undefined) sql.setSeries.run(state.day, letter, last);
    }
    if (displays) for (const [name, display] of state.displays) sql.setDisplay.run(name, JSON.stringify(display));
    for (const r of replies) sql.setReply.run(r.client, r.id, r.at, r.verb, r.hash, r.reply);
  });

  return {
    key: meta("key") as Buffer,
    load: (plan, calendar) => load(sql, emptyOffice(plan, calendar, epoch)),
    commit: (changes) => write(changes),
    reply: (client, id) => sql.getReply.get(client, id) as StoredReply | undefined,
    ticket: (id) => parseBody<TicketRecord>(sql.getTicket.get(id)),
    events: (of, after, limit) => sql.getEvents.all(of, after, limit).map((row) => parseBody(row) as RecordedEvent),
    published: () => JSON.parse(String(meta("published") ?? "[0,0]")) as [number, number],
    setPublished: (of, seq) => void sql.setMeta.run("published", JSON.stringify([of, seq])),
    tidy(repliesBefore) {
      sql.pruneReplies.run(repliesBefore, pruneRowsMax);
      db.pragma("wal_checkpoint(PASSIVE)");
    },
    series: (day) => Object.fromEntries((sql.series.all(day) as Series[]).map(({ letter, last }) => [letter, last])),
    check: () => checkFile(path),
    close() {
      db.pragma("wal_checkpoint(PASSIVE)");
      db.close();
      release();
    },
  };
}

type Statements = ReturnType<typeof prepare>;
type Series = { letter: string; last: number };

function prepare(db: Database.Database) {
  return {
    meta: db.prepare("SELECT value FROM meta WHERE key = ?"),
    setMeta: db.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"),
    addEvent: db.prepare("INSERT INTO event VALUES (?, ?, ?)"),
    lastSeq: db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM event WHERE epoch = ?"),
    getEvents: db.prepare("SELECT body FROM event WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?"),
    getTicket: db.prepare("SELECT body FROM ticket WHERE id = ?"),
    setTicket: db.prepare(
      "INSERT INTO ticket VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, body = excluded.body",
    ),
    dayTickets: db.prepare("SELECT body FROM ticket WHERE id >= ? || '/' AND id < ? || '0'"),
    deskTickets: db.prepare("SELECT body FROM ticket WHERE state = 'called'"),
    series: db.prepare("SELECT letter, last FROM series WHERE day = ?"),
    setSeries: db.prepare("INSERT INTO series VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last"),
    desks: db.prepare("SELECT body FROM desk"),
    setDesk: db.prepare("INSERT INTO desk VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"),
    displays: db.prepare("SELECT name, body FROM display"),
    setDisplay: db.prepare("INSERT INTO display VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"),
    getReply: db.prepare("SELECT * FROM reply WHERE client = ? AND id = ?"),
    setReply: db.prepare(`INSERT INTO reply (client, id, at, verb, hash, reply) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at = excluded.at, hash = excluded.hash, reply = excluded.reply`),
    pruneReplies: db.prepare(`DELETE FROM reply WHERE (client, id) IN
      (SELECT client, id FROM reply WHERE at < ? ORDER BY at LIMIT ?)`),
  };
}

const parseBody = <T>(row: unknown): T | undefined =>
  row === undefined ? undefined : (JSON.parse((row as { body: string }).body) as T);

/** Reads back what the last commit left: today's tickets, and older ones whose visitor is still at a desk. */
function load(sql: Statements, state: OfficeState): OfficeState {
  const office = (sql.meta.get("office") as { value: string } | undefined)?.value;
  if (office !== undefined) Object.assign(state, JSON.parse(office) as Pick<OfficeState, "day" | "open">);
  state.seq = (sql.lastSeq.get(state.epoch) as { seq: number }).seq;
  for (const { letter, last } of sql.series.all(state.day) as Series[]) {
    state.series.set(letter, last);
  }
  const waiting: TicketRecord[] = [];
  for (const row of [...sql.deskTickets.all(), ...sql.dayTickets.all(state.day, state.day)]) {
    const ticket = parseBody<TicketRecord>(row) as TicketRecord;
    if (state.tickets.has(ticket.id)) continue;
    state.tickets.set(ticket.id, ticket);
    if (ticket.state === "waiting") waiting.push(ticket);
  }
  // In call order each one goes to the end.
  for (const ticket of waiting.sort((a, b) => (comesBefore(a, b) ? -1 : 1))) enqueue(state, ticket);
  const called = [...state.tickets.values()].filter((ticket) => ticket.day === state.day && ticket.calledAt !== null);
  called.sort((a, b) => (a.calledAt ?? 0) - (b.calledAt ?? 0));
  for (const { service, number } of called) state.lastCalled.set(service, number);
  for (const row of sql.desks.all()) {
    const desk = parseBody<DeskRecord>(row) as DeskRecord;
    const planned = state.desks.get(desk.id);
    const services = desk.services.filter((id) => servicePlan(state, id));
    if (planned) state.desks.set(desk.id, { ...desk, services: services.length > 0 ? services : planned.services });
    // A desk that the configuration no longer has is closed, and gone unless somebody is still there.
    else if (desk.ticket !== null) state.desks.set(desk.id, { ...desk, open: false, services });
  }
  for (const { name, body } of sql.displays.all() as { name: string; body: string }[]) {
    state.displays.set(name, JSON.parse(body) as DisplayRecord);
  }
  return state;
}

/** With ten years in the file it takes seconds, in which the office goes on. */
function checkFile(path: string): Promise<StoreReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("check.ts", import.meta.url), { workerData: path });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
