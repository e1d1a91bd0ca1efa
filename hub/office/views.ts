import type { Desk, Display, Office, Queue, Ticket } from "../../protocol/messages.ts";
import type { Counts } from "./queue.ts";
import { comesBefore, count, desksOpenFor, outlook, waitingBefore } from "./queue.ts";
import type { DeskRecord, OfficeState, ServicePlan, TicketRecord, Waiting } from "./state.ts";
import { everyBoard, isOpenAt, nextChange } from "./state.ts";

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
 * @param ahead what is known to wait before it, by service; reckoned when left out.
 */
export function ticketView(state: OfficeState, ticket: TicketRecord, ahead?: Counts): Ticket {
  const waiting = ticket.state === "waiting";
  const now = waiting
    ? outlook(state, ticket.service, ahead ?? waitingBefore(state, ticket))
    : { ahead: 0, minutes: null };
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
    ahead: now.ahead,
    estimateMinutes: now.minutes,
    kind: ticket.kind,
    priority: ticket.priority,
    persons: ticket.persons,
    desk: ticket.desk,
    calledAt: isoOrNull(ticket.calledAt),
    calls: ticket.calls,
    reason: ticket.reason,
    boards: boardsFor(state, ticket.service),
  };
}

/**
 * The queue in call order, for one service or all, beginning behind the place of `after`: that ticket may have been
 * called since, its place in the order stays.
 */
export function* queueEntries(
  state: OfficeState,
  service: string | undefined,
  after: TicketRecord | undefined,
): Generator<Ticket> {
  const counts = new Map<string, Waiting>();
  for (const ticket of state.waiting) {
    const wanted = service === undefined || ticket.service === service;
    if (wanted && (!after || comesBefore(after, ticket))) yield ticketView(state, ticket, counts);
    count(counts, ticket, 1);
  }
}

export function deskView(state: OfficeState, desk: DeskRecord): Desk {
  const ticket = desk.ticket === null ? undefined : state.tickets.get(desk.ticket);
  return {
    id: desk.id,
    name: state.plan.desks.find(({ id }) => id === desk.id)?.name ?? desk.id,
    state: desk.open ? "open" : "closed",
    services: desk.services,
    number: ticket?.number ?? null,
    ticket: desk.ticket,
  };
}

export function queueView(state: OfficeState, service: ServicePlan): Queue {
  return {
    service: service.id,
    open: state.open,
    waiting: state.waitingCounts.get(service.id)?.tickets ?? 0,
    estimateMinutes: outlook(state, service.id, state.waitingCounts).minutes,
    lastCalled: state.lastCalled.get(service.id) ?? null,
    desksOpen: desksOpenFor(state, service.id),
  };
}

export function displayView(state: OfficeState, group: string): Display {
  const { revision, calls } = state.displays.get(group) ?? { revision: 0, calls: [] };
  return {
    epoch: state.epoch,
    revision,
    calls: calls.map((call) => ({ ...call, calledAt: iso(call.calledAt) })),
    message: null,
  };
}

export function officeView(state: OfficeState, now: number): Office {
  const { plan } = state;
  const open = isOpenAt(state, now);
  return {
    name: plan.name,
    languages: plan.languages,
    timeZone: plan.timeZone,
    accent: plan.accent,
    open,
    nextChange: isoOrNull(nextChange(state, now)),
    days: state.calendar.map((day) => ({
      date: day.date,
      open: day.open.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
      ...(day.closed === undefined ? {} : { closed: day.closed }),
    })),
    services: plan.services.map((service) => ({
      id: service.id,
      letter: service.letter,
      names: service.names,
      open,
      waiting: state.waitingCounts.get(service.id)?.tickets ?? 0,
      estimateMinutes: outlook(state, service.id, state.waitingCounts).minutes,
      ...(service.bring ? { bring: service.bring } : {}),
      ...(service.fee ? { fee: service.fee } : {}),
    })),
  };
}
