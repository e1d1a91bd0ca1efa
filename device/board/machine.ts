import type { Beat, Display, DisplayCall, Office, Queue } from "../../protocol/messages.ts";
import { hubTime } from "./shown.ts";
import { type BoardState, boardLimits } from "./state.ts";

/** Everything that happens to a board. `now` is in milliseconds since the device was switched on. */
export type BoardInput =
  /** `isKept`: the broker had kept it, and the hub may have said more since. */
  | { type: "display"; display: Display; isKept: boolean; now: number }
  /** `group` is whose display this board shows. */
  | { type: "beat"; beat: Beat; group: string; now: number }
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
      return { ...takeDisplay(state, input.display), isCatchingUp: state.isCatchingUp && input.isKept };
    case "beat":
      return takeBeat(state, input.beat, input.group);
    case "queue":
      return { ...state, queues: new Map(state.queues).set(input.queue.service, input.queue) };
    case "office": {
      const { name, languages, timeZone, emergency, services } = input.office;
      const office = { name, languages, timeZone, ...(emergency === undefined ? {} : { emergency }) };
      return { ...state, office, services: services.map(({ id }) => id) };
    }
    case "link":
      return input.up ? state : { ...state, isCatchingUp: true, isTimeSure: false };
    case "identify":
      return { ...state, identifiedAt: input.now };
    case "tick":
      return state.isHubTime ? state : { ...state, hubAheadMs: input.standInMs };
  }
}

function takeBeat(state: BoardState, { at, epoch, revisions }: Beat, group: string): BoardState {
  const { now } = state;
  const hubAheadMs = Date.parse(at) - now;
  // What a broker kept may be of yesterday, until the hub says that it is what stands there now.
  const isCatchingUp = state.isCatchingUp && (epoch !== state.epoch || revisions[group] !== state.revision);
  const heard = { ...state, beatAt: now, hubAheadMs, isHubTime: true, isTimeSure: true, isCatchingUp };
  const toldAt = isCatchingUp ? state.toldAt : hubTime(heard);
  return { ...queueFresh({ ...heard, toldAt }, state.undated), undated: [] };
}

function takeDisplay(state: BoardState, display: Display): BoardState {
  const { epoch, revision, message } = display;
  const isNewEpoch = epoch !== state.epoch;
  if (!isNewEpoch && revision <= state.revision) return state;
  const counts = new Map(state.calls.map(({ call, count }) => [call, count]));
  // Behind those it knows stands whom a call that was taken back has made room for: he was called long ago.
  const known = display.calls.findLastIndex(({ call }) => counts.has(call));
  const isFresh = ({ call, count }: DisplayCall, place: number) =>
    count > (counts.get(call) ?? 0) && (known < 0 || place <= known);
  // The display has the newest first; people are called in the order in which they were called.
  const fresh = display.calls.filter(isFresh).reverse();
  const isThere = ({ call }: { call: string }) => display.calls.some((shown) => shown.call === call);
  const isRepeated = ({ call }: { call: string }) => fresh.some((one) => one.call === call);
  const next: BoardState = {
    ...state,
    epoch,
    revision,
    calls: display.calls,
    message,
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
