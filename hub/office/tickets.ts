import type { TicketState } from "../../protocol/messages.ts";
import type { Parsed } from "../../protocol/requests.ts";
import { frontPriority } from "../../protocol/requests.ts";
import { whyNoIntake } from "./closing.ts";
import { whyCollecting } from "./collecting.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline, findTicket } from "./decision.ts";
import { comesBack } from "./desks.ts";
import { outlook } from "./estimate.ts";
import type { OfficeEvent } from "./events.ts";
import { intakeStop } from "./intake.ts";
import { allWalkIns } from "./queue.ts";
import { nextNumber, numberText } from "./series.ts";
import type { CallReason, OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";

/** Who gives up a number from here has it still. */
export const isLive = (state: TicketState) => state === "waiting" || state === "called" || state === "parked";

/** The number of somebody who showed the code of this appointment alone, when he could not be let in with it. */
export function numberShownFor({ tickets, day }: OfficeState, appointment: string): TicketRecord | undefined {
  for (const ticket of tickets.values()) {
    if (ticket.shownFor === appointment && ticket.day === day && isLive(ticket.state)) return ticket;
  }
  return undefined;
}

/** Why somebody has a head start: what staff wrote stays on record, and with staff. */
const priorityReason = (priority: number, text: string): CallReason => ({
  code: priority === frontPriority ? "emergency" : "priority",
  text,
});

export function issueTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.issue">, now: number): Decision {
  const service = servicePlan(state, args.service);
  if (!service) return decline("unknown-service", `there is no service ${args.service}`);
  const priority = args.priority ?? 0;
  if (caller.role === "terminal" && (priority > 0 || args.reason !== undefined)) {
    return decline("forbidden", "priority is given by staff, not at the terminal");
  }
  if (priority > 0 && args.reason === undefined) {
    return decline("bad-request", "reason: a priority needs one");
  }
  const notNow = whyNoIntake(state, service.id, now) ?? whyCollecting(state);
  if (notNow) return notNow;
  const next = nextNumber(state, service.letter);
  if (next === undefined) return decline("full", `all numbers of series ${service.letter} are given for today`);
  const asker = { services: [service.id], appointmentAt: null };
  const { likely, ...promised } = outlook(state, asker, allWalkIns(state), now);
  // Staff see for themselves whom they can still serve.
  const mayRefuse = caller.role === "terminal" && state.plan.intake === "refuse";
  const stop = mayRefuse ? intakeStop(state, service.id, likely, now) : undefined;
  if (stop) {
    const from = stop.from === null ? {} : { from: new Date(stop.from).toISOString() };
    return decline("full", "whoever comes now could not be served before closing", from);
  }

  const number = numberText(service.letter, next, state.plan.numberDigits);
  const issued: OfficeEvent = {
    type: "ticket.issued",
    ticket: `${state.day}/${number}`,
    number,
    day: state.day,
    letter: service.letter,
    service: service.id,
    services: [service.id],
    issuedAt: now,
    earnedAt: placeInTime(state, now),
    origin: "hub",
    kind: "walk-in",
    priority,
    reason: args.reason === undefined ? null : priorityReason(priority, args.reason),
    persons: args.persons ?? 1,
    language: args.language ?? state.plan.languages[0] ?? "de",
    issuer: caller.client,
    appointment: null,
    appointmentAt: null,
    promised,
    paper: caller.role === "terminal" ? "pending" : "none",
  };
  return accept(issued);
}

/** The time earned by coming now. A clock that was set back puts nobody before those who came earlier. */
export function placeInTime(state: OfficeState, now: number): number {
  const last = state.waiting.at(-1)?.earnedAt;
  return last !== undefined && last > now ? last + 1 : now;
}

const paperEvents = {
  printed: "ticket.printed",
  shown: "ticket.shown",
  failed: "ticket.print-failed",
  unknown: "ticket.print-unknown",
} as const;

/**
 * Notes what became of a paper. One more that nobody at the hub had asked for is that of a code shown again while the hub
 * was away: a no-show who did that is there.
 *
 * Declines: `unknown-ticket`, `forbidden` for a number that another client gave.
 */
export function reportPaper(state: OfficeState, caller: Caller, args: Parsed<"ticket.printed">, now: number): Decision {
  // The paper is that of this very number, whatever it stands for.
  const ticket = state.tickets.get(args.ticket);
  if (!ticket) return decline("unknown-ticket", `there is no ticket ${args.ticket}`);
  // An appointment's number may be printed again wherever its code is scanned, and a copy comes where staff want it.
  const isItsOwn = ticket.issuer === caller.client || ticket.copiedAt === caller.client;
  if (caller.role === "terminal" && !isItsOwn && ticket.kind === "walk-in") {
    return decline("forbidden", `${ticket.number} was issued by another client`);
  }
  const { sure, detail = "" } = args;
  const isOneMore = ticket.paper === "printed" || ticket.paper === "shown";
  const back = isOneMore ? comesBack(state, caller.client, ticket, now) : [];
  return accept({ type: paperEvents[args.outcome], ...about(ticket), sure, detail }, ...back);
}

export function cancelTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.cancel">): Decision {
  const found = findTicket(state, args);
  if (!found.ok) return found;
  const ticket = found.value;
  if (!isLive(ticket.state)) {
    return decline("wrong-state", `${ticket.number} is ${ticket.state}`, { state: ticket.state, current: null });
  }
  const desk = ticket.state === "called" ? ticket.desk : null;
  if (desk !== null && caller.role !== "admin" && !caller.desks.includes(desk)) {
    return decline("forbidden", `${ticket.number} is at desk ${desk}: only who acts for that desk may cancel it`);
  }
  return accept({
    type: "ticket.cancelled",
    ...about(ticket),
    desk,
    void: false,
    reason: { code: "cancelled" },
    by: caller.client,
  });
}

/**
 * Gives somebody who waits or is parked a head start, or takes it back with a priority of 0. `frontPriority` puts him to
 * the front.
 */
export function prioritizeTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.priority">): Decision {
  const found = findTicket(state, args);
  if (!found.ok) return found;
  const ticket = found.value;
  if (ticket.state !== "waiting" && ticket.state !== "parked") {
    return decline("wrong-state", `${ticket.number} is ${ticket.state}`, { state: ticket.state, current: null });
  }
  const { priority = state.plan.calls.priorityMinutes } = args;
  const reason = priorityReason(priority, args.reason);
  return accept({ type: "ticket.prioritized", ...about(ticket), priority, reason, by: caller.client });
}

/**
 * A ticket whose paper nobody has is withdrawn, wherever it stands: whoever was called by it is not there. One that
 * has already ended stays as it ended.
 */
export function withdrawTicket(state: OfficeState, caller: Caller, id: string): OfficeEvent[] {
  const ticket = state.tickets.get(id);
  if (!ticket || !isLive(ticket.state)) return [];
  const desk = ticket.state === "called" ? ticket.desk : null;
  return [
    {
      type: "ticket.cancelled",
      ...about(ticket),
      desk,
      void: true,
      reason: { code: "withdrawn" },
      by: caller.client,
    },
  ];
}
