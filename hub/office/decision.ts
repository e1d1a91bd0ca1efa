import type { ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/messages.ts";
import type { Aside } from "./aside.ts";
import type { OfficeEvent } from "./events.ts";
import type { DeskRecord, OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";

/** Who asks. A `desk` client acts for its own desks, `admin` for all. */
export interface Caller {
  client: string;
  role: Role;
  desks: readonly string[];
  /** What of that which the role allows may be used; all of it when left out. */
  mayUse?(verb: string): boolean;
}

/**
 * What a command does: the events it causes and what is kept beside them, or why it does nothing of what was asked. A
 * refusal may be on record too, as a wrong birth date is.
 */
export type Decision =
  | {
      ok: true;
      events: OfficeEvent[];
      aside?: Aside;
      /** The appointments that it is about, where the request does not name them. */
      appointments?: string[];
    }
  | { ok: false; error: ProtocolError; events?: OfficeEvent[] };

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

/** A ticket named by its id, or by its number of the current day; a number that stands for another one means that. */
export interface TicketName {
  ticket?: string | undefined;
  number?: string | undefined;
}

export function findTicket(state: OfficeState, { ticket, number }: TicketName): Found<TicketRecord> {
  const id = ticket ?? `${state.day}/${number}`;
  const value = state.tickets.get(id);
  return value ? { ok: true, value: meantBy(state, value) } : missing("unknown-ticket", `there is no ticket ${id}`);
}

function meantBy(state: OfficeState, ticket: TicketRecord): TicketRecord {
  const other = ticket.aliasOf === null ? undefined : state.tickets.get(ticket.aliasOf);
  return other ? meantBy(state, other) : ticket;
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
