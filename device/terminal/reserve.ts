import type { Ticket } from "../../protocol/messages.ts";
import type { Grant } from "../../protocol/reserve.ts";
import { officeService } from "./liveness.ts";
import { localDate } from "./time-of-day.ts";
import type { Alone, HeldRange, State, Touch } from "./types.ts";

/** The series of the appointments' numbers. */
export const appointmentLetter = "T";

/** The day of the office's calendar, as far as the time is known. */
export const today = ({ hubAt, office }: State): string => localDate(hubAt, office?.timeZone ?? "UTC");

/** Ranges of days that the hub does not name now. */
const otherRangesMax = 100;

const inDigits = (number: string) => Number(number.slice(1));
const leftIn = ({ next, last }: HeldRange) => Math.max(0, inDigits(last) - next + 1);

function rangeFor(state: State, letter: string): HeldRange | undefined {
  const day = today(state);
  return state.alone.grants.find((range) => range.day === day && range.letter === letter && leftIn(range) > 0);
}

/** Whether this service has a number for today that may be given without the hub. */
export function hasReserve(state: State, service: string): boolean {
  const letter = officeService(state.office, service)?.letter;
  return letter !== undefined && rangeFor(state, letter) !== undefined;
}

/** Whether so many of today's numbers are gone that the hub is to be asked for more. */
export function runsLow({ alone, ...state }: State): boolean {
  const day = today({ alone, ...state });
  const own = alone.grants.filter((range) => range.day === day);
  return [...new Set(own.map(({ letter }) => letter))].some((letter) => {
    const ranges = own.filter((range) => range.letter === letter);
    const size = ranges.reduce((sum, { first, last }) => sum + inDigits(last) - inDigits(first) + 1, 0);
    return ranges.reduce((sum, range) => sum + leftIn(range), 0) * 2 < size;
  });
}

/** What a number is given for. */
export interface GivenFor {
  letter: string;
  services: readonly string[];
  /** When it was asked for, by the hub's clock. */
  at: number;
  appointmentAt?: string;
}

/** Takes the next number of a series; undefined where there is none for today. A number is never made up. */
export function takeNumber(
  state: State,
  touch: Touch,
  { letter, services, at, appointmentAt }: GivenFor,
): { state: State; touch: Touch; ticket: Ticket } | undefined {
  const range = rangeFor(state, letter);
  if (!range) return undefined;
  const number = letter + String(range.next).padStart(range.first.length - 1, "0");
  const { alone } = state;
  const order = alone.order + 1;
  const { sure, contactAt } = alone.clock;
  const issuedAt = new Date(at).toISOString();
  const ticket: Ticket = {
    id: `${range.day}/${number}`,
    day: range.day,
    number,
    service: services[0] ?? touch.service,
    services: [...services],
    state: "waiting",
    paper: "pending",
    origin: "reserve",
    issuedAt,
    earnedAt: issuedAt,
    ahead: 0,
    estimateMinutes: null,
    kind: appointmentAt === undefined ? "walk-in" : "appointment",
    priority: 0,
    persons: 1,
    desk: null,
    calledAt: null,
    calls: 0,
    reason: null,
    boards: [],
    ...(appointmentAt === undefined ? {} : { appointmentAt }),
  };
  const grants = alone.grants.map((one) => (one === range ? { ...one, next: one.next + 1 } : one));
  const reserve = { order, clock: sure ? ("sure" as const) : ("unsure" as const), contactAt, adopted: false };
  return { state: { ...state, alone: { ...alone, grants, order } }, touch: { ...touch, reserve }, ticket };
}

/** The ranges as the hub named them, each from where it had come to here. */
export function mergeGrants(held: Alone["grants"], grants: readonly Grant[]): HeldRange[] {
  const named = grants.map((grant) => {
    const { day, letter, first, last } = grant;
    const known = held.find((range) => range.day === day && range.first === first && range.last === last);
    return known ?? { day, letter, first, last, next: inDigits(first) };
  });
  // A clock that was wrong brings a day back that the hub did not name meanwhile: what was given of it stays known.
  const days = new Set(grants.map(({ day }) => day));
  const others = held.filter(({ day, first, next }) => !days.has(day) && next > inDigits(first));
  return [...others.slice(-otherRangesMax), ...named];
}
