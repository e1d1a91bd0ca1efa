import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import type { Arguments } from "../../protocol/requests.ts";
import type { Answer, Session } from "../../protocol/session.ts";
import type { HubProcess } from "./hub-process.ts";
import * as office from "./office.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";
import type { Touch } from "./visitors.ts";

const minuteMs = 60_000;
/** As the rules have it: check-in is possible from so long before the time to so long after it, and by staff a while longer. */
export const earlyMs = 15 * minuteMs;
export const lateMs = 5 * minuteMs;
const graceMs = 15 * minuteMs;

/** What somebody has who booked: what was mailed to him, and how he shows himself. */
export interface Appointment {
  readonly id: string;
  at: number;
  /** Codes that were mailed to him, the one that counts at the end. */
  codes: string[];
  /** `YYYY-MM-DD`, for those who enter it. */
  readonly birthdate: string | undefined;
  /** Somebody called to move or to cancel it. */
  changed: boolean;
}

/** How many appointments a day has, and how many of them are moved or cancelled by telephone. */
const appointmentsCount = 16;
const shares = { birthdate: 0.25, moved: 0.2, cancelled: 0.12 } as const;

export interface TelephoneParts {
  day: office.OfficeDay;
  schedule: Schedule;
  random: Random;
  session: Session;
  hub: HubProcess;
}

const until = async <V extends "appointment.move" | "appointment.cancel">(
  { schedule, session }: TelephoneParts,
  life: Life,
  verb: V,
  args: Arguments<V>,
): Promise<Answer<V>> => {
  for (;;) {
    const answer = await session.request(verb, args);
    if (answer.state !== "unknown" && !(answer.state === "refused" && answer.error.code === "unavailable"))
      return answer;
    await schedule.sleep(2_000, life);
  }
};

/** Books the day's appointments by telephone, before the office opens; some are moved or cancelled later on. */
export async function bookAppointments(parts: TelephoneParts): Promise<Appointment[]> {
  const { schedule, random, session, day } = parts;
  const all: Appointment[] = [];
  for (let index = 0; index < appointmentsCount; index += 1) {
    // Two of them have one birth date, so that the time is asked for.
    const hasDate = index < 2 || random.chance(shares.birthdate);
    const birthdate = hasDate ? `1984-03-${String(Math.max(1, index)).padStart(2, "0")}` : undefined;
    const at = day.openFrom + 5 * minuteMs * (index < 2 ? 5 + index : random.whole(1, 10));
    const asked = session.request("appointment.book", {
      services: random.chance(0.2) ? ["id-card", "pick-up"] : [random.pick(office.services)],
      at: new Date(at).toISOString(),
      person: {
        name: `Person ${index}`,
        email: `person-${index}@example.org`,
        ...(birthdate === undefined ? {} : { birthdates: [birthdate] }),
      },
    });
    await schedule.run(schedule.now() + 1_000);
    const answer = await asked;
    if (answer.state === "done") {
      all.push({ id: answer.result.appointment.id, at, codes: [], birthdate, changed: false });
    }
    readMail(parts, all);
  }
  const life: Life = { name: "telephone", alive: true };
  for (const appointment of all.slice(2)) {
    const callsAt = appointment.at - random.whole(2, 25) * minuteMs;
    const change = random.chance(shares.moved) ? move : random.chance(shares.cancelled) ? cancel : undefined;
    if (!change) continue;
    appointment.changed = true;
    schedule.after(callsAt - schedule.now(), life, () => void change(parts, life, appointment, all));
  }
  return all;
}

async function move(parts: TelephoneParts, life: Life, appointment: Appointment, all: Appointment[]): Promise<void> {
  const at = appointment.at + 5 * minuteMs * parts.random.whole(-1, 2);
  const answer = await until(parts, life, "appointment.move", {
    appointment: appointment.id,
    at: new Date(at).toISOString(),
  });
  if (answer.state !== "done") return;
  appointment.at = at;
  readMail(parts, all);
}

async function cancel(parts: TelephoneParts, life: Life, { id }: Appointment): Promise<void> {
  await until(parts, life, "appointment.cancel", { appointment: id });
}

/** The post: whoever booked has what the hub mails to him. */
function readMail({ hub, schedule }: TelephoneParts, all: readonly Appointment[]): void {
  for (const { order } of hub.store.dueMails(schedule.now() + 86_400_000, 100)) {
    const appointment = all.find(({ id }) => id === order.appointment);
    if (order.code !== undefined && !appointment?.codes.includes(order.code)) appointment?.codes.push(order.code);
    hub.store.mailSent(order.id);
  }
}

/** Check-in within its time, one end for each appointment, and one number that counts. */
export function appointmentProblems(events: readonly RecordedEvent[], state: OfficeState): string[] {
  const problems: string[] = [];
  const known = new Map<string, { at: number; is: string; ticket?: string; since?: number }>();
  const unsure = new Set<string>();
  /** Numbers whose visitors were not there, or gave up: whoever comes after that has another one. */
  const givenUp = new Set<string>();
  const toSecond = (at: number) => Math.floor(at / 1000);
  for (const event of events) {
    if (event.type === "ticket.adopted" && event.clock === "unsure") unsure.add(event.aliasOf ?? event.ticket);
    if (event.type === "ticket.no-show" || event.type === "ticket.cancelled") givenUp.add(event.ticket);
    if (event.type === "ticket.called" || event.type === "ticket.resumed") givenUp.delete(event.ticket);
    if (!("appointment" in event) || event.appointment === null) continue;
    const one = known.get(event.appointment);
    if (event.type === "ticket.replaced" && one?.ticket === event.ticket) one.ticket = event.replacement;
    const must = (holds: boolean | undefined, what: string) => {
      if (!holds) problems.push(`${event.seq}: ${event.type} of one that is ${one?.is}: ${what}`);
    };
    switch (event.type) {
      case "appointment.reserved":
        known.set(event.appointment, { at: event.time, is: "open" });
        break;
      case "appointment.moved":
        // Of a move before a restore the hub hears from a terminal, when the time that it knew has passed.
        must(one?.is === "open" || (one?.is === "lapsed" && event.by.startsWith("terminal")), "it cannot be moved");
        known.set(event.appointment, { at: event.time, is: "open" });
        break;
      case "appointment.cancelled":
        must(one?.is === "open", "it cannot be cancelled");
        if (one) one.is = "cancelled";
        break;
      case "appointment.lapsed":
        must(one?.is === "open", "it cannot lapse");
        must(one && event.at > one.at + lateMs, "too soon");
        if (one) one.is = "lapsed";
        break;
      case "appointment.checked-in": {
        const least = (one?.at ?? 0) - earlyMs;
        const most = (one?.at ?? 0) + (event.reason.code === "staff" ? graceMs : lateMs);
        const isAnew = one?.is === "checked-in" && givenUp.has(one.ticket ?? "");
        must(one?.is === "open" || one?.is === "lapsed" || isAnew, "he may not come in");
        must(event.readAt <= event.at, "his code was read in the future");
        must(toSecond(event.readAt) >= toSecond(least), "too early");
        must(unsure.has(event.ticket) || toSecond(event.readAt) <= toSecond(most), "too late");
        if (one) Object.assign(one, { is: "checked-in", ticket: event.ticket, since: event.at });
        break;
      }
    }
  }
  for (const [id, { at, is, since = Number.POSITIVE_INFINITY }] of known) {
    if (is === "open") problems.push(`the appointment ${id} at ${new Date(at).toISOString()} neither came nor lapsed`);
    const all = [...state.tickets.values()].filter(({ state: now, aliasOf }) => now !== "void" && aliasOf === null);
    const live = all.filter(({ appointment }) => appointment === id);
    // Whoever came too early has his number still, unless he was served by it at once.
    const held = all.filter(
      ({ id: ticket, appointment, shownFor, endedAt }) =>
        !givenUp.has(ticket) &&
        (appointment === id || (shownFor === id && (endedAt ?? Number.POSITIVE_INFINITY) > since)),
    );
    if (held.length > 1) problems.push(`${held.map(({ number }) => number).join(" and ")} are of one appointment`);
    if (is === "checked-in" && live.length === 0) problems.push(`the appointment ${id} is checked in without a number`);
  }
  return problems;
}

/** An inaccuracy of looking at a screen, in milliseconds. */
const lookMs = 3_000;

/** What a terminal said to whoever came in time with what counts. */
export function wronglyTurnedAway(touches: readonly Touch[]): string[] {
  return touches.flatMap(({ visitor, kind, why, at }) => {
    const { appointment } = visitor;
    if (!appointment || appointment.changed || kind !== "scan" || why === undefined) return [];
    const isEarly = at < appointment.at - earlyMs + lookMs;
    const isLate = at > appointment.at + lateMs - lookMs;
    const mayBe = (isEarly && why === "too-early") || (isLate && why === "too-late") || why === "unavailable";
    return mayBe ? [] : [`${visitor.name} was told ${why} at ${new Date(at).toISOString()}`];
  });
}
