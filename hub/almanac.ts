import OpeningHours from "opening_hours";

/** How many days of opening hours are known ahead and published, today included. */
export const almanacDays = 14;

/** A day of the local calendar as instants, in milliseconds since the epoch. */
export interface OfficeDay {
  /** `YYYY-MM-DD` */
  date: string;
  /** Local midnight, and the next one: 23, 24 or 25 hours later. */
  start: number;
  end: number;
  open: { from: number; to: number }[];
  /** How many desks can be booked at which times, within `open`; times at which none can are left out. */
  bookable: { from: number; to: number; desks: number }[];
  /** Why it is shut although the week would open it. */
  closed?: string;
}

export interface Hours {
  openingHours: string;
  region: { country: string; state: string };
  closures: { date: string; reason: string }[];
  specialHours: { date: string; hours: string }[];
  /** Desks that can be booked: the usual number, and others by rule; the last rule that fits a time counts. */
  appointments?: { desks: number; capacity: { hours: string; desks: number }[] } | undefined;
}

type Region = Hours["region"];

/** `opening_hours` takes holidays from the region alone; the position is needed for `sunrise`, which no office uses. */
function parse(hours: string, region: Region): OpeningHours {
  return new OpeningHours(hours, {
    lat: 0,
    lon: 0,
    address: { country_code: region.country, state: region.state },
  });
}

/** How far ahead hours are tried, in days: some rules know their holidays for certain years only. */
const triedDays = 400;
/** Days that are reckoned at one time. */
const triedAtOnceDays = 40;

/**
 * What is wrong with opening hours, or undefined: in the words of the parser, which point at the place.
 *
 * @param from the first day on which they must work, in milliseconds since the epoch; `days` many do from there on.
 */
export function almanacProblem(hours: string, region: Region, from = Date.now(), days = triedDays): string | undefined {
  const first = new Date(from);
  const dayAfter = (offset: number) => new Date(first.getFullYear(), first.getMonth(), first.getDate() + offset);
  try {
    withoutConsole(() => {
      const rule = parse(hours, region);
      for (let done = 0; done < days; done += triedAtOnceDays) {
        rule.getOpenIntervals(dayAfter(done), dayAfter(Math.min(done + triedAtOnceDays, days)));
      }
    });
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    // What it cannot evaluate it takes for a fault of its own, and asks for a correction before it says the reason.
    return words.replace(/^.*Please submit a pull request: \S+ /s, "");
  }
}

/** `opening_hours` prints such a fault on the console, besides throwing it. */
function withoutConsole(work: () => void): void {
  const { error } = console;
  console.error = () => {};
  try {
    work();
  } finally {
    console.error = error;
  }
}

const two = (value: number) => String(value).padStart(2, "0");
const dateText = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/**
 * The days from the one that holds `now` on. `opening_hours` reckons in the time zone of the process, so that must be
 * the office's (`process.env.TZ`, set before anything asks for the time).
 *
 * A closure beats every opening; special hours of a day replace those of the week.
 */
export function makeAlmanac(hours: Hours, now: number, days = almanacDays): OfficeDay[] {
  const week = parse(hours.openingHours, hours.region);
  const { desks = 0, capacity = [] } = hours.appointments ?? {};
  const rules = capacity.map((rule) => ({ desks: rule.desks, week: parse(rule.hours, hours.region) }));
  const today = new Date(now);
  return Array.from({ length: days }, (_, offset) => {
    const start = new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset);
    const end = new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset + 1);
    const date = dateText(start);
    const span = { date, start: start.getTime(), end: end.getTime() };
    const closure = hours.closures.find((entry) => entry.date === date);
    if (closure) return { ...span, open: [], bookable: [], closed: closure.reason };
    const special = hours.specialHours.find((entry) => entry.date === date);
    const rule = special ? parse(special.hours, hours.region) : week;
    const open = intervals(rule, start, end);
    const capacities = rules.map((each) => ({ desks: each.desks, times: intervals(each.week, start, end) }));
    return { ...span, open, bookable: open.flatMap((interval) => bookableWithin(interval, desks, capacities)) };
  });
}

interface Interval {
  from: number;
  to: number;
}

const intervals = (rule: OpeningHours, start: Date, end: Date): Interval[] =>
  rule.getOpenIntervals(start, end).map(([from, to]) => ({ from: from.getTime(), to: to.getTime() }));

/** Cuts an opening interval where the number of bookable desks changes. */
function bookableWithin(
  { from, to }: Interval,
  usual: number,
  rules: { desks: number; times: Interval[] }[],
): OfficeDay["bookable"] {
  const edges = rules.flatMap(({ times }) => times.flatMap((time) => [time.from, time.to]));
  const cuts = [...new Set([from, ...edges.filter((edge) => from < edge && edge < to), to])].sort((a, b) => a - b);
  const pieces: OfficeDay["bookable"] = [];
  for (const [index, begin] of cuts.slice(0, -1).entries()) {
    const end = cuts[index + 1] ?? to;
    const rule = rules.findLast(({ times }) => times.some((time) => time.from <= begin && begin < time.to));
    const desks = rule?.desks ?? usual;
    const last = pieces.at(-1);
    if (last?.desks === desks) last.to = end;
    else pieces.push({ from: begin, to: end, desks });
  }
  return pieces.filter(({ desks }) => desks > 0);
}
