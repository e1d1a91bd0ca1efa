import { ask } from "./check-in.ts";
import type { readPageTouch } from "./page-touch.ts";
import { enter, ignore, stay } from "./step.ts";
import { localDate } from "./time-of-day.ts";
import type { Input, Phase, State, Step } from "./types.ts";

type Entry = Extract<Phase, { name: "birthdate" | "appointment-time" }>;
type PageTouch = Extract<ReturnType<typeof readPageTouch>, { ok: true }>["value"];

/** Day, month and year; hour and minute. */
const digitsOf = { birthdate: 8, "appointment-time": 4 } as const;
/** Nobody who comes was born before. */
const firstYear = 1900;
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What is wrong with the digits so far, whatever may follow them. */
export type EntryProblem = "day" | "month" | "date" | "year" | "future" | "hour" | "minute";

/** Whether birth dates are asked for here: there are appointments, and nobody reads along on the way to the hub. */
export function asksBirthdates({ office, settings }: State): boolean {
  return settings.isPrivate && office?.appointments === true;
}

/** To the entry of a birth date, from the start screen or after one in which nothing was found. */
export function openEntry(state: State, input: Input): Step {
  if (!asksBirthdates(state)) return ignore(state, input, "no birth dates here");
  return stay(enter(state, { name: "birthdate", digits: "", enteredAt: 0 }));
}

/** Whether this refusal may come of a wrong key, so that the entry is offered once more. */
export function mayEnterAgain({ way, error }: Extract<Phase, { name: "turned-away" }>): boolean {
  return way === "birthdate" && error.code === "no-match";
}

/** What a key of the pad does. Digits that cannot become a date must go before others can come. */
export function editEntry(state: State, phase: Entry, input: Input, touch: PageTouch): Step {
  const { digits } = phase;
  if (touch.do === "erase") return stay(enter(state, { ...phase, digits: digits.slice(0, -1) }));
  if (touch.do === "digit") {
    if (digits.length >= digitsOf[phase.name] || entryProblem(state, phase)) return stay(state);
    return stay(enter(state, { ...phase, digits: digits + touch.digit, enteredAt: input.at }));
  }
  if (touch.do !== "enter" || !isComplete(state, phase)) return ignore(state, input, `nothing to do: ${touch.do}`);
  const time = phase.name === "birthdate" ? undefined : `${digits.slice(0, 2)}:${digits.slice(2)}`;
  const birthdate = phase.name === "birthdate" ? isoDate(digits) : phase.birthdate;
  return ask(state, input, { way: "birthdate", birthdate, time }, phase.enteredAt);
}

const isoDate = (digits: string) => `${digits.slice(4)}-${digits.slice(2, 4)}-${digits.slice(0, 2)}`;

/** Whether all digits are there and mean something. */
export function isComplete(state: State, phase: Entry): boolean {
  return phase.digits.length === digitsOf[phase.name] && entryProblem(state, phase) === undefined;
}

/** Said with the first digit from which on nothing can come of it. */
export function entryProblem(state: State, { name, digits }: Entry): EntryProblem | undefined {
  if (name === "appointment-time") return timeProblem(digits);
  return dateProblem(digits, localDate(state.hubAt, state.office?.timeZone ?? "UTC"));
}

function timeProblem(digits: string): EntryProblem | undefined {
  if (!canBecome(digits.slice(0, 2), 0, 23)) return "hour";
  return canBecome(digits.slice(2), 0, 59) ? undefined : "minute";
}

function dateProblem(digits: string, today: string): EntryProblem | undefined {
  const [day, month, year] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
  if (!canBecome(day, 1, 31)) return "day";
  if (!canBecome(month, 1, 12)) return "month";
  if (month.length === 2 && Number(day) > (daysOfMonth[Number(month) - 1] ?? 0)) return "date";
  if (!canBecome(year, firstYear, Number(today.slice(0, 4)), 4)) return "year";
  if (year.length < 4) return undefined;
  if (!isCalendarDate(isoDate(digits))) return "date";
  return isoDate(digits) > today ? "future" : undefined;
}

/** Whether a number from `least` to `most` begins with these digits. */
function canBecome(digits: string, least: number, most: number, width = 2): boolean {
  const [from, to] = [digits.padEnd(width, "0"), digits.padEnd(width, "9")];
  return Number(to) >= least && Number(from) <= most;
}

/** The 29th of February is not in every year. */
function isCalendarDate(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}
