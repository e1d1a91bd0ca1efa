import type { InForce } from "../protocol/accounts.ts";
import { refuse } from "../protocol/errors.ts";
import type { OfficeClock } from "./clock.ts";
import type { Commands } from "./commands.ts";
import type { Devices } from "./devices.ts";
import type { Command, Submitted } from "./handler.ts";
import { createInbox } from "./inbox.ts";
import type { HubLog } from "./log.ts";
import { over } from "./office/alarms.ts";
import { openDays } from "./office/appointments/book.ts";
import { forgetAppointments, passAppointments } from "./office/appointments/time.ts";
import type { Aside } from "./office/aside.ts";
import { passTime } from "./office/clock.ts";
import { collectMs, passCollecting } from "./office/collecting.ts";
import type { Caller, Decision } from "./office/decision.ts";
import type { OfficeEvent, RecordedEvent } from "./office/events.ts";
import { evolve, forgetPastDays } from "./office/evolve.ts";
import type { Restored } from "./office/restored.ts";
import { afterRestore } from "./office/restored.ts";
import { findUnserved } from "./office/sent.ts";
import type { CalendarDay, DateRules, OfficeState, Plan } from "./office/state.ts";
import type { Draft, Incoming } from "./requests.ts";
import { answerRequest, isQuestion, unavailable } from "./requests.ts";
import type { Secrets } from "./secrets.ts";
import type { Backup } from "./store/backups.ts";
import type { Store } from "./store/store.ts";
import { createUnderWay } from "./under-way.ts";

/** Requests that one transaction takes at most: more would keep the first of them waiting. */
const batchRequestsMax = 500;
/**
 * Requests that may wait for their turn; more are told to come again. So many take a few seconds, and nobody waits longer:
 * a client repeats what was not answered, and a call is worth nothing then. Each costs about 2 KB of memory.
 */
const inboxRequestsMax = 5_000;
/** Of one client: the others are to find room whatever it sends. */
const inboxPerClientMax = 1_000;

export interface ServiceOptions {
  plan: Plan;
  /** The days from the one that holds `now` on, with what was set for single dates besides the configuration. */
  almanac(now: number, dates: DateRules): CalendarDay[];
  /** For public holidays. */
  region: { country: string; state: string };
  secrets: Secrets;
  /** When the broker knows of a changed user; undefined where its accounts cannot be changed from here. */
  accountsInForce: InForce | undefined;
  /** Whether personal data may come over MQTT. */
  personalData: boolean;
  /** Makes a backup of the file, outside the schedule. */
  backup(): Promise<Backup>;
  /** What the boards say after a backup was put in place. */
  restoredNotice: string;
  store: Store;
  devices: Devices;
  commands: Commands;
  clock: Pick<OfficeClock, "now" | "after" | "mayErase">;
  log: HubLog;
  /** Who asks under this name; undefined for nobody. */
  caller(state: OfficeState, client: string): Caller | undefined;
  /** After each commit and its replies: the state that is now in the file, and what led there. */
  committed(state: OfficeState, events: RecordedEvent[]): void;
}

/** What was to be done together. */
interface Batch {
  requests: Incoming[];
  submitted: Submission[];
  noted: OfficeEvent[];
  /** The opening hours before it, which it may change. */
  calendar: CalendarDay[];
}

/** A command with whom to tell. */
interface Submission {
  perform(state: OfficeState, now: number): { decision: Decision; say(state: OfficeState): () => void };
  fail(why: string): void;
}

export interface Service {
  /** The state as of the last commit; not to be changed. */
  readonly state: OfficeState;
  /** Loads the state and lets time pass up to now. */
  start(): void;
  /** Takes a request; it is answered once its effect is durable. All that arrive together share one commit. */
  receive(request: Incoming): void;
  /** Does what a page asks for: decided within the next batch, with the answer once it is durable. Never rejects. */
  submit<T>(command: Command<T>): Promise<Submitted<T>>;
  /** Records what was not asked for by anybody, such as a device that went away. */
  record(events: OfficeEvent[]): void;
  /** Whether clients can reach the hub: while it collects what terminals know, its time runs from then. */
  linked(up: boolean): void;
  /** Lets time pass: to be called regularly, so that midnight comes without a request too. */
  tick(): void;
  /** Answers what has arrived and takes nothing more. */
  stop(): void;
}

export function createService(options: ServiceOptions): Service {
  const { plan, store, clock, log } = options;
  let state: OfficeState;
  const inbox = createInbox<Incoming>({ max: inboxRequestsMax, perClientMax: inboxPerClientMax });
  const submissions: Submission[] = [];
  const notes: OfficeEvent[] = [];
  /** Tickets that no desk can call, by the instant since when, until it is told; counted anew after a restart. */
  let unserved: ReadonlyMap<string, number> = new Map();
  /** What is to be said before anything else is done. */
  let restored: Restored | undefined;
  /** Clients have been able to reach the hub for long enough to say what they know. */
  let hasWaited = false;
  let cancelWait = () => {};
  /** The day for which it was last looked what is to be forgotten. */
  let forgottenFor: string | undefined;
  const underWay = createUnderWay();
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
    reckonCalendar(now);
  }

  function reckonCalendar(now: number): void {
    try {
      state.calendar = options.almanac(now, state.dates);
      openDays(state.appointments, state.calendar);
    } catch (error) {
      log.error({ err: asError(error) }, "the opening hours cannot be reckoned: the days known before stay");
    }
  }

  /** Nothing of this batch has happened; who asks again later gets what was or will be done. Questions are answered. */
  function fail({ requests, submitted, noted, calendar }: Batch, error: unknown): void {
    log.error(
      { err: asError(error), requests: requests.length },
      "the store cannot take it now: nothing of it has happened",
    );
    notes.unshift(...noted);
    const detail = asError(error).message;
    if (!failing) notes.push({ type: "device.alarm", client: "hub", alarm: "store", detail, open: true });
    failing = true;
    state = store.load(plan, calendar);
    const now = clock.now();
    const draft = emptyDraft();
    const apply = () => {};
    for (const request of requests) {
      if (isQuestion(request.verb)) answerRequest({ ...options, submit, underWay, state, now, apply, draft }, request);
      else draft.answers.push(() => request.respond(...unavailable(request, "the store cannot take it now")));
    }
    for (const say of draft.answers) answer(say);
    for (const each of submitted) answer(() => each.fail("the store cannot take it now"));
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
    const requests = inbox.take(batchRequestsMax);
    const submitted = submissions.splice(0, batchRequestsMax);
    if (inbox.size > 0 || submissions.length > 0) schedule();
    const draft = emptyDraft();
    const apply = (events: OfficeEvent[], aside?: Aside) => {
      if (aside) draft.asides.push(aside);
      for (const event of events) {
        const recorded = { ...event, epoch: state.epoch, seq: state.seq + 1, at: now };
        evolve(state, recorded);
        draft.events.push(recorded);
        if (event.type === "office.changed" && event.what === "dates") reckonCalendar(now);
        draft.touchedPast ||=
          event.type === "office.changed" || ("ticket" in event && !event.ticket.startsWith(`${state.day}/`));
      }
    };
    turnCalendar(now);
    const { calendar } = state;
    const noted = notes.splice(0);
    const mayErase = clock.mayErase();
    let forgets = false;
    try {
      apply(passTime(state, now, store, mayErase));
      if (restored) apply(afterRestore(state, restored, options.restoredNotice, now));
      apply(passCollecting(state, hasWaited));
      const lapsed = mayErase ? passAppointments(state, now) : undefined;
      if (lapsed && lapsed.events.length > 0) apply(lapsed.events, lapsed.aside);
      forgets = mayErase && state.day !== forgottenFor;
      if (forgets) draft.asides.push({ forget: { day: state.day, at: now } });
      apply(noted);
      for (const request of requests)
        answerRequest({ ...options, submit, underWay, state, now, apply, draft }, request);
      for (const each of submitted) {
        const { decision, say } = each.perform(state, now);
        if (decision.ok) apply(decision.events, decision.aside);
        else apply(decision.events ?? []);
        draft.answers.push(say(state));
      }
      const found = findUnserved(state, unserved, now);
      apply(found.events);
      if (draft.events.length > 0 || draft.replies.size > 0 || draft.asides.length > 0) {
        store.commit({ events: draft.events, asides: draft.asides, replies: [...draft.replies.values()], state });
        failing = false;
        restored = undefined;
        notes.push(...over(state, "hub", "store"));
      }
      unserved = found.since;
    } catch (error) {
      fail({ requests, submitted, noted, calendar }, error);
      return;
    }
    for (const say of draft.answers) answer(say);
    options.committed(state, draft.events);
    if (draft.touchedPast) forgetPastDays(state);
    if (!forgets) return;
    forgottenFor = state.day;
    forgetAppointments(state, now);
  }

  function endWait(): void {
    hasWaited = true;
    schedule();
  }

  function submit<T>(command: Command<T>): Promise<Submitted<T>> {
    return new Promise((resolve) => {
      const fail = (why: string) => resolve({ ok: false, error: refuse("unavailable", `${why}: try again`) });
      if (stopped) return fail("the hub is stopping");
      if (submissions.length >= inboxRequestsMax) return fail("too much at once");
      submissions.push({ perform: (now, at) => performed(command, now, at, resolve), fail });
      schedule();
    });
  }

  return {
    get state() {
      return state;
    },
    start() {
      const now = clock.now();
      state = store.load(plan, options.almanac(now, store.dates()));
      restored = store.restored();
      flush();
    },
    receive(request) {
      if (stopped) return request.respond(...unavailable(request, "the hub is stopping"));
      if (!inbox.add(request.client, request)) return request.respond(...unavailable(request, "too much at once"));
      schedule();
    },
    submit,
    record(events) {
      if (events.length === 0) return;
      notes.push(...events);
      schedule();
    },
    linked(up) {
      cancelWait();
      hasWaited = false;
      // By a timer, for the clock may be set meanwhile.
      if (up) cancelWait = clock.after(collectMs, endWait);
      schedule();
    },
    tick: schedule,
    stop() {
      cancelWait();
      try {
        do flush();
        while (inbox.size > 0 || submissions.length > 0);
      } finally {
        stopped = true;
      }
    },
  };
}

const emptyDraft = (): Draft => ({ events: [], asides: [], replies: new Map(), answers: [], touchedPast: false });

function performed<T>(
  command: Command<T>,
  state: OfficeState,
  now: number,
  resolve: (answer: Submitted<T>) => void,
): ReturnType<Submission["perform"]> {
  const decision = command.decide(state, now);
  const say = (after: OfficeState) => {
    const answer: Submitted<T> = decision.ok ? { ok: true, value: command.result(after) } : decision;
    return () => resolve(answer);
  };
  return { decision, say };
}

/** Libraries throw strings too. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
