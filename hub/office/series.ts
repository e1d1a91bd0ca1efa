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

/** Whether a series runs out: of what terminals leave to it, the hub has given nearly all. */
export function isLow(state: OfficeState, letter: string): boolean {
  const last = state.series.get(letter) ?? 0;
  let given = last;
  let ofAll = seriesEnd(state);
  for (const range of heldRanges(state, state.day, letter)) {
    const size = range.last - range.first + 1;
    ofAll -= size;
    if (range.last <= last) given -= size;
  }
  return given >= Math.ceil(ofAll * seriesAlarmShare);
}
