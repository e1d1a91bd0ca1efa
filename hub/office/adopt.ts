import type { ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import type { ReserveTicket } from "../../protocol/reserve.ts";
import type { AppointmentPlan, AppointmentRecord } from "./appointments/record.ts";
import { appointmentLetter, toSecond } from "./appointments/record.ts";
import type { Caller } from "./decision.ts";
import { about } from "./decision.ts";
import { callName, comesBack, mayReturn } from "./desks.ts";
import type { OfficeEvent } from "./events.ts";
import { findRange } from "./reserves.ts";
import type { OfficeState, TicketRecord } from "./state.ts";
import { servicePlan } from "./state.ts";
import { isLive, numberShownFor } from "./tickets.ts";

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

const no = (code: ErrorCode, message: string) => ({ ok: false as const, error: refuse(code, message) });

/**
 * Takes a number that a terminal gave alone into the office: with its place in the queue if it is of today, as expired if
 * it is of a day before.
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
  if (day > state.day) return no("bad-request", `${number} is of ${day}, a day that has not begun`);
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
