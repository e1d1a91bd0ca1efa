import { refuse } from "../../protocol/errors.ts";
import type { JournalTicket } from "../../protocol/journal.ts";
import type { Adoption } from "./adopt.ts";
import { appointmentShown, otherNumber, stands, takesPlace } from "./adopt.ts";
import type { AppointmentRecord } from "./appointments/record.ts";
import { appointmentLetter } from "./appointments/record.ts";
import type { Caller } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
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
    appointmentAt: record?.at ?? bookedAt ?? (kind === "appointment" ? issuedAt : null),
    aliasOf: before?.counts ? before.ticket.id : null,
  };
  const way = item.code === undefined ? ("birthdate" as const) : ("code" as const);
  const also = takesPlace(state, client, ticket, { checkIn: { record, readAt: issuedAt, way }, before, made });
  return { ok: true, ticket: id, events: [recovered, ...also] };
}

/** The appointment by its code, or, where there was only a birth date, the one at its time if that can be but one. */
function appointmentOf(state: OfficeState, item: JournalTicket): AppointmentRecord | undefined {
  if (item.code !== undefined) {
    const record = appointmentShown(state, item.code);
    return record && record.day === item.day && stands(record) ? record : undefined;
  }
  const ids = state.appointments.days.get(item.day)?.ids ?? [];
  const wanted = item.services.join();
  const fitting = [...ids]
    .flatMap((id) => state.appointments.records.get(id) ?? [])
    .filter((record) => record.at === Date.parse(item.appointmentAt ?? "") && stands(record))
    .filter((record) => record.state !== "checked-in")
    .filter(({ services }) => services.map(({ service }) => service).join() === wanted);
  return fitting.length === 1 ? fitting[0] : undefined;
}
