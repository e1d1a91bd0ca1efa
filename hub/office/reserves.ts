import type { Parsed } from "../../protocol/requests.ts";
import type { Grant } from "../../protocol/reserve.ts";
import { appointmentLetter } from "./appointments/record.ts";
import { terminalDays } from "./appointments/terminal-list.ts";
import { whyCollecting } from "./collecting.ts";
import type { Caller, Decision } from "./decision.ts";
import { accept } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { heldRanges, numberText, seriesEnd } from "./series.ts";
import type { OfficeState, ReserveRange } from "./state.ts";

/** All terminals together hold at most this share of a series, and leave the hub half of what is free. */
const heldShareMax = 0.5;

type Granted = { day: string } & Pick<ReserveRange, "letter" | "first" | "last" | "digits">;
const sizeOf = ({ first, last }: { first: number; last: number }) => last - first + 1;

/**
 * Gives a terminal numbers that it may print while the hub is away: for today and the next opening days, of each series,
 * from the top. What it has already stays; there are fresh ones where less than half is left.
 *
 * With `anew` it no longer knows which of its numbers it has given: then none of its old ones is named to it again. The
 * hub itself never gives a number that was granted once.
 */
export function grantReserves(state: OfficeState, caller: Caller, { anew = false }: Parsed<"reserve.get">): Decision {
  const { client } = caller;
  const collecting = whyCollecting(state);
  if (collecting) return collecting;
  const used = usedNumbers(state, client);
  const granted: Granted[] = [];
  const short: string[] = [];
  const alarms: OfficeEvent[] = [];
  for (const day of terminalDays(state)) {
    for (const letter of grantedLetters(state)) {
      const held = heldRanges(state, day, letter);
      const own = anew ? [] : held.filter((range) => range.client === client && !range.lost);
      const left =
        own.reduce((sum, range) => sum + sizeOf(range), 0) - (day === state.day ? (used.get(letter) ?? 0) : 0);
      const { reserveNumbers } = state.plan;
      if (left * 2 >= reserveNumbers) continue;
      const range = freeRange(state, day, letter, held);
      if (!range || sizeOf(range) < reserveNumbers) short.push(`${letter} on ${day}`);
      if (range) granted.push({ day, letter, ...range, digits: state.plan.numberDigits });
    }
  }
  if (short.length > 0) {
    const detail = `${client} got fewer numbers than usual, the series are too short: ${short.join(", ")}`.slice(
      0,
      200,
    );
    alarms.push({ type: "device.alarm", client: "hub", alarm: "reserve", detail });
  }
  const dropped = anew && [...state.reserves.values()].flat().some((range) => range.client === client && !range.lost);
  if (granted.length === 0 && !dropped) return accept(...alarms);
  return accept({ type: "office.changed", what: "reserve", client, anew, grants: granted }, ...alarms);
}

/** The series of which terminals hold numbers. */
export function grantedLetters({ plan }: OfficeState): string[] {
  const letters = new Set(plan.services.map(({ letter }) => letter));
  if (plan.appointments) letters.add(appointmentLetter);
  return [...letters];
}

/** How many numbers of today this terminal has given, as far as they have come in, by letter. */
function usedNumbers(state: OfficeState, client: string): Map<string, number> {
  const used = new Map<string, number>();
  for (const ticket of state.tickets.values()) {
    if (ticket.origin !== "reserve" || ticket.issuer !== client || ticket.day !== state.day) continue;
    const range = findRange(state, client, ticket.day, ticket.number);
    if (range && !range.lost) used.set(ticket.letter, (used.get(ticket.letter) ?? 0) + 1);
  }
  return used;
}

/** The highest numbers that nobody holds; undefined when there is no room for any. */
function freeRange(
  state: OfficeState,
  day: string,
  letter: string,
  held: readonly ReserveRange[],
): { first: number; last: number } | undefined {
  const end = seriesEnd(state);
  const given = day === state.day ? (state.series.get(letter) ?? 0) : 0;
  const taken = held.filter((range) => range.last > given).reduce((sum, range) => sum + sizeOf(range), 0);
  const free = end - given - taken;
  const room = Math.min(state.plan.reserveNumbers, Math.floor(free / 2), Math.floor(end * heldShareMax) - taken);
  return topmostFree(state, held, given, room);
}

/** The highest numbers of a series that nobody holds, at most `size` of them; undefined when there are none. */
export function topmostFree(
  state: OfficeState,
  held: readonly ReserveRange[],
  given: number,
  size: number,
): { first: number; last: number } | undefined {
  if (size < 1) return undefined;
  let last = seriesEnd(state);
  for (;;) {
    const above = held.find((range) => range.first <= last && last <= range.last);
    if (!above) break;
    last = above.first - 1;
  }
  const below = held.filter((range) => range.last < last).map((range) => range.last);
  const first = Math.max(last - size + 1, given + 1, ...below.map((number) => number + 1));
  return first <= last ? { first, last } : undefined;
}

/** The ranges that a terminal may use, as it is told of them. */
export function grantsOf(state: OfficeState, client: string): Grant[] {
  return terminalDays(state).flatMap((day) =>
    (state.reserves.get(day) ?? [])
      .filter((range) => range.client === client && !range.lost)
      .map(({ letter, first, last, digits }) => ({
        day,
        letter,
        first: numberText(letter, first, digits),
        last: numberText(letter, last, digits),
      })),
  );
}

/** As `client` of a range: it may have been granted before a backup was put in place, nobody knows to whom. */
export const unknownHolder = "";

/** The range from which a terminal may have given this number, lost ones too. */
export function findRange(state: OfficeState, client: string, day: string, number: string): ReserveRange | undefined {
  const letter = number.slice(0, 1);
  const digits = number.length - 1;
  const value = Number(number.slice(1));
  const around = state.reserves
    .get(day)
    ?.filter(
      (range) =>
        (range.client === client || range.client === unknownHolder) &&
        range.letter === letter &&
        range.digits === digits &&
        range.first <= value &&
        value <= range.last,
    );
  // A backup may say of a larger range that nobody knows whose it is, and the file that it replaces whose a part is.
  return around?.find((range) => range.client === client) ?? around?.[0];
}

/** Applies a grant to the state; see `evolve`. */
export function evolveReserves(
  state: OfficeState,
  { client, anew, grants }: Extract<OfficeEvent, { what: "reserve" }>,
): void {
  if (anew) {
    for (const ranges of state.reserves.values()) {
      for (const range of ranges) if (range.client === client) range.lost = true;
    }
  }
  for (const { day, ...range } of grants) addRange(state, day, { client, lost: false, ...range });
}

export function addRange(state: OfficeState, day: string, range: ReserveRange): void {
  const ranges = state.reserves.get(day);
  if (ranges) ranges.push(range);
  else state.reserves.set(day, [range]);
}
