import { makeAlmanac } from "../../hub/almanac.ts";
import { callPolicyOf, calls } from "../../hub/config/calls.ts";
import type { CalendarDay, Plan } from "../../hub/office/state.ts";

process.env.TZ = "Europe/Berlin";
const minuteMs = 60_000;

/** A service as it really is, beside what the configuration believes; minutes for one person. */
interface Truth {
  id: string;
  letter: string;
  configured: number;
  minutes: number;
  /** Standard deviation of the logarithm. */
  scale: number;
  /** Share of all visitors. */
  share: number;
}

/** The configuration is wrong by a fifth either way, as configurations are. */
export const truths: Truth[] = [
  { id: "id-card", letter: "A", configured: 12, minutes: 10, scale: 0.45, share: 0.4 },
  { id: "registration", letter: "B", configured: 15, minutes: 17, scale: 0.5, share: 0.25 },
  { id: "pick-up", letter: "C", configured: 5, minutes: 4, scale: 0.5, share: 0.2 },
  { id: "certificate", letter: "D", configured: 6, minutes: 7, scale: 0.5, share: 0.15 },
];

const all = truths.map(({ id }) => id);
const desks = [
  { id: "1", services: all },
  { id: "2", services: all },
  { id: "3", services: all },
  { id: "4", services: ["id-card", "registration"] },
  { id: "5", services: ["id-card", "pick-up", "certificate"] },
];

/** Who comes together, and how often. */
export const groups = [
  [1, 0.87],
  [2, 0.08],
  [3, 0.03],
  [4, 0.02],
] as const;

/** An office of five desks, not all of which serve everything. */
export const plan: Plan = {
  name: "Bürgerbüro",
  languages: ["de"],
  timeZone: "Europe/Berlin",
  accent: "#0b4a8f",
  services: truths.map(({ id, letter, configured }) => ({
    id,
    letter,
    names: { de: id },
    minutes: configured,
    bookable: true,
  })),
  desks: desks.map(({ id, services }) => ({ id, name: `Platz ${id}`, services, groups: ["all"] })),
  boards: [],
  numberDigits: 4,
  calls: callPolicyOf(calls.parse({})),
  users: [],
  intake: "off",
  reserveNumbers: 50,
  appointments: {
    siteNumber: 1,
    slotMs: 15 * minuteMs,
    walkInShare: 0.1,
    telephoneShare: 0,
    unconfirmedShare: 1,
    leadMs: 0,
    daysAhead: 40,
    perAddress: 2,
    perNetwork: 8,
    confirmMs: 120 * minuteMs,
    checkInEarlyMs: 15 * minuteMs,
    checkInLateMs: 5 * minuteMs,
    deskGraceMs: 15 * minuteMs,
    readBackMs: 30_000,
    wrongEntriesTerminal: 5,
    wrongEntriesSite: 15,
    wrongEntriesMs: 10 * minuteMs,
    reminderHour: 10,
    keptDays: 1,
  },
};

/** The days of the month, with the hours of the model office. */
export function month(days = 30): CalendarDay[] {
  const hours = {
    openingHours: "Mo,Tu 08:00-16:00; We off; Th 08:00-18:00; Fr 08:00-13:00; Sa[1] 09:30-12:00; PH off",
    region: { country: "de", state: "Nordrhein-Westfalen" },
    closures: [],
    specialHours: [],
    appointments: { desks: 4, capacity: [] },
  };
  return makeAlmanac(hours, Date.parse("2026-11-02T00:00:00+01:00"), days);
}

/** How walk-ins spread over the opening hours: weights of equal parts. */
export const patterns = {
  /** Before work: the crowd is there when the doors open. */
  morning: [1.7, 1.3, 1.1, 0.9, 0.7, 0.7, 0.8, 0.8],
  /** One crowd in the morning and another after lunch. */
  twoPeaks: [0.9, 1.4, 1.2, 0.7, 0.6, 1.3, 1.2, 0.7],
} as const;
export type Pattern = keyof typeof patterns;

export interface MonthOptions {
  seed: number;
  /** Work that comes as a share of what the desks can do. */
  load: number;
  pattern: Pattern;
  days?: number;
}

/** Share of the desks' time that is booked. */
export const bookedShare = 0.35;
/** Of those with an appointment so many do not come; of the walk-ins so many leave before they are called. */
export const staysAwayShare = 0.08;
export const leavesShare = 0.04;
/** Walk-ins to whom staff give a head start, and its minutes. */
export const priority = { share: 0.02, minutes: 30 } as const;
/** A desk is not staffed at all on such a share of days. */
export const unstaffedShare = 0.04;
/** Breaks of each desk, in minutes: one in the morning, and lunch on days that are long enough. */
export const breaks = { morning: 10, lunch: 30, lunchFromHours: 6 } as const;
