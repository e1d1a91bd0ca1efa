import { serves } from "../office/queue.ts";
import type { DeskPlan, OfficeState, TicketRecord } from "../office/state.ts";

/** Entries of the queue that a page shows; the rest is a figure. */
const queueEntriesShown = 50;

/** What every page needs. Times are milliseconds since the epoch; the page reckons with the hub's clock, `at`. */
const frame = (state: OfficeState, at: number) => ({
  at,
  office: state.plan.name,
  accent: state.plan.accent,
  timeZone: state.plan.timeZone,
  open: state.open,
});

/** One desk as its clerk sees it: who is there, and who may be called from here, in call order. */
export function deskPageView(state: OfficeState, plan: DeskPlan, at: number) {
  const desk = state.desks.get(plan.id);
  const current = desk?.ticket ? state.tickets.get(desk.ticket) : undefined;
  const here = desk ? state.waiting.filter((ticket) => serves(desk, ticket)) : [];
  return {
    ...frame(state, at),
    desk: { id: plan.id, name: plan.name, open: desk?.open ?? false },
    current: current ? ticketOnPage(state, current) : null,
    queue: here.slice(0, queueEntriesShown).map((ticket) => ticketOnPage(state, ticket)),
    waitingHere: here.length,
    waitingElsewhere: state.waiting.length - here.length,
  };
}

function ticketOnPage(state: OfficeState, ticket: TicketRecord) {
  const { id, number, issuedAt, calledAt, calls, paper, persons } = ticket;
  const names = state.plan.services.find((service) => service.id === ticket.service)?.names ?? { de: ticket.service };
  const hasPriority = ticket.priority > 0;
  return { id, number, names, issuedAt, calledAt, calls, paper, persons, hasPriority };
}

/** All desks, for the page on which a clerk chooses. */
export function desksPageView(state: OfficeState, at: number) {
  const desks = state.plan.desks.map(({ id, name }) => {
    const desk = state.desks.get(id);
    const number = desk?.ticket ? (state.tickets.get(desk.ticket)?.number ?? null) : null;
    return { id, name, open: desk?.open ?? false, number };
  });
  return { ...frame(state, at), desks, waiting: state.waiting.length };
}
