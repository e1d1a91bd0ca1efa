import { frontPriority } from "../../protocol/requests.ts";
import type { DeskRecord, OfficeState, TicketRecord, Waiting } from "./state.ts";
import { servicePlan } from "./state.ts";

const minuteMs = 60_000;

/** The instant by which a ticket stands in its line: a priority is a head start on it. */
export const placeTime = ({ kind, appointmentAt, earnedAt, priority }: TicketRecord) =>
  (kind === "appointment" ? (appointmentAt ?? earnedAt) : earnedAt) - priority * minuteMs;

export const isEmergency = ({ priority }: TicketRecord) => priority === frontPriority;

/** Who stands before all others, appointments and walk-ins alike: emergencies, then no-shows who have come back. */
const rankOf = (ticket: TicketRecord) => (isEmergency(ticket) ? 0 : ticket.returnedAt === null ? 2 : 1);
export const isInFront = (ticket: TicketRecord) => rankOf(ticket) < 2;

/** Who comes first of two in the same line: the earlier place, and the lower number where they are the same. */
export function comesBefore(a: TicketRecord, b: TicketRecord): boolean {
  const difference = rankOf(a) - rankOf(b) || placeTime(a) - placeTime(b);
  return difference < 0 || (difference === 0 && a.number < b.number);
}

/** Walk-ins and appointments wait in lines of their own; whose turn it is between them is the policy's. */
export const lineOf = (state: OfficeState, { kind }: TicketRecord) =>
  kind === "appointment" ? state.waitingAppointments : state.waiting;

/** Where in its line this ticket stands or would stand. */
function placeOf(line: readonly TicketRecord[], ticket: TicketRecord): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = line[middle];
    if (other && other.id !== ticket.id && comesBefore(other, ticket)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts a ticket in, or out again. One for several services takes the time of each. */
export function count(counts: Map<string, Waiting>, { service, services, persons }: TicketRecord, by: 1 | -1): void {
  for (const id of services) {
    const before = counts.get(id) ?? { tickets: 0, persons: 0 };
    const tickets = before.tickets + (id === service ? by : 0);
    counts.set(id, { tickets, persons: before.persons + by * persons });
  }
}

export function enqueue(state: OfficeState, ticket: TicketRecord): void {
  const line = lineOf(state, ticket);
  line.splice(placeOf(line, ticket), 0, ticket);
  countIn(state, ticket, 1);
}

export function dequeue(state: OfficeState, ticket: TicketRecord): void {
  const line = lineOf(state, ticket);
  const place = placeOf(line, ticket);
  if (line[place]?.id !== ticket.id) return;
  line.splice(place, 1);
  countIn(state, ticket, -1);
}

function countIn(state: OfficeState, ticket: TicketRecord, by: 1 | -1): void {
  count(state.waitingCounts, ticket, by);
  const { boundTo } = ticket;
  if (boundTo !== null) state.waitingBound.set(boundTo, (state.waitingBound.get(boundTo) ?? 0) + by);
}

/** The service group of a ticket: the letter of its service, for an appointment too. */
export const groupOf = (state: OfficeState, ticket: TicketRecord): string =>
  servicePlan(state, ticket.service)?.letter ?? ticket.letter;

/** The service groups for which a call at a desk counts as their last one: they take turns there. */
export function groupsOf(state: OfficeState, ticket: TicketRecord, desk: DeskRecord | undefined): string[] {
  const groups = desk?.services.flatMap((id) => servicePlan(state, id)?.letter ?? []) ?? [];
  return [...new Set([groupOf(state, ticket), ...groups])];
}

/** Whether a desk may call a ticket: it serves all of its services, or it is the one that the ticket was sent to. */
export const serves = (desk: DeskRecord, { boundTo, services }: TicketRecord) =>
  boundTo === null ? services.every((id) => desk.services.includes(id)) : boundTo === desk.id;

/** Whether somebody calls here: a desk whose clerk takes a break is open and calls nobody. */
export const isCalling = ({ open, pausedAt }: DeskRecord) => open && pausedAt === null;

/** Whether those who wait may count on this desk: it calls, or its break is a short one. */
export const isManned = (state: OfficeState, { open, pausedAt }: DeskRecord, now: number) =>
  open && (pausedAt === null || now - pausedAt <= state.plan.calls.pauseMs);

/** The time a ticket has earned while it does not wait, in milliseconds. A clock that was set back takes nothing away. */
const waitedMs = ({ earnedAt, calledAt }: TicketRecord) => Math.max(0, (calledAt ?? earnedAt) - earnedAt);

/**
 * The place in time of a ticket that waits, or the one that it takes when it waits again or is called again at `now`: as
 * long before now as it has waited already. What lay between, being served or parked or away, does not count.
 */
export const earnedAtNow = (ticket: TicketRecord, now: number) =>
  ticket.state === "waiting" ? ticket.earnedAt : now - waitedMs(ticket);

export function desksOpenFor(state: OfficeState, service: string): number {
  return [...state.desks.values()].filter((desk) => isCalling(desk) && desk.services.includes(service)).length;
}

/** Who waits, by service. */
export type Counts = ReadonlyMap<string, Waiting>;

/** All walk-ins who wait. */
export function allWalkIns(state: OfficeState): Counts {
  if (state.waitingAppointments.length === 0) return state.waitingCounts;
  const counts = new Map(state.waitingCounts);
  for (const ticket of state.waitingAppointments) count(counts, ticket, -1);
  return counts;
}

/** Who stands before this ticket in its line. For a walk-in reckoned from the end, where most of those stand who ask. */
export function waitingBefore(state: OfficeState, ticket: TicketRecord): Counts {
  const line = lineOf(state, ticket);
  const place = placeOf(line, ticket);
  if (ticket.kind === "appointment") return countsOf(line.slice(0, place));
  const counts = new Map(allWalkIns(state));
  for (let index = line.length - 1; index >= place; index -= 1) {
    const behind = line[index];
    if (behind) count(counts, behind, -1);
  }
  return counts;
}

/** Which of the appointments that wait come before one at this time. */
export const appointmentsBefore = (state: OfficeState, at: number): Counts =>
  countsOf(state.waitingAppointments.filter((ticket) => placeTime(ticket) <= at));

function countsOf(tickets: readonly TicketRecord[]): Counts {
  const counts = new Map<string, Waiting>();
  for (const ticket of tickets) count(counts, ticket, 1);
  return counts;
}
