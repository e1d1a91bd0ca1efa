import type { ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/messages.ts";
import type { OfficeEvent } from "./events.ts";
import type { DeskRecord, OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";

/** Who asks. A `desk` client acts for its own desks, `admin` for all. */
export interface Caller {
  client: string;
  role: Role;
  desks: readonly string[];
}

/** What a command does: the events it causes, or why it does nothing. */
export type Decision = { ok: true; events: OfficeEvent[] } | { ok: false; error: ProtocolError };

export const accept = (...events: OfficeEvent[]): Decision => ({ ok: true, events });
export const decline = (code: ErrorCode, message: string, details?: Record<string, unknown>): Decision => ({
  ok: false,
  error: refuse(code, message, details),
});

export type Found<T> = { ok: true; value: T } | { ok: false; error: ProtocolError };
const missing = (code: ErrorCode, message: string, details?: Record<string, unknown>) => ({
  ok: false as const,
  error: refuse(code, message, details),
});

/** A ticket named by its id, or by its number of the current day. */
export interface TicketName {
  ticket?: string | undefined;
  number?: string | undefined;
}

export function findTicket(state: OfficeState, { ticket, number }: TicketName): Found<TicketRecord> {
  const id = ticket ?? `${state.day}/${number}`;
  const value = state.tickets.get(id);
  return value ? { ok: true, value } : missing("unknown-ticket", `there is no ticket ${id}`);
}

/** The desk, if there is one of this name and this caller may act for it. */
export function findDesk(state: OfficeState, caller: Caller, id: string): Found<DeskRecord> {
  const value = state.desks.get(id);
  if (!value) return missing("unknown-desk", `there is no desk ${id}`);
  if (caller.role !== "admin" && !caller.desks.includes(id)) {
    return missing("forbidden", `${caller.client} may not act for desk ${id}`);
  }
  return { ok: true, value };
}

/** The first of these services that the office does not have. */
export function findUnknownService(state: OfficeState, services: readonly string[]): string | undefined {
  return services.find((id) => !servicePlan(state, id));
}

/** The fields by which every event about a ticket names it. */
export const about = (ticket: TicketRecord) => ({
  ticket: ticket.id,
  number: ticket.number,
  service: ticket.service,
});
