import { about } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { isManned } from "./queue.ts";
import type { OfficeState, TicketRecord } from "./state.ts";

/** Lets tickets that wait for one desk wait for any that serves them, at the place that they have. */
export function releaseTickets(
  state: OfficeState,
  which: (ticket: TicketRecord) => boolean,
  by: string,
): OfficeEvent[] {
  return [...state.waiting, ...state.waitingAppointments].filter(which).map((ticket) => ({
    type: "ticket.transferred",
    ...about(ticket),
    services: ticket.services,
    fromService: ticket.service,
    desk: null,
    toDesk: null,
    earnedAt: ticket.earnedAt,
    reason: { code: "desk-closed" },
    by,
  }));
}

/** Tickets that were sent to a desk whose break has become a long one, or that is gone. */
export function passBreaks(state: OfficeState, now: number, by: string): OfficeEvent[] {
  const isLeft = ({ boundTo }: TicketRecord) => {
    const desk = boundTo === null ? undefined : state.desks.get(boundTo);
    return boundTo !== null && !(desk && isManned(state, desk, now));
  };
  const anySent = [...state.waitingBound.values()].some((count) => count > 0);
  return anySent ? releaseTickets(state, isLeft, by) : [];
}

/**
 * Tickets that no desk can call and that have not been told of, by the instant since when; and the alarm about each that
 * has been so for too long.
 *
 * @param before what this gave the last time.
 */
export function findUnserved(
  state: OfficeState,
  before: ReadonlyMap<string, number>,
  now: number,
): { since: Map<string, number>; events: OfficeEvent[] } {
  const manned = [...state.desks.values()].filter((desk) => isManned(state, desk, now));
  const served = new Set(manned.flatMap(({ services }) => services));
  const since = new Map<string, number>();
  const events: OfficeEvent[] = [];
  const look = (ticket: TicketRecord) => {
    if (ticket.unservedTold || ticket.boundTo !== null) return;
    if (manned.some(({ services }) => ticket.services.every((id) => services.includes(id)))) return;
    const begun = before.get(ticket.id) ?? now;
    // A clock that was set back by more than that does not make him wait for its return.
    if (Math.abs(now - begun) < state.plan.calls.unservedMs) return void since.set(ticket.id, begun);
    const detail = `${ticket.number} waits for ${ticket.services.join(", ")}, and no open desk serves that`;
    events.push({ type: "device.alarm", client: "hub", alarm: "unserved", detail, ...about(ticket) });
  };
  const isAllServed = [...state.waitingCounts].every(([service, { persons }]) => persons === 0 || served.has(service));
  // Each service may have a desk, and those of a ticket for several no desk that serves them together.
  for (const ticket of state.waiting) if (!isAllServed || ticket.services.length > 1) look(ticket);
  for (const ticket of state.waitingAppointments) look(ticket);
  return { since, events };
}
