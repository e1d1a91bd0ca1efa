import type { Beat, Display, DisplayCall, Office, Queue } from "../../protocol/messages.ts";
import { hubTime } from "./shown.ts";
import { type BoardState, boardLimits } from "./state.ts";

/** Everything that happens to a board. `now` is in milliseconds since the device was switched on. */
export type BoardInput =
  | { type: "display"; display: Display; now: number }
  | { type: "beat"; beat: Beat; now: number }
  | { type: "queue"; queue: Queue; now: number }
  | { type: "office"; office: Office; now: number }
  | { type: "link"; up: boolean; now: number }
  | { type: "identify"; now: number }
  /** `standInMs` is our own time of day as `hubAheadMs`, where it can be relied on. */
  | { type: "tick"; standInMs: number | undefined; now: number };

/** What the board is after an input. Announcements start and end here, by the time that comes with each input. */
export function boardNext(state: BoardState, input: BoardInput): BoardState {
  return announce(take({ ...state, now: input.now }, input));
}

function take(state: BoardState, input: BoardInput): BoardState {
  switch (input.type) {
    case "display":
      return takeDisplay(state, input.display);
    case "beat":
      return takeBeat(state, Date.parse(input.beat.at) - input.now);
    case "queue":
      return { ...state, queues: new Map(state.queues).set(input.queue.service, input.queue) };
    case "office": {
      const { name, languages, timeZone, emergency } = input.office;
      const office = { name, languages, timeZone, ...(emergency === undefined ? {} : { emergency }) };
      return { ...state, office };
    }
    case "link":
      return input.up ? state : { ...state, isCatchingUp: true, isTimeSure: false };
    case "identify":
      return { ...state, identifiedAt: input.now };
    case "tick":
      return state.isHubTime ? state : { ...state, hubAheadMs: input.standInMs };
  }
}

function takeBeat(state: BoardState, hubAheadMs: number): BoardState {
  const heard = { ...state, beatAt: state.now, hubAheadMs, isHubTime: true, isTimeSure: true };
  // The hub stands by what it said last. What a broker kept may be of yesterday, but not beside a beat.
  const toldAt = state.isCatchingUp ? state.toldAt : hubTime(heard);
  return { ...queueFresh({ ...heard, toldAt }, state.undated), undated: [] };
}

function takeDisplay(state: BoardState, display: Display): BoardState {
  const { epoch, revision, message } = display;
  const isNewEpoch = epoch !== state.epoch;
  if (!isNewEpoch && revision <= state.revision) return { ...state, isCatchingUp: false };
  const counts = new Map(state.calls.map(({ call, count }) => [call, count]));
  // The display has the newest first; people are called in the order in which they were called.
  const fresh = display.calls.filter(({ call, count }) => count > (counts.get(call) ?? 0)).reverse();
  const isThere = ({ call }: { call: string }) => display.calls.some((shown) => shown.call === call);
  const isRepeated = ({ call }: { call: string }) => fresh.some((one) => one.call === call);
  const next: BoardState = {
    ...state,
    epoch,
    revision,
    calls: display.calls,
    message,
    isCatchingUp: false,
    // A call that was taken back is no longer announced.
    undated: state.undated.filter((call) => isThere(call) && !isRepeated(call)),
    waiting: state.waiting.filter(isThere),
    current: state.current && isThere(state.current) ? state.current : undefined,
  };
  if (!state.isCatchingUp && !isNewEpoch) return queueAll(next, fresh);
  if (!next.isTimeSure) return { ...next, undated: [...next.undated, ...fresh] };
  return queueFresh(next, fresh);
}

function queueFresh(state: BoardState, calls: readonly DisplayCall[]): BoardState {
  const now = hubTime(state) ?? Number.POSITIVE_INFINITY;
  return queueAll(
    state,
    calls.filter(({ calledAt }) => now - Date.parse(calledAt) <= boardLimits.freshMs),
  );
}

function queueAll(state: BoardState, calls: readonly DisplayCall[]): BoardState {
  const added = calls.map(({ call, count, number, desk, deskName }) => ({ call, count, number, desk, deskName }));
  return { ...state, waiting: [...state.waiting, ...added].slice(-boardLimits.announcementsMax) };
}

/** Ends an announcement whose time is over and begins the next. One that nobody follows ends by itself. */
function announce(state: BoardState): BoardState {
  const { current, now } = state;
  if (current && now - current.since < boardLimits.announceMs) return state;
  // In an emergency nobody is to go to a desk; who was still to be called is called afterwards.
  if (state.office?.emergency !== undefined) return { ...state, current: undefined };
  const [next, ...waiting] = state.waiting;
  return { ...state, waiting, current: next && { ...next, since: now } };
}
