import type Database from "better-sqlite3";
import type { Person } from "../../protocol/requests.ts";
import { put } from "../office/appointments/book.ts";
import type { AppointmentRecord } from "../office/appointments/record.ts";
import type { Aside } from "../office/aside.ts";
import type { RecordedEvent } from "../office/events.ts";
import type { OfficeState } from "../office/state.ts";

/** Whole days for which an appointment is kept behind its own, where the configuration has none any more. */
const keptDaysDefault = 1;

/** The tables of appointments, persons and mails. All that writes is to be called within a transaction. */
export interface AppointmentTables {
  person(appointment: string): Person | undefined;
  /** Writes what events and asides changed; tells whether personal data was deleted. */
  write(events: RecordedEvent[], asides: Aside[], state: OfficeState): boolean;
  /** Puts all that is kept into the state. */
  load(state: OfficeState): void;
}

export function createAppointmentTables(db: Database.Database): AppointmentTables {
  const sql = prepare(db);

  const person = (appointment: string): Person | undefined => {
    const row = sql.getPerson.get(appointment) as { body: string } | undefined;
    return row && (JSON.parse(row.body) as Person);
  };

  /** The order of the steps is what `Aside` promises: a mail about an erasure still finds the address. */
  function writeAside({ persons = [], mails = [], dropMails = [] }: Aside): number {
    let erased = 0;
    for (const change of persons) {
      if (change.do === "keep") sql.setPerson.run(change.appointment, JSON.stringify(change.person));
    }
    for (const appointment of dropMails) erased += sql.dropMails.run(appointment).changes;
    for (const order of mails) {
      const known = person(order.appointment);
      // Booked by telephone without an address, or erased already: there is nobody to write to.
      if (known?.email === undefined) continue;
      const body = JSON.stringify({ order, to: { name: known.name, address: known.email } });
      sql.setMail.run(order.id, order.appointment, order.kind, order.sendAt, order.dropAt, body);
    }
    for (const change of persons) {
      if (change.do === "erase") erased += sql.erasePerson.run(change.appointment).changes;
    }
    return erased;
  }

  /** A new day: what has been kept long enough goes, with mails that nobody needs any more. */
  function forget(day: string, at: number, state: OfficeState): number {
    const plan = state.plan.appointments;
    const kept = `-${plan?.keptDays ?? keptDaysDefault} days`;
    let erased = 0;
    for (const statement of [sql.forgetPersons, sql.forgetMails]) erased += statement.run(day, kept).changes;
    sql.forgetAppointments.run(day, kept);
    sql.forgetEntries.run(at - (plan?.wrongEntriesMs ?? 0));
    erased += sql.dropLateMails.run(at).changes;
    if (erased > 0) for (const table of [sql.persons, sql.mails]) rewrite(table);
    return erased;
  }

  return {
    person,
    write(events, asides, state) {
      const changed = new Set<string>();
      for (const event of events) {
        if (event.type === "appointment.no-match") sql.addEntry.run(event.client, event.at);
        else if (event.type === "appointment.unlocked") sql.dropEntries.run(event.client, event.client);
        else if ("appointment" in event && event.appointment !== null) {
          changed.add(event.appointment);
        }
      }
      for (const id of changed) {
        const record = state.appointments.records.get(id);
        if (record) sql.setAppointment.run(id, record.day, JSON.stringify(record));
      }
      let erased = 0;
      for (const aside of asides) {
        erased += writeAside(aside);
        if (aside.forget) erased += forget(aside.forget.day, aside.forget.at, state);
      }
      return erased > 0;
    },
    load(state) {
      const starts = new Map(state.calendar.map(({ date, start }) => [date, start]));
      for (const row of sql.appointments.iterate() as IterableIterator<{ body: string }>) {
        const record = JSON.parse(row.body) as AppointmentRecord;
        put(state.appointments, record, starts.get(record.day) ?? null);
      }
      state.appointments.wrongEntries = sql.entries.all() as { client: string; at: number }[];
    },
  };
}

interface Rewritten {
  all: Database.Statement;
  clear: Database.Statement;
  add: Database.Statement;
}

/**
 * Writes a table anew on other pages; those it had are overwritten with zeros. When rows are deleted SQLite moves others
 * to fill its pages, and of one in some thousands a copy stays behind in the unused part of a page. If that one is erased
 * later, only this reaches its copy.
 */
function rewrite({ all, clear, add }: Rewritten): void {
  const rows = all.raw().all();
  clear.run();
  for (const row of rows) add.run(row);
}

function prepare(db: Database.Database) {
  const rewritten = (table: string, columns: number): Rewritten => ({
    all: db.prepare(`SELECT * FROM ${table} ORDER BY rowid`),
    clear: db.prepare(`DELETE FROM ${table}`),
    add: db.prepare(`INSERT INTO ${table} VALUES (${Array.from({ length: columns }, () => "?").join()})`),
  });
  /** Appointments of days before the one that lies so long before this one. */
  const past = "SELECT id FROM appointment WHERE day < date(?, ?)";
  return {
    persons: rewritten("person", 2),
    mails: rewritten("mail", 8),
    appointments: db.prepare("SELECT body FROM appointment"),
    setAppointment: db.prepare(
      "INSERT INTO appointment VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET day = excluded.day, body = excluded.body",
    ),
    forgetAppointments: db.prepare("DELETE FROM appointment WHERE day < date(?, ?)"),
    getPerson: db.prepare("SELECT body FROM person WHERE appointment = ?"),
    setPerson: db.prepare("INSERT INTO person VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"),
    erasePerson: db.prepare("DELETE FROM person WHERE appointment = ?"),
    forgetPersons: db.prepare(`DELETE FROM person WHERE appointment IN (${past})`),
    setMail: db.prepare(`INSERT INTO mail (id, appointment, kind, due, drop_at, body) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET due = excluded.due, drop_at = excluded.drop_at, body = excluded.body`),
    dropMails: db.prepare("DELETE FROM mail WHERE appointment = ?"),
    forgetMails: db.prepare(`DELETE FROM mail WHERE appointment IN (${past})`),
    dropLateMails: db.prepare("DELETE FROM mail WHERE drop_at < ?"),
    entries: db.prepare("SELECT client, at FROM wrong_entry ORDER BY at, rowid"),
    addEntry: db.prepare("INSERT INTO wrong_entry VALUES (?, ?)"),
    dropEntries: db.prepare("DELETE FROM wrong_entry WHERE ? IS NULL OR client = ?"),
    forgetEntries: db.prepare("DELETE FROM wrong_entry WHERE at < ?"),
  };
}
