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
  /** Why it is shut although the week would open it. */
  closed?: string;
}

export interface Hours {
  openingHours: string;
  region: { country: string; state: string };
  closures: { date: string; reason: string }[];
  specialHours: { date: string; hours: string }[];
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

/** What is wrong with opening hours, or undefined: in the words of the parser, which point at the place. */
export function almanacProblem(hours: string, region: Region): string | undefined {
  try {
    parse(hours, region).getOpenIntervals(new Date(2026, 0, 1), new Date(2026, 0, 8));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
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
  const today = new Date(now);
  return Array.from({ length: days }, (_, offset) => {
    const start = new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset);
    const end = new Date(today.getFullYear(), today.getMonth(), today.getDate() + offset + 1);
    const date = dateText(start);
    const span = { date, start: start.getTime(), end: end.getTime() };
    const closure = hours.closures.find((entry) => entry.date === date);
    if (closure) return { ...span, open: [], closed: closure.reason };
    const special = hours.specialHours.find((entry) => entry.date === date);
    const rule = special ? parse(special.hours, hours.region) : week;
    const open = rule.getOpenIntervals(start, end).map(([from, to]) => ({ from: from.getTime(), to: to.getTime() }));
    return { ...span, open };
  });
}
