/**
 * An office's calendar and what of it may be booked, reckoned once more, minute by minute and in whole numbers, so that
 * the hub's own reckoning has something to agree with. It knows the autumn of 2026 in Germany and nothing else.
 */

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** When the clocks go back. */
const winterBegins = Date.parse("2026-10-25T01:00:00Z");
const offsetAt = (at: number) => (at < winterBegins ? 2 * hourMs : hourMs);
export const dateAt = (at: number) => new Date(at + offsetAt(at)).toISOString().slice(0, 10);
export const addDays = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/** The instant of a time on the local clock, in minutes; not of the hour that comes twice. */
export function instantOf(date: string, minutes: number): number {
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * minuteMs;
  return wall - (wall - 2 * hourMs < winterBegins ? 2 * hourMs : hourMs);
}

/** Hours of the local clock in minutes, and desks, by weekday (0 is Sunday). */
export interface Week {
  open(date: string): [from: number, to: number] | undefined;
  desks(weekday: number, minute: number): number;
}

/** What takes a place. */
export interface Placed {
  at: number;
  until: number;
  isConfirmed: boolean;
}

/** Hundredths of the desk time that are not for the web, and not for staff; and those that nobody has confirmed may hold. */
const keptFrom = { web: 35, staff: 25 } as const;
const unconfirmedPercent = 5;

/** The desks that can be booked at an instant. */
export function desksAt(week: Week, closed: ReadonlySet<string>, at: number): number {
  const date = dateAt(at);
  const open = week.open(date);
  if (!open || closed.has(date)) return 0;
  const local = new Date(at + offsetAt(at));
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  return minute >= open[0] && minute < open[1] ? week.desks(local.getUTCDay(), minute) : 0;
}

/** How many of these have a desk at this instant. */
export const takenAt = (placed: readonly Placed[], at: number) =>
  placed.filter(({ at: from, until }) => from <= at && at < until).length;

function* minutesOf(from: number, to: number): Generator<number> {
  for (let at = from; at < to; at += minuteMs) yield at;
}

/**
 * Whether an appointment from `at` to `until` may be made beside those that are there.
 *
 * @param mayWait whether it would have to be confirmed first.
 */
export function mayBePlaced(
  week: Week,
  closed: ReadonlySet<string>,
  placed: readonly Placed[],
  { at, until }: { at: number; until: number },
  channel: "web" | "staff",
  mayWait: boolean,
): boolean {
  const date = dateAt(at);
  const open = week.open(date);
  if (!open || closed.has(date)) return false;
  const [from, to] = [instantOf(date, open[0]), instantOf(date, open[1])];
  if (at < from || until > to || (at - from) % (15 * minuteMs) !== 0) return false;
  for (const minute of minutesOf(at, until)) {
    if (takenAt(placed, minute) >= desksAt(week, closed, minute)) return false;
  }
  const midnight = instantOf(date, 0);
  const first = Math.floor((at - midnight) / hourMs);
  for (let hour = midnight + first * hourMs; hour < until; hour += hourMs) {
    const minutes = [...minutesOf(hour, hour + hourMs)];
    const before = minutes.reduce((sum, minute) => sum + takenAt(placed, minute), 0);
    const added = minutes.filter((minute) => at <= minute && minute < until).length;
    const desks = minutes.reduce((sum, minute) => sum + desksAt(week, closed, minute), 0);
    if (before > 0 && (before + added) * 100 > desks * (100 - keptFrom[channel])) return false;
  }
  if (!mayWait) return true;
  const day = [...minutesOf(midnight, instantOf(addDays(date, 1), 0))];
  const unconfirmed = placed.filter(({ isConfirmed }) => !isConfirmed);
  const waiting = day.reduce((sum, minute) => sum + takenAt(unconfirmed, minute), 0);
  const desks = day.reduce((sum, minute) => sum + desksAt(week, closed, minute), 0);
  return waiting === 0 || (waiting + (until - at) / minuteMs) * 100 <= desks * unconfirmedPercent;
}
