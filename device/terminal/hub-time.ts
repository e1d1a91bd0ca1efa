import type { Instant, State, Step } from "./types.ts";

/** How old the last contact in the journal may be, in milliseconds: each write wears the card. */
const contactKeptMs = 60_000;

/** The instant of this input. */
export function withTime(state: State, { at, hubTime, timeIsSure }: Instant): State {
  const { clock } = state.alone;
  const alone = clock.sure === timeIsSure ? state.alone : { ...state.alone, clock: { ...clock, sure: timeIsSure } };
  return { ...state, at, hubAt: hubTime, alone };
}

/** The hub was heard: its time is known. */
export function heardHub(state: State): Step {
  const { clock } = state.alone;
  const contactAt = state.hubAt;
  const isStale = clock.keptAt === null || state.at - clock.keptAt >= contactKeptMs || state.at < clock.keptAt;
  const keptAt = isStale ? state.at : clock.keptAt;
  const next = { ...state, alone: { ...state.alone, clock: { ...clock, heard: true, contactAt, keptAt } } };
  return { state: next, effects: isStale ? [{ type: "keep", what: "clock", contactAt }] : [] };
}

/** The hub has gone: its last word is written down, once, however often it is not reached after that. */
export function lostHub(state: State): Step {
  const { contactAt, heard } = state.alone.clock;
  const gone = { ...state, beatAt: null };
  if (state.beatAt === null || !heard || contactAt === null) return { state: gone, effects: [] };
  return { state: gone, effects: [{ type: "keep", what: "clock", contactAt }] };
}
