import { refuse } from "../../protocol/errors.ts";
import type { JournalTicket } from "../../protocol/journal.ts";
import type { Adoption } from "./adopt.ts";
import type { AppointmentRecord } from "./appointments/record.ts";
import { appointmentLetter } from "./appointments/record.ts";
import type { Caller } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { appointmentShown, finishedBefore, otherNumber, stands, takesPlace } from "./other-numbers.ts";
import type { OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";

const no = (...args: Parameters<typeof refuse>) => ({ ok: false as const, error: refuse(...args) });

/**
 * Takes back a number of today that the hub had given before a backup was put in place which does not know it: with its
 * place in the queue, and its appointment as checked in.
 *
 * @param made what the hub has made of the same touch since: it becomes void, and if it was called, the desk has the number
 *   on the paper instead.
 */
export function recoverTicket(
  state: OfficeState,
  { client }: Caller,
  item: JournalTicket,
  made: TicketRecord | undefined,
  now: number,
): Adoption {
  const { number, day, kind } = item;
  const id = `${day}/${number}`;
  const letter = number.slice(0, 1);
  if (!state.recovery) return no("bad-request", `${number} is not known, and no backup was put in place`);
  if (day !== state.day) return no("other-day", `${number} is not of today`, { date: state.day });
  if (state.tickets.has(id)) return no("bad-request", `${number} has been given to somebody else since the restore`);
  const service = servicePlan(state, item.service);
  if (!service) return no("unknown-service", `${number}: there is no service ${item.service}`);
  if (letter !== (kind === "appointment" ? appointmentLetter : service.letter)) {
    return no("bad-request", `${number} is not of the series of ${item.service}`);
  }
  const issuedAt = Math.min(Date.parse(item.issuedAt), now);
  const record = kind === "appointment" ? appointmentOf(state, item) : undefined;
  const before = record && otherNumber(state, record, made, issuedAt);
  const ticket = { ticket: id, number, service: item.service };
  const bookedAt = item.appointmentAt === undefined ? null : Date.parse(item.appointmentAt);
  const recovered: OfficeEvent = {
    type: "ticket.recovered",
    ...ticket,
    day,
    letter,
    services: item.services.filter((each) => servicePlan(state, each)),
    issuedAt,
    earnedAt: Math.min(Date.parse(item.earnedAt), now),
    kind,
    persons: item.persons,
    language: item.language ?? state.plan.languages[0] ?? "de",
    issuer: client,
    appointment: record?.id ?? null,
    // An appointment that was booked after the backup is gone; whoever was let in with it is called at its time.
    appointmentAt: bookedAt ?? record?.at ?? (kind === "appointment" ? issuedAt : null),
    aliasOf: before?.counts ? before.ticket.id : null,
    ...finishedBefore(made),
  };
  const way = item.code === undefined ? ("birthdate" as const) : ("code" as const);
  const also = takesPlace(state, client, ticket, { checkIn: { record, readAt: issuedAt, way }, before, made });
  return { ok: true, ticket: id, events: [...movedSince(record, item, client), recovered, ...also] };
}

/**
 * Whether a number that is there is the one of which a terminal tells. One of a terminal whose clock was unsure has another
 * place in time whenever it is told, so that the appointment says whose it is.
 */
export function isSameNumber(state: OfficeState, there: TicketRecord, item: JournalTicket): boolean {
  if (there.issuedAt === Date.parse(item.issuedAt)) return true;
  const record = appointmentNamed(state, item);
  if (record) return there.appointment === record.id || there.shownFor === record.id;
  // Booked after the backup. What is there of before the restore was given to nobody else.
  return item.kind === "appointment" && there.afterRestore;
}

/** The appointment that the hub had named, or that of the code. The time alone is not enough: others may have the same. */
function appointmentNamed(
  state: OfficeState,
  { appointment: id, code }: Pick<JournalTicket, "appointment" | "code">,
): AppointmentRecord | undefined {
  return id === undefined ? appointmentShown(state, code) : state.appointments.records.get(id);
}

/** That appointment, as far as it can be his who has the number. */
function appointmentOf(state: OfficeState, item: JournalTicket): AppointmentRecord | undefined {
  const { appointment: id, code } = item;
  const record = appointmentNamed(state, item);
  if (!record) return undefined;
  // Since then it was moved: what he came with is void, and the new time is still to come.
  if (code !== undefined && record.sealed.formerCodes.includes(code)) return undefined;
  if (record.movedIn === state.epoch && Date.parse(item.appointmentAt ?? "") !== record.at) return undefined;
  // The hub had let him in: so it was confirmed after the backup.
  const wasConfirmed = id !== undefined && (record.state === "reserved" || record.ended === "not-confirmed");
  return stands(record) || wasConfirmed ? record : undefined;
}

/** A move since the backup, as far as the terminal that let him in knows of it: the time, and the code that he showed. */
function movedSince(record: AppointmentRecord | undefined, item: JournalTicket, by: string): OfficeEvent[] {
  if (!record || record.state === "checked-in") return [];
  const { id: appointment, at: from, until, sealed } = record;
  const time = item.appointmentAt === undefined ? from : Date.parse(item.appointmentAt);
  const code = item.code ?? sealed.code;
  if (time === from && code === sealed.code) return [];
  const formerCodes = code === sealed.code || sealed.code === null ? [] : [sealed.code];
  return [
    {
      type: "appointment.moved",
      ...{ appointment, day: item.day, time, until: time + until - from, from, by },
      sealed: { ...sealed, code, formerCodes: [...sealed.formerCodes, ...formerCodes] },
    },
  ];
}
