import type { Booking, Outcome, Reservation } from "../../hub/booking.ts";
import { createBooking } from "../../hub/booking.ts";
import { createSecrets } from "../../hub/secrets.ts";
import type { SpooledMail } from "../../hub/store/spool.ts";
import type { TestOffice } from "./test-office.ts";
import { mondayMorning, openOffice } from "./test-office.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
/** Long after any mail of a test is due, in milliseconds. */
const farMs = 400 * 24 * hourMs;

/** An office that gives appointments, with its booking pages' way in and what they would have mailed. */
export interface AppointmentOffice extends TestOffice {
  readonly booking: Booking;
  /** Reserves with whatever is not said taken from an example. */
  reserve(changes?: Partial<Reservation>): Promise<Outcome>;
  /** All mails that wait, oldest first. */
  mails(): SpooledMail[];
  /** The last mail of a kind that waits for this appointment. */
  mail(kind: string, appointment?: string): SpooledMail["order"];
  /** Reserves and confirms; answers with the reference and the check-in code. */
  bookFor(at: number, changes?: Partial<Reservation>): Promise<{ id: string; code: string; link: string }>;
}

export const anna = {
  name: "Anna Probst",
  email: "anna@example.org",
  phone: "02362 1234",
  birthdates: ["1984-03-09"],
};

export function openAppointmentOffice({
  now = mondayMorning,
  config = {},
  ...further
}: Parameters<typeof openOffice>[0] = {}): AppointmentOffice {
  const office = openOffice({ now, ...further, config: { appointments: { desks: 2 }, ...config } });
  let ids = 0;
  const clock = { now: () => office.now, every: () => () => {}, after: () => () => {} };
  const service = {
    get state() {
      return office.state;
    },
    submit: office.submit,
  };
  const store = { person: (appointment: string) => office.store.person(appointment) };
  const booking = createBooking({ service, store, secrets: createSecrets(office.store.key), clock });
  const own = {
    booking,
    reserve: (changes: Partial<Reservation> = {}) =>
      booking.reserve({
        id: `k7m29xq${String(++ids).padStart(3, "0")}`,
        services: [{ service: "id-card", persons: 1 }],
        at: office.now + 24 * hourMs,
        person: anna,
        language: "de",
        reminder: false,
        ip: "192.0.2.7",
        ...changes,
      }),
    mails: () => office.store.dueMails(office.now + farMs, 10_000),
    mail(kind: string, appointment?: string) {
      const found = own
        .mails()
        .findLast(
          ({ order }) => order.kind === kind && (appointment === undefined || order.appointment === appointment),
        );
      if (!found) throw new Error(`no mail ${kind} waits`);
      return found.order;
    },
    async bookFor(at: number, changes: Partial<Reservation> = {}) {
      const reserved = await own.reserve({ at, ...changes });
      if (!reserved.ok) throw new Error(`not reserved: ${reserved.error.message}`);
      const { id } = reserved.appointment;
      const confirmed = await booking.confirm(own.mail("activation", id).link ?? "");
      if (!confirmed.ok) throw new Error(`not confirmed: ${confirmed.error.message}`);
      const { code = "", link = "" } = own.mail("confirmation", id);
      return { id, code, link };
    },
  };
  return Object.defineProperties(office, Object.getOwnPropertyDescriptors(own)) as AppointmentOffice;
}
