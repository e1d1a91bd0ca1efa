import { alarmKey } from "./alarms.ts";
import { evolveAppointment, renameCheckIn } from "./appointments/evolve.ts";
import { evolveOffice } from "./changes.ts";
import type { OfficeEvent, RecordedEvent } from "./events.ts";
import { adopted, issued, recovered } from "./new-tickets.ts";
import { dequeue, enqueue, groupsOf } from "./queue.ts";
import { lookedAfter } from "./restored.ts";
import type { DeskRecord, OfficeState, TicketRecord } from "./state.ts";
import { displayCallsMax, everyBoard } from "./state.ts";
import { goOn, keepFinished, restore, undoOf } from "./undo.ts";

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
    case "ticket.adopted":
      adopted(state, event, event.at);
      keepFinished(state, event.finished);
      break;
    case "ticket.recovered":
      recovered(state, event, event.at);
      keepFinished(state, event.finished);
      break;
    case "ticket.replaced":
      replaced(state, event, event.at);
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
    case "ticket.reprinted":
      withTicket(state, event.ticket, (ticket) => {
        ticket.paper = "pending";
        ticket.copiedAt = event.terminal;
      });
      break;
    case "ticket.called":
      called(state, event, event.at);
      break;
    case "ticket.recalled":
      recalled(state, event, event.at);
      break;
    case "ticket.undone":
      undone(state, event);
      break;
    case "ticket.parked":
      withTicket(state, event.ticket, (ticket) => {
        leaveDesk(state, ticket);
        ticket.state = "parked";
        ticket.parkedAt = event.at;
      });
      break;
    case "ticket.resumed":
      if (event.desk === null) returned(state, event, event.at);
      break;
    case "ticket.transferred":
      transferred(state, event);
      break;
    case "ticket.prioritized":
      withTicket(state, event.ticket, (ticket) => {
        requeue(state, ticket, () => {
          ticket.priority = event.priority;
          ticket.reason = event.reason;
        });
      });
      break;
    case "ticket.finished":
      leaves(state, event.ticket, "finished", event.at);
      break;
    case "ticket.no-show":
      withTicket(state, event.ticket, (ticket) => {
        leaves(state, ticket.id, "no-show", event.at);
        ticket.noShowAt = event.at;
      });
      break;
    case "ticket.cancelled":
      withTicket(state, event.ticket, (ticket) => {
        leaves(state, ticket.id, event.void ? "void" : "cancelled", event.at);
        ticket.reason = event.reason;
      });
      break;
    case "ticket.expired":
      leaves(state, event.ticket, "expired", event.at);
      break;
    case "desk.opened":
      withDesk(state, event.desk, (desk) => {
        desk.open = true;
        desk.pausedAt = null;
        desk.services = event.services;
      });
      break;
    case "desk.closed":
      withDesk(state, event.desk, (desk) => {
        desk.open = false;
        desk.pausedAt = null;
      });
      break;
    case "desk.paused":
    case "desk.resumed":
      withDesk(state, event.desk, (desk) => {
        desk.pausedAt = event.type === "desk.paused" ? event.at : null;
      });
      break;
    case "office.opened":
    case "office.closed":
      state.open = event.type === "office.opened";
      break;
    case "office.changed":
      evolveOffice(state, event);
      break;
    case "appointment.reserved":
    case "appointment.confirmed":
    case "appointment.lapsed":
    case "appointment.cancelled":
    case "appointment.moved":
    case "appointment.link":
    case "appointment.no-match":
    case "appointment.unlocked":
      evolveAppointment(state, event, event.at);
      break;
    case "appointment.checked-in":
      evolveAppointment(state, event, event.at);
      letIn(state, event);
      break;
    case "device.alarm":
      if ("ticket" in event) {
        withTicket(state, event.ticket, (ticket) => {
          ticket.unservedTold = true;
        });
      }
      noteAlarm(state, event);
      break;
    case "device.online":
    case "device.offline":
      break;
  }
  lookedAfter(state, event);
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

/** The visitor is known by the number on his paper from now on; where he was called he is called by it again. */
function replaced(state: OfficeState, event: Of<"ticket.replaced">, at: number): void {
  const { ticket: id, replacement, replacementNumber, desk } = event;
  const old = state.tickets.get(id);
  const paper = state.tickets.get(replacement);
  const undo = desk === null ? null : (state.desks.get(desk)?.undo ?? null);
  // The call itself goes on below: what the paper has from before it is where he is when it is taken back.
  const was = old && { ...old, ...(undo?.ticket === id ? undo.before : {}) };
  const earnedAt = paper?.earnedAt ?? at;
  leaves(state, id, "void", at);
  if (was && paper) requeue(state, paper, () => inherit(paper, was));
  if (desk !== null && paper) {
    onBoards(state, event.groups, (calls) => calls.filter(({ call }) => call !== old?.call));
    const reason = old?.reason ?? { code: "replaced" };
    const call = { ...event, desk, ticket: replacement, number: replacementNumber, reason };
    called(state, { ...call, type: "ticket.called", earnedAt, finished: null }, at);
    withDesk(state, desk, (record) => goOn(record, undo, id));
  }
  withTicket(state, id, (ticket) => {
    ticket.aliasOf = replacement;
    ticket.reason = { code: "replaced", ticket: replacement };
  });
  if (event.appointment !== null) renameCheckIn(state, event.appointment, replacement);
}

/** Whoever came too early waits for his appointment from now on, by the number that he has. */
function letIn(state: OfficeState, { ticket: id, appointment, time }: Of<"appointment.checked-in">): void {
  if (time === undefined) return;
  withTicket(state, id, (ticket) => {
    requeue(state, ticket, () => Object.assign(ticket, { kind: "appointment", appointment, appointmentAt: time }));
  });
}

/** What staff did for the visitor under his other number stays. */
function inherit(paper: TicketRecord, old: TicketRecord): void {
  const { service, services, boundTo, priority, returnedAt } = old;
  Object.assign(paper, { service, services, boundTo, priority, returnedAt });
  paper.persons = Math.max(paper.persons, old.persons);
  if (priority > 0) paper.reason = old.reason;
  if (old.state !== "parked" || paper.state !== "waiting") return;
  const { desk, parkedAt, calledAt, earnedAt } = old;
  Object.assign(paper, { state: "parked", desk, parkedAt, calledAt, earnedAt });
}

function called(state: OfficeState, event: Of<"ticket.called">, at: number): void {
  const desk = state.desks.get(event.desk);
  withTicket(state, event.ticket, (ticket) => {
    const groups = groupsOf(state, ticket, desk);
    if (desk) desk.undo = undoOf(state, ticket, groups, event, at);
    dequeue(state, ticket);
    ticket.state = "called";
    ticket.desk = event.desk;
    ticket.boundTo = null;
    ticket.returnedAt = null;
    ticket.parkedAt = null;
    ticket.unservedTold = false;
    ticket.earnedAt = event.earnedAt;
    ticket.calledAt = at;
    ticket.endedAt = null;
    ticket.call = event.call;
    ticket.calls += 1;
    ticket.callsThisTurn = 1;
    ticket.reason = event.reason;
    state.lastCalled.set(ticket.service, { call: event.call, number: ticket.number });
    for (const group of groups) state.lastKind.set(group, { call: event.call, kind: ticket.kind });
  });
  if (desk) desk.ticket = event.ticket;
  const { call, number, deskName } = event;
  const shown = { call, number, desk: event.desk, deskName, calledAt: at, count: 1 };
  onBoards(state, event.groups, (calls) => [shown, ...calls]);
}

/** A recalled number moves to the top again, with its count one higher: that is what a board announces. */
function recalled(state: OfficeState, event: Of<"ticket.recalled">, at: number): void {
  withTicket(state, event.ticket, (ticket) => {
    ticket.calls += 1;
    ticket.callsThisTurn += 1;
  });
  onBoards(state, event.groups, (calls) => {
    const before = calls.find(({ call }) => call === event.call);
    // A board that was away for a moment announces what was called of late: that this was.
    if (before) {
      return [{ ...before, calledAt: at, count: before.count + 1 }, ...calls.filter((entry) => entry !== before)];
    }
    // Too long ago to be still on the boards, or of yesterday: it is shown like a new call.
    const { call, number, desk, deskName } = event;
    return [{ call, number, desk, deskName, calledAt: at, count: 2 }, ...calls];
  });
}

/** The boards take the call back with whatever was called again of it. */
function undone(state: OfficeState, event: Of<"ticket.undone">): void {
  withDesk(state, event.desk, (desk) => restore(state, desk));
  onBoards(state, event.groups, (calls) => calls.filter(({ call }) => call !== event.call));
}

/** A no-show waits again, in front unless he came back late. */
function returned(state: OfficeState, event: Of<"ticket.resumed">, at: number): void {
  withTicket(state, event.ticket, (ticket) => {
    ticket.state = "waiting";
    ticket.desk = null;
    ticket.earnedAt = event.earnedAt;
    ticket.endedAt = null;
    ticket.returnedAt = event.late ? null : at;
    enqueue(state, ticket);
  });
}

function transferred(state: OfficeState, event: Of<"ticket.transferred">): void {
  withTicket(state, event.ticket, (ticket) => {
    leaveDesk(state, ticket);
    if (ticket.state === "waiting") dequeue(state, ticket);
    ticket.state = "waiting";
    ticket.service = event.service;
    ticket.services = event.services;
    ticket.boundTo = event.toDesk;
    ticket.earnedAt = event.earnedAt;
    ticket.desk = null;
    ticket.parkedAt = null;
    ticket.unservedTold = false;
    enqueue(state, ticket);
  });
}

/** Changes what a ticket's place depends on, wherever it is. */
function requeue(state: OfficeState, ticket: TicketRecord, change: () => void): void {
  const waits = ticket.state === "waiting";
  if (waits) dequeue(state, ticket);
  change();
  if (ticket.state === "waiting") enqueue(state, ticket);
}

type Calls = OfficeState["displays"] extends Map<string, { calls: infer C }> ? C : never;

function onBoards(state: OfficeState, groups: string[], change: (calls: Calls) => Calls): void {
  for (const group of new Set([everyBoard, ...groups])) {
    const display = state.displays.get(group);
    if (!display) continue;
    // Each desk may take its last call back, and then those before it are still there.
    display.calls = change(display.calls).slice(0, displayCallsMax + state.desks.size);
    display.revision += 1;
  }
}

function leaves(state: OfficeState, id: string, into: TicketRecord["state"], at: number): void {
  withTicket(state, id, (ticket) => {
    if (ticket.state === "waiting") dequeue(state, ticket);
    leaveDesk(state, ticket);
    ticket.state = into;
    ticket.endedAt = at;
  });
}

function leaveDesk(state: OfficeState, { id, desk: at }: TicketRecord): void {
  const desk = at === null ? undefined : state.desks.get(at);
  if (desk?.ticket === id) desk.ticket = null;
}

/** One that is raised again holds since it was first. */
function noteAlarm(state: OfficeState, { client, alarm, detail, open, at }: RecordedEvent & Of<"device.alarm">): void {
  const key = alarmKey(client, alarm);
  if (open === true) state.alarms.set(key, { client, alarm, detail, since: state.alarms.get(key)?.since ?? at, at });
  else if (open === false) state.alarms.delete(key);
}

/**
 * Drops what no command can need from memory: tickets of past days whose visitor is not at a desk, and would not be if a
 * call were taken back. To be called when
 * they are stored, and not by `evolve`, so that whoever stores finds them until then.
 */
export function forgetPastDays(state: OfficeState): void {
  const finished = new Set([...state.desks.values()].map(({ undo }) => undo?.finished));
  for (const { id, day, state: is } of state.tickets.values()) {
    if (day !== state.day && is !== "called" && !finished.has(id)) state.tickets.delete(id);
  }
}
