import type { AppointmentRecord } from "./record.ts";

/** Minutes of the longest day, when the clocks go back. */
const dayMinutesMax = 25 * 60;
const minuteMs = 60_000;

/** What one day has booked. Minutes count from local midnight, so that a day of 23 or 25 hours is like any other. */
export interface DayBook {
  /** Midnight; null for a day that is not in the calendar, so that nobody asks for its places. */
  start: number | null;
  ids: Set<string>;
  /** Desks taken in each minute. */
  taken: Uint16Array;
  /** Desk minutes that unconfirmed reservations hold. */
  unconfirmedMinutes: number;
  /** Those that are confirmed and not checked in yet, by their time. */
  expected: AppointmentRecord[];
}

/**
 * All appointments that are not yet past, with what is asked of them often kept at hand. Only `put` and `drop` change it,
 * so that the parts always fit together.
 */
export interface Book {
  records: Map<string, AppointmentRecord>;
  days: Map<string, DayBook>;
  /** By the hash of a check-in code, void ones too. */
  codes: Map<string, string>;
  /** By the hash of a link. */
  links: Map<string, string>;
  /** Those that are reserved or confirmed, by the hash of their mail address. */
  addresses: Map<string, Set<string>>;
  /** Those that are reserved, by the hash of their network. */
  networks: Map<string, Set<string>>;
  /** Those that are reserved, in no order. */
  unconfirmed: Set<string>;
  /** Wrong birth dates, oldest first. */
  wrongEntries: { client: string; at: number }[];
}

export function emptyBook(): Book {
  return {
    records: new Map(),
    days: new Map(),
    codes: new Map(),
    links: new Map(),
    addresses: new Map(),
    networks: new Map(),
    unconfirmed: new Set(),
    wrongEntries: [],
  };
}

/** Whether it takes a place in the calendar: what has ended does not. */
export const holdsPlace = ({ state }: AppointmentRecord) =>
  state === "reserved" || state === "confirmed" || state === "checked-in";

function addTo(sets: Map<string, Set<string>>, key: string | null, id: string): void {
  if (key === null) return;
  const set = sets.get(key);
  if (set) set.add(id);
  else sets.set(key, new Set([id]));
}

function takeFrom(sets: Map<string, Set<string>>, key: string | null, id: string): void {
  const set = key === null ? undefined : sets.get(key);
  set?.delete(id);
  if (key !== null && set?.size === 0) sets.delete(key);
}

function addDay(book: Book, day: string, start: number | null): DayBook {
  const taken = new Uint16Array(dayMinutesMax);
  const made: DayBook = { start, ids: new Set(), taken, unconfirmedMinutes: 0, expected: [] };
  book.days.set(day, made);
  return made;
}

function countMinutes(day: DayBook, record: AppointmentRecord, by: 1 | -1): void {
  if (day.start === null || !holdsPlace(record)) return;
  const from = (record.at - day.start) / minuteMs;
  const to = (record.until - day.start) / minuteMs;
  for (let minute = from; minute < to; minute += 1) day.taken[minute] = (day.taken[minute] ?? 0) + by;
  if (record.state === "reserved") day.unconfirmedMinutes += by * (to - from);
}

/** Days that were not in the calendar when something was booked for them, and are now: what they have booked counts. */
export function openDays(book: Book, calendar: readonly { date: string; start: number }[]): void {
  for (const { date, start } of calendar) {
    const day = book.days.get(date);
    if (!day || day.start !== null) continue;
    day.start = start;
    for (const id of day.ids) {
      const record = book.records.get(id);
      if (record) countMinutes(day, record, 1);
    }
  }
}

function expect(day: DayBook, record: AppointmentRecord): void {
  const place = day.expected.findIndex(({ at }) => at > record.at);
  day.expected.splice(place < 0 ? day.expected.length : place, 0, record);
}

/**
 * Adds an appointment, or replaces what is known of it. Records in the book are never changed, only replaced.
 *
 * @param dayStart midnight of its day; null when that day is over.
 */
export function put(book: Book, record: AppointmentRecord, dayStart: number | null): void {
  const before = book.records.get(record.id);
  const { id, state, sealed } = record;
  if (before) drop(book, before);
  book.records.set(id, record);
  const day = book.days.get(record.day) ?? addDay(book, record.day, dayStart);
  day.ids.add(id);
  countMinutes(day, record, 1);
  if (state === "confirmed") expect(day, record);
  for (const code of [sealed.code, ...sealed.formerCodes]) if (code !== null) book.codes.set(code, id);
  for (const link of sealed.links) book.links.set(link, id);
  if (state === "reserved" || state === "confirmed") addTo(book.addresses, sealed.address, id);
  if (state !== "reserved") return;
  addTo(book.networks, sealed.network, id);
  book.unconfirmed.add(id);
}

/** Removes an appointment and all that leads to it. */
export function drop(book: Book, record: AppointmentRecord): void {
  const { id, sealed } = record;
  if (!book.records.delete(id)) return;
  const day = book.days.get(record.day);
  day?.ids.delete(id);
  if (day) countMinutes(day, record, -1);
  const place = day?.expected.indexOf(record) ?? -1;
  if (place >= 0) day?.expected.splice(place, 1);
  if (day?.ids.size === 0) book.days.delete(record.day);
  for (const code of [sealed.code, ...sealed.formerCodes]) if (code !== null) book.codes.delete(code);
  for (const link of sealed.links) book.links.delete(link);
  takeFrom(book.addresses, sealed.address, id);
  takeFrom(book.networks, sealed.network, id);
  book.unconfirmed.delete(id);
}
