import type { AppointmentRecord } from "./appointments/record.ts";
import { about } from "./decision.ts";
import { callName, mayReturn } from "./desks.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState, TicketRecord } from "./state.ts";
import { isLive, numberShownFor } from "./tickets.ts";

/** Another number of somebody who has an appointment. */
export interface OtherNumber {
  ticket: TicketRecord;
  /** That is the one that counts. */
  counts: boolean;
  /** Its visitor was given up or gave up before he came again: nobody is called by it. */
  isOver: boolean;
}

/**
 * The number that an appointment has already, or that its visitor has who came too early, if it is another than what the
 * hub made of the same touch.
 */
export function otherNumber(
  state: OfficeState,
  record: AppointmentRecord,
  made: TicketRecord | undefined,
  issuedAt: number,
): OtherNumber | undefined {
  const ticket = record.ticket === null ? numberShownFor(state, record.id) : state.tickets.get(record.ticket);
  if (!ticket || ticket.id === made?.id) return undefined;
  const isOver = wasOver(state, ticket, issuedAt);
  // Whoever has been called by his first number is there already, whenever he showed his code.
  const isFirst = ticket.state === "waiting" ? ticket.issuedAt <= issuedAt : !isOver;
  // What expired while its day goes on, as a clock was ahead, is never called.
  const hasExpired = ticket.state === "expired" && ticket.day === state.day;
  return { ticket, counts: isKnown(ticket) && isFirst && !hasExpired, isOver };
}

/** Whether nobody was to be called by this number any more at that time, and its visitor had not been served. */
const wasOver = (state: OfficeState, ticket: TicketRecord, at: number): boolean =>
  ticket.day === state.day &&
  at > (ticket.endedAt ?? at) &&
  !isLive(ticket.state) &&
  !["finished", "expired"].includes(ticket.state) &&
  !mayReturn(state, ticket, at);

/**
 * Whether the visitor knows his number and comes when it is called: of one that the hub gave he does not where no terminal
 * has said that it came out, unless he has been at a desk with it.
 */
const isKnown = ({ state, origin, paper, copiedAt }: TicketRecord): boolean =>
  state === "finished" ||
  state === "parked" ||
  origin === "reserve" ||
  copiedAt !== undefined ||
  ["printed", "shown", "none"].includes(paper);

/** What else happens when a number is taken in: its appointment is checked in, and other numbers of the visitor are void. */
export function takesPlace(
  state: OfficeState,
  client: string,
  ticket: { ticket: string; number: string },
  {
    checkIn: { record, readAt, way },
    before,
    made,
  }: {
    checkIn: { record: AppointmentRecord | undefined; readAt: number; way: "code" | "birthdate" };
    before: OtherNumber | undefined;
    made: TicketRecord | undefined;
  },
): OfficeEvent[] {
  const events: OfficeEvent[] = [];
  const isOver = before?.isOver ?? false;
  if (record && (record.state !== "checked-in" || isOver)) {
    const reason = { code: way };
    // The number of whoever came too early becomes that of his appointment.
    const own = before?.counts ? { ticket: before.ticket.id, time: record.at } : { ticket: ticket.ticket };
    events.push({ type: "appointment.checked-in", appointment: record.id, ...own, readAt, reason, by: client });
  }
  // A number that is over stays as it ended.
  if (before && !before.counts && !isOver) events.push(replaced(state, client, before.ticket, ticket));
  if (made && made.state !== "void" && made.state !== "finished") events.push(replaced(state, client, made, ticket));
  return events;
}

function replaced(
  state: OfficeState,
  by: string,
  old: TicketRecord,
  { ticket, number }: { ticket: string; number: string },
): OfficeEvent {
  const desk = old.state === "called" ? old.desk : null;
  const plan = state.plan.desks.find(({ id }) => id === desk);
  return {
    type: "ticket.replaced",
    ...about(old),
    replacement: ticket,
    replacementNumber: number,
    appointment: old.appointment,
    desk,
    deskName: plan?.name ?? desk ?? "",
    groups: plan?.groups ?? [],
    call: callName(state, ticket),
    by,
  };
}

/** Names what the hub made of a touch, where its visit was finished before the number on the paper came in. */
export const finishedBefore = (made: TicketRecord | undefined) =>
  made?.state === "finished" ? { finished: made.id } : {};

/** The appointment of a code, one that a move made void too. */
export function appointmentShown(state: OfficeState, code: string | undefined): AppointmentRecord | undefined {
  const id = code === undefined ? undefined : state.appointments.codes.get(code);
  return id === undefined ? undefined : state.appointments.records.get(id);
}

/** Whoever comes may still be let in with it; that he did not come in time is provisional while terminals were away. */
export const stands = ({ state, ended }: AppointmentRecord): boolean =>
  state === "confirmed" || state === "checked-in" || ended === "not-checked-in";
