import type { Grant } from "../../protocol/reserve.ts";
import { over } from "./alarms.ts";
import { collectingAlarm, isCollecting, tellUnheard } from "./collecting.ts";
import type { Caller } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { addRange, grantedLetters, unknownHolder } from "./reserves.ts";
import { seriesEnd } from "./series.ts";
import type { OfficeState, ReserveRange } from "./state.ts";

/** The longest range that a terminal is ever granted. */
const rangeNumbersMax = 500;

type Collected = Extract<OfficeEvent, { what: "collected" }>;
type Held = Collected["held"][number];

/**
 * What a terminal's report changes besides the tickets in it: numbers go on behind what it knows, what it holds is its own,
 * and with the last page nobody waits for it any more.
 *
 * @param numbers those of today that the hub had given and did not know, by letter the highest.
 */
export function collect(
  state: OfficeState,
  { client }: Caller,
  { numbers, grants, done }: { numbers: ReadonlyMap<string, number>; grants: readonly Grant[]; done: boolean },
): OfficeEvent[] {
  const { recovery } = state;
  if (!recovery) return [];
  const series: Record<string, number> = {};
  for (const [letter, highest] of numbers) {
    const last = Math.min(highest + recovery.skip, seriesEnd(state));
    if (last > (state.series.get(letter) ?? 0)) series[letter] = last;
  }
  const { held, alarms } = newlyHeld(state, client, grants);
  const others = (clients: string[]) => (done ? clients.filter((other) => other !== client) : clients);
  const awaited = others(recovery.awaited);
  const unheard = others(recovery.unheard);
  const isLast = isCollecting(state) && awaited.length === 0;
  const isHeard = awaited.length < recovery.awaited.length || unheard.length < recovery.unheard.length;
  const collected: OfficeEvent = {
    type: "office.changed",
    what: "collected",
    client,
    ...{ awaited, unheard, series, held },
  };
  return [
    ...(isHeard || Object.keys(series).length > 0 || held.length > 0 ? [collected] : []),
    ...(isLast ? over(state, "hub", collectingAlarm) : []),
    ...(unheard.length < recovery.unheard.length ? tellUnheard(state, unheard) : []),
    ...alarms,
  ];
}

/** Ranges that a terminal holds and the hub knows nothing of; one that another holds as well stays that one's. */
function newlyHeld(
  state: OfficeState,
  client: string,
  grants: readonly Grant[],
): { held: Held[]; alarms: OfficeEvent[] } {
  const held: Held[] = [];
  const alarms: OfficeEvent[] = [];
  for (const grant of grants) {
    const range = rangeOf(state, grant);
    if (!range) continue;
    const known = [...(state.reserves.get(range.day) ?? []), ...held.filter(({ day }) => day === range.day)];
    const others = known.filter((other) => overlaps(other, range) && !("client" in other && isUnknown(other)));
    if (others.length === 0) {
      held.push(range);
      continue;
    }
    if (others.every((other) => !("client" in other) || other.client === client)) continue;
    const detail = `${grant.first} to ${grant.last} of ${grant.day} are another terminal's since the restore`;
    alarms.push({ type: "device.alarm", client, alarm: "reserve number", detail });
  }
  return { held, alarms };
}

const isUnknown = ({ client }: ReserveRange) => client === unknownHolder;

type Span = Pick<ReserveRange, "letter" | "digits" | "first" | "last">;

const overlaps = (a: Span, b: Span) =>
  a.letter === b.letter && a.digits === b.digits && a.first <= b.last && b.first <= a.last;

/** What a grant names, where the hub may have granted it. */
function rangeOf(state: OfficeState, { day, letter, first, last }: Grant): Held | undefined {
  const range = { letter, digits: first.length - 1, first: Number(first.slice(1)), last: Number(last.slice(1)) };
  const size = range.last - range.first + 1;
  const isOurs = first[0] === letter && last[0] === letter && first.length === last.length;
  if (!isOurs || day < state.day || !state.calendar.some(({ date }) => date === day)) return undefined;
  if (!grantedLetters(state).includes(letter) || range.digits !== state.plan.numberDigits) return undefined;
  return range.first > 0 && size > 0 && size <= rangeNumbersMax ? { day, ...range } : undefined;
}

/** Applies what was collected to the state; see `evolve`. */
export function evolveCollected(state: OfficeState, event: Collected): void {
  const { awaited, unheard } = event;
  if (state.recovery) state.recovery = { ...state.recovery, awaited, unheard };
  for (const [letter, last] of Object.entries(event.series)) state.series.set(letter, last);
  const { client } = event;
  if (client === null) return;
  for (const { day, ...range } of event.held) {
    const before = state.reserves.get(day) ?? [];
    state.reserves.set(
      day,
      before.flatMap((other) => (isUnknown(other) && overlaps(other, range) ? without(other, range) : other)),
    );
    addRange(state, day, { client, lost: false, ...range });
  }
}

/** What is left of a range on either side of a part of it. */
function without(range: ReserveRange, { first, last }: Span): ReserveRange[] {
  const below = { ...range, last: first - 1 };
  const above = { ...range, first: last + 1 };
  return [below, above].filter((part) => part.first <= part.last);
}
