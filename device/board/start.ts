import type { DisplayCall } from "../../protocol/messages.ts";
import { hubTime, isToday, shownCalls, shownMessage } from "./shown.ts";
import { type BoardKept, type BoardState, boardLimits } from "./state.ts";

/**
 * A board that was just switched on.
 *
 * @param standInMs our own time of day as `hubAheadMs`, where it can be relied on.
 * @param kept what it was told before. What is known to be of this day is shown as not live until the hub is heard;
 *   what was announced is not announced again.
 */
export function startBoard(now: number, standInMs?: number, kept?: BoardKept): BoardState {
  const hubAheadMs = kept?.hubAheadMs ?? standInMs;
  const started = { ...emptyBoard(now), hubAheadMs, isHubTime: kept?.hubAheadMs !== undefined };
  if (!kept) return started;
  const { display, office, unannounced, toldAt } = kept;
  const isUnannounced = ({ call, count }: DisplayCall) =>
    unannounced.some((one) => one.call === call && one.count === count);
  // The display has the newest first; people are called in the order in which they were called.
  const undated = display.calls.filter(isUnannounced).reverse();
  // Whatever the hub says next is taken: its file may have been begun anew meanwhile, with lower revisions.
  const told: BoardState = { ...started, ...display, revision: -1, toldAt, office, undated };
  const recalled = isOfAnotherDay(told) ? withoutEmergency(told) : told;
  const isAnythingShown =
    shownCalls(recalled).length > 0 || shownMessage(recalled) !== null || recalled.office?.emergency !== undefined;
  // Something old is called old at once; nothing at all waits for the hub like a board that remembers nothing.
  return isAnythingShown ? { ...recalled, beatAt: now - boardLimits.notLiveMs } : recalled;
}

/** What is to be kept of a board; undefined while it has been told nothing. */
export function keptOf(state: BoardState): BoardKept | undefined {
  const { epoch, revision, calls, message, office, undated, waiting, toldAt, isHubTime, hubAheadMs } = state;
  if (epoch === undefined) return undefined;
  return {
    display: { epoch, revision, calls: [...calls], message },
    office,
    unannounced: [...undated, ...waiting].map(({ call, count }) => ({ call, count })),
    toldAt,
    hubAheadMs: isHubTime ? hubAheadMs : undefined,
  };
}

const isSameList = (one: readonly unknown[], other: readonly unknown[]) =>
  one === other || (one.length === 0 && other.length === 0);

/**
 * Whether nothing of what a board keeps has changed but its times, as with most ticks and beats: nothing needs to be compared
 * word for word then.
 */
export function keepsTheSame(one: BoardState, other: BoardState): boolean {
  return (
    one.epoch === other.epoch &&
    one.revision === other.revision &&
    one.calls === other.calls &&
    one.message === other.message &&
    one.office === other.office &&
    isSameList(one.undated, other.undated) &&
    isSameList(one.waiting, other.waiting) &&
    (one.toldAt === undefined) === (other.toldAt === undefined) &&
    one.isHubTime === other.isHubTime &&
    (one.hubAheadMs === undefined) === (other.hubAheadMs === undefined)
  );
}

/** Known to be so; an emergency whose day nobody knows is not over: nobody is called into a burning house. */
const isOfAnotherDay = (state: BoardState) =>
  state.toldAt !== undefined && hubTime(state) !== undefined && !isToday(state, state.toldAt);

function withoutEmergency(state: BoardState): BoardState {
  if (!state.office) return state;
  const { emergency: _, ...office } = state.office;
  return { ...state, office };
}

function emptyBoard(now: number): BoardState {
  return {
    now,
    beatAt: now,
    hubAheadMs: undefined,
    isHubTime: false,
    isTimeSure: false,
    epoch: undefined,
    revision: 0,
    calls: [],
    message: null,
    toldAt: undefined,
    office: undefined,
    queues: new Map(),
    services: undefined,
    isCatchingUp: true,
    undated: [],
    waiting: [],
    current: undefined,
    identifiedAt: undefined,
  };
}
