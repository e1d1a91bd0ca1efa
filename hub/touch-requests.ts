import { hashCheckInCode } from "../protocol/check-in-code.ts";
import { refuse } from "../protocol/errors.ts";
import type { Parsed, Result, Verb } from "../protocol/requests.ts";
import type { ReserveNumber } from "./office/adopt.ts";
import { adoptNumber, placesInTime } from "./office/adopt.ts";
import type { Caller } from "./office/decision.ts";
import type { OfficeEvent } from "./office/events.ts";
import { appointmentShown } from "./office/other-numbers.ts";
import type { OfficeState, TicketRecord } from "./office/state.ts";
import { dayAt } from "./office/state.ts";
import { withdrawTicket } from "./office/tickets.ts";
import { ticketForTerminal } from "./office/views.ts";

/** The verbs about earlier requests of the same client: they reach into what was answered to those. */
export type TouchVerb = Extract<Verb, "ticket.withdraw" | "ticket.adopt" | "journal.report">;

/** What such a verb works with. */
export interface TouchWork {
  state: OfficeState;
  caller: Caller;
  now: number;
  apply(events: OfficeEvent[]): void;
  /** What was answered to an earlier request of this client: its verb, and the body of the reply. */
  answered(request: string): { verb: string; body: object } | undefined;
  /** Puts this answer in its place, whatever the request's arguments were or will be. */
  tombstone(request: string, verb: Verb, body: object): void;
  /** Fetches a ticket of a past day into the state, if there is one. */
  recall(ticket: string): void;
}

export type TouchReply<V extends TouchVerb> =
  | { ok: true; result: Result<V> }
  | { ok: false; error: ReturnType<typeof refuse> };

type TicketBody = { ok?: boolean; result?: { ticket?: { id: string; number: string; origin: string } } };
export const ticketIn = (body: object | undefined) => (body as TicketBody | undefined)?.result?.ticket;

/**
 * Undoes an issue request whose ticket nobody got: its ticket becomes void, and should the request arrive only later,
 * it is answered `withdrawn`.
 */
export function withdraw(work: TouchWork, { request }: Parsed<"ticket.withdraw">): TouchReply<"ticket.withdraw"> {
  const known = work.answered(request);
  if (known && known.verb !== "ticket.issue") {
    return { ok: false, error: refuse("bad-request", "request: is not the id of a ticket.issue") };
  }
  const ticket = ticketIn(known?.body)?.id;
  if (ticket !== undefined) {
    work.recall(ticket);
    work.apply(withdrawTicket(work.state, work.caller, ticket));
  }
  const error = refuse("withdrawn", "this request was withdrawn: nobody has its paper");
  work.tombstone(request, "ticket.issue", { ok: false, error });
  return { ok: true, result: {} };
}

/**
 * Takes the numbers that a terminal gave while it was alone. Each one is adopted once, however often it comes; what the
 * hub made of the same touch becomes void, and should that request arrive only later, it is answered with the number on
 * the paper. One that cannot be taken is refused by itself, and staff are told.
 */
export function adopt(work: TouchWork, { tickets }: Parsed<"ticket.adopt">): TouchReply<"ticket.adopt"> {
  const { state, caller, now } = work;
  const inOrder = tickets.toSorted((a, b) => a.order - b.order);
  const since = { sure: startOfDay(state, now), unsure: lastContact(state, caller, now) };
  const after = inOrder[0]?.clock === "unsure" ? lastBrought(state, caller) : undefined;
  const places = placesInTime(inOrder, since, now, after);
  const result: Result<"ticket.adopt"> = { adopted: [], refused: [] };
  for (const [index, item] of inOrder.entries()) {
    const { request, number } = item;
    const { earnedAt = now, earliest = now } = places[index] ?? {};
    const code = item.code?.length === 34 ? hashCheckInCode(item.code) : item.code;
    const done = adoptOne(work, { ...item, code, earnedAt, earliest, afterRestore: false });
    if (done.ok) {
      const { id: ticket, state: now } = done.ticket;
      result.adopted.push({ request, ticket, number, state: now });
      continue;
    }
    result.refused.push({ request, number, error: done.error });
    tellStaff(work, item, done.error.message);
  }
  return { ok: true, result };
}

/** Somebody has a number on paper that is in no queue. */
export function tellStaff({ apply, caller }: TouchWork, { number, day }: { number: string; day: string }, why: string) {
  const detail = `${number} of ${day} was not taken: ${why}`.slice(0, 200);
  apply([{ type: "device.alarm", client: caller.client, alarm: "reserve number", detail }]);
}

export type Adopted = { ok: true; ticket: TicketRecord } | { ok: false; error: ReturnType<typeof refuse> };

/** Takes in one number; the same one again, and nothing happens. */
export function adoptOne(work: TouchWork, item: ReserveNumber): Adopted {
  const { state } = work;
  const verb = item.code === undefined ? "ticket.issue" : "appointment.check-in";
  const known = work.answered(item.request);
  const id = `${item.day}/${item.number}`;
  work.recall(id);
  const before = ticketIn(known?.body);
  if (before) work.recall(before.id);
  const shown = appointmentShown(state, item.code);
  if (shown?.ticket) work.recall(shown.ticket);
  const made = before && state.tickets.get(before.id);
  // An appointment that was checked in before is answered with the number it has: that one stays, whoever gave it.
  const isEarlier = made?.origin === "reserve" && made.appointment === shown?.id;
  const own = made?.issuer === work.caller.client && !isEarlier ? made : undefined;
  if (before?.origin === "reserve" && (before.id === id || own)) {
    const ticket = state.tickets.get(id);
    if (before.id === id && ticket) return { ok: true, ticket };
    const message = `the touch of ${item.number} has the number ${before.number} already`;
    return { ok: false, error: refuse("bad-request", message) };
  }
  if (known && known.verb !== verb) {
    return { ok: false, error: refuse("bad-request", `request: is the id of a ${known.verb}`) };
  }
  const adoption = adoptNumber(state, work.caller, item, own);
  if (!adoption.ok) return adoption;
  work.apply(adoption.events);
  const ticket = state.tickets.get(adoption.ticket);
  if (!ticket) throw new Error(`${adoption.ticket} was adopted and is not there`);
  work.tombstone(item.request, verb, { ok: true, result: lateAnswer(work, ticket, verb) });
  return { ok: true, ticket };
}

/** What the touch's own request is told, should it come only now. */
export function lateAnswer(
  { state, now }: TouchWork,
  ticket: TicketRecord,
  verb: "ticket.issue" | "appointment.check-in",
): object {
  const view = ticketForTerminal(state, ticket, now);
  if (verb === "ticket.issue") return { ticket: view };
  const time = new Date(ticket.appointmentAt ?? ticket.issuedAt).toISOString();
  return { ticket: view, appointment: { time, services: ticket.services } };
}

export const startOfDay = (state: OfficeState, now: number) => dayAt(state, now)?.start ?? now;

/** When this terminal was last given a ticket here, as far as that is at hand. */
export const lastContact = (state: OfficeState, { client }: Caller, now: number): number =>
  lastIssue(state, (ticket) => ticket.issuer === client && ticket.origin === "hub" && ticket.issuedAt <= now) ?? now;

/** The latest place of what this terminal has brought already: what it brings now was given behind it. */
const lastBrought = (state: OfficeState, { client }: Caller): number | undefined =>
  lastIssue(state, ({ issuer, origin, day }) => issuer === client && origin === "reserve" && day === state.day);

function lastIssue({ tickets }: OfficeState, isMeant: (ticket: TicketRecord) => boolean): number | undefined {
  let last: number | undefined;
  for (const ticket of tickets.values()) {
    if (isMeant(ticket)) last = Math.max(last ?? ticket.issuedAt, ticket.issuedAt);
  }
  return last;
}
