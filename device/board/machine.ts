import type { Beat, Display, DisplayCall, Office, Queue } from "../../protocol/messages.ts";

/** Everything that happens to a board. Times are milliseconds since the epoch by the device's own clock. */
export type BoardInput =
  | { type: "display"; display: Display; now: number }
  | { type: "beat"; beat: Beat; now: number }
  | { type: "queue"; queue: Queue; now: number }
  | { type: "office"; office: Office; now: number }
  | { type: "link"; up: boolean; now: number }
  | { type: "identify"; now: number }
  | { type: "tick"; now: number };

export const boardLimits = {
  /** No beat for so long: what is shown may be old, and the board says so. */
  notLiveMs: 10_000,
  /** Each call has the board to itself for at least so long. */
  announceMs: 4000,
  /** Three slow flashes of one second each. */
  flashMs: 3000,
  /** What the board finds on starting or connecting again is announced only if it was called within this time. */
  freshMs: 30_000,
  /** Announcements that may wait; beyond it the oldest are only shown. */
  announcementsMax: 100,
};

export interface Announcement {
  call: string;
  count: number;
  number: string;
  desk: string;
  deskName: string;
}

export interface BoardState {
  now: number;
  beatAt: number;
  /** The hub's clock minus ours, by the newest beat; 0 before the first one. */
  hubAheadMs: number;
  /** A beat has come since the connection stands: our clock may have been set while it was down. */
  isTimeSure: boolean;
  epoch: number | undefined;
  revision: number;
  calls: readonly DisplayCall[];
  message: string | null;
  office: Office | undefined;
  queues: ReadonlyMap<string, Queue>;
  /** The next display tells what happened while nobody listened. */
  isCatchingUp: boolean;
  /** Calls found on catching up whose age cannot be told before a beat brings the hub's time. */
  undated: readonly DisplayCall[];
  waiting: readonly Announcement[];
  current: (Announcement & { since: number }) | undefined;
  /** Somebody asked which board this is: it flashes without a gong. */
  identifiedAt: number | undefined;
}

export function startBoard(now: number): BoardState {
  return {
    now,
    beatAt: now,
    hubAheadMs: 0,
    isTimeSure: false,
    epoch: undefined,
    revision: 0,
    calls: [],
    message: null,
    office: undefined,
    queues: new Map(),
    isCatchingUp: true,
    undated: [],
    waiting: [],
    current: undefined,
    identifiedAt: undefined,
  };
}

/** What the board is after an input. Announcements start and end here, by the time that comes with each input. */
export function boardNext(state: BoardState, input: BoardInput): BoardState {
  return announce(take({ ...state, now: input.now }, input));
}

function take(state: BoardState, input: BoardInput): BoardState {
  switch (input.type) {
    case "display":
      return takeDisplay(state, input.display);
    case "beat": {
      const hubAheadMs = Date.parse(input.beat.at) - input.now;
      const dated = queueFresh({ ...state, beatAt: input.now, hubAheadMs, isTimeSure: true }, state.undated);
      return { ...dated, undated: [] };
    }
    case "queue":
      return { ...state, queues: new Map(state.queues).set(input.queue.service, input.queue) };
    case "office":
      return { ...state, office: input.office };
    case "link":
      return input.up ? state : { ...state, isCatchingUp: true, isTimeSure: false };
    case "identify":
      return { ...state, identifiedAt: input.now };
    case "tick":
      return state;
  }
}

function takeDisplay(state: BoardState, display: Display): BoardState {
  const isNewEpoch = display.epoch !== state.epoch;
  if (!isNewEpoch && display.revision <= state.revision) return { ...state, isCatchingUp: false };
  const counts = new Map(state.calls.map(({ call, count }) => [call, count]));
  // The display has the newest first; people are called in the order in which they were called.
  const fresh = display.calls.filter(({ call, count }) => count > (counts.get(call) ?? 0)).reverse();
  const isThere = ({ call }: { call: string }) => display.calls.some((shown) => shown.call === call);
  const next: BoardState = {
    ...state,
    epoch: display.epoch,
    revision: display.revision,
    calls: display.calls,
    message: display.message,
    isCatchingUp: false,
    // A call that was taken back is no longer announced.
    undated: state.undated.filter(isThere),
    waiting: state.waiting.filter(isThere),
    current: state.current && isThere(state.current) ? state.current : undefined,
  };
  if (!state.isCatchingUp && !isNewEpoch) return queueAll(next, fresh);
  if (!next.isTimeSure) return { ...next, undated: fresh };
  return queueFresh(next, fresh);
}

function queueFresh(state: BoardState, calls: readonly DisplayCall[]): BoardState {
  const hubNow = state.now + state.hubAheadMs;
  return queueAll(
    state,
    calls.filter(({ calledAt }) => hubNow - Date.parse(calledAt) <= boardLimits.freshMs),
  );
}

function queueAll(state: BoardState, calls: readonly DisplayCall[]): BoardState {
  const added = calls.map(({ call, count, number, desk, deskName }) => ({ call, count, number, desk, deskName }));
  return { ...state, waiting: [...state.waiting, ...added].slice(-boardLimits.announcementsMax) };
}

/** Ends an announcement whose time is over and begins the next. One that nobody follows ends by itself. */
function announce(state: BoardState): BoardState {
  const { current, now } = state;
  // A clock set back must not hold a call for hours.
  const isOver = !current || now - current.since >= boardLimits.announceMs || now < current.since;
  if (!isOver) return state;
  const [next, ...waiting] = state.waiting;
  return { ...state, waiting, current: next && { ...next, since: now } };
}
