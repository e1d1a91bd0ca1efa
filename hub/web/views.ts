import { frontPriority } from "../../protocol/requests.ts";
import { appointmentsOf } from "../office/appointments/views.ts";
import { mayReturn } from "../office/desks.ts";
import { callOrder, isDue, isOver } from "../office/policy.ts";
import { isCalling, isEmergency, serves } from "../office/queue.ts";
import type { DeskPlan, OfficeState, TicketRecord } from "../office/state.ts";

/** Entries of a list that a page shows; the rest is a figure. */
const queueEntriesShown = 50;
const awayEntriesShown = 30;
const minuteMs = 60_000;

/** What every page needs. Times are milliseconds since the epoch; the page reckons with the hub's clock, `at`. */
const frame = (state: OfficeState, at: number) => ({
  at,
  office: state.plan.name,
  accent: state.plan.accent,
  timeZone: state.plan.timeZone,
  open: state.open,
});

/** One desk as its clerk sees it: who is there, who may be called from here, in call order, and who may come back. */
export function deskPageView(state: OfficeState, plan: DeskPlan, at: number) {
  const desk = state.desks.get(plan.id);
  const current = desk?.ticket ? state.tickets.get(desk.ticket) : undefined;
  const all = [...callOrder(state, at)];
  const here = desk ? all.filter((ticket) => serves(desk, ticket)) : [];
  const undo = desk?.undo?.ticket === current?.id ? desk?.undo : null;
  const { desks, services, calls } = state.plan;
  const unserved = all.filter(({ unservedTold }) => unservedTold).map(({ number }) => number);
  return {
    ...frame(state, at),
    desk: {
      id: plan.id,
      name: plan.name,
      open: desk?.open ?? false,
      pausedAt: desk?.pausedAt ?? null,
      services: desk?.services ?? plan.services,
      afterRestore: desk?.afterRestore ?? false,
    },
    current: current ? { ...ticketOnPage(state, current), reason: current.reason } : null,
    undoUntil: undo ? undo.at + calls.undoMs : null,
    queue: here
      .slice(0, queueEntriesShown)
      .map((ticket) => ({ ...ticketOnPage(state, ticket), mark: markOf(state, ticket, at) })),
    waitingHere: here.length,
    waitingElsewhere: all.length - here.length,
    away: awayFrom(state, at),
    alarms: alarmsOf(state, unserved),
    services: services.map(({ id, names }) => ({ id, names })),
    desks: desks.map(({ id, name }) => ({ id, name, calls: isCalled(state, id) })),
    priorities: { usual: calls.priorityMinutes, front: frontPriority },
    givesAppointments: state.plan.appointments !== null,
  };
}

/** What somebody must see to: those whom no open desk can call, then devices and the hub itself. */
function alarmsOf(state: OfficeState, unserved: string[]) {
  const forTickets = unserved.length > 0 ? [{ client: "hub", alarm: "unserved", detail: unserved.join(", ") }] : [];
  return [...forTickets, ...[...state.alarms.values()].map(({ client, alarm, detail }) => ({ client, alarm, detail }))];
}

function isCalled(state: OfficeState, id: string): boolean {
  const desk = state.desks.get(id);
  return desk ? isCalling(desk) : false;
}

function ticketOnPage(state: OfficeState, ticket: TicketRecord) {
  const { id, number, issuedAt, calledAt, calls, paper, persons, kind, appointmentAt, afterRestore } = ticket;
  const hasPriority = ticket.priority > 0;
  return { id, number, names: namesOf(state, ticket.service), issuedAt, calledAt, calls, paper, persons, hasPriority, kind, appointmentAt, afterRestore }; // biome-ignore format: one shape
}

const namesOf = (state: OfficeState, service: string) =>
  state.plan.services.find(({ id }) => id === service)?.names ?? { de: service };

/** Why somebody stands where he stands, by the codes of a call's reason; null for whoever simply waits. */
function markOf(state: OfficeState, ticket: TicketRecord, now: number) {
  if (isEmergency(ticket)) return { code: "emergency" };
  if (ticket.returnedAt !== null) return { code: "returned" };
  if (ticket.appointmentAt !== null) {
    const code = isDue(state, ticket, now) ? "appointment-due" : "appointment-early";
    return { code, time: new Date(ticket.appointmentAt).toISOString() };
  }
  if (isOver(state, ticket, now)) {
    return { code: "walk-in-over", minutes: Math.floor((now - ticket.earnedAt) / minuteMs) };
  }
  if (ticket.boundTo !== null) return { code: "sent" };
  return ticket.priority > 0 ? { code: "priority", minutes: ticket.priority } : null;
}

/** Who is parked, and who did not come but still may, the last ones first. */
function awayFrom(state: OfficeState, now: number) {
  const gone = [...state.tickets.values()].filter(
    (ticket) => ticket.state === "parked" || mayReturn(state, ticket, now),
  );
  const since = ({ parkedAt, noShowAt }: TicketRecord) => parkedAt ?? noShowAt ?? 0;
  return gone
    .sort((a, b) => since(b) - since(a))
    .slice(0, awayEntriesShown)
    .map((ticket) => ({
      ...ticketOnPage(state, ticket),
      state: ticket.state,
      desk: state.plan.desks.find(({ id }) => id === ticket.desk)?.name ?? null,
      since: since(ticket),
      until: ticket.state === "no-show" ? (ticket.noShowAt ?? 0) + state.plan.calls.noShowReturnMs : null,
    }));
}

/** The desks for which somebody may act, for the page on which he chooses. */
export function desksPageView(state: OfficeState, at: number, mayActFor: (desk: string) => boolean) {
  const own = state.plan.desks.filter(({ id }) => mayActFor(id));
  const desks = own.map(({ id, name }) => {
    const desk = state.desks.get(id);
    const number = desk?.ticket ? (state.tickets.get(desk.ticket)?.number ?? null) : null;
    return { id, name, open: desk?.open ?? false, number, afterRestore: desk?.afterRestore ?? false };
  });
  return { ...frame(state, at), desks, waiting: state.waiting.length + state.waitingAppointments.length };
}

/** Entries of what is found among a day's tickets. */
const foundMax = 50;

/**
 * Today's tickets that were issued around a time: somebody has lost his paper, and knows when he took it and what for.
 *
 * @param around milliseconds since the epoch; those issued nearest to it come first.
 */
export function ticketsAround(state: OfficeState, around: number, service: string | undefined) {
  const distance = ({ issuedAt }: TicketRecord) => Math.abs(issuedAt - around);
  return [...state.tickets.values()]
    .filter((ticket) => ticket.day === state.day && (service === undefined || ticket.service === service))
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, foundMax)
    .map((ticket) => ({ ...ticketOnPage(state, ticket), state: ticket.state }));
}

/**
 * Today's binding appointments in order of time, with who may still be checked in by hand.
 *
 * @param nameOf what is kept of a visitor's name; undefined when it has been erased, or is not for these eyes.
 */
export function appointmentsOnPage(
  state: OfficeState,
  now: number,
  nameOf: (appointment: string) => string | undefined,
) {
  const plan = state.plan.appointments;
  return appointmentsOf(state, state.day)
    .filter(({ state: is, ended }) => is !== "cancelled" && is !== "reserved" && ended !== "not-confirmed")
    .map(({ id, at, services, state: is, ticket }) => ({
      id,
      at,
      services: services.map(({ service, persons }) => ({ names: namesOf(state, service), persons })),
      state: is,
      number: ticket === null ? null : (state.tickets.get(ticket)?.number ?? null),
      name: nameOf(id) ?? null,
      mayCheckIn:
        plan !== null &&
        (is === "confirmed" || is === "lapsed") &&
        now >= at - plan.checkInEarlyMs &&
        now <= at + plan.deskGraceMs,
    }));
}
