import type { OfficeEvent, RecordedEvent } from "./events.ts";
import { dequeue, enqueue } from "./queue.ts";
import type { DeskRecord, OfficeState, TicketRecord } from "./state.ts";
import { everyBoard } from "./state.ts";

/** So many calls stay in a display; boards show as many as they have room for. */
export const displayCallsMax = 20;

/**
 * Applies one event to the state, in place. The same events on the same state always give the same state; an event
 * decided here or read from the record makes no difference.
 */
export function evolve(state: OfficeState, event: RecordedEvent): void {
  state.epoch = event.epoch;
  state.seq = event.seq;
  switch (event.type) {
    case "ticket.issued":
      issued(state, event);
      break;
    case "ticket.printed":
      withTicket(state, event.ticket, (ticket) => {
        ticket.paper = "printed";
      });
      break;
    case "ticket.shown":
      withTicket(state, event.ticket, (ticket) => {
        ticket.paper = "shown";
      });
      break;
    case "ticket.print-failed":
      withTicket(state, event.ticket, (ticket) => {
        ticket.paper = "failed";
      });
      break;
    case "ticket.print-unknown":
      withTicket(state, event.ticket, (ticket) => {
        ticket.paper = "unknown";
      });
      break;
    case "ticket.called":
      called(state, event, event.at);
      break;
    case "ticket.recalled":
      recalled(state, event, event.at);
      break;
    case "ticket.finished":
      leaves(state, event.ticket, "finished");
      break;
    case "ticket.no-show":
      withTicket(state, event.ticket, (ticket) => {
        leaves(state, ticket.id, "no-show");
        ticket.noShowAt = event.at;
      });
      break;
    case "ticket.cancelled":
      withTicket(state, event.ticket, (ticket) => {
        leaves(state, ticket.id, event.void ? "void" : "cancelled");
        ticket.reason = event.reason;
      });
      break;
    case "ticket.expired":
      leaves(state, event.ticket, "expired");
      break;
    case "desk.opened":
      withDesk(state, event.desk, (desk) => {
        desk.open = true;
        desk.services = event.services;
      });
      break;
    case "desk.closed":
      withDesk(state, event.desk, (desk) => {
        desk.open = false;
      });
      break;
    case "office.opened":
    case "office.closed":
      state.open = event.type === "office.opened";
      break;
    case "office.changed":
      newDay(state, event);
      break;
    case "device.online":
    case "device.offline":
    case "device.alarm":
      break;
  }
}

type Of<T extends OfficeEvent["type"]> = Extract<OfficeEvent, { type: T }>;

function withTicket(state: OfficeState, id: string, change: (ticket: TicketRecord) => void): void {
  const ticket = state.tickets.get(id);
  if (ticket) change(ticket);
}

function withDesk(state: OfficeState, id: string, change: (desk: DeskRecord) => void): void {
  const desk = state.desks.get(id);
  if (desk) change(desk);
}

function issued(state: OfficeState, event: Of<"ticket.issued">): void {
  const ticket: TicketRecord = {
    id: event.ticket,
    day: event.day,
    number: event.number,
    letter: event.letter,
    service: event.service,
    services: event.services,
    state: "waiting",
    paper: event.paper,
    origin: event.origin,
    kind: event.kind,
    issuedAt: event.issuedAt,
    earnedAt: event.earnedAt,
    priority: event.priority,
    persons: event.persons,
    language: event.language,
    issuer: event.issuer,
    desk: null,
    calledAt: null,
    call: null,
    calls: 0,
    callsThisTurn: 0,
    noShowAt: null,
    reason: event.reason,
    promised: event.promised,
  };
  state.tickets.set(ticket.id, ticket);
  state.series.set(event.letter, Number(event.number.slice(event.letter.length)));
  enqueue(state, ticket);
}

function called(state: OfficeState, event: Of<"ticket.called">, at: number): void {
  withTicket(state, event.ticket, (ticket) => {
    dequeue(state, ticket);
    ticket.state = "called";
    ticket.desk = event.desk;
    ticket.calledAt = at;
    ticket.call = event.call;
    ticket.calls += 1;
    ticket.callsThisTurn = 1;
    ticket.reason = event.reason;
    state.lastCalled.set(ticket.service, ticket.number);
  });
  withDesk(state, event.desk, (desk) => {
    desk.ticket = event.ticket;
  });
  const { call, number, desk, deskName } = event;
  onBoards(state, event.groups, (calls) => [{ call, number, desk, deskName, calledAt: at, count: 1 }, ...calls]);
}

/** A recalled number moves to the top again, with its count one higher: that is what a board announces. */
function recalled(state: OfficeState, event: Of<"ticket.recalled">, at: number): void {
  withTicket(state, event.ticket, (ticket) => {
    ticket.calls += 1;
    ticket.callsThisTurn += 1;
  });
  onBoards(state, event.groups, (calls) => {
    const before = calls.find(({ call }) => call === event.call);
    if (before) return [{ ...before, count: before.count + 1 }, ...calls.filter((entry) => entry !== before)];
    // Too long ago to be still on the boards, or of yesterday: it is shown like a new call.
    const { call, number, desk, deskName } = event;
    return [{ call, number, desk, deskName, calledAt: at, count: 2 }, ...calls];
  });
}

type Calls = OfficeState["displays"] extends Map<string, { calls: infer C }> ? C : never;

function onBoards(state: OfficeState, groups: string[], change: (calls: Calls) => Calls): void {
  for (const group of new Set([everyBoard, ...groups])) {
    const display = state.displays.get(group);
    if (!display) continue;
    display.calls = change(display.calls).slice(0, displayCallsMax);
    display.revision += 1;
  }
}

function leaves(state: OfficeState, id: string, into: TicketRecord["state"]): void {
  withTicket(state, id, (ticket) => {
    if (ticket.state === "waiting") dequeue(state, ticket);
    if (ticket.desk !== null) {
      withDesk(state, ticket.desk, (desk) => {
        if (desk.ticket === ticket.id) desk.ticket = null;
      });
    }
    ticket.state = into;
  });
}

/** Numbers start again, or go on where that day's had come to, and the boards are empty. */
function newDay(state: OfficeState, { day, series }: Of<"office.changed">): void {
  state.day = day;
  state.series = new Map(Object.entries(series));
  state.lastCalled.clear();
  for (const display of state.displays.values()) {
    display.calls = [];
    display.revision += 1;
  }
}

/**
 * Drops what no command can need from memory: tickets of past days whose visitor is not at a desk. To be called when
 * they are stored, and not by `evolve`, so that whoever stores finds them until then.
 */
export function forgetPastDays(state: OfficeState): void {
  for (const ticket of state.tickets.values()) {
    if (ticket.day !== state.day && ticket.state !== "called") state.tickets.delete(ticket.id);
  }
}
