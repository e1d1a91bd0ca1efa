import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../hub/config.ts";
import type { Sealed } from "../../hub/office/appointments/record.ts";
import type { Aside, MailKind, MailOrder } from "../../hub/office/aside.ts";
import type { OfficeEvent } from "../../hub/office/events.ts";
import { evolve } from "../../hub/office/evolve.ts";
import type { CalendarDay, OfficeState, Plan } from "../../hub/office/state.ts";
import { almanacOf, planOf } from "../../hub/plan.ts";
import type { Store } from "../../hub/store/store.ts";
import { openStore } from "../../hub/store/store.ts";
import type { Person } from "../../protocol/requests.ts";
import { modelOffice, mondayMorning } from "./test-office.ts";

/** The day of `mondayMorning`, and those around it. */
export const monday = "2026-11-23";
const files = ["hub.sqlite", "hub.sqlite-wal"];
const hourMs = 3_600_000;

/** A file that is written as the office writes it, events and asides together, without anybody who decides. */
export interface StoredOffice {
  readonly folder: string;
  readonly store: Store;
  readonly state: OfficeState;
  readonly plan: Plan;
  readonly calendar: CalendarDay[];
  now: number;
  /** Applies events and commits them with what goes beside them. */
  commit(events: OfficeEvent[], ...asides: Aside[]): void;
  /** An appointment at 10:00 of a day, confirmed, with a person and the mails that a confirmation orders. */
  book(id: string, day: string, person?: Person): void;
  changeDay(day: string): void;
  /** Closes the file and opens it again. */
  reopen(): void;
  /** All that is in the file and in its log, as text; in this folder, or in another one. */
  texts(folder?: string): string;
  logBytes(): number;
  /** Copies what is on the disk now to a folder of its own, as if the hub were killed. */
  copyAsKilled(): string;
  /** How often each of these texts is there. */
  traces(...texts: string[]): number[];
  close(): void;
}

export const erika: Person = {
  name: "Erika Musterfrau-Lichtenberg",
  email: "erika.musterfrau@example.org",
  phone: "+49 2362 663311",
  birthdates: ["1964-08-12"],
};
/** All that must not be found when she is erased. */
export const erikasTraces = ["Musterfrau-Lichtenberg", "erika.musterfrau@", "2362 663311", "1964-08-12"];

export const noSeals: Sealed = { address: null, network: null, births: [], code: null, formerCodes: [], links: [] };

export function order(kind: MailKind, appointment: string, fields: Partial<MailOrder> = {}): MailOrder {
  const at = mondayMorning + hourMs;
  const times = { orderedAt: mondayMorning, sendAt: mondayMorning, dropAt: mondayMorning + 1000 * hourMs };
  const about = { at, until: at + hourMs / 4, services: [{ service: "id-card", persons: 1 }], language: "de" };
  return { id: `${appointment}-${kind}`, kind, appointment, ...times, ...about, ...fields };
}

export function openStored(config: object = {}): StoredOffice {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-store-"));
  const parsed = parseConfig({ ...modelOffice, appointments: { desks: 2 }, ...config });
  if (!parsed.ok) throw new Error(parsed.message);
  const plan = planOf(parsed.config);
  let store = openStore(folder);
  let state: OfficeState;
  const load = () => {
    state = store.load(plan, almanacOf(parsed.config, mondayMorning, store.dates()));
  };
  load();
  const office: StoredOffice = {
    folder,
    plan,
    now: mondayMorning,
    get store() {
      return store;
    },
    get state() {
      return state;
    },
    get calendar() {
      return state.calendar;
    },
    commit(events, ...asides) {
      const recorded = events.map((event) => {
        const one = { ...event, epoch: state.epoch, seq: state.seq + 1, at: office.now };
        evolve(state, one);
        return one;
      });
      store.commit({ events: recorded, asides, replies: [], state });
    },
    book(id, day, person = erika) {
      const time = Date.parse(`${day}T10:00:00+01:00`);
      const until = time + hourMs / 4;
      const what = { day, time, until, services: [{ service: "id-card", persons: 1 }] };
      const how = { origin: "web", language: "de", reminder: true, confirmBy: office.now + hourMs, by: "web" } as const;
      office.commit(
        [
          { type: "appointment.reserved", appointment: id, ...what, ...how, sealed: noSeals },
          { type: "appointment.confirmed", appointment: id, by: "web", sealed: noSeals },
        ],
        {
          persons: [{ do: "keep", appointment: id, person }],
          mails: [order("confirmation", id), order("reminder", id, { sendAt: time - 24 * hourMs })],
        },
      );
    },
    changeDay: (day) =>
      office.commit([{ type: "office.changed", what: "day", day, series: {}, isSure: true }], {
        forget: { day, at: office.now },
      }),
    reopen() {
      store.close();
      store = openStore(folder);
      load();
    },
    texts: (of = folder) => files.map((name) => readFileSync(join(of, name), "latin1")).join(),
    logBytes: () => statSync(join(folder, "hub.sqlite-wal")).size,
    copyAsKilled() {
      const copy = mkdtempSync(join(folder, "copy-"));
      for (const name of files) copyFileSync(join(folder, name), join(copy, name));
      return copy;
    },
    traces: (...texts) => texts.map((text) => office.texts().split(text).length - 1),
    close() {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return office;
}
