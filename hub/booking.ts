import type { ProtocolError } from "../protocol/errors.ts";
import type { Person } from "../protocol/requests.ts";
import type { Clock } from "./clock.ts";
import type { Submitted } from "./handler.ts";
import { cancelAppointment, eraseAppointment, moveAppointment, sendLink } from "./office/appointments/change.ts";
import { confirmAppointment, isExpired } from "./office/appointments/confirm.ts";
import type { AppointmentRecord, BookedService } from "./office/appointments/record.ts";
import { reserve } from "./office/appointments/reserve.ts";
import type { OfferedDay } from "./office/appointments/slots.ts";
import { freeTimes, nearestTo } from "./office/appointments/slots.ts";
import type { Decision } from "./office/decision.ts";
import type { OfficeState } from "./office/state.ts";
import { dayAt } from "./office/state.ts";
import { keysOf } from "./person-keys.ts";
import type { Secrets } from "./secrets.ts";
import type { Service } from "./service.ts";
import type { Store } from "./store/store.ts";

/** What a visitor typed, already checked field by field. */
export interface Reservation {
  /** Chosen when the form was shown, so that the same form sent twice makes one reservation. */
  id: string;
  services: BookedService[];
  /** Milliseconds since the epoch, one of the times that were offered. */
  at: number;
  person: Person & { email: string };
  language: string;
  reminder: boolean;
  /** The address from which it came. */
  ip: string;
}

/** What a link in a mail leads to. `expired`: not confirmed in time, whether or not it has been cleared away. */
export type Linked = { found: false } | { found: true; appointment: AppointmentRecord; standing: Standing };

export type Standing = "reserved" | "expired" | "confirmed" | "checked-in" | "missed" | "cancelled" | "past";

export type Outcome = { ok: true; appointment: AppointmentRecord } | { ok: false; error: ProtocolError };

/**
 * All that the booking pages may ask of the hub. What changes something is decided at the moment of the click, is durable
 * when its promise resolves, and never rejects: `unavailable` says that nothing has happened.
 */
export interface Booking {
  /** Whether this office gives appointments, and for how many days ahead. */
  readonly daysAhead: number | null;
  /**
   * Free times for all of these services together, from a date on (`YYYY-MM-DD`; today when left out).
   *
   * @param instead an appointment that would give up its place.
   */
  offer(services: BookedService[], from: string | undefined, days: number, instead?: AppointmentRecord): OfferedDay[];
  /** The free times nearest to one that was taken, in order of time. */
  nearest(services: BookedService[], at: number): number[];
  /** Errors: `slot-taken`, `closed`, `unknown-service`, `full` (a limit; `limit` says which: `address`, `network`, `unconfirmed`), `id-reused` (this form was sent before with something else in it). */
  reserve(reservation: Reservation): Promise<Outcome>;
  /** Looks, and changes nothing. */
  find(link: string): Linked;
  /** Errors: `too-late`, `cancelled`, `unknown-appointment`. One that is confirmed already is done again. */
  confirm(link: string): Promise<Outcome>;
  /** Errors: `wrong-state`, `too-late`, `unknown-appointment`. One that is cancelled already is done again. */
  cancel(link: string): Promise<Outcome>;
  /** Errors: as for `reserve`, and `wrong-state`, `cancelled`, `too-late`. */
  move(link: string, at: number): Promise<Outcome>;
  /** What is kept of the person; undefined when it has been erased. */
  person(link: string): Person | undefined;
  /** Cancels what is still open and erases all that is kept of the person. */
  erase(link: string): Promise<Outcome>;
  /** Sends a fresh link to the address on record, if there is such a booking; nobody is told whether there is. */
  sendLink(reference: string): Promise<Submitted<undefined>>;
}

/** Under which name the booking pages act, in events. */
const webClient = "web";

export interface BookingOptions {
  service: Pick<Service, "state" | "submit">;
  store: Pick<Store, "person">;
  secrets: Secrets;
  clock: Clock;
}

/** The booking pages' way to the office. */
export function createBooking({ service, store, secrets, clock }: BookingOptions): Booking {
  const plan = () => service.state.plan.appointments;
  const recordOf = (state: OfficeState, link: string) => {
    const id = state.appointments.links.get(secrets.seal("link", link));
    return id === undefined ? undefined : state.appointments.records.get(id);
  };

  /** Decides about one appointment, and answers with it as it is then. */
  async function change(
    link: string,
    decide: (state: OfficeState, id: string | undefined, now: number) => Decision,
  ): Promise<Outcome> {
    const id = recordOf(service.state, link)?.id;
    const done = await service.submit({
      decide: (state, now) => decide(state, id, now),
      result: (state) => state.appointments.records.get(id ?? ""),
    });
    return outcomeOf(done);
  }

  /** A code holds the day for which it is, and is of no use for another. */
  const bindingSecrets = (state: OfficeState, at: number) => ({
    code: secrets.code({ site: plan()?.siteNumber ?? 0, day: dayAt(state, at)?.date ?? state.day }),
    link: secrets.link(),
  });

  return {
    get daysAhead() {
      return plan()?.daysAhead ?? null;
    },
    offer: (services, from, days, instead) =>
      freeTimes(service.state, { services, channel: "web", instead }, clock.now(), { from, days }),
    nearest: (services, at) => nearestTo(service.state, { services, channel: "web" }, at, clock.now()),
    async reserve(reservation) {
      const { id, person, ip, services, at, language, reminder } = reservation;
      const keys = keysOf(secrets, person, ip);
      const link = secrets.link();
      const order = { id, services, at, language, reminder, person, keys, link };
      const done = await service.submit({
        decide: (state, now) =>
          reserve(state, { ...order, kept: store.person(id), channel: "web", by: webClient }, now),
        result: (state) => state.appointments.records.get(id),
      });
      return outcomeOf(done);
    },
    find(link) {
      const appointment = recordOf(service.state, link);
      return appointment
        ? { found: true, appointment, standing: standingOf(appointment, clock.now()) }
        : { found: false };
    },
    confirm: (link) =>
      change(link, (state, id, now) => {
        const at = state.appointments.records.get(id ?? "")?.at ?? now;
        return confirmAppointment(state, id, bindingSecrets(state, at), webClient, now);
      }),
    cancel: (link) =>
      change(link, (state, id, now) => cancelAppointment(state, id, { code: "visitor" }, webClient, now)),
    move: (link, at) =>
      change(link, (state, id, now) =>
        moveAppointment(state, id, at, bindingSecrets(state, at), { channel: "web", by: webClient }, now),
      ),
    person(link) {
      const record = recordOf(service.state, link);
      return record && store.person(record.id);
    },
    erase: (link) => change(link, (state, id, now) => eraseAppointment(state, id, webClient, now)),
    sendLink(reference) {
      const fresh = secrets.link();
      return service.submit({
        decide: (state, now) => sendLink(state, reference, fresh, now),
        result: () => undefined,
      });
    },
  };
}

function outcomeOf(
  done: { ok: true; value: AppointmentRecord | undefined } | { ok: false; error: ProtocolError },
): Outcome {
  if (!done.ok) return done;
  // What a decision accepted is in the book.
  if (!done.value) throw new Error("an appointment that was changed is not there");
  return { ok: true, appointment: done.value };
}

function standingOf(record: AppointmentRecord, now: number): Standing {
  if (isExpired(record, now)) return "expired";
  if (record.state === "reserved" || record.state === "confirmed") return now < record.until ? record.state : "past";
  return record.state === "lapsed" ? "missed" : record.state;
}
