import type { Clock } from "./clock.ts";
import type { Devices } from "./devices.ts";
import type { HubLog } from "./log.ts";
import { passTime } from "./office/clock.ts";
import type { Caller } from "./office/decision.ts";
import type { OfficeEvent, RecordedEvent } from "./office/events.ts";
import { evolve, forgetPastDays } from "./office/evolve.ts";
import type { CalendarDay, OfficeState, Plan } from "./office/state.ts";
import type { Draft, Incoming } from "./requests.ts";
import { answerRequest, unavailable } from "./requests.ts";
import type { Store } from "./store/store.ts";

/** Requests that one transaction takes at most: more would keep the first of them waiting. */
const batchRequestsMax = 500;
/** Requests that may wait for their turn; more are told to come again. */
const inboxRequestsMax = 20_000;

export interface ServiceOptions {
  plan: Plan;
  /** The days from the one that holds `now` on. */
  almanac(now: number): CalendarDay[];
  store: Store;
  devices: Devices;
  clock: Clock;
  log: HubLog;
  /** Who this client is; undefined for one that the configuration does not know. */
  caller(client: string): Caller | undefined;
  /** After each commit and its replies: the state that is now in the file, and what led there. */
  committed(state: OfficeState, events: RecordedEvent[]): void;
}

export interface Service {
  /** The state as of the last commit; not to be changed. */
  readonly state: OfficeState;
  /** Loads the state and lets time pass up to now. */
  start(): void;
  /** Takes a request; it is answered once its effect is durable. All that arrive together share one commit. */
  receive(request: Incoming): void;
  /** Records what was not asked for by anybody, such as a device that went away. */
  record(events: OfficeEvent[]): void;
  /** Lets time pass: to be called regularly, so that midnight comes without a request too. */
  tick(): void;
  /** Answers what has arrived and takes nothing more. */
  stop(): void;
}

export function createService(options: ServiceOptions): Service {
  const { plan, store, clock, log } = options;
  let state: OfficeState;
  const inbox: Incoming[] = [];
  const notes: OfficeEvent[] = [];
  let scheduled = false;
  let stopped = false;
  /** The last commit failed, and staff have been told. */
  let failing = false;

  function schedule(): void {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (!stopped) flush();
    });
  }

  /** Keeps the days ahead up to date; without new ones the office goes on by the old ones. */
  function turnCalendar(now: number): void {
    const [today] = state.calendar;
    if (today && today.start <= now && now < today.end) return;
    try {
      state.calendar = options.almanac(now);
    } catch (error) {
      log.error({ err: asError(error) }, "the opening hours cannot be reckoned: the days known before stay");
    }
  }

  /** Nothing of this batch has happened; who asks again later gets what was or will be done. */
  function fail(batch: Incoming[], noted: OfficeEvent[], error: unknown): void {
    log.error(
      { err: asError(error), requests: batch.length },
      "the store cannot take it now: nothing of it has happened",
    );
    notes.unshift(...noted);
    if (!failing) notes.push({ type: "device.alarm", client: "hub", alarm: "store", detail: asError(error).message });
    failing = true;
    state = store.load(plan, state.calendar);
    for (const request of batch) answer(() => request.respond(...unavailable(request, "the store cannot take it now")));
  }

  /** What is said after the commit must reach everybody else even if one of them cannot be told. */
  function answer(say: () => void): void {
    try {
      say();
    } catch (error) {
      log.error({ err: asError(error) }, "an answer could not be given");
    }
  }

  /** Decides everything that has arrived, commits it in one transaction, and only then lets anybody know. */
  function flush(): void {
    const now = clock.now();
    const batch = inbox.splice(0, batchRequestsMax);
    if (inbox.length > 0) schedule();
    const draft: Draft = { events: [], replies: new Map(), answers: [], touchedPast: false };
    const apply = (events: OfficeEvent[]) => {
      for (const event of events) {
        const recorded = { ...event, epoch: state.epoch, seq: state.seq + 1, at: now };
        evolve(state, recorded);
        draft.events.push(recorded);
        draft.touchedPast ||=
          event.type === "office.changed" || ("ticket" in event && !event.ticket.startsWith(`${state.day}/`));
      }
    };
    turnCalendar(now);
    const noted = notes.splice(0);
    try {
      apply(passTime(state, now, (day) => store.series(day)));
      apply(noted);
      for (const request of batch) answerRequest({ ...options, state, now, apply, draft }, request);
      if (draft.events.length > 0 || draft.replies.size > 0) {
        store.commit({ events: draft.events, replies: [...draft.replies.values()], state });
        failing = false;
      }
    } catch (error) {
      fail(batch, noted, error);
      return;
    }
    for (const say of draft.answers) answer(say);
    options.committed(state, draft.events);
    if (draft.touchedPast) forgetPastDays(state);
  }

  return {
    get state() {
      return state;
    },
    start() {
      state = store.load(plan, options.almanac(clock.now()));
      flush();
    },
    receive(request) {
      if (stopped) return request.respond(...unavailable(request, "the hub is stopping"));
      if (inbox.length >= inboxRequestsMax) return request.respond(...unavailable(request, "too much at once"));
      inbox.push(request);
      schedule();
    },
    record(events) {
      if (events.length === 0) return;
      notes.push(...events);
      schedule();
    },
    tick: schedule,
    stop() {
      do flush();
      while (inbox.length > 0);
      stopped = true;
    },
  };
}

/** Libraries throw strings too. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
