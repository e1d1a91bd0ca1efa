import type { Agenda } from "../../hub/insight/agenda.ts";
import { createAgenda } from "../../hub/insight/agenda.ts";
import { checkIn } from "../../hub/office/appointments/check-in.ts";
import { reserve } from "../../hub/office/appointments/reserve.ts";
import { forgetAppointments, passAppointments } from "../../hub/office/appointments/time.ts";
import { passTime } from "../../hub/office/clock.ts";
import type { Caller, Decision } from "../../hub/office/decision.ts";
import {
  callAgain,
  callNext,
  closeDesk,
  finishTicket,
  markNoShow,
  openDesk,
  pauseDesk,
  resumeDesk,
} from "../../hub/office/desks.ts";
import type { OfficeEvent, RecordedEvent } from "../../hub/office/events.ts";
import { evolve, forgetPastDays } from "../../hub/office/evolve.ts";
import type { Policy } from "../../hub/office/policy.ts";
import type { CalendarDay, OfficeState, TicketRecord } from "../../hub/office/state.ts";
import { emptyOffice } from "../../hub/office/state.ts";
import { issueTicket, reportPaper } from "../../hub/office/tickets.ts";
import type { Random } from "./random.ts";
import { createRandom } from "./random.ts";
import type { MonthOptions } from "./town.ts";
import {
  bookedShare,
  breaks,
  groups,
  leavesShare,
  month,
  patterns,
  plan,
  priority,
  staysAwayShare,
  truths,
  unstaffedShare,
} from "./town.ts";

const secondMs = 1_000;
const minuteMs = 60_000;
const terminal: Caller = { client: "terminal", role: "terminal", desks: [] };
const staff: Caller = { client: "staff", role: "admin", desks: [] };

/** Paper comes out after so long; a clerk with nothing to do sees who came after so long. */
const printMs = 3 * secondMs;
const noticeMs = 15 * secondMs;
/** From the call to the desk; somebody who is not there is called again after so long, and given up after so long again. */
const walkMs = 20 * secondMs;
const patienceMs = minuteMs;
/** How often time passes without anybody doing anything. */
const tickMs = 5 * minuteMs;

/** One visitor as he was, for the figures. */
export interface Visitor {
  ticket: TicketRecord;
  /** When he was called first; undefined if never. */
  calledAt: number | undefined;
}

export interface Month {
  visitors: Visitor[];
  events: RecordedEvent[];
}

export interface Observer {
  /** At the issue of a ticket, with the state as it was just before. */
  issuing?(state: OfficeState, ticket: string, service: string, now: number): void;
}

/**
 * Lets a month pass in the real core of the hub, `decide` and `evolve`: walk-ins who come as they like, appointments,
 * groups, people who leave, desks with breaks, clerks who call by `policy`.
 *
 * @param keepEvents whether all events are given back; they take memory.
 */
export function simulateMonth(
  options: MonthOptions,
  policy: Policy,
  observer: Observer = {},
  keepEvents = false,
): Month {
  const calendar = month(options.days);
  const state = emptyOffice(plan, calendar, 1);
  const random = createRandom(options.seed);
  const agenda = createAgenda();
  const visitors = new Map<string, Visitor>();
  const past: TicketRecord[] = [];
  const events: RecordedEvent[] = [];
  const office: Office = {
    state,
    random,
    agenda,
    policy,
    options,
    observer,
    leaves: new Set(),
    minutes: new Map(),
    idle: new Set(),
    apply(more, now) {
      for (const event of more) {
        const recorded: RecordedEvent = { ...event, epoch: 1, seq: state.seq + 1, at: now };
        evolve(state, recorded);
        if (keepEvents) events.push(recorded);
        if (event.type === "ticket.issued") {
          const ticket = state.tickets.get(event.ticket) as TicketRecord;
          visitors.set(ticket.id, { ticket, calledAt: undefined });
        }
        if (event.type === "ticket.called") {
          const visitor = visitors.get(event.ticket);
          if (visitor) visitor.calledAt ??= now;
        }
      }
    },
  };
  for (const day of calendar) {
    agenda.at(day.start, (now) => {
      const ended = [...state.tickets.values()];
      past.push(...ended);
      office.apply(passTime(state, now, { series: () => ({}), visits: () => past }, true), now);
      forgetPastDays(state);
      forgetAppointments(state, now);
      planDay(office, day);
    });
  }
  agenda.run();
  return { visitors: [...visitors.values()], events };
}

interface Office {
  state: OfficeState;
  random: Random;
  agenda: Agenda;
  policy: Policy;
  options: MonthOptions;
  observer: Observer;
  /** Tickets whose owner has gone by the time he is called. */
  leaves: Set<string>;
  /** What each visit will take, whenever it begins and wherever: the same under every policy. */
  minutes: Map<string, number>;
  /** Clerks who wait for somebody to come. */
  idle: Set<Clerk>;
  apply(events: OfficeEvent[], now: number): void;
}

/** Applies what was decided; an answer no is a mistake of the simulation, unless it may be so. */
function apply(office: Office, decision: Decision, now: number): OfficeEvent[] {
  if (!decision.ok) throw new Error(`refused: ${decision.error.code} ${decision.error.message}`);
  office.apply(decision.events, now);
  return decision.events;
}

const minutesOfGroup = groups.reduce((sum, [persons, share]) => sum + persons * share, 0);
/** Minutes of a desk that one visitor takes, on the average. */
const minutesOfVisitor = truths.reduce((sum, { minutes, share }) => sum + share * minutes, 0) * minutesOfGroup;

function planDay(office: Office, day: CalendarDay): void {
  const [hours] = day.open;
  if (!hours) return;
  const { random, agenda, options } = office;
  const openMinutes = (hours.to - hours.from) / minuteMs;
  const hasLunch = openMinutes >= breaks.lunchFromHours * 60;
  const staffed = plan.desks.filter(() => !random.happens(unstaffedShare));
  const each = openMinutes - breaks.morning - (hasLunch ? breaks.lunch : 0);
  const capacity = plan.desks.length * (1 - unstaffedShare) * each;
  book(office, day, capacity * bookedShare);
  planWalkIns(office, hours, capacity * (options.load - bookedShare * (1 - staysAwayShare)));
  for (const [index, { id }] of staffed.entries()) {
    agenda.at(hours.from + Math.max(0, random.normal(2, 2)) * minuteMs, (now) => {
      apply(office, openDesk(office.state, staff, { desk: id }), now);
      const pauses = [{ at: hours.from + (60 + index * 15) * minuteMs, minutes: breaks.morning as number }];
      if (hasLunch) pauses.push({ at: hours.from + (190 + index * 35) * minuteMs, minutes: breaks.lunch });
      free(office, { id, pauses, closesAt: hours.to }, now);
    });
  }
  for (let at = hours.from; at < hours.to; at += tickMs) {
    agenda.at(at, (now) => {
      office.apply(passTime(office.state, now, { series: () => ({}), visits: () => [] }, true), now);
      office.apply(passAppointments(office.state, now).events, now);
    });
  }
}

const serviceChoices = truths.map((truth) => [truth.id, truth.share] as const);

/** Books until so many minutes of visits are booked, or no time that is tried is free. */
function book(office: Office, day: CalendarDay, minutes: number): void {
  const { state, random, agenda } = office;
  const [hours] = day.open;
  if (!hours) return;
  const slotMs = plan.appointments?.slotMs ?? minuteMs;
  let left = minutes;
  for (let tries = 0; tries < 400 && left > 0; tries += 1) {
    const service = random.pick(serviceChoices);
    const persons = random.pick(groups);
    const at = hours.from + Math.floor(random.next() * ((hours.to - hours.from) / slotMs)) * slotMs;
    const id = `${day.date}-${tries}`;
    const code = { plain: id, hash: `code ${id}` };
    const decision = reserve(
      state,
      {
        id,
        services: [{ service, persons }],
        at,
        channel: "staff",
        language: "de",
        reminder: false,
        person: { name: "x", birthdates: [] },
        keys: { address: null, network: null, births: [] },
        link: { plain: id, hash: `link ${id}` },
        code,
        by: "staff",
      },
      day.start,
    );
    if (!decision.ok) continue;
    office.apply(decision.events, day.start);
    left -= (truths.find((truth) => truth.id === service)?.minutes ?? 0) * persons;
    if (random.happens(staysAwayShare)) continue;
    const early = Math.min(14, Math.max(-4.5, random.normal(6, 4)));
    agenda.at(Math.max(at - early * minuteMs, hours.from), (now) => {
      const read = { site: plan.appointments?.siteNumber ?? 0, day: day.date };
      const checked = checkIn(state, terminal, { way: "code", code: read, hash: code.hash }, now, now);
      come(office, checked, service, now);
    });
  }
}

/** Walk-ins come at a rate that changes over the day; together they bring so many minutes of work. */
function planWalkIns(office: Office, hours: { from: number; to: number }, minutes: number): void {
  const { random, agenda, state } = office;
  const weights = patterns[office.options.pattern];
  const total = weights.reduce<number>((sum, weight) => sum + weight, 0);
  const part = (hours.to - hours.from) / weights.length;
  for (const [index, weight] of weights.entries()) {
    const rate = (minutes * weight) / total / minutesOfVisitor / part;
    const until = hours.from + (index + 1) * part;
    for (let at = until - part + random.exponential(rate); at < until; at += random.exponential(rate)) {
      const service = random.pick(serviceChoices);
      const persons = random.pick(groups);
      const head = random.happens(priority.share) ? { priority: priority.minutes, reason: "child" } : {};
      const by = random.happens(leavesShare);
      agenda.at(Math.ceil(at), (now) => {
        const caller = "priority" in head ? staff : terminal;
        const [issued] = come(office, issueTicket(state, caller, { service, persons, ...head }, now), service, now);
        if (by && issued && "ticket" in issued) office.leaves.add(issued.ticket);
      });
    }
  }
}

/** Somebody takes a number: the paper comes out, and idle clerks notice. */
function come(office: Office, decision: Decision, service: string, now: number): OfficeEvent[] {
  const { state, agenda, observer } = office;
  const [issued] = decision.ok ? decision.events : [];
  if (issued?.type === "ticket.issued") observer.issuing?.(state, issued.ticket, service, now);
  const events = apply(office, decision, now);
  if (issued?.type !== "ticket.issued") return events;
  const { ticket, paper } = issued;
  if (paper === "pending") {
    agenda.at(now + printMs, (at) => {
      apply(office, reportPaper(state, terminal, { ticket, outcome: "printed", sure: true }, at), at);
    });
  }
  office.minutes.set(ticket, minutesOf(office, issued));
  for (const clerk of office.idle) agenda.at(now + noticeMs, (at) => free(office, clerk, at));
  office.idle.clear();
  return events;
}

function minutesOf({ random }: Office, { services, persons }: Pick<TicketRecord, "services" | "persons">): number {
  let minutes = 0;
  for (const service of services) {
    const truth = truths.find(({ id }) => id === service);
    for (let person = 0; person < persons; person += 1)
      minutes += random.logNormal(truth?.minutes ?? 0, truth?.scale ?? 0);
  }
  return minutes;
}

interface Clerk {
  id: string;
  /** Breaks that are still to come. */
  pauses: { at: number; minutes: number }[];
  closesAt: number;
}

/** A clerk with nobody at the desk: goes on a break, calls the next, waits, or goes home. */
function free(office: Office, clerk: Clerk, now: number): void {
  const { state, agenda } = office;
  const [pause, ...later] = clerk.pauses;
  if (pause && pause.at <= now && now < clerk.closesAt) {
    apply(office, pauseDesk(state, staff, { desk: clerk.id }), now);
    agenda.at(now + pause.minutes * minuteMs, (at) => {
      apply(office, resumeDesk(state, staff, { desk: clerk.id }), at);
      free(office, { ...clerk, pauses: later }, at);
    });
    return;
  }
  const [called] = apply(office, callNext(state, staff, { desk: clerk.id }, now, office.policy), now);
  if (called?.type === "ticket.called") {
    visit(office, clerk, called.ticket, now);
    return;
  }
  if (now < clerk.closesAt) {
    const idle = { ...clerk };
    office.idle.add(idle);
    // Also to go on the break, or home, when nobody comes any more.
    agenda.at(Math.min(pause?.at ?? clerk.closesAt, clerk.closesAt), (at) => {
      if (office.idle.delete(idle)) free(office, clerk, at);
    });
    return;
  }
  apply(office, closeDesk(state, staff, { desk: clerk.id }), now);
}

function visit(office: Office, clerk: Clerk, ticket: string, now: number): void {
  const { state, agenda } = office;
  const named = { desk: clerk.id, ticket };
  if (office.leaves.delete(ticket)) {
    agenda.at(now + patienceMs, (at) => void apply(office, callAgain(state, staff, named), at));
    agenda.at(now + 2 * patienceMs, (at) => {
      apply(office, markNoShow(state, staff, named), at);
      free(office, clerk, at);
    });
    return;
  }
  const minutes = office.minutes.get(ticket) ?? 0;
  agenda.at(Math.ceil(now + walkMs + minutes * minuteMs), (at) => {
    apply(office, finishTicket(state, staff, named), at);
    free(office, clerk, at);
  });
}
