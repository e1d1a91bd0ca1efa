import { mkdirSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Person } from "../../protocol/requests.ts";
import type { Aside } from "../office/aside.ts";
import type { RecordedEvent } from "../office/events.ts";
import { recordOf } from "../office/events.ts";
import { comesBefore, enqueue } from "../office/queue.ts";
import { addRange } from "../office/reserves.ts";
import type { Restored } from "../office/restored.ts";
import type {
  CalendarDay,
  DateRules,
  DeskRecord,
  DisplayRecord,
  MeasuredTimes,
  OfficeState,
  OpenAlarm,
  Plan,
  ReserveRange,
  TicketRecord,
  UserRecord,
} from "../office/state.ts";
import { emptyOffice, servicePlan } from "../office/state.ts";
import { createAppointmentTables } from "./appointments.ts";
import type { BackupTask } from "./backup.ts";
import { isBusy } from "./busy.ts";
import type { StoredFigures } from "./figures.ts";
import { createStoredFigures } from "./figures.ts";
import type { StoreFile } from "./file.ts";
import { openStoreFile } from "./file.ts";
import type { Spool } from "./spool.ts";
import { createSpool } from "./spool.ts";
import type { StaffTables } from "./staff.ts";
import { createStaffTables } from "./staff.ts";
import { runThread } from "./thread.ts";
import { createUserTable } from "./users.ts";

/** Old replies removed at a time, so that no commit waits for the clean-up. */
const pruneRowsMax = 500;

/** In `meta`: what a backup that was put in place does not know. */
export const restoredKey = "restored";

/** What is kept of a request: see the table in `schema/`. */
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
  /** Personal data and mails; see `Aside` for the order in which they are written. */
  asides: Aside[];
  replies: StoredReply[];
  state: OfficeState;
}

export interface Store extends Spool {
  /** Secret of this file, for the keyed hashes of what requests asked. */
  readonly key: Buffer;
  readonly figures: StoredFigures;
  /** Who works here. */
  readonly staff: StaffTables;
  load(plan: Plan, calendar: CalendarDay[]): OfficeState;
  /** The rules for single dates as they were set last. */
  dates(): DateRules;
  /** What a backup that was put in place does not know, until the event that says so is committed; else undefined. */
  restored(): Restored | undefined;
  /** Who was added besides the users of the configuration. */
  users(): UserRecord[];
  /** Durable when it returns. Throws what SQLite throws, and then nothing was written. */
  commit(changes: Changes): void;
  reply(client: string, id: string): StoredReply | undefined;
  /** A ticket of any day. */
  ticket(id: string): TicketRecord | undefined;
  /** What is kept of whoever booked; undefined when it has been erased. */
  person(appointment: string): Person | undefined;
  /** Events behind `after`, in order, at most `limit`. */
  events(epoch: number, after: number, limit: number): RecordedEvent[];
  /** A small thing of the hub's own that is to outlive it; undefined when there is none. */
  memo(key: string): unknown;
  setMemo(key: string, value: object): void;
  /** The last event that the broker acknowledged, `[epoch, seq]`. */
  published(): [number, number];
  setPublished(epoch: number, seq: number): void;
  /**
   * Work for quiet moments: forgets replies made before `repliesBefore` and writes the log back into the file. What was
   * erased since the last time is then in neither.
   */
  tidy(repliesBefore: number): void;
  /** Whether anybody waited or was at a desk at the last commit. */
  isBusy(): boolean;
  /** The last numbers that were given on a day, by letter. */
  series(day: string): Record<string, number>;
  /** Tickets of the last `days` days before `day` that had any, the newest at most `limit`. */
  visits(day: string, days: number, limit: number): Iterable<TicketRecord>;
  /** Reads the whole file, in a thread of its own and without holding anybody up. */
  check(): Promise<StoreReport>;
  /**
   * Copies the file as it is now, in a thread of its own and without holding anybody up, and looks through the copy.
   *
   * @param to the path of the copy, which is there only when it is whole.
   * @returns its size in bytes.
   */
  backup(to: string): Promise<number>;
  close(): void;
}

/** What a look through the whole file found; what cannot be read is not counted. */
export interface StoreReport {
  problems: string[];
  bytes: number;
  counts: Record<string, number>;
}

/**
 * Opens the hub's file in `folder`, making both where they are missing.
 *
 * @throws StoreError when another hub has it open, when it is not a database, or when a newer version wrote it.
 */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  return storeOver(openStoreFile(folder));
}

function storeOver(file: StoreFile): Store {
  const { db, path } = file;
  const sql = prepare(db);
  const tables = createAppointmentTables(db);
  const users = createUserTable(db);
  /** Whether the log may hold what was erased. */
  let erased = file.hadLog;
  const noteErased = () => {
    erased = true;
  };
  const spool = createSpool(db, noteErased);
  const staff = createStaffTables(db, noteErased);
  const meta = (key: string) => (sql.meta.get(key) as { value: unknown } | undefined)?.value;
  const epoch = Number(meta("epoch"));
  const dates = () => JSON.parse(String(meta("dates") ?? '{"closures":[],"specialHours":[]}')) as DateRules;

  const write = db.transaction(({ events, asides, replies, state }: Changes): boolean => {
    const tickets = new Set<string>();
    const desks = new Set<string>();
    const letters = new Set<string>();
    /** Days of which ranges were divided, not only added. */
    const reserves = new Set<string>();
    let displays = false;
    let calls = false;
    let office = false;
    let dates = false;
    let serviceTimes = false;
    let alarms = false;
    for (const event of events) {
      sql.addEvent.run(event.epoch, event.seq, JSON.stringify(recordOf(event)));
      if ("ticket" in event) tickets.add(event.ticket);
      if (event.type === "ticket.replaced") {
        calls = true;
        tickets.add(event.replacement);
      }
      if ("desk" in event && event.desk !== null) desks.add(event.desk);
      if (event.type === "ticket.issued") letters.add(event.letter);
      if (event.type === "ticket.called" || event.type === "ticket.undone") {
        calls = true;
        if (event.finished !== null) tickets.add(event.finished);
      }
      if ("finished" in event && event.type !== "ticket.called") for (const id of state.desks.keys()) desks.add(id);
      if (changesDisplays(event)) displays = true;
      if (event.type === "office.changed" && event.what === "reserve") writeGrants(sql, event);
      if ("series" in event) for (const letter of Object.keys(event.series)) letters.add(letter);
      if ("held" in event) for (const { day } of event.held) reserves.add(day);
      if (event.type === "office.changed" && event.what === "restored") {
        for (const day of state.reserves.keys()) reserves.add(day);
        for (const { id, afterRestore } of state.tickets.values()) if (afterRestore) tickets.add(id);
        sql.deleteMeta.run(restoredKey);
      }
      if (event.type === "office.changed" && (event.what === "restored" || event.what === "day")) {
        for (const id of state.desks.keys()) desks.add(id);
      }
      if (event.type.startsWith("office.")) office = true;
      if (event.type === "office.changed" && event.what === "dates") dates = true;
      if (event.type === "office.changed" && event.what === "service-times") serviceTimes = true;
      if (event.type === "device.alarm" && event.open !== undefined) alarms = true;
    }
    if (office) sql.setMeta.run("office", JSON.stringify(officeOf(state)));
    if (calls || office) sql.setMeta.run("calls", JSON.stringify(callsOf(state)));
    if (dates) sql.setMeta.run("dates", JSON.stringify(state.dates));
    if (serviceTimes) sql.setMeta.run("serviceTimes", JSON.stringify(state.serviceTimes));
    if (alarms) sql.setMeta.run("alarms", JSON.stringify([...state.alarms]));
    for (const id of tickets) {
      const ticket = state.tickets.get(id);
      if (ticket) sql.setTicket.run(id, ticket.state, JSON.stringify(ticket));
    }
    for (const id of desks) {
      const desk = state.desks.get(id);
      if (desk) sql.setDesk.run(id, JSON.stringify(desk));
    }
    for (const letter of letters) {
      const last = state.series.get(letter);
      if (last !== undefined) sql.setSeries.run(state.day, letter, last);
    }
    for (const day of reserves) writeRanges(sql, day, state.reserves.get(day) ?? []);
    if (displays || calls)
      for (const [name, display] of state.displays) sql.setDisplay.run(name, JSON.stringify(display));
    for (const r of replies) sql.setReply.run(r.client, r.id, r.at, r.verb, r.hash, r.reply);
    const passwordsErased = users.write(events, state);
    return tables.write(events, asides, state) || passwordsErased;
  });

  return {
    ...spool,
    key: meta("key") as Buffer,
    figures: createStoredFigures(db, path),
    staff,
    load(plan, calendar) {
      const state = emptyOffice(plan, calendar, epoch);
      state.dates = dates();
      state.alarms = new Map(JSON.parse(String(meta("alarms") ?? "[]")) as [string, OpenAlarm][]);
      state.users = new Map(users.all().map((user) => [user.name, user]));
      state.serviceTimes = JSON.parse(String(meta("serviceTimes") ?? "{}")) as MeasuredTimes;
      load(sql, state);
      tables.load(state);
      return state;
    },
    dates,
    restored() {
      const text = meta(restoredKey);
      return text === undefined ? undefined : (JSON.parse(String(text)) as Restored);
    },
    users: users.all,
    commit(changes) {
      if (write(changes)) erased = true;
    },
    reply: (client, id) => sql.getReply.get(client, id) as StoredReply | undefined,
    ticket: (id) => parseTicket(sql.getTicket.get(id)),
    person: tables.person,
    events: (of, after, limit) => sql.getEvents.all(of, after, limit).map((row) => parseBody(row) as RecordedEvent),
    memo: (key) => JSON.parse(String(meta(`memo ${key}`) ?? "null")) ?? undefined,
    setMemo: (key, value) => void sql.setMeta.run(`memo ${key}`, JSON.stringify(value)),
    published: () => JSON.parse(String(meta("published") ?? "[0,0]")) as [number, number],
    setPublished: (of, seq) => void sql.setMeta.run("published", JSON.stringify([of, seq])),
    tidy(repliesBefore) {
      sql.pruneReplies.run(repliesBefore, pruneRowsMax);
      if (erased && file.emptyLog()) erased = false;
      else file.writeBack();
    },
    isBusy: () => isBusy(db),
    series: (day) => Object.fromEntries((sql.series.all(day) as Series[]).map(({ letter, last }) => [letter, last])),
    visits(day, days, limit) {
      const first = (sql.firstDay.get(day, days) as { day: string | null }).day;
      return first === null ? [] : sql.visits.all(first, day, limit).flatMap((row) => parseTicket(row) ?? []);
    },
    check: () => runThread<StoreReport>("check.ts", path),
    backup: (to) => runThread<number>("backup.ts", { from: path, to } satisfies BackupTask),
    close: () => file.close(),
  };
}

const officeOf = ({ day, open, emergency, closedServices, recovery }: OfficeState) => ({
  day,
  open,
  emergency,
  recovery,
  closedServices: [...closedServices],
});
const callsOf = ({ lastCalled, lastKind }: OfficeState) => ({ lastCalled: [...lastCalled], lastKind: [...lastKind] });

/** Besides the calls. */
const changesDisplays = (event: RecordedEvent) =>
  event.type === "ticket.recalled" || (event.type === "office.changed" && event.what !== "reserve");

function writeGrants(sql: Statements, event: Extract<RecordedEvent, { what: "reserve" }>): void {
  const { client, anew, grants } = event;
  if (anew) sql.loseReserve.run(client);
  for (const range of grants) addReserve(sql, { client, lost: 0, ...range });
}

function writeRanges(sql: Statements, day: string, ranges: readonly ReserveRange[]): void {
  sql.clearReserve.run(day);
  for (const range of ranges) addReserve(sql, { day, ...range, lost: range.lost ? 1 : 0 });
}

const addReserve = (sql: Statements, { day, letter, digits, first, last, client, lost }: StoredRange) =>
  sql.addReserve.run(day, letter, digits, first, last, client, lost);

type Statements = ReturnType<typeof prepare>;
type StoredRange = Omit<ReserveRange, "lost"> & { day: string; lost: 0 | 1 };
type Series = { letter: string; last: number };

function prepare(db: Database.Database) {
  return {
    meta: db.prepare("SELECT value FROM meta WHERE key = ?"),
    setMeta: db.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"),
    deleteMeta: db.prepare("DELETE FROM meta WHERE key = ?"),
    addEvent: db.prepare("INSERT INTO event VALUES (?, ?, ?)"),
    lastSeq: db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM event WHERE epoch = ?"),
    getEvents: db.prepare("SELECT body FROM event WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?"),
    getTicket: db.prepare("SELECT body FROM ticket WHERE id = ?"),
    setTicket: db.prepare(
      "INSERT INTO ticket VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, body = excluded.body",
    ),
    dayTickets: db.prepare("SELECT body FROM ticket WHERE id >= ? || '/' AND id < ? || '0'"),
    firstDay: db.prepare(
      "SELECT min(day) AS day FROM (SELECT DISTINCT day FROM series WHERE day < ? ORDER BY day DESC LIMIT ?)",
    ),
    visits: db.prepare("SELECT body FROM ticket WHERE id >= ? || '/' AND id < ? || '/' ORDER BY id DESC LIMIT ?"),
    deskTickets: db.prepare("SELECT body FROM ticket WHERE state = 'called'"),
    series: db.prepare("SELECT letter, last FROM series WHERE day = ?"),
    setSeries: db.prepare("INSERT INTO series VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last"),
    reserves: db.prepare("SELECT * FROM reserve ORDER BY rowid"),
    addReserve: db.prepare("INSERT INTO reserve VALUES (?, ?, ?, ?, ?, ?, ?)"),
    clearReserve: db.prepare("DELETE FROM reserve WHERE day = ?"),
    loseReserve: db.prepare("UPDATE reserve SET lost = 1 WHERE client = ?"),
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

/** What tickets say nothing about that an earlier version wrote. */
const notSaid = {
  appointment: null,
  appointmentAt: null,
  endedAt: null,
  boundTo: null,
  returnedAt: null,
  parkedAt: null,
  unservedTold: false,
  aliasOf: null,
  afterRestore: false,
} satisfies Partial<TicketRecord>;

const parseTicket = (row: unknown): TicketRecord | undefined => {
  const ticket = parseBody<TicketRecord>(row);
  return ticket && { ...notSaid, ...ticket };
};

/** Reads back what the last commit left: today's tickets, and older ones whose visitor is still at a desk. */
function load(sql: Statements, state: OfficeState): void {
  const meta = (key: string) => {
    const row = sql.meta.get(key) as { value: string } | undefined;
    return row && JSON.parse(row.value);
  };
  const { closedServices = [], ...office } = (meta("office") ?? {}) as Partial<ReturnType<typeof officeOf>>;
  Object.assign(state, office);
  state.closedServices = new Map(closedServices.filter(([id]) => servicePlan(state, id)));
  const { lastCalled = [], lastKind = [] } = (meta("calls") ?? {}) as Partial<ReturnType<typeof callsOf>>;
  state.lastCalled = new Map(lastCalled);
  state.lastKind = new Map(lastKind);
  state.seq = (sql.lastSeq.get(state.epoch) as { seq: number }).seq;
  for (const { letter, last } of sql.series.all(state.day) as Series[]) {
    state.series.set(letter, last);
  }
  for (const { day, lost, ...range } of sql.reserves.all() as StoredRange[]) {
    addRange(state, day, { ...range, lost: lost === 1 });
  }
  const waiting: TicketRecord[] = [];
  for (const row of [...sql.deskTickets.all(), ...sql.dayTickets.all(state.day, state.day)]) {
    const ticket = parseTicket(row) as TicketRecord;
    if (state.tickets.has(ticket.id)) continue;
    state.tickets.set(ticket.id, ticket);
    if (ticket.state === "waiting") waiting.push(ticket);
  }
  // In call order each one goes to the end.
  for (const ticket of waiting.sort((a, b) => (comesBefore(a, b) ? -1 : 1))) enqueue(state, ticket);
  for (const row of sql.desks.all()) {
    const desk: DeskRecord = {
      pausedAt: null,
      undo: null,
      afterRestore: false,
      ...(parseBody(row) as Omit<DeskRecord, "pausedAt" | "undo" | "afterRestore">),
    };
    const planned = state.desks.get(desk.id);
    const services = desk.services.filter((id) => servicePlan(state, id));
    if (planned) state.desks.set(desk.id, { ...desk, services: services.length > 0 ? services : planned.services });
    // A desk that the configuration no longer has is closed, and gone unless somebody is still there.
    else if (desk.ticket !== null) state.desks.set(desk.id, { ...desk, open: false, services });
    const finished = desk.undo?.finished;
    const earlier = finished == null ? undefined : parseTicket(sql.getTicket.get(finished));
    if (earlier && !state.tickets.has(earlier.id)) state.tickets.set(earlier.id, earlier);
  }
  for (const { name, body } of sql.displays.all() as { name: string; body: string }[]) {
    state.displays.set(name, { message: null, ...(JSON.parse(body) as Omit<DisplayRecord, "message">) });
  }
}
