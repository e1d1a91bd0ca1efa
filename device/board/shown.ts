import type { DisplayCall } from "../../protocol/messages.ts";
import { timeFormat } from "../time-format.ts";
import { type BoardState, boardLimits } from "./state.ts";

const date = timeFormat({ dateStyle: "short" });
/** Dates are compared here, and read by nobody. */
const dateLocale = "de-DE";

/** Where an office is that has not said so yet. */
const usualTimeZone = "Europe/Berlin";

/** Whether the hub was heard of late, so that what is shown is as it is. */
export const isLive = ({ now, beatAt }: BoardState): boolean => now - beatAt < boardLimits.notLiveMs;

/** Whether there is a hub, and not only a broker that keeps what a hub said at some time. */
const isHeard = (state: BoardState): boolean => isLive(state) && state.isTimeSure;

/** The time by the hub's clock, in milliseconds since the epoch; undefined while nobody knows it. */
export const hubTime = ({ now, hubAheadMs }: BoardState): number | undefined =>
  hubAheadMs === undefined ? undefined : now + hubAheadMs;

export const timeZoneOf = ({ office }: BoardState): string => office?.timeZone ?? usualTimeZone;

/**
 * While the hub is heard all calls that it names, newest first. Else those that are known to be of this day: they may
 * come from the board's own memory, or from that of a broker whose hub is dead.
 */
export function shownCalls(state: BoardState): readonly DisplayCall[] {
  if (isHeard(state)) return state.calls;
  return state.calls.filter(({ calledAt }) => isToday(state, Date.parse(calledAt)));
}

/** The office's message, under the same condition. */
export function shownMessage(state: BoardState): string | null {
  return isHeard(state) || isToday(state, state.toldAt) ? state.message : null;
}

/** Whether an instant by the hub's clock is known to be of the office's present day. */
export function isToday(state: BoardState, instant: number | undefined): boolean {
  const now = hubTime(state);
  if (now === undefined || instant === undefined) return false;
  const timeZone = timeZoneOf(state);
  return date(instant, dateLocale, timeZone) === date(now, dateLocale, timeZone);
}
