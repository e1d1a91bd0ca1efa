import type { Parsed } from "../../protocol/requests.ts";
import { whyEmergency } from "./closing.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline, findDesk, findTicket, findUnknownService } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { Policy } from "./policy.ts";
import { nextFor, reasonWithPaper } from "./policy.ts";
import { earnedAtNow, isCalling } from "./queue.ts";
import { releaseTickets } from "./sent.ts";
import type { CallReason, DeskRecord, OfficeState, TicketRecord } from "./state.ts";

export const deskPlan = (state: OfficeState, id: string) => state.plan.desks.find((desk) => desk.id === id);

export function openDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.open">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  const plan = deskPlan(state, desk.id);
  if (!plan) return decline("desk-closed", `desk ${desk.id} is no longer part of the office`);
  const services = args.services ?? plan.services;
  const unknown = findUnknownService(state, services);
  if (unknown !== undefined) return decline("unknown-service", `there is no service ${unknown}`);
  if (isCalling(desk) && desk.services.join() === services.join()) return accept();
  return accept({ type: "desk.opened", desk: desk.id, services, by: caller.client });
}

const numberAt = (state: OfficeState, desk: DeskRecord) =>
  desk.ticket === null ? null : (state.tickets.get(desk.ticket)?.number ?? null);

/** Why this desk cannot take a visitor now: `desk-closed`, `closed` in an emergency, or `desk-busy`. */
export function whyNotCalling(state: OfficeState, desk: DeskRecord): (Decision & { ok: false }) | undefined {
  if (!desk.open) return declined("desk-closed", `desk ${desk.id} is closed: open it first`);
  if (desk.pausedAt !== null) return declined("desk-closed", `desk ${desk.id} is paused: resume it first`);
  return whyEmergency(state);
}

export function busy(state: OfficeState, desk: DeskRecord): Decision {
  const number = numberAt(state, desk);
  return decline("desk-busy", `${number} is at desk ${desk.id}: finish that visit first`, { number });
}

export const declined = (...args: Parameters<typeof decline>) => decline(...args) as Decision & { ok: false };

/** A ticket in a state in which what is asked cannot be done. */
export const wrongState = (ticket: TicketRecord, desk: DeskRecord, message: string): Decision & { ok: false } =>
  declined("wrong-state", message, { state: ticket.state, current: desk.ticket });

export function closeDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.close">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  if (desk.ticket !== null) return busy(state, desk);
  if (!desk.open) return accept();
  const released = releaseTickets(state, ({ boundTo }) => boundTo === desk.id, caller.client);
  return accept({ type: "desk.closed", desk: desk.id, by: caller.client }, ...released);
}

/** A break: a visitor who is at the desk stays and can be finished, but nobody is called. */
export function pauseDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.pause">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  if (!desk.open) return decline("desk-closed", `desk ${desk.id} is closed: open it first`);
  return desk.pausedAt === null ? accept({ type: "desk.paused", desk: desk.id, by: caller.client }) : accept();
}

export function resumeDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.resume">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  if (!desk.open) return decline("desk-closed", `desk ${desk.id} is closed: open it first`);
  return desk.pausedAt === null ? accept() : accept({ type: "desk.resumed", desk: desk.id, by: caller.client });
}

/** Never the name of another call, also not of one that was taken back, or is no longer known since a restore. */
export const callName = ({ epoch, seq }: OfficeState, ticket: string) => `${ticket}/${epoch}.${seq + 1}`;

/** @param finished the visitor who is finished to make room for this call. */
export function call(
  state: OfficeState,
  caller: Caller,
  desk: DeskRecord,
  ticket: TicketRecord,
  reason: CallReason,
  now: number,
  finished: TicketRecord | null = null,
): OfficeEvent {
  const plan = deskPlan(state, desk.id);
  return {
    type: "ticket.called",
    ...about(ticket),
    desk: desk.id,
    deskName: plan?.name ?? desk.id,
    groups: plan?.groups ?? [],
    call: callName(state, ticket.id),
    reason,
    earnedAt: earnedAtNow(ticket, now),
    finished: finished?.id ?? null,
    by: caller.client,
  };
}

const finish = (caller: Caller, desk: DeskRecord, ticket: TicketRecord): OfficeEvent => ({
  type: "ticket.finished",
  ...about(ticket),
  desk: desk.id,
  by: caller.client,
});

/** Calls the next visitor by the office's own policy; with `policy`, what would have been by another one. */
export function callNext(
  state: OfficeState,
  caller: Caller,
  args: Parsed<"call.next">,
  now: number,
  policy: Policy = nextFor,
): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  const notNow = whyNotCalling(state, desk);
  if (notNow) return notNow;
  if (args.current !== undefined && args.current !== desk.ticket) {
    const message = `at desk ${desk.id} is ${numberAt(state, desk) ?? "nobody"} now`;
    const current = desk.ticket === null ? null : (state.tickets.get(desk.ticket)?.state ?? null);
    return decline("wrong-state", message, { state: current, current: desk.ticket });
  }
  const current = desk.ticket === null ? undefined : state.tickets.get(desk.ticket);
  if (current && !(args.current !== undefined && args.finish)) return busy(state, desk);
  const next = policy(state, desk, now);
  return accept(
    ...(current ? [finish(caller, desk, current)] : []),
    ...(next ? [call(state, caller, desk, next.ticket, next.reason, now, current)] : []),
  );
}

export function callNumber(state: OfficeState, caller: Caller, args: Parsed<"call.number">, now: number): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const named = findTicket(state, args);
  if (!named.ok) return named;
  const desk = found.value;
  const ticket = named.value;
  const notNow = whyNotCalling(state, desk);
  if (notNow) return notNow;
  if (ticket.state === "parked") return wrongState(ticket, desk, `${ticket.number} is parked: resume it`);
  if (ticket.state !== "waiting" && !mayReturn(state, ticket, now)) {
    return wrongState(ticket, desk, `${ticket.number} is ${ticket.state}`);
  }
  if (desk.ticket !== null) return busy(state, desk);
  const reason = reasonWithPaper({ code: "by-number" }, ticket);
  return accept(call(state, caller, desk, ticket, reason, now));
}

/** Whether this is a no-show who may still come. */
export const mayReturn = (state: OfficeState, { state: is, day, noShowAt }: TicketRecord, now: number) =>
  is === "no-show" && day === state.day && noShowAt !== null && now - noShowAt <= state.plan.calls.noShowReturnMs;

/** A no-show who shows his code again is there: he waits again, in front, or at his own place where he was away for long. */
export function comesBack(state: OfficeState, by: string, ticket: TicketRecord | undefined, at: number): OfficeEvent[] {
  if (ticket?.state !== "no-show" || ticket.day !== state.day || at < (ticket.noShowAt ?? at)) return [];
  return [{ ...resumed(ticket, null, by, at), ...(mayReturn(state, ticket, at) ? {} : { late: true }) }];
}

/** @param desk where he is called at once; none where he waits again. */
export const resumed = (ticket: TicketRecord, desk: string | null, by: string, now: number) => ({
  type: "ticket.resumed" as const,
  ...about(ticket),
  earnedAt: earnedAtNow(ticket, now),
  by,
  desk,
});

interface AtDesk {
  desk: DeskRecord;
  ticket: TicketRecord;
}

/** The visitor who must be at this desk for what is asked. */
export function visitorAt(
  state: OfficeState,
  caller: Caller,
  args: Parsed<"call.again">,
): { ok: true; value: AtDesk } | (Decision & { ok: false }) {
  const desk = findDesk(state, caller, args.desk);
  if (!desk.ok) return desk;
  const ticket = findTicket(state, args);
  if (!ticket.ok) {
    // Past midnight the visitor at the desk still has yesterday's number.
    const current = desk.value.ticket === null ? undefined : state.tickets.get(desk.value.ticket);
    if (args.number === undefined || current?.number !== args.number) return ticket;
    return { ok: true, value: { desk: desk.value, ticket: current } };
  }
  if (desk.value.ticket === ticket.value.id) {
    return { ok: true, value: { desk: desk.value, ticket: ticket.value } };
  }
  const { number, state: now } = ticket.value;
  return wrongState(ticket.value, desk.value, `${number} is ${now}, and not at desk ${desk.value.id}`);
}

export function callAgain(state: OfficeState, caller: Caller, args: Parsed<"call.again">): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  const { desk, ticket } = at.value;
  const plan = deskPlan(state, desk.id);
  return accept({
    type: "ticket.recalled",
    ...about(ticket),
    desk: desk.id,
    deskName: plan?.name ?? desk.id,
    groups: plan?.groups ?? [],
    call: ticket.call ?? "",
    by: caller.client,
  });
}

export function markNoShow(state: OfficeState, caller: Caller, args: Parsed<"ticket.no-show">): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  const { desk, ticket } = at.value;
  const least = state.plan.calls.callsBeforeNoShow;
  if (ticket.callsThisTurn < least) {
    const times = `${ticket.callsThisTurn} of ${least} times`;
    return wrongState(ticket, desk, `${ticket.number} was called ${times}: call again before it is a no-show`);
  }
  return accept({ type: "ticket.no-show", ...about(ticket), desk: desk.id, by: caller.client });
}

export function finishTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.finish">): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  return accept(finish(caller, at.value.desk, at.value.ticket));
}
