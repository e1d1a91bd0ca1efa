import type { OfficeEvent } from "./events.ts";
import type { OfficeState, ReserveRange } from "./state.ts";

/** From this share of a series on staff are told that its numbers run out. */
const seriesAlarmShare = 0.9;

/** A number as it is printed and called. */
export const numberText = (letter: string, number: number, digits: number): string =>
  letter + String(number).padStart(digits, "0");

/** The highest number of a series. */
export const seriesEnd = ({ plan }: OfficeState): number => 10 ** plan.numberDigits - 1;

/** The ranges of a series that terminals hold on a day. Numbers of another width are other numbers. */
export const heldRanges = (state: OfficeState, day: string, letter: string) =>
  (state.reserves.get(day) ?? []).filter(
    (range) => range.letter === letter && range.digits === state.plan.numberDigits,
  );

/** The one of these ranges in which a number lies. */
export const rangeAround = (ranges: readonly ReserveRange[], number: number): ReserveRange | undefined =>
  ranges.find(({ first, last }) => first <= number && number <= last);

/** The next number of today's series that no terminal holds; undefined when the series is used up. */
export function nextNumber(state: OfficeState, letter: string): number | undefined {
  const held = heldRanges(state, state.day, letter);
  let next = (state.series.get(letter) ?? 0) + 1;
  for (;;) {
    const range = rangeAround(held, next);
    if (!range) return next <= seriesEnd(state) ? next : undefined;
    next = range.last + 1;
  }
}

/**
 * The alarm that a series runs out, if this is the moment: when what the hub gives itself crosses 90 % of what it may
 * give, because of one more number, or because terminals took a part.
 *
 * @param before how many numbers the hub had given, and had to give, before this change.
 */
export function seriesAlarm(letter: string, before: SeriesUse, after: SeriesUse): OfficeEvent[] {
  if (isLow(before) || !isLow(after)) return [];
  const detail = `${after.given} of ${after.ofAll} numbers of series ${letter} are given`;
  return [{ type: "device.alarm", client: "hub", alarm: "series", detail, open: true }];
}

/** Whether a series runs out. */
export const isLow = ({ given, ofAll }: SeriesUse) => given >= Math.ceil(ofAll * seriesAlarmShare);

/** Numbers of a series that the hub has given today, of all that it may give. */
export interface SeriesUse {
  given: number;
  ofAll: number;
}

export function seriesUse(state: OfficeState, letter: string): SeriesUse {
  const last = state.series.get(letter) ?? 0;
  let given = last;
  let ofAll = seriesEnd(state);
  for (const range of heldRanges(state, state.day, letter)) {
    const size = range.last - range.first + 1;
    ofAll -= size;
    if (range.last <= last) given -= size;
  }
  return { given, ofAll };
}
