import type { OfficeEvent } from "./events.ts";
import { enqueue } from "./queue.ts";
import type { OfficeState, TicketRecord } from "./state.ts";

type Of<T extends OfficeEvent["type"]> = Extract<OfficeEvent, { type: T }>;

/** What a ticket is before anything has happened to it. */
const untouched = {
  state: "waiting",
  desk: null,
  calledAt: null,
  call: null,
  calls: 0,
  callsThisTurn: 0,
  noShowAt: null,
  boundTo: null,
  returnedAt: null,
  parkedAt: null,
  unservedTold: false,
  endedAt: null,
  afterRestore: false,
} as const;

export function issued(state: OfficeState, event: Of<"ticket.issued">): void {
  const ticket: TicketRecord = {
    ...untouched,
    id: event.ticket,
    day: event.day,
    number: event.number,
    letter: event.letter,
    service: event.service,
    services: event.services,
    paper: event.paper,
    origin: event.origin,
    kind: event.kind,
    issuedAt: event.issuedAt,
    earnedAt: event.earnedAt,
    priority: event.priority,
    persons: event.persons,
    language: event.language,
    issuer: event.issuer,
    reason: event.reason,
    appointment: event.appointment,
    appointmentAt: event.appointmentAt,
    aliasOf: null,
    promised: event.promised,
  };
  state.tickets.set(ticket.id, ticket);
  state.series.set(event.letter, Number(event.number.slice(event.letter.length)));
  enqueue(state, ticket);
}

/** A number that was given while the hub was away; of a day that is over it is only recorded. */
export function adopted(state: OfficeState, event: Of<"ticket.adopted">, at: number): void {
  const { ticket: id, day, number, letter, service, services, issuedAt, earnedAt, kind, language, issuer } = event;
  const { appointment, appointmentAt, shownFor, aliasOf, expired } = event;
  const record = { id, day, number, letter, service, services, issuedAt, earnedAt, kind, language, issuer };
  const ticket: TicketRecord = {
    ...untouched,
    ...record,
    state: aliasOf !== null ? "void" : expired ? "expired" : "waiting",
    endedAt: expired || aliasOf !== null ? at : null,
    paper: "pending",
    origin: "reserve",
    priority: 0,
    // An earlier version did not say.
    persons: event.persons ?? 1,
    reason: aliasOf === null ? null : { code: "alias", ticket: aliasOf },
    appointment,
    appointmentAt,
    ...(shownFor === undefined ? {} : { shownFor }),
    aliasOf,
    promised: { ahead: 0, minutes: null },
    afterRestore: event.afterRestore,
  };
  state.tickets.set(id, ticket);
  if (ticket.state === "waiting") enqueue(state, ticket);
}

/** A number that the hub had given, and that only a terminal still knew. */
export function recovered(state: OfficeState, event: Of<"ticket.recovered">, at: number): void {
  const { ticket: id, day, number, letter, service, services, issuedAt, earnedAt, kind, persons, language } = event;
  const { issuer, appointment, appointmentAt, aliasOf } = event;
  const record = { id, day, number, letter, service, services, issuedAt, earnedAt, kind, persons, language, issuer };
  const ticket: TicketRecord = {
    ...untouched,
    ...record,
    state: aliasOf === null ? "waiting" : "void",
    endedAt: aliasOf === null ? null : at,
    paper: "pending",
    origin: "hub",
    priority: 0,
    reason: aliasOf === null ? null : { code: "alias", ticket: aliasOf },
    appointment,
    appointmentAt,
    aliasOf,
    promised: { ahead: 0, minutes: null },
    afterRestore: true,
  };
  state.tickets.set(id, ticket);
  if (ticket.state === "waiting") enqueue(state, ticket);
}
