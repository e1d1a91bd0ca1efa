import type { ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import type { ReserveTicket } from "../../protocol/reserve.ts";
import type { AppointmentPlan, AppointmentRecord } from "./appointments/record.ts";
import { appointmentLetter, toSecond } from "./appointments/record.ts";
import type { Caller } from "./decision.ts";
import { comesBack } from "./desks.ts";
import type { OfficeEvent } from "./events.ts";
import type { OtherNumber } from "./other-numbers.ts";
import { appointmentShown, finishedBefore, otherNumber, stands, takesPlace } from "./other-numbers.ts";
import { findRange } from "./reserves.ts";
import type { OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";

/** A number that a terminal gave alone, with its place in time as the hub sees it. */
export interface ReserveNumber extends Omit<ReserveTicket, "code"> {
  /** The hash of the code that was shown. */
  code: string | undefined;
  /** Its place in the queue: behind those that the same terminal gave before it. */
  earnedAt: number;
  /** When it was given: as the terminal says where its clock was sure, and else at the earliest. */
  earliest: number;
  /** It had been adopted before a backup was put in place that does not know it. */
  afterRestore: boolean;
  /** Then, the time of the appointment as the terminal knew it, and what the ticket waits for. */
  bookedAt?: number | undefined;
  services?: readonly string[];
}

export type Adoption = { ok: true; ticket: string; events: OfficeEvent[] } | { ok: false; error: ProtocolError };

const no = (code: ErrorCode, message: string, details?: Record<string, unknown>) => ({
  ok: false as const,
  error: refuse(code, message, details),
});

/**
 * Takes a number that a terminal gave alone into the office: with its place in the queue if it is of today, as expired if
 * it is of a day before. One of a day that has not begun is declined with `other-day`: where it is this clock that is behind,
 * the terminal brings it again.
 *
 * @param made what the hub made of the same touch, whose answer came too late to be printed: it becomes void, and if it
 * was called, the desk has the number on the paper instead.
 */
export function adoptNumber(
  state: OfficeState,
  { client }: Caller,
  item: ReserveNumber,
  made: TicketRecord | undefined,
): Adoption {
  const { number, day, clock } = item;
  const letter = number.slice(0, 1);
  if (!findRange(state, client, day, number)) {
    return no("bad-request", `${number} is in no range that ${client} was given for ${day}`);
  }
  if (day > state.day) return no("other-day", `${number} is of ${day}, a day that has not begun`, { date: state.day });
  const id = `${day}/${number}`;
  if (state.tickets.has(id)) return no("bad-request", `${number} came in for another touch already`);
  const service = servicePlan(state, item.service);
  if (!service) return no("unknown-service", `${number}: there is no service ${item.service}`);
  if (letter !== appointmentLetter && letter !== service.letter) {
    return no("bad-request", `${number} is not of the series of ${item.service}`);
  }
  const record = appointmentShown(state, item.code);
  const other = record && otherNumber(state, record, made, item.earnedAt);
  const admitted = record && state.plan.appointments && mayComeIn(state.plan.appointments, record, item, other);
  // Let in or not, he has one number a day.
  const before = (admitted || record?.ticket === null) && other?.ticket.day === day ? other : undefined;
  // An appointment that was booked after the backup is gone; whoever was let in with it is called at its time.
  const bookedAt = record ? null : (item.bookedAt ?? null);
  const told = item.services?.filter((each) => servicePlan(state, each)) ?? [service.id];
  const services = record ? record.services.map(({ service: each }) => each) : told;
  const ticket = { ticket: id, number, service: services[0] ?? service.id };
  const adopted: OfficeEvent = {
    type: "ticket.adopted",
    ...ticket,
    day,
    letter,
    services,
    issuedAt: item.earnedAt,
    earnedAt: item.earnedAt,
    kind: admitted || bookedAt !== null ? "appointment" : "walk-in",
    persons: record ? Math.max(...record.services.map(({ persons }) => persons)) : 1,
    language: item.language ?? state.plan.languages[0] ?? "de",
    issuer: client,
    appointment: admitted ? record.id : null,
    appointmentAt: admitted ? record.at : bookedAt,
    // Too early, he shows his code again when he can be let in: then he is by the number that he has.
    ...(record && !admitted ? { shownFor: record.id } : {}),
    clock,
    expired: day !== state.day,
    aliasOf: before?.counts ? before.ticket.id : null,
    afterRestore: item.afterRestore,
    ...finishedBefore(made),
  };
  const checkIn = { record: admitted ? record : undefined, readAt: lastReadAt(item), way: "code" as const };
  const also = takesPlace(state, client, ticket, { checkIn, before, made });
  const back = before?.counts ? comesBack(state, client, before.ticket, item.earnedAt) : [];
  return { ok: true, ticket: id, events: [adopted, ...also, ...back] };
}

/**
 * Whether somebody who showed this code is let in with his appointment: it still stands, for that day, and he came in its
 * time. Where the terminal's clock was unsure he is if he may have come in time.
 *
 * @param other the number that he has already.
 */
function mayComeIn(
  plan: AppointmentPlan,
  record: AppointmentRecord,
  item: ReserveNumber,
  other: OtherNumber | undefined,
): boolean {
  if (!stands(record) || record.sealed.code !== item.code || record.day !== item.day) return false;
  // Whoever is in stays in, whenever he shows his code again, and though by a terminal's own time it may be too late for him.
  if (record.state === "checked-in" && !other?.isOver) return true;
  const from = toSecond(record.at - plan.checkInEarlyMs);
  const until = toSecond(record.at + plan.checkInLateMs);
  return toSecond(lastReadAt(item)) >= from && toSecond(item.earliest) <= until;
}

/**
 * When the code was read, at the latest: whoever stood behind others, or behind numbers of a clock that was set back since,
 * has a later place and is not late for it.
 */
const lastReadAt = ({ clock, earnedAt, earliest }: ReserveNumber) => (clock === "sure" ? earliest : earnedAt);

/**
 * The place in time of each number that a terminal brings: when it was given, as it says, but not before it last heard the
 * hub and not after now, and each after the one before. Where its clock was unsure the numbers are spread over the time
 * in which they must have been given. Beside the place stands when it was given, not pushed behind others, or may have been.
 *
 * @param tickets in the order in which they were given.
 * @param behind the place of the number that the same terminal gave before these, where they are not the first.
 * @param since from when on, where the terminal does not say when it last heard the hub: by how sure its clock was.
 */
export function placesInTime(
  tickets: readonly Pick<ReserveTicket, "issuedAt" | "contact" | "clock">[],
  since: { sure: number; unsure: number },
  now: number,
  behind: number = Number.NEGATIVE_INFINITY,
): { earnedAt: number; earliest: number }[] {
  const lows = tickets.map(({ contact, clock }) =>
    Math.min(now, contact === undefined ? since[clock] : Date.parse(contact)),
  );
  const places = tickets.map(({ issuedAt, clock }, index) =>
    clock === "sure" ? Math.min(now, Math.max(Date.parse(issuedAt), lows[index] ?? now)) : undefined,
  );
  const said = [...places];
  let before = behind;
  for (let index = 0; index < places.length; index += 1) {
    const low = Math.max(before, lows[index] ?? now);
    const known = places[index];
    if (known !== undefined) before = Math.max(known, before + 1);
    else {
      const next = places.findIndex((place, other) => other > index && place !== undefined);
      const end = Math.max(low, next < 0 ? now : (places[next] ?? now));
      const steps = (next < 0 ? places.length : next) - index + 1;
      before = Math.max(Math.round(low + (end - low) / steps), before + 1);
    }
    places[index] = before;
  }
  // Pressed together at the end, so that nobody stands in the future.
  let after = now + 1;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    after = Math.min(places[index] ?? now, after - 1);
    places[index] = after;
  }
  return places.map((place = now, index) => {
    return { earnedAt: place, earliest: said[index] ?? Math.min(place, lows[index] ?? now) };
  });
}
