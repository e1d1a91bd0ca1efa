import type { Appointment } from "../../../protocol/messages.ts";
import type { OfficeState } from "../state.ts";
import type { AppointmentRecord, BookedService } from "./record.ts";

/** An appointment as the protocol shows it: whose it is does not stand there. */
export function appointmentView({
  id,
  day,
  at,
  until,
  services,
  state,
  origin,
  ticket,
}: AppointmentRecord): Appointment {
  const [time, end] = [at, until].map((instant) => new Date(instant).toISOString()) as [string, string];
  return { id, day, time, until: end, services: namesOf(services), state, origin, ticket };
}

/** Each service once for every person, as the protocol counts them. */
export const namesOf = (services: readonly BookedService[]): string[] =>
  services.flatMap(({ service, persons }) => Array<string>(persons).fill(service));

/** The other way round: names that repeat become persons, and `persons` multiplies them all. */
export function bookedServices(names: readonly string[], persons = 1): BookedService[] {
  return [...new Set(names)].map((service) => ({
    service,
    persons: persons * names.filter((name) => name === service).length,
  }));
}

/** The appointments of a day in order of time. */
export function appointmentsOf(state: OfficeState, day: string): AppointmentRecord[] {
  const ids = [...(state.appointments.days.get(day)?.ids ?? [])];
  const records = ids.flatMap((id) => state.appointments.records.get(id) ?? []);
  return records.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}
