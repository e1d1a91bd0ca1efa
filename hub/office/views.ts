import type { Desk, Display, Office, Queue, Ticket } from "../../protocol/messages.ts";
import { type Outlook, outlook } from "./estimate.ts";
import type { IntakeStop } from "./intake.ts";
import { intakeStop } from "./intake.ts";
import { callOrder } from "./policy.ts";
import type { Counts } from "./queue.ts";
import { allWalkIns, count, desksOpenFor, waitingBefore } from "./queue.ts";
import type {
  CalendarDay,
  DeskRecord,
  DisplayRecord,
  OfficeState,
  ServicePlan,
  TicketRecord,
  Waiting,
} from "./state.ts";
import { displayCallsMax, everyBoard, isOpenAt, nextChange } from "./state.ts";

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

/** The boards on which this service's calls appear. */
function boardsFor(state: OfficeState, service: string): string[] {
  const desks = state.plan.desks.filter((desk) => desk.services.includes(service));
  const groups = new Set([everyBoard, ...desks.flatMap((desk) => desk.groups)]);
  return state.plan.boards.filter(({ group }) => groups.has(group)).map(({ name }) => name);
}

/**
 * A ticket as the protocol shows it. While it waits, `ahead` and the estimate are those of this moment.
 *
 * @param ahead who is known to wait before it in its line, by service; reckoned when left out.
 */
export function ticketView(state: OfficeState, ticket: TicketRecord, now: number, ahead?: Counts): Ticket {
  const outlook = outlookOf(state, ticket, now, ahead);
  return {
    id: ticket.id,
    day: ticket.day,
    number: ticket.number,
    service: ticket.service,
    services: ticket.services,
    state: ticket.state,
    paper: ticket.paper,
    origin: ticket.origin,
    issuedAt: iso(ticket.issuedAt),
    earnedAt: iso(ticket.earnedAt),
    ahead: outlook.ahead,
    estimateMinutes: outlook.minutes,
    kind: ticket.kind,
    priority: ticket.priority,
    persons: ticket.persons,
    desk: ticket.desk,
    calledAt: isoOrNull(ticket.calledAt),
    calls: ticket.calls,
    reason: ticket.reason,
    boards: boardsFor(state, ticket.service),
    ...(ticket.boundTo === null ? {} : { boundTo: ticket.boundTo }),
    ...(ticket.appointmentAt === null ? {} : { appointmentAt: iso(ticket.appointmentAt) }),
    ...(ticket.appointment === null ? {} : { appointment: ticket.appointment }),
    ...(ticket.afterRestore ? { afterRestore: true } : {}),
  };
}

/** A ticket as a terminal is told of it, which keeps that in the foyer: without what staff wrote about the visitor. */
export function ticketForTerminal(state: OfficeState, ticket: TicketRecord, now: number): Ticket {
  const { reason, ...view } = ticketView(state, ticket, now);
  return { ...view, reason: reason && { code: reason.code } };
}

/** At the instant of its issue that is what was promised. */
function outlookOf(state: OfficeState, ticket: TicketRecord, now: number, ahead?: Counts): TicketRecord["promised"] {
  if (ticket.state !== "waiting") return { ahead: 0, minutes: null };
  if (ticket.issuedAt === now && !ahead) return ticket.promised;
  return outlook(state, ticket, ahead ?? waitingBefore(state, ticket), now);
}

/**
 * The queue in call order, for one service or all, beginning behind the place of `after`: that ticket may have been
 * called since, its place in the order stays.
 */
export function* queueEntries(
  state: OfficeState,
  now: number,
  service: string | undefined,
  after: TicketRecord | undefined,
): Generator<Ticket> {
  const lines = { "walk-in": new Map<string, Waiting>(), appointment: new Map<string, Waiting>() };
  let begun = after === undefined;
  for (const ticket of callOrder(state, now, after)) {
    const wanted = service === undefined || ticket.services.includes(service);
    if (begun && wanted) yield ticketView(state, ticket, now, lines[ticket.kind]);
    if (ticket.id === after?.id) begun = true;
    if (ticket.state === "waiting") count(lines[ticket.kind], ticket, 1);
  }
}

/** Today's tickets that are parked, or that were given up, in the order of their numbers, behind `after`. */
export function ticketsIn(
  state: OfficeState,
  wanted: "parked" | "no-show",
  service: string | undefined,
  after: TicketRecord | undefined,
  now: number,
): Ticket[] {
  const all = [...state.tickets.values()].filter(
    (ticket) =>
      ticket.state === wanted &&
      ticket.day === state.day &&
      (service === undefined || ticket.services.includes(service)) &&
      (after === undefined || ticket.id > after.id),
  );
  return all.sort((a, b) => (a.id < b.id ? -1 : 1)).map((ticket) => ticketView(state, ticket, now));
}

export function deskView(state: OfficeState, desk: DeskRecord): Desk {
  const ticket = desk.ticket === null ? undefined : state.tickets.get(desk.ticket);
  return {
    id: desk.id,
    name: state.plan.desks.find(({ id }) => id === desk.id)?.name ?? desk.id,
    state: !desk.open ? "closed" : desk.pausedAt === null ? "open" : "paused",
    services: desk.services,
    number: ticket?.number ?? null,
    ticket: desk.ticket,
    ...(desk.afterRestore ? { afterRestore: true } : {}),
  };
}

/** Whether neither staff nor an emergency stops numbers for this service. */
const takesTickets = (state: OfficeState, service: string) =>
  state.emergency === null && !state.closedServices.has(service);

/** What a walk-in who came now would be told, by service. */
export type WalkIns = ReadonlyMap<string, Pick<Queue, "estimateMinutes" | "intake">>;

/**
 * Costs as much as all the rest of what is shown: whoever shows it twice at one moment reckons once. Services with the same
 * desks have the same outlook, and in most offices those are nearly all.
 */
export function walkInsAt(state: OfficeState, now: number): WalkIns {
  const counts = allWalkIns(state);
  const outlooks = new Map<string, Outlook>();
  return new Map(
    state.plan.services.map(({ id }) => {
      const desks = [...state.desks.values()].filter((desk) => desk.services.includes(id)).map((desk) => desk.id);
      const key = desks.join();
      const seen = outlooks.get(key) ?? outlook(state, { services: [id], appointmentAt: null }, counts, now);
      outlooks.set(key, seen);
      const { minutes, likely } = seen;
      const stop = intakeStop(state, id, likely, now);
      return [id, { estimateMinutes: minutes, ...(stop ? { intake: intakeView(stop) } : {}) }];
    }),
  );
}

const intakeView = ({ stop, from }: IntakeStop) => ({ stop, from: isoOrNull(from) });

export function queueView(state: OfficeState, service: ServicePlan, walkIns: WalkIns): Queue {
  return {
    service: service.id,
    open: state.open && takesTickets(state, service.id),
    waiting: state.waitingCounts.get(service.id)?.tickets ?? 0,
    ...(walkIns.get(service.id) ?? { estimateMinutes: null }),
    lastCalled: state.lastCalled.get(service.id)?.number ?? null,
    desksOpen: desksOpenFor(state, service.id),
  };
}

type Calls = DisplayRecord["calls"];

/** A call comes once in a while, and a display is looked at with everything that happens; new calls are a new list. */
const callsViews = new WeakMap<Calls, Display["calls"]>();

function callsView(calls: Calls): Display["calls"] {
  const made = callsViews.get(calls);
  if (made) return made;
  const view = calls.slice(0, displayCallsMax).map((call) => ({ ...call, calledAt: iso(call.calledAt) }));
  callsViews.set(calls, view);
  return view;
}

export function displayView(state: OfficeState, group: string): Display {
  const { revision, calls, message } = state.displays.get(group) ?? { revision: 0, calls: [], message: null };
  const everywhere = state.displays.get(everyBoard)?.message;
  return {
    epoch: state.epoch,
    revision,
    calls: callsView(calls),
    message: state.emergency ?? message?.text ?? everywhere?.text ?? null,
  };
}

/** Days of opening hours that are published. */
const publishedDays = 14;

/** A calendar is made once a day and looked at with every ticket. */
const daysViews = new WeakMap<readonly CalendarDay[], Office["days"]>();

function daysView(calendar: readonly CalendarDay[]): Office["days"] {
  const made = daysViews.get(calendar);
  if (made) return made;
  const days = calendar.slice(0, publishedDays).map((day) => ({
    date: day.date,
    open: day.open.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    ...(day.closed === undefined ? {} : { closed: day.closed }),
  }));
  daysViews.set(calendar, days);
  return days;
}

export function officeView(state: OfficeState, now: number, walkIns = walkInsAt(state, now)): Office {
  const { plan, emergency } = state;
  const open = isOpenAt(state, now) && emergency === null;
  return {
    name: plan.name,
    languages: plan.languages,
    timeZone: plan.timeZone,
    accent: plan.accent,
    open,
    // Nobody knows when an emergency ends.
    nextChange: isoOrNull(emergency === null ? nextChange(state, now) : null),
    days: daysView(state.calendar),
    services: plan.services.map((service) => ({
      id: service.id,
      letter: service.letter,
      names: service.names,
      open: open && takesTickets(state, service.id),
      ...closedByHand(state, service.id),
      waiting: state.waitingCounts.get(service.id)?.tickets ?? 0,
      ...(walkIns.get(service.id) ?? { estimateMinutes: null }),
      ...(service.bring ? { bring: service.bring } : {}),
      ...(service.fee ? { fee: service.fee } : {}),
    })),
    appointments: plan.appointments !== null,
    ...(plan.appointments ? { siteNumber: plan.appointments.siteNumber } : {}),
    ...(emergency === null ? {} : { emergency }),
  };
}

function closedByHand({ closedServices }: OfficeState, service: string): { closed?: true; opensAt?: string } {
  const until = closedServices.get(service);
  if (until === undefined) return {};
  return { closed: true, ...(until === null ? {} : { opensAt: iso(until) }) };
}
