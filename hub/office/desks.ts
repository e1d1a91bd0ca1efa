import type { Parsed } from "../../protocol/requests.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline, findDesk, findTicket, findUnknownService } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { nextFor } from "./queue.ts";
import type { DeskRecord, OfficeState, TicketRecord } from "./state.ts";

/** A no-show who appears within this may still be called, in milliseconds. */
const noShowReturnMs = 15 * 60_000;
/** Nobody is a no-show before this many calls: the first one and at least one repeat. */
const callsBeforeNoShow = 2;

const deskPlan = (state: OfficeState, id: string) => state.plan.desks.find((desk) => desk.id === id);

export function openDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.open">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  const plan = deskPlan(state, desk.id);
  if (!plan) return decline("desk-closed", `desk ${desk.id} is no longer part of the office`);
  const services = args.services ?? plan.services;
  const unknown = findUnknownService(state, services);
  if (unknown !== undefined) return decline("unknown-service", `there is no service ${unknown}`);
  if (desk.open && desk.services.join() === services.join()) return accept();
  return accept({ type: "desk.opened", desk: desk.id, services, by: caller.client });
}

const numberAt = (state: OfficeState, desk: DeskRecord) =>
  desk.ticket === null ? null : (state.tickets.get(desk.ticket)?.number ?? null);

function busy(state: OfficeState, desk: DeskRecord): Decision {
  const number = numberAt(state, desk);
  return decline("desk-busy", `${number} is at desk ${desk.id}: finish that visit first`, { number });
}

export function closeDesk(state: OfficeState, caller: Caller, args: Parsed<"desk.close">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  if (desk.ticket !== null) return busy(state, desk);
  if (!desk.open) return accept();
  return accept({ type: "desk.closed", desk: desk.id, by: caller.client });
}

function call(state: OfficeState, caller: Caller, desk: DeskRecord, ticket: TicketRecord, code: string): OfficeEvent {
  const plan = deskPlan(state, desk.id);
  return {
    type: "ticket.called",
    ...about(ticket),
    desk: desk.id,
    deskName: plan?.name ?? desk.id,
    groups: plan?.groups ?? [],
    call: `${ticket.id}/${ticket.calls + 1}`,
    reason: { code },
    by: caller.client,
  };
}

const finish = (caller: Caller, desk: DeskRecord, ticket: TicketRecord): OfficeEvent => ({
  type: "ticket.finished",
  ...about(ticket),
  desk: desk.id,
  by: caller.client,
});

export function callNext(state: OfficeState, caller: Caller, args: Parsed<"call.next">): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const desk = found.value;
  if (!desk.open) return decline("desk-closed", `desk ${desk.id} is closed: open it first`);
  if (args.current !== undefined && args.current !== desk.ticket) {
    const message = `at desk ${desk.id} is ${numberAt(state, desk) ?? "nobody"} now`;
    const current = desk.ticket === null ? null : (state.tickets.get(desk.ticket)?.state ?? null);
    return decline("wrong-state", message, { state: current, current: desk.ticket });
  }
  const current = desk.ticket === null ? undefined : state.tickets.get(desk.ticket);
  if (current && !(args.current !== undefined && args.finish)) return busy(state, desk);
  const next = nextFor(state, desk);
  return accept(
    ...(current ? [finish(caller, desk, current)] : []),
    ...(next ? [call(state, caller, desk, next, "first-come")] : []),
  );
}

export function callNumber(state: OfficeState, caller: Caller, args: Parsed<"call.number">, now: number): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const named = findTicket(state, args);
  if (!named.ok) return named;
  const desk = found.value;
  const ticket = named.value;
  if (!desk.open) return decline("desk-closed", `desk ${desk.id} is closed: open it first`);
  const returns =
    ticket.state === "no-show" &&
    ticket.day === state.day &&
    ticket.noShowAt !== null &&
    now - ticket.noShowAt <= noShowReturnMs;
  if (ticket.state !== "waiting" && !returns) {
    const message = `${ticket.number} is ${ticket.state}`;
    return decline("wrong-state", message, { state: ticket.state, current: desk.ticket });
  }
  if (desk.ticket !== null) return busy(state, desk);
  return accept(call(state, caller, desk, ticket, "by-number"));
}

interface AtDesk {
  desk: DeskRecord;
  ticket: TicketRecord;
}

/** The visitor who must be at this desk for what is asked. */
function visitorAt(
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
  const declined = decline("wrong-state", `${number} is ${now}, and not at desk ${desk.value.id}`, {
    state: now,
    current: desk.value.ticket,
  });
  return declined as Decision & { ok: false };
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
  if (ticket.callsThisTurn < callsBeforeNoShow) {
    const message = `${ticket.number} was called only once: call again before it is a no-show`;
    return decline("wrong-state", message, { state: ticket.state, current: desk.ticket });
  }
  return accept({ type: "ticket.no-show", ...about(ticket), desk: desk.id, by: caller.client });
}

export function finishTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.finish">): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  return accept(finish(caller, at.value.desk, at.value.ticket));
}
