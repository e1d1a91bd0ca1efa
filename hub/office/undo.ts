import type { Parsed } from "../../protocol/requests.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline } from "./decision.ts";
import { deskPlan, visitorAt } from "./desks.ts";
import { enqueue } from "./queue.ts";
import type { CallUndo, DeskRecord, OfficeState, TicketRecord } from "./state.ts";
import { calledFields } from "./state.ts";

/**
 * Takes the last call of a desk back: the visitor returns to the place and state that he had, and whoever was finished to
 * make room for him is at the desk again. Only for a short while after the call: `too-late`.
 */
export function undoCall(state: OfficeState, caller: Caller, args: Parsed<"call.undo">, now: number): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  const { desk, ticket } = at.value;
  const { undo } = desk;
  const isInTime = undo && undo.ticket === ticket.id && now - undo.at <= state.plan.calls.undoMs;
  if (!isInTime || ticket.day !== state.day) {
    const seconds = state.plan.calls.undoMs / 1000;
    return decline("too-late", `a call can be taken back for ${seconds} s: transfer ${ticket.number} or finish it`);
  }
  return accept({
    type: "ticket.undone",
    ...about(ticket),
    desk: desk.id,
    groups: deskPlan(state, desk.id)?.groups ?? [],
    call: undo.call,
    finished: undo.finished,
    by: caller.client,
  });
}

/** What is to be remembered of a ticket, a desk and the last calls before a call changes them. */
export function undoOf(
  state: OfficeState,
  ticket: TicketRecord,
  groups: string[],
  { call, finished }: { call: string; finished: string | null },
  at: number,
): CallUndo {
  return {
    call,
    ticket: ticket.id,
    at,
    before: pick(ticket),
    finished,
    lastCalled: [ticket.service, state.lastCalled.get(ticket.service) ?? null],
    lastKinds: groups.map((group) => [group, state.lastKind.get(group) ?? null]),
  };
}

function pick(ticket: TicketRecord): CallUndo["before"] {
  return Object.fromEntries(calledFields.map((field) => [field, ticket[field]])) as CallUndo["before"];
}

/**
 * A call under the number that replaced the one called: it can be taken back as long as before, with all that it changed.
 *
 * @param before what was to be remembered of the call of the `replaced` ticket.
 */
export function goOn(desk: DeskRecord, before: CallUndo | null, replaced: string): void {
  const { undo } = desk;
  if (!undo) return;
  const { call, ticket, before: place } = undo;
  desk.undo = before?.ticket === replaced ? { ...before, call, ticket, before: place } : null;
}

/** Whoever has another number on his paper than the one that was finished does not come back when a call is taken back. */
export function keepFinished(state: OfficeState, ticket: string | undefined): void {
  for (const { undo } of state.desks.values()) if (undo && undo.finished === ticket) undo.finished = null;
}

/** Puts back what the last call of this desk changed, but for the boards. */
export function restore(state: OfficeState, desk: DeskRecord): void {
  const { undo } = desk;
  const ticket = undo ? state.tickets.get(undo.ticket) : undefined;
  if (!undo || !ticket) return;
  Object.assign(ticket, undo.before);
  if (ticket.state === "waiting") enqueue(state, ticket);
  const finished = undo.finished === null ? undefined : state.tickets.get(undo.finished);
  if (finished) {
    finished.state = "called";
    finished.endedAt = null;
  }
  desk.ticket = finished?.id ?? null;
  desk.undo = null;
  const others = [...state.desks.values()].flatMap((other) => other.undo ?? []);
  const [service, lastCalled] = undo.lastCalled;
  putBack(state.lastCalled, service, lastCalled, undo.call, others.map((other) => other.lastCalled)); // biome-ignore format: one thought
  const lastKinds = others.flatMap((other) => other.lastKinds);
  for (const [group, lastKind] of undo.lastKinds) putBack(state.lastKind, group, lastKind, undo.call, lastKinds);
}

/**
 * Where the call was the last one, the one before it is so again; where another followed it, that one has it before it
 * no longer.
 */
function putBack<T extends { call: string }>(
  lasts: Map<string, T>,
  key: string,
  before: T | null,
  call: string,
  followers: [string, T | null][],
): void {
  if (lasts.get(key)?.call === call) {
    if (before) lasts.set(key, before);
    else lasts.delete(key);
  }
  for (const follower of followers) if (follower[0] === key && follower[1]?.call === call) follower[1] = before;
}
