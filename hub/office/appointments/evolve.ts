import type { OfficeEvent } from "../events.ts";
import type { OfficeState } from "../state.ts";
import { put } from "./book.ts";
import type { AppointmentRecord } from "./record.ts";

type AppointmentEvent = Extract<OfficeEvent, { type: `appointment.${string}` }>;

/** Applies an event about an appointment to the state; see `evolve`. */
export function evolveAppointment(state: OfficeState, event: AppointmentEvent, at: number): void {
  switch (event.type) {
    case "appointment.reserved": {
      const { appointment: id, day, time, until, services, origin, language, reminder, confirmBy, sealed } = event;
      const record = { id, day, at: time, until, services, origin, language, reminder, confirmBy, sealed };
      const fresh = { reservedAt: at, confirmedAt: null, ended: null, ticket: null, formerDays: [], revision: 1 };
      store(state, { ...record, ...fresh, state: "reserved" });
      break;
    }
    case "appointment.confirmed":
      change(state, event.appointment, () => ({ state: "confirmed", confirmedAt: at, sealed: event.sealed }));
      break;
    case "appointment.lapsed":
      change(state, event.appointment, ({ sealed }) => ({
        state: "lapsed",
        ended: event.reason.code,
        // Who comes late may still be let in by staff.
        sealed: event.reason.code === "not-confirmed" ? anonymous(sealed) : sealed,
      }));
      break;
    case "appointment.cancelled":
      change(state, event.appointment, ({ sealed }) => ({
        state: "cancelled",
        ended: event.reason.code,
        sealed: anonymous(sealed),
      }));
      break;
    case "appointment.moved":
      change(state, event.appointment, ({ day, formerDays }) => ({
        formerDays: [...formerDays, day],
        day: event.day,
        at: event.time,
        until: event.until,
        movedIn: state.epoch,
        sealed: event.sealed,
      }));
      break;
    case "appointment.checked-in":
      // Whoever did not come in time may have come where the hub did not hear of it.
      change(state, event.appointment, () => ({ state: "checked-in", ticket: event.ticket, ended: null }));
      break;
    case "appointment.link":
      change(state, event.appointment, () => ({ sealed: event.sealed }));
      break;
    case "appointment.no-match":
      state.appointments.wrongEntries.push({ client: event.client, at });
      break;
    case "appointment.unlocked":
      state.appointments.wrongEntries = state.appointments.wrongEntries.filter(
        ({ client }) => event.client !== null && client !== event.client,
      );
      break;
  }
}

/** The visitor has his number on another paper than the one that was given first. */
export function renameCheckIn(state: OfficeState, id: string, ticket: string): void {
  change(state, id, () => ({ ticket }));
}

/** What remains of the hashes when an appointment has ended: those by which its code and its links get an answer. */
const anonymous = (sealed: AppointmentRecord["sealed"]) => ({ ...sealed, address: null, network: null, births: [] });

function change(
  state: OfficeState,
  id: string,
  fields: (record: AppointmentRecord) => Partial<AppointmentRecord>,
): void {
  const record = state.appointments.records.get(id);
  if (record) store(state, { ...record, ...fields(record), revision: record.revision + 1 });
}

function store(state: OfficeState, record: AppointmentRecord): void {
  const start = state.calendar.find(({ date }) => date === record.day)?.start ?? null;
  put(state.appointments, record, start);
}
