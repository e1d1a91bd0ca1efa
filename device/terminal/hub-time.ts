import type { Kept, State, Step } from "./types.ts";

/** How old the last contact in the journal may be, in milliseconds: each write wears the card. */
const contactKeptMs = 60_000;

/** Where the time goes by the hub's clock with this input. */
export function withTime(state: State, at: number, hubTime: number): State {
  const { heard, shiftMs } = state.alone.clock;
  return { ...state, at, hubAt: hubTime + (heard ? 0 : shiftMs) };
}

/** An instant that was read off before the hub was heard. */
export const corrected = ({ alone: { clock } }: State, hubTime: number): number =>
  hubTime + (clock.heard ? 0 : clock.shiftMs);

/**
 * What the journal says of the clock, before the hub was heard: it goes on by the offset that it had, and never before the
 * last contact.
 */
export function recallTime(state: State, hubTime: number, { clock, clockIsSure }: Kept): State {
  if (state.alone.clock.heard) return state;
  const offset = clock?.offsetMs ?? 0;
  const contactAt = clock?.contactAt ?? null;
  const shiftMs = contactAt === null ? offset : Math.max(offset, contactAt - hubTime);
  const alone = { ...state.alone, clock: { ...state.alone.clock, sure: clockIsSure, contactAt, shiftMs } };
  return { ...state, hubAt: hubTime + shiftMs, alone };
}

/** The hub was heard: its time is known. */
export function heardHub(state: State, hubTime: number): Step {
  const { clock } = state.alone;
  const isStale = clock.keptAt === null || state.at - clock.keptAt >= contactKeptMs || state.at < clock.keptAt;
  const keptAt = isStale ? state.at : clock.keptAt;
  const heard = { ...clock, heard: true, sure: true, contactAt: hubTime, keptAt };
  const next = { ...state, hubAt: hubTime, alone: { ...state.alone, clock: heard } };
  return { state: next, effects: isStale ? [{ type: "keep", what: "clock", contactAt: hubTime }] : [] };
}

/** The hub has gone: its last word is written down. */
export function lostHub(state: State): Step {
  const { contactAt, heard } = state.alone.clock;
  if (!heard || contactAt === null) return { state, effects: [] };
  return { state, effects: [{ type: "keep", what: "clock", contactAt }] };
}
