import { join } from "node:path";
import Database from "better-sqlite3";
import pino from "pino";
import type { Booking } from "../../hub/booking.ts";
import { createBooking } from "../../hub/booking.ts";
import { systemClock } from "../../hub/clock.ts";
import { createCommands } from "../../hub/commands.ts";
import { parseConfig } from "../../hub/config.ts";
import { createDevices } from "../../hub/devices.ts";
import type { BookedService } from "../../hub/office/appointments/record.ts";
import { reserve } from "../../hub/office/appointments/reserve.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { almanacOf, planOf } from "../../hub/plan.ts";
import { createSecrets } from "../../hub/secrets.ts";
import { createService } from "../../hub/service.ts";
import { openStore } from "../../hub/store/store.ts";
import { officeConfig } from "./office.ts";

/** A citizens' office of a large town: a year can be booked, at sixteen desks, fewer at noon and in the evening. */
export const busyOffice = {
  openingHours: "Mo,Tu 08:00-16:00; We off; Th 08:00-18:00; Fr 08:00-13:00; Sa[1] 09:30-12:00; PH off",
  appointments: {
    desks: 16,
    capacity: [
      { hours: "Th 16:00-18:00", desks: 9 },
      { hours: "Mo-Fr 12:00-13:00", desks: 8 },
      { hours: "Sa", desks: 4 },
    ],
    daysAhead: 365,
    perNetwork: 1000,
  },
};

/** What visitors book, the usual more often. */
const wishes: BookedService[][] = [
  [{ service: "id-card", persons: 1 }],
  [{ service: "id-card", persons: 1 }],
  [{ service: "registration", persons: 1 }],
  [{ service: "pick-up", persons: 1 }],
  [{ service: "id-card", persons: 2 }],
  [
    { service: "registration", persons: 1 },
    { service: "pick-up", persons: 1 },
  ],
];
/** So many bookings are asked for together, as the hub takes them in one transaction. */
const together = 500;
/** Times are picked without looking whether they are free; a calendar that is nearly full declines some. */
const triesMax = 4;

/** The hub's office and file in this process, without broker and pages. */
export interface Calendar {
  readonly state: OfficeState;
  readonly booking: Booking;
  /** Books by telephone until so many are in the calendar. @throws when there is no room for so many. */
  fill(bookings: number): Promise<void>;
  close(): void;
}

/** Opens a hub's file in `folder` with the busy office's configuration. */
export async function openCalendar(folder: string): Promise<Calendar> {
  const parsed = parseConfig({ ...(await officeConfig(1, folder, { broker: "embedded", port: 0 })), ...busyOffice });
  if (!parsed.ok) throw new Error(parsed.message);
  const { config } = parsed;
  process.env.TZ = config.timeZone;
  const store = openStore(folder);
  const secrets = createSecrets(store.key);
  const service = createService({
    plan: planOf(config),
    almanac: (now, dates) => almanacOf(config, now, dates),
    region: config.region,
    secrets,
    personalData: true,
    accountsInForce: undefined,
    backup: () => Promise.reject(new Error("no backups here")),
    restoredNotice: "restored",
    store,
    devices: createDevices(),
    commands: createCommands({ session: { publish: async () => true }, clock: systemClock }),
    clock: systemClock,
    log: pino({ level: "silent" }),
    caller: () => undefined,
    committed: () => {},
  });
  service.start();

  /** One booking at some time of the year; whether it found room. */
  async function book(index: number, times: readonly number[]): Promise<boolean> {
    const at = times[(index * 7_919) % times.length] ?? 0;
    const person = {
      name: `Vorname-${index} Nachname-${index}`,
      email: `person-${index}@example.org`,
      phone: `02362 ${index}`,
      birthdates: [`19${40 + (index % 60)}-0${1 + (index % 9)}-1${index % 10}`],
    };
    const order = {
      id: `bench${String(index).padStart(6, "0")}`.slice(-10),
      services: wishes[index % wishes.length] ?? [],
      at,
      channel: "staff" as const,
      language: "de",
      reminder: index % 2 === 0,
      person,
      keys: {
        address: secrets.seal("address", person.email),
        network: null,
        births: person.birthdates.map((date) => secrets.seal("birthdate", date)),
      },
      link: secrets.link(),
      code: secrets.code({ site: 1, day: new Date(at).toLocaleDateString("sv") }),
      by: "desk-1",
    };
    const done = await service.submit({ decide: (state, now) => reserve(state, order, now), result: () => true });
    return done.ok;
  }

  return {
    get state() {
      return service.state;
    },
    booking: createBooking({ service, store, secrets, clock: systemClock }),
    async fill(bookings) {
      const slotMs = (service.state.plan.appointments?.slotMs ?? 0) || 1;
      const times = service.state.calendar
        .slice(1)
        .flatMap(({ open }) =>
          open.flatMap(({ from, to }) =>
            Array.from({ length: Math.floor((to - from) / slotMs) }, (_, slot) => from + slot * slotMs),
          ),
        );
      let index = 0;
      for (let booked = 0; booked < bookings; ) {
        if (index > triesMax * bookings) throw new Error(`only ${booked} bookings found room`);
        const asked = Array.from({ length: Math.min(together, bookings - booked) }, () => book(index++, times));
        booked += (await Promise.all(asked)).filter((done) => done).length;
      }
    },
    close() {
      service.stop();
      store.close();
      sendConfirmations(folder);
    },
  };
}

/** The mails that were due at once have been sent by the time of the measurement; the reminders wait for their day. */
function sendConfirmations(folder: string): void {
  const db = new Database(join(folder, "hub.sqlite"));
  db.exec("DELETE FROM mail WHERE kind = 'confirmation'");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}
