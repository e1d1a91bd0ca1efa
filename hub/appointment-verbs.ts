import { hashCheckInCode, readCheckInCode } from "../protocol/check-in-code.ts";
import type { ProtocolError } from "../protocol/errors.ts";
import { refuse } from "../protocol/errors.ts";
import type { Office } from "../protocol/messages.ts";
import { listEntriesMax } from "../protocol/messages.ts";
import type { Parsed, Verb } from "../protocol/requests.ts";
import { bookedServicesMax } from "../protocol/requests.ts";
import { almanacProblem } from "./almanac.ts";
import type { Handler, Surroundings } from "./handler.ts";
import { cancelAppointment, moveAppointment } from "./office/appointments/change.ts";
import type { Proof } from "./office/appointments/check-in.ts";
import { checkIn, lateCheckIn, unlock } from "./office/appointments/check-in.ts";
import { changeDates, daysPatched, patchDates } from "./office/appointments/closures.ts";
import type { AppointmentRecord, BookedService } from "./office/appointments/record.ts";
import { reserve, whyNotServices } from "./office/appointments/reserve.ts";
import { appointmentsHit, daysToBook, freeTimes } from "./office/appointments/slots.ts";
import { appointmentsOf, appointmentView, bookedServices } from "./office/appointments/views.ts";
import { applyClosing, whyEmergency } from "./office/closing.ts";
import type { Caller, Decision } from "./office/decision.ts";
import { decline } from "./office/decision.ts";
import { takePage } from "./office/page.ts";
import type { OfficeState } from "./office/state.ts";
import { dayAt } from "./office/state.ts";
import { officeView, ticketForTerminal, ticketView } from "./office/views.ts";
import { keysOf } from "./person-keys.ts";

/** Days in an answer about free times, and entries of a list, when the request names no number. */
const slotDaysDefault = 14;
const listEntriesDefault = 50;

const notPrivate = () =>
  decline(
    "forbidden",
    "personal data may only come over a broker on the hub's own machine or an encrypted connection (mqtts)",
  );

type Answer<T> = { ok: true; result: T } | { ok: false; error: ProtocolError };
const answerNo = (...args: Parameters<typeof refuse>): Answer<never> => ({ ok: false, error: refuse(...args) });

const unknownAppointment = (id: string) => refuse("unknown-appointment", `there is no appointment ${id}`);

function recordNamed(state: OfficeState, id: string | undefined): AppointmentRecord {
  const record = state.appointments.records.get(id ?? "");
  if (!record) throw new Error("a command succeeded for an unknown appointment");
  return record;
}

const resultOf = (state: OfficeState, id: string | undefined) => ({
  appointment: appointmentView(recordNamed(state, id)),
});

function proofOf({ code, birthdate, time }: Parsed<"appointment.check-in">, { secrets }: Surroundings): Proof {
  if (code !== undefined) return { way: "code", code: readCheckInCode(code), hash: hashCheckInCode(code) };
  return { way: "birthdate", key: secrets.seal("birthdate", birthdate ?? ""), time };
}

/** The ticket that the check-in of this appointment gave: since a clock was a day ahead it may be in the store alone. */
function ticketOf(
  state: OfficeState,
  { ticket: id }: AppointmentRecord,
  now: number,
  { store }: Surroundings,
  { role }: Caller,
) {
  const ticket = id === null ? undefined : (state.tickets.get(id) ?? store.ticket(id));
  if (!ticket) throw new Error("an appointment was checked in without a ticket");
  return role === "terminal" ? ticketForTerminal(state, ticket, now) : ticketView(state, ticket, now);
}

/** A code is for one day, and a link for one appointment. */
const bindingSecrets = (state: OfficeState, { secrets }: Surroundings, at: number) => ({
  code: secrets.code({ site: state.plan.appointments?.siteNumber ?? 0, day: dayAt(state, at)?.date ?? state.day }),
  link: secrets.link(),
});

const tooMany = `services: at most ${bookedServicesMax} for all persons together`;
const areTooMany = (services: BookedService[]) =>
  services.reduce((sum, { persons }) => sum + persons, 0) > bookedServicesMax;

function book(
  state: OfficeState,
  by: string,
  args: Parsed<"appointment.book">,
  now: number,
  around: Surroundings,
): Decision {
  if (!around.personalData) return notPrivate();
  const services = bookedServices(args.services, args.persons);
  if (areTooMany(services)) return decline("bad-request", tooMany);
  const at = Date.parse(args.at);
  const order = {
    id: around.secrets.reference(),
    services,
    at,
    channel: "staff" as const,
    language: args.language ?? state.plan.languages[0] ?? "de",
    reminder: args.reminder ?? false,
    person: args.person,
    keys: keysOf(around.secrets, args.person),
    by,
  };
  return reserve(state, { ...order, ...bindingSecrets(state, around, at) }, now);
}

type Patch = Parsed<"office.preview">;

/** What is wrong with special hours, in the words of their parser. */
function hoursProblem({ specialHours }: Patch, region: Surroundings["region"]): ProtocolError | undefined {
  for (const { date, hours } of specialHours?.add ?? []) {
    const problem = almanacProblem(hours, region, Date.parse(`${date}T00:00`), 1);
    if (problem) return refuse("bad-request", `specialHours: ${date}: ${problem}`);
  }
  return undefined;
}

/** The appointments that opening hours hit, as many as one answer holds; `appointment.list` has them all. */
function hitsOf(records: AppointmentRecord[], office: Office) {
  const officeBytes = Buffer.byteLength(JSON.stringify(office));
  const { page } = takePage(records.map(appointmentView), listEntriesMax, ({ id }) => id, officeBytes);
  return { hit: records.length, appointments: page, office };
}

type AppointmentVerb = Extract<Verb, `appointment.${string}` | "office.preview" | "office.change">;

/** The verbs about appointments, and about the dates on which there are none. */
export const appointmentHandlers: { [V in AppointmentVerb]: Handler<V> } = {
  "appointment.check-in": {
    decide(state, caller, args, now, around) {
      if (args.birthdate !== undefined && !around.personalData) return notPrivate();
      // Staff may still note who is there.
      const emergency = caller.role === "terminal" ? whyEmergency(state) : undefined;
      if (emergency) return emergency;
      return checkIn(state, caller, proofOf(args, around), Date.parse(args.at), now);
    },
    result(state, _args, { appointments = [] }, now, around, caller) {
      const record = recordNamed(state, appointments[0]);
      const { time, services } = appointmentView(record);
      return { ticket: ticketOf(state, record, now, around, caller), appointment: { time, services } };
    },
  },
  "appointment.late-check-in": {
    decide: lateCheckIn,
    result: (state, { appointment }, _decision, now, around, caller) => ({
      ticket: ticketOf(state, recordNamed(state, appointment), now, around, caller),
    }),
  },
  "appointment.unlock": { decide: unlock, result: () => ({}) },
  "appointment.slots": {
    answer(state, args, now) {
      const services = bookedServices(args.services, args.persons);
      if (areTooMany(services)) return answerNo("bad-request", tooMany);
      const declined = whyNotServices(state, services);
      if (declined) return declined;
      const { from, days = slotDaysDefault } = args;
      const offered = freeTimes(state, { services, channel: "staff" }, now, { from, days }).map(({ date, times }) => ({
        date,
        times: times.map((at) => new Date(at).toISOString()),
      }));
      const { page } = takePage(offered, offered.length, ({ date }) => date);
      // Behind what fits into the answer, or behind the days that were asked about.
      const next = offered[page.length]?.date ?? daysToBook(state, now, from)[days]?.date ?? null;
      return { ok: true, result: { days: page, next } };
    },
  },
  "appointment.book": {
    decide: (state, caller, args, now, around) => book(state, caller.client, args, now, around),
    result: (state, _args, { appointments = [] }) => resultOf(state, appointments[0]),
  },
  "appointment.cancel": {
    decide: (state, { client }, { appointment }, now) =>
      cancelAppointment(state, appointment, { code: "staff" }, client, now),
    result: (state, { appointment }) => resultOf(state, appointment),
  },
  "appointment.move": {
    decide(state, { client }, args, now, around) {
      const at = Date.parse(args.at);
      const who = { channel: "staff" as const, by: client };
      return moveAppointment(state, args.appointment, at, bindingSecrets(state, around, at), who, now);
    },
    result: (state, { appointment }) => resultOf(state, appointment),
  },
  "appointment.show": {
    answer(state, { appointment }) {
      const record = state.appointments.records.get(appointment);
      if (!record) return { ok: false, error: unknownAppointment(appointment) };
      return { ok: true, result: { appointment: appointmentView(record) } };
    },
  },
  "appointment.list": {
    answer(state, { date = state.day, limit = listEntriesDefault, after }) {
      const all = appointmentsOf(state, date);
      const behind = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
      if (after !== undefined && behind < 0) return { ok: false, error: unknownAppointment(after) };
      const { page, next } = takePage(all.slice(behind + 1).map(appointmentView), limit, ({ id }) => id);
      return { ok: true, result: { appointments: page, next } };
    },
  },
  "office.preview": {
    answer(state, patch, now, around) {
      const wrong = hoursProblem(patch, around.region);
      if (wrong) return { ok: false, error: wrong };
      const calendar = around.almanac(now, patchDates(state.dates, patch));
      const office = officeView({ ...state, calendar }, now);
      return { ok: true, result: hitsOf(appointmentsHit(state, daysPatched(calendar, patch)), office) };
    },
  },
  "office.change": {
    decide(state, caller, { cancelAppointments = false, services, emergency, ...patch }, now, around) {
      const wrong = hoursProblem(patch, around.region);
      if (wrong) return { ok: false, error: wrong };
      const closing = applyClosing(state, caller, { services, emergency }, now);
      if (!closing.ok || (patch.closures === undefined && patch.specialHours === undefined)) return closing;
      const dates = patchDates(state.dates, patch);
      const days = daysPatched(around.almanac(now, dates), patch);
      const decision = changeDates(state, dates, days, { cancelAppointments, by: caller.client }, now);
      return decision.ok ? { ...decision, events: [...closing.events, ...decision.events] } : decision;
    },
    result(state, _args, { appointments = [] }, now) {
      const records = appointments.flatMap((id) => state.appointments.records.get(id) ?? []);
      return hitsOf(records, officeView(state, now));
    },
  },
};
