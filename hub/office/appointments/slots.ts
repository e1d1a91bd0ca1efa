import type { CalendarDay, OfficeState } from "../state.ts";
import { dayAt, servicePlan } from "../state.ts";
import type { DayBook } from "./book.ts";
import type { AppointmentPlan, AppointmentRecord, BookedService } from "./record.ts";

const minuteMs = 60_000;
const hourMinutes = 60;
/** Steps of the slots that are tried to each side for the times nearest to one that was taken. */
const nearestTimes = 6;
const nearestDays = 7;

/** Who books: the web leaves what is kept for staff, who book by telephone and until the last minute. */
export type Channel = "web" | "staff";

/** A day on which something may be booked; without times it is full. */
export interface OfferedDay {
  /** `YYYY-MM-DD` */
  date: string;
  /** Beginnings, in milliseconds since the epoch. */
  times: number[];
}

export interface Wish {
  services: readonly BookedService[];
  channel: Channel;
  /** An appointment that would give its place up for this one. */
  instead?: AppointmentRecord | undefined;
}

/** Whole minutes that all of these services take together, one after the other. */
export function minutesOf(state: OfficeState, services: readonly BookedService[]): number {
  const each = services.map(({ service, persons }) => persons * Math.ceil(servicePlan(state, service)?.minutes ?? 0));
  return each.reduce((sum, minutes) => sum + minutes, 0);
}

/** The same for what is wished. What is moved stays as long as it was booked, whatever its services take by now. */
const minutesWished = (state: OfficeState, { services, instead }: Wish): number =>
  instead ? (instead.until - instead.at) / minuteMs : minutesOf(state, services);

/** One day as it is looked through for free times; minutes count from its midnight. */
interface Sheet {
  day: CalendarDay;
  /** Desks that can be booked and those that are, in each minute. */
  desks: Uint16Array;
  taken: (minute: number) => number;
  /** Desk minutes booked in each hour, and those that this channel may book. */
  booked: number[];
  allowed: number[];
  /** Whether reservations that nobody has confirmed hold so much of this day that the web waits. */
  heldUp: boolean;
}

/** Shares are no exact binary numbers: without this much more, in minutes, some hours would have room for one minute less. */
const shareSlack = 1e-6;
const wholeMinutes = (minutes: number) => Math.floor(minutes + shareSlack);

function sheetOf(state: OfficeState, plan: AppointmentPlan, day: CalendarDay, wish: Wish): Sheet {
  const length = (day.end - day.start) / minuteMs;
  const desks = new Uint16Array(length);
  for (const piece of day.bookable) {
    desks.fill(piece.desks, (piece.from - day.start) / minuteMs, (piece.to - day.start) / minuteMs);
  }
  const book: DayBook | undefined = state.appointments.days.get(day.date);
  const { instead } = wish;
  const own = instead?.day === day.date ? instead : undefined;
  const from = own ? (own.at - day.start) / minuteMs : 0;
  const to = own ? (own.until - day.start) / minuteMs : 0;
  const taken = (minute: number) => (book?.taken[minute] ?? 0) - (from <= minute && minute < to ? 1 : 0);
  const share = 1 - plan.walkInShare - (wish.channel === "web" ? plan.telephoneShare : 0);
  const booked: number[] = [];
  const bookable: number[] = [];
  let capacity = 0;
  for (let minute = 0; minute < length; minute += 1) {
    const hour = Math.floor(minute / hourMinutes);
    booked[hour] = (booked[hour] ?? 0) + taken(minute);
    bookable[hour] = (bookable[hour] ?? 0) + (desks[minute] ?? 0);
    capacity += desks[minute] ?? 0;
  }
  const allowed = bookable.map((minutes) => wholeMinutes(minutes * share));
  const unconfirmed = book?.unconfirmedMinutes ?? 0;
  const needed = unconfirmed + minutesWished(state, wish);
  const heldUp =
    wish.channel === "web" && !instead && unconfirmed > 0 && needed > wholeMinutes(capacity * plan.unconfirmedShare);
  return { day, desks, taken, booked, allowed, heldUp };
}

/**
 * Whether `minutes` from this minute on are free: in each of them a desk that can be booked is not, and no hour gets
 * more booked than the share that is given to appointments. The first booking of an hour always fits: of few desks a
 * share would otherwise leave none.
 */
function fits({ desks, taken, booked, allowed }: Sheet, from: number, minutes: number): boolean {
  const to = from + minutes;
  for (let minute = from; minute < to; minute += 1) {
    if (taken(minute) >= (desks[minute] ?? 0)) return false;
  }
  for (let hour = Math.floor(from / hourMinutes); hour * hourMinutes < to; hour += 1) {
    const before = booked[hour] ?? 0;
    const added = Math.min(to, (hour + 1) * hourMinutes) - Math.max(from, hour * hourMinutes);
    if (before > 0 && before + added > (allowed[hour] ?? 0)) return false;
  }
  return true;
}

/** The days from one on that can be booked now. */
export function daysToBook(state: OfficeState, now: number, from?: string): CalendarDay[] {
  const { appointments: plan } = state.plan;
  const days = plan ? daysOpen(state, plan) : [];
  return days.filter(({ date, end }) => end > now && (from === undefined || date >= from));
}

/** The days that can be booked now: today and `daysAhead` more. */
const daysOpen = (state: OfficeState, plan: AppointmentPlan) => state.calendar.slice(0, plan.daysAhead + 1);

/** Before this nothing can be booked any more. */
const earliest = (plan: AppointmentPlan, channel: Channel, now: number) => now + (channel === "web" ? plan.leadMs : 0);

/** Beginnings of one day, in order. */
function* timesOf(state: OfficeState, plan: AppointmentPlan, day: CalendarDay, wish: Wish, now: number) {
  const minutes = minutesWished(state, wish);
  const sheet = sheetOf(state, plan, day, wish);
  if (sheet.heldUp) return;
  const first = earliest(plan, wish.channel, now);
  for (const { from, to } of day.open) {
    for (let at = from; at + minutes * minuteMs <= to; at += plan.slotMs) {
      if (at >= first && fits(sheet, (at - day.start) / minuteMs, minutes)) yield at;
    }
  }
}

/**
 * When all of these services could be had together, day by day. Days on which the office is closed are left out; one
 * without times is full.
 *
 * @param from the first day, `YYYY-MM-DD`; today when left out.
 * @param days calendar days from there on.
 */
export function freeTimes(
  state: OfficeState,
  wish: Wish,
  now: number,
  { from, days }: { from?: string | undefined; days: number },
): OfferedDay[] {
  const plan = state.plan.appointments;
  if (!plan) return [];
  const range = daysToBook(state, now, from).slice(0, days);
  return range
    .filter(({ open }) => open.length > 0)
    .map((day) => ({ date: day.date, times: [...timesOf(state, plan, day, wish, now)] }));
}

/** Why this cannot begin at `at`, or undefined when it can. `closed`: never was a time to book. */
export function whyNotFree(
  state: OfficeState,
  wish: Wish,
  at: number,
  now: number,
): "closed" | "taken" | "unconfirmed" | undefined {
  const plan = state.plan.appointments;
  const day = dayAt(state, at);
  if (!plan || !day || !daysOpen(state, plan).includes(day)) return "closed";
  if (at < earliest(plan, wish.channel, now)) return "closed";
  const minutes = minutesWished(state, wish);
  const isOffered = day.open.some(
    ({ from, to }) => from <= at && at + minutes * minuteMs <= to && (at - from) % plan.slotMs === 0,
  );
  if (!isOffered) return "closed";
  const sheet = sheetOf(state, plan, day, wish);
  if (!fits(sheet, (at - day.start) / minuteMs, minutes)) return "taken";
  return sheet.heldUp ? "unconfirmed" : undefined;
}

/** The free times nearest to `at`, in order of time. */
export function nearestTo(state: OfficeState, wish: Wish, at: number, now: number): number[] {
  const plan = state.plan.appointments;
  if (!plan) return [];
  const index = Math.max(
    0,
    state.calendar.findIndex(({ end }) => at < end),
  );
  const around = daysOpen(state, plan).slice(Math.max(0, index - nearestDays), index + nearestDays + 1);
  const times = around.flatMap((day) => [...timesOf(state, plan, day, wish, now)]);
  const byDistance = times.sort((a, b) => Math.abs(a - at) - Math.abs(b - at) || a - b);
  return byDistance.slice(0, nearestTimes).sort((a, b) => a - b);
}

/** The appointments, in order of time, that no longer lie within the opening hours of these days. */
export function appointmentsHit(state: OfficeState, calendar: readonly CalendarDay[]): AppointmentRecord[] {
  const days = new Map(calendar.map((day) => [day.date, day]));
  const hit: AppointmentRecord[] = [];
  for (const record of state.appointments.records.values()) {
    if (record.state !== "reserved" && record.state !== "confirmed") continue;
    const day = days.get(record.day);
    if (day && !isWithin(day, record)) hit.push(record);
  }
  return hit.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Opening hours that follow each other without a gap count as one. */
function isWithin(day: CalendarDay, { at, until }: AppointmentRecord): boolean {
  let reached = at;
  for (const { from, to } of day.open) if (from <= reached && reached < to) reached = to;
  return reached >= until;
}
