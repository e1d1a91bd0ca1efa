import type { CheckInCode } from "../../../protocol/check-in-code.ts";
import { whyCollecting } from "../collecting.ts";
import type { Caller, Decision } from "../decision.ts";
import { decline } from "../decision.ts";
import { comesBack, mayReturn } from "../desks.ts";
import { outlook } from "../estimate.ts";
import type { OfficeEvent } from "../events.ts";
import { appointmentsBefore } from "../queue.ts";
import { nextNumber, numberText } from "../series.ts";
import type { OfficeState } from "../state.ts";
import { isLive, numberShownFor, placeInTime } from "../tickets.ts";
import type { AppointmentPlan, AppointmentRecord } from "./record.ts";
import { appointmentLetter, toSecond } from "./record.ts";

/** What somebody shows for himself, prepared where secrets are known: hashes instead of what was read. */
export type Proof =
  | { way: "code"; code: CheckInCode | undefined; hash: string }
  | { way: "birthdate"; key: string; time: string | undefined };

type Way = "code" | "birthdate" | "staff";
type Declined = Decision & { ok: false };
const no = (...args: Parameters<typeof decline>) => decline(...args) as Declined;
const iso = (at: number) => new Date(at).toISOString();

/**
 * Gives whoever has an appointment now his number, and the same one again if he has it already: unless nobody would be called
 * by it any more.
 *
 * Declines with one code for each case when a code was shown: whoever has it may know. By birth date there are
 * `no-match`, `ambiguous` and `locked` alone, so that nobody learns by typing a birth date whether its owner is expected.
 *
 * @param readAt when the code was read, as the terminal says; at most `readBackMs` before `now` is believed.
 */
export function checkIn(state: OfficeState, caller: Caller, proof: Proof, readAt: number, now: number): Decision {
  const plan = state.plan.appointments;
  if (!plan) return no("bad-code", "this office gives no appointments");
  const at = Math.min(now, Math.max(readAt, now - plan.readBackMs));
  if (proof.way === "birthdate") return byBirthdate(state, plan, caller, proof, at, now);
  const found = findByCode(state, plan, proof);
  if ("error" in found) return found;
  const { record } = found;
  return whyNotIn(state, plan, record, at, now) ?? admit(state, caller, record, at, now, "code");
}

function findByCode(
  state: OfficeState,
  plan: AppointmentPlan,
  { code, hash }: Proof & { way: "code" },
): { record: AppointmentRecord } | Declined {
  if (!code) return no("bad-code", "this is not a check-in code, or it was not read well: try again");
  if (code.site !== plan.siteNumber) return no("other-site", "this code is for another office");
  const id = state.appointments.codes.get(hash);
  const record = id === undefined ? undefined : state.appointments.records.get(id);
  if (record?.state === "cancelled") return no("cancelled", "the appointment was cancelled");
  if (record && record.sealed.code !== hash) {
    return no("moved", "the appointment was moved: use the code of the latest mail", { date: record.day });
  }
  if (code.day !== state.day) return no("other-day", `the appointment is on ${code.day}`, { date: code.day });
  return record ? { record } : no("bad-code", "this code is not known here");
}

/** Why nobody is let in with this appointment at this moment; judged in whole seconds. */
function whyNotNow(plan: AppointmentPlan, record: AppointmentRecord, at: number): Declined | undefined {
  if (record.state === "cancelled") return no("cancelled", "the appointment was cancelled");
  if (record.state === "reserved" || record.ended === "not-confirmed") {
    return no("not-confirmed", "the reservation was never confirmed");
  }
  const from = record.at - plan.checkInEarlyMs;
  if (toSecond(at) < toSecond(from)) return no("too-early", `check-in works from ${iso(from)}`, { from: iso(from) });
  const until = record.at + plan.checkInLateMs;
  if (toSecond(at) > toSecond(until)) return no("too-late", "the appointment has lapsed", { until: iso(until) });
  return undefined;
}

/** The same for whoever may have a number already: that is given again for as long as he can be called by it. */
function whyNotIn(
  state: OfficeState,
  plan: AppointmentPlan,
  record: AppointmentRecord,
  at: number,
  now: number,
): Declined | undefined {
  if (record.state !== "checked-in") return whyNotNow(plan, record, at);
  const ticket = record.ticket === null ? undefined : state.tickets.get(record.ticket);
  if (!ticket || isLive(ticket.state) || mayReturn(state, ticket, now)) return undefined;
  const { number, state: is } = ticket;
  // Called in vain too long ago to be let in first he has his appointment still, in its time.
  if (is === "no-show") return whyNotNow(plan, record, at);
  if (is === "finished") return no("wrong-state", `${number} is finished`, { state: is, current: null });
  return no("cancelled", `${number} is ${is}`);
}

/** Wrong birth dates that still count. */
const entriesOf = (state: OfficeState, plan: AppointmentPlan, now: number) =>
  state.appointments.wrongEntries.filter(({ at }) => at > now - plan.wrongEntriesMs && at <= now);

/** Until when entering birth dates pauses at this terminal; undefined when it does not. */
function lockedUntil(state: OfficeState, plan: AppointmentPlan, client: string, now: number): number | undefined {
  const all = entriesOf(state, plan, now).map(({ client: by, at }) => ({ by, at }));
  const own = all.filter(({ by }) => by === client);
  const ends = [own.at(-plan.wrongEntriesTerminal)?.at, all.at(-plan.wrongEntriesSite)?.at].filter(
    (at) => at !== undefined,
  );
  return ends.length === 0 ? undefined : Math.max(...ends) + plan.wrongEntriesMs;
}

/** The birth dates that count now: of appointments whose window is open, and of those that are checked in. */
function candidates(
  state: OfficeState,
  plan: AppointmentPlan,
  key: string,
  at: number,
  now: number,
): AppointmentRecord[] {
  const ids = state.appointments.days.get(state.day)?.ids ?? [];
  const records = [...ids].flatMap((id) => state.appointments.records.get(id) ?? []);
  const isOpen = (record: AppointmentRecord) => !whyNotNow(plan, record, at) && !whyNotIn(state, plan, record, at, now);
  return records.filter((record) => record.sealed.births.includes(key) && isOpen(record));
}

function byBirthdate(
  state: OfficeState,
  plan: AppointmentPlan,
  caller: Caller,
  { key, time }: Proof & { way: "birthdate" },
  at: number,
  now: number,
): Decision {
  const until = lockedUntil(state, plan, caller.client, now);
  if (until !== undefined && until > now) {
    return no("locked", "too many wrong entries: scan the code or take a number", { until: iso(until) });
  }
  const found = candidates(state, plan, key, at, now);
  if (time === undefined && found.length > 1) return no("ambiguous", "enter the time of the appointment as well");
  const matching = time === undefined ? found : found.filter((record) => timeOf(state, record) === time);
  // Of several at the same time, as twins have them, whoever comes next is let in next.
  const record = matching.find(({ state: is }) => is !== "checked-in") ?? matching[0];
  if (record) return admit(state, caller, record, at, now, "birthdate");
  return { ...no("no-match", "nothing found to check in now"), events: wrongEntry(state, plan, caller, now) };
}

/** The time of day as it stands on the confirmation, `HH:MM`. */
function timeOf(state: OfficeState, { at }: AppointmentRecord): string {
  const { timeZone } = state.plan;
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(at);
}

function wrongEntry(state: OfficeState, plan: AppointmentPlan, caller: Caller, now: number): OfficeEvent[] {
  const { client } = caller;
  const wrong: OfficeEvent = { type: "appointment.no-match", client };
  const all = entriesOf(state, plan, now);
  const own = all.filter((entry) => entry.client === client).length + 1;
  if (own !== plan.wrongEntriesTerminal && all.length + 1 !== plan.wrongEntriesSite) return [wrong];
  const detail = `${own} wrong birth dates at ${client}, ${all.length + 1} in the office: entering them pauses`;
  return [wrong, { type: "device.alarm", client, alarm: "birthdates", detail }];
}

/** Gives the number of the appointments' series, or names the one that he has. */
function admit(
  state: OfficeState,
  caller: Caller,
  record: AppointmentRecord,
  readAt: number,
  now: number,
  way: Way,
  text?: string,
): Decision {
  const appointments = [record.id];
  if (record.state === "checked-in") {
    const ticket = record.ticket === null ? undefined : state.tickets.get(record.ticket);
    return { ok: true, events: comesBack(state, caller.client, ticket, now), appointments };
  }
  const checkedIn = {
    type: "appointment.checked-in" as const,
    appointment: record.id,
    readAt,
    reason: text === undefined ? { code: way } : { code: way, text },
    by: caller.client,
  };
  const shown = numberShownFor(state, record.id);
  if (shown) return { ok: true, appointments, events: [{ ...checkedIn, ticket: shown.id, time: record.at }] };
  const collecting = whyCollecting(state);
  if (collecting) return collecting;
  const next = nextNumber(state, appointmentLetter);
  if (next === undefined) return no("full", `all numbers of series ${appointmentLetter} are given for today`);
  const number = numberText(appointmentLetter, next, state.plan.numberDigits);
  const services = record.services.map(({ service }) => service);
  const ticket = `${state.day}/${number}`;
  const [service = ""] = services;
  const asker = { services, appointmentAt: record.at };
  const { ahead, minutes } = outlook(state, asker, appointmentsBefore(state, record.at), now);
  return {
    ok: true,
    appointments,
    events: [
      {
        type: "ticket.issued",
        ticket,
        number,
        day: state.day,
        letter: appointmentLetter,
        service,
        services,
        issuedAt: now,
        earnedAt: placeInTime(state, now),
        origin: "hub",
        kind: "appointment",
        priority: 0,
        reason: null,
        persons: Math.max(...record.services.map(({ persons }) => persons)),
        language: record.language,
        issuer: caller.client,
        appointment: record.id,
        appointmentAt: record.at,
        promised: { ahead, minutes },
        paper: caller.role === "terminal" ? "pending" : "none",
      },
      { ...checkedIn, ticket },
    ],
  };
}

/**
 * Checks somebody in by hand, from when check-in opens until the grace of the desk is over. Whoever has his number already
 * keeps it, and waits again where he had been given up.
 *
 * Declines: `unknown-appointment`, `too-early`, `too-late`, `cancelled`, `not-confirmed`, `other-day`, and `wrong-state` where
 * he has been served.
 */
export function lateCheckIn(
  state: OfficeState,
  caller: Caller,
  { appointment, reason }: { appointment: string; reason: string },
  now: number,
): Decision {
  const plan = state.plan.appointments;
  const record = state.appointments.records.get(appointment);
  if (!plan || !record) return no("unknown-appointment", "there is no such appointment");
  if (record.day !== state.day) return no("other-day", `the appointment is on ${record.day}`, { date: record.day });
  const declined = whyNotIn(state, { ...plan, checkInLateMs: plan.deskGraceMs }, record, now, now);
  return declined ?? admit(state, caller, record, now, now, "staff", reason);
}

/** Lets birth dates be entered again, at one terminal or at all. */
export function unlock(_state: OfficeState, caller: Caller, { terminal }: { terminal?: string | undefined }): Decision {
  return { ok: true, events: [{ type: "appointment.unlocked", client: terminal ?? null, by: caller.client }] };
}
