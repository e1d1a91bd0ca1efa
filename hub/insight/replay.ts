import { appointmentLetter } from "../office/appointments/record.ts";
import type { OfficeEvent, RecordedEvent } from "../office/events.ts";
import { evolve } from "../office/evolve.ts";
import type { Policy } from "../office/policy.ts";
import { earnedAtNow, isCalling, serves } from "../office/queue.ts";
import type { DeskRecord, OfficeState, Plan } from "../office/state.ts";
import { emptyOffice } from "../office/state.ts";
import type { Agenda } from "./agenda.ts";
import { createAgenda } from "./agenda.ts";
import type { DayRecord, Stretch } from "./record.ts";
import { readDay } from "./record.ts";

const minuteMs = 60_000;
/** What a visit takes of which the record tells nothing, where it tells of no other for the same service either. */
const unknownVisitMs = 10 * minuteMs;

/** Whom a desk called when. */
export interface ReplayedCall {
  ticket: string;
  desk: string;
  at: number;
}

export interface Replay {
  /** First calls, in order: as they were, and as they would have been. */
  recorded: ReplayedCall[];
  replayed: ReplayedCall[];
  /** Calls of a certain number, which no policy makes. */
  byHand: number;
  /** Visits that never took place, so that their length is a guess. */
  guessed: number;
  /** Who was called on that day and would not have been. */
  unserved: number;
  waits: { recorded: Waits; replayed: Waits };
}

/** Minutes from the issue of the number, or from the time of the appointment where that is later, to the first call. */
export interface Waiting {
  visitors: number;
  median: number;
  p90: number;
  max: number;
}
export type Waits = Record<"walk-in" | "appointment" | "all", Waiting>;

export interface ReplayOptions {
  /** `YYYY-MM-DD` */
  date: string;
  policy: Policy;
  /** The numbers by which our own policy decides. */
  calls: Plan["calls"];
}

/**
 * Lets a recorded day pass once more under another call policy: people come, leave and take as long as they did, desks
 * open, close and pause as they did, and each clerk is as quick to call the next; only whom they call is decided anew.
 * Under the policy of that day it gives the calls of that day, where nobody called a number by hand.
 *
 * @param events of that day, and of the days beside it where that is easier; in order.
 */
export function replayDay(events: readonly RecordedEvent[], options: ReplayOptions): Replay {
  const record = readDay(events, options.date);
  const opportunities = watchRecord(record, options);
  const run = runDay(record, opportunities, options);
  const recorded = firstCalls(record.events.filter((event) => event.type === "ticket.called"));
  const replayed = firstCalls(run.calls);
  const stretches = [...record.stretches.values()].flat();
  const reached = new Set(replayed.map(({ ticket }) => ticket));
  return {
    recorded,
    replayed,
    byHand: stretches.filter(({ byHand }) => byHand).length,
    guessed: run.guessed,
    unserved: recorded.filter(({ ticket }) => !reached.has(ticket)).length,
    waits: { recorded: waitsOf(run.state, recorded), replayed: waitsOf(run.state, replayed) },
  };
}

function firstCalls(calls: readonly ReplayedCall[]): ReplayedCall[] {
  const first = new Map<string, ReplayedCall>();
  for (const { ticket, desk, at } of calls) if (!first.has(ticket)) first.set(ticket, { ticket, desk, at });
  return [...first.values()];
}

function waitsOf(state: OfficeState, calls: readonly ReplayedCall[]): Waits {
  const waits = calls.flatMap(({ ticket, at }) => {
    const record = state.tickets.get(ticket);
    if (!record) return [];
    const from = Math.max(record.issuedAt, record.appointmentAt ?? 0);
    return [{ kind: record.kind, minutes: Math.max(0, at - from) / minuteMs }];
  });
  const of = (kind?: string): Waiting => {
    const minutes = waits.filter((each) => kind === undefined || each.kind === kind).map((each) => each.minutes);
    const sorted = minutes.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { visitors: sorted.length, median: at(0.5), p90: at(0.9), max: sorted.at(-1) ?? 0 };
  };
  return { "walk-in": of("walk-in"), appointment: of("appointment"), all: of() };
}

/** The office as it was when the day began; desks that called before they opened had been open since the day before. */
function officeOf({ events }: DayRecord, { date, calls }: ReplayOptions): OfficeState {
  const letters = new Map<string, string>();
  const served = new Map<string, string[]>();
  const open = new Set<string>();
  const opened = new Set<string>();
  for (const event of events) {
    if (event.type === "ticket.issued" || event.type === "ticket.adopted" || event.type === "ticket.recovered") {
      for (const id of event.services) if (!letters.has(id)) letters.set(id, id);
      // Alone a terminal gives a number of the appointments' series also to whoever turns out to be a walk-in.
      const isOwn = event.kind === "walk-in" && event.letter !== appointmentLetter;
      if (isOwn) letters.set(event.service, event.letter);
    }
    if (event.type === "ticket.transferred" && !letters.has(event.service)) letters.set(event.service, event.service);
    if (event.type === "desk.opened") {
      opened.add(event.desk);
      if (!served.has(event.desk)) served.set(event.desk, event.services);
    } else if ("desk" in event && event.desk !== null && !opened.has(event.desk)) open.add(event.desk);
  }
  const all = [...letters.keys()];
  const desks = [...new Set([...open, ...opened])].map((id) => ({
    id,
    name: id,
    services: served.get(id) ?? all,
    groups: [],
  }));
  const services = [...letters].map(([id, letter]) => ({ id, letter, names: { de: id }, minutes: 10, bookable: true }));
  const rest = {
    name: "",
    languages: [],
    timeZone: "",
    accent: "",
    boards: [],
    users: [],
    numberDigits: 3,
    reserveNumbers: 0,
  };
  const plan: Plan = { ...rest, services, desks, calls, intake: "off", appointments: null };
  const state = emptyOffice(plan, [], 1);
  state.day = date;
  for (const id of open) {
    const desk = state.desks.get(id);
    if (desk) desk.open = true;
  }
  return state;
}

/** While a desk was free and somebody waited for it: after how long it called, or that it had not when that was over. */
interface Opportunity {
  afterMs: number;
  called: boolean;
  /** Its place among what happened at the same time. */
  order: number;
}

/** Watches for each desk whether it is free and somebody waits for it. */
function createWatch(state: OfficeState, changed: (desk: DeskRecord, may: boolean) => void): () => void {
  const before = new Set<string>();
  return () => {
    for (const desk of state.desks.values()) {
      const mayCome = (ticket: Parameters<typeof serves>[1]) => serves(desk, ticket);
      const may =
        isCalling(desk) &&
        desk.ticket === null &&
        (state.waiting.some(mayCome) || state.waitingAppointments.some(mayCome));
      if (may === before.has(desk.id)) continue;
      if (may) before.add(desk.id);
      else before.delete(desk.id);
      changed(desk, may);
    }
  };
}

/** How quick the clerks were, by desk. */
function watchRecord(record: DayRecord, options: ReplayOptions): Map<string, Opportunity[]> {
  const state = officeOf(record, options);
  const opportunities = new Map<string, Opportunity[]>();
  const since = new Map<string, number>();
  let event: RecordedEvent | undefined;
  const look = createWatch(state, ({ id }, may) => {
    if (!event) return;
    if (may) {
      since.set(id, event.at);
      return;
    }
    const called = event.type === "ticket.called" && event.desk === id;
    const list = opportunities.get(id) ?? [];
    opportunities.set(id, list);
    list.push({ afterMs: event.at - (since.get(id) ?? event.at), called, order: event.seq + (called ? 0 : 0.5) });
  });
  for (event of record.events) {
    evolve(state, event);
    look();
  }
  return opportunities;
}

interface Run {
  state: OfficeState;
  agenda: Agenda;
  record: DayRecord;
  policy: Policy;
  calls: ReplayedCall[];
  guessed: number;
  /** To be called after each change. */
  look(): void;
  apply(event: OfficeEvent, at: number): void;
}

const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

function runDay(record: DayRecord, opportunities: Map<string, Opportunity[]>, options: ReplayOptions): Run {
  const state = officeOf(record, options);
  const agenda = createAgenda();
  const left = new Map([...opportunities].map(([id, list]) => [id, [...list]]));
  const quickness = (id: string) =>
    middle((opportunities.get(id) ?? []).filter(({ called }) => called).map(({ afterMs }) => afterMs)) ?? 0;
  let now = 0;
  /** The present opportunity of each desk; one that has passed is another object. */
  const present = new Map<string, object>();
  const watch = createWatch(state, (desk, may) => {
    const chance = {};
    present.set(desk.id, chance);
    if (!may) return;
    const { afterMs, order } = left.get(desk.id)?.shift() ?? { afterMs: quickness(desk.id), order: undefined };
    const call = (at: number) => {
      if (present.get(desk.id) === chance) callNext(run, desk, at);
    };
    agenda.at(now + afterMs, call, order);
  });
  const run: Run = {
    state,
    agenda,
    record,
    policy: options.policy,
    calls: [],
    guessed: 0,
    look: watch,
    apply(event, at) {
      now = at;
      evolve(state, { ...event, epoch: 1, seq: state.seq + 1, at });
      watch();
    },
  };
  for (const event of record.outside) agenda.at(event.at, (at) => fromOutside(run, event, at), event.seq);
  agenda.run();
  workOvertime(run);
  return run;
}

/** What happened to the office happens again, to a ticket only if it is still where it was. */
function fromOutside(run: Run, event: RecordedEvent, at: number): void {
  const ticket = "ticket" in event ? run.state.tickets.get(event.ticket) : undefined;
  const { type } = event;
  if (type === "ticket.resumed") {
    if (ticket?.state === "no-show") run.apply({ ...event, earnedAt: earnedAtNow(ticket, at) }, at);
    return;
  }
  const needsWaiting = ["ticket.cancelled", "ticket.transferred", "ticket.prioritized"].includes(type);
  if (needsWaiting && ticket?.state !== "waiting") return;
  if (type === "ticket.transferred" && ticket) run.apply({ ...event, earnedAt: ticket.earnedAt }, at);
  else run.apply(event, at);
}

function callNext(run: Run, desk: DeskRecord, at: number): void {
  const { state, calls, agenda } = run;
  const turn = run.policy(state, desk, at);
  if (!turn) return;
  const { ticket, reason } = turn;
  const about = { ticket: ticket.id, number: ticket.number, service: ticket.service };
  const before = calls.filter((call) => call.ticket === ticket.id).length;
  const stretch = run.record.stretches.get(ticket.id)?.[before];
  calls.push({ ticket: ticket.id, desk: desk.id, at });
  const named = { desk: desk.id, deskName: desk.id, groups: [], call: `${ticket.id}/${state.seq + 1}`, by: "replay" };
  run.apply(
    { type: "ticket.called", ...about, ...named, reason, earnedAt: earnedAtNow(ticket, at), finished: null },
    at,
  );
  const { tookMs, end } = stretch ?? guess(run, ticket.service);
  const leave = (then: number) => {
    if (!end) run.apply({ type: "ticket.finished", ...about, desk: desk.id, by: "replay" }, then);
    else if (end.type === "ticket.transferred") run.apply({ ...end, earnedAt: earnedAtNow(ticket, then) }, then);
    else run.apply({ ...end, desk: desk.id } as OfficeEvent, then);
  };
  // Who was still at the desk when the record ends stays there.
  if (!stretch || end) agenda.at(at + tookMs, leave, end?.seq);
}

/** A visit that never took place is taken to be as long as others for the same service. */
function guess(run: Run, service: string): Pick<Stretch, "tookMs" | "end"> {
  run.guessed += 1;
  const alike = [...run.record.stretches].filter(([id]) => run.state.tickets.get(id)?.service === service);
  const took = alike.flatMap(([, list]) => list.filter(({ end }) => end?.type === "ticket.finished"));
  return { tookMs: middle(took.map(({ tookMs }) => tookMs)) ?? unknownVisitMs, end: null };
}

/** Whoever was served on that day is served now too, though the desks had closed: nobody with a number is sent home. */
function workOvertime(run: Run): void {
  const { state, record, agenda } = run;
  const isLeft = () => [...state.waiting, ...state.waitingAppointments].some(({ id }) => record.stretches.has(id));
  const last = record.events.at(-1)?.at ?? 0;
  if (!isLeft()) return;
  for (const { id, services } of [...state.desks.values()]) {
    run.apply({ type: "desk.opened", desk: id, services, by: "replay" }, Math.max(last, run.calls.at(-1)?.at ?? 0));
  }
  agenda.run();
}
