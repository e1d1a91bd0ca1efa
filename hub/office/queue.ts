import type { DeskRecord, OfficeState, TicketRecord, Waiting } from "./state.ts";
import { servicePlan } from "./state.ts";

/** Who comes first: the earlier earned time, and the lower number where two earned the same. */
export function comesBefore(a: TicketRecord, b: TicketRecord): boolean {
  return a.earnedAt < b.earnedAt || (a.earnedAt === b.earnedAt && a.number < b.number);
}

/** Where in the queue this ticket stands or would stand. */
function placeOf(waiting: TicketRecord[], ticket: TicketRecord): number {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = waiting[middle];
    if (other && other.id !== ticket.id && comesBefore(other, ticket)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts a ticket in, or out again. */
export function count(counts: Map<string, Waiting>, { service, persons }: TicketRecord, by: 1 | -1): void {
  const before = counts.get(service) ?? { tickets: 0, persons: 0 };
  counts.set(service, { tickets: before.tickets + by, persons: before.persons + by * persons });
}

export function enqueue(state: OfficeState, ticket: TicketRecord): void {
  state.waiting.splice(placeOf(state.waiting, ticket), 0, ticket);
  count(state.waitingCounts, ticket, 1);
}

export function dequeue(state: OfficeState, ticket: TicketRecord): void {
  const place = placeOf(state.waiting, ticket);
  if (state.waiting[place]?.id !== ticket.id) return;
  state.waiting.splice(place, 1);
  count(state.waitingCounts, ticket, -1);
}

export const serves = (desk: DeskRecord, ticket: TicketRecord) =>
  ticket.services.every((id) => desk.services.includes(id));

/** Whose turn it is at this desk, first come first served among those whose services it serves. */
export function nextFor(state: OfficeState, desk: DeskRecord): TicketRecord | undefined {
  if (!desk.services.some((id) => state.waitingCounts.get(id)?.tickets)) return undefined;
  return state.waiting.find((ticket) => serves(desk, ticket));
}

/** The desks whose calls decide how long somebody for this service waits: the open ones, or all before any opens. */
function desksFor(state: OfficeState, service: string): DeskRecord[] {
  const able = [...state.desks.values()].filter((desk) => desk.services.includes(service));
  const open = able.filter((desk) => desk.open);
  return open.length > 0 ? open : able;
}

export function desksOpenFor(state: OfficeState, service: string): number {
  return [...state.desks.values()].filter((desk) => desk.open && desk.services.includes(service)).length;
}

/** Who waits, by service. */
export type Counts = ReadonlyMap<string, Waiting>;

/**
 * How many tickets of each service wait before this one. Reckoned from the end of the queue, where most of those stand
 * that are asked for.
 */
export function waitingBefore(state: OfficeState, ticket: TicketRecord): Counts {
  const counts = new Map(state.waitingCounts);
  const place = placeOf(state.waiting, ticket);
  for (let index = state.waiting.length - 1; index >= place; index -= 1) {
    const behind = state.waiting[index];
    if (behind) count(counts, behind, -1);
  }
  return counts;
}

/** An estimate says "from … to …" by these shares of what the people ahead are expected to take. */
const estimateShares = { low: 0.7, high: 1.4 } as const;

export interface Outlook {
  /** Tickets that the desks for this service would call first. */
  ahead: number;
  /** Expected wait in whole minutes; null while no desk is open for the service. */
  minutes: [number, number] | null;
}

/** What somebody for `service` has before him, given who waits ahead.  */
export function outlook(state: OfficeState, service: string, counts: Counts): Outlook {
  const desks = desksFor(state, service);
  let ahead = 0;
  let work = 0;
  for (const [id, { tickets, persons }] of counts) {
    if (!desks.some((desk) => desk.services.includes(id))) continue;
    ahead += tickets;
    work += persons * (servicePlan(state, id)?.minutes ?? 0);
  }
  const open = desksOpenFor(state, service);
  if (open === 0) return { ahead, minutes: null };
  const expected = work / open;
  return { ahead, minutes: [Math.floor(expected * estimateShares.low), Math.ceil(expected * estimateShares.high)] };
}
