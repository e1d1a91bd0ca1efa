import { payloadBytesMax } from "../../../protocol/codec.ts";
import type { TerminalAppointments } from "../../../protocol/messages.ts";
import { terminalAppointmentsMax } from "../../../protocol/messages.ts";
import type { OfficeState } from "../state.ts";
import type { AppointmentRecord } from "./record.ts";
import { appointmentsOf, namesOf } from "./views.ts";

/** Days on which the office opens that a terminal knows besides today. */
const openingDaysAhead = 3;
/** What a list takes besides its entries, in bytes of JSON. */
const frameBytes = 256;

type Entry = TerminalAppointments["appointments"][number];

/** The days that a terminal must know to check people in alone: today, and the next on which the office opens. */
export function terminalDays(state: OfficeState): string[] {
  const [today, ...later] = state.calendar;
  const ahead = later.filter(({ open }) => open.length > 0).slice(0, openingDaysAhead);
  return [...(today ? [today] : []), ...ahead].map(({ date }) => date);
}

/** Which entries give way when a day has too many: whoever cannot be let in is not turned away by a missing entry. */
const importance: Record<Entry["state"], number> = { confirmed: 0, "checked-in": 1, cancelled: 2, moved: 3 };

/**
 * The codes for a day as a terminal may know them, in order of time.
 *
 * @returns how many were left out besides, where they are more than a message may hold.
 */
export function terminalEntries(state: OfficeState, day: string): { appointments: Entry[]; left: number } {
  const own = appointmentsOf(state, day).flatMap(currentEntry);
  const moved = [...state.appointments.records.values()].filter(({ formerDays }) => formerDays.includes(day));
  const former = moved.flatMap((record) => formerEntries(record, day));
  const all = [...own, ...former].sort((a, b) => importance[a.state] - importance[b.state] || comesFirst(a, b));
  let bytes = frameBytes;
  const appointments: Entry[] = [];
  for (const entry of all) {
    bytes += JSON.stringify(entry).length + 1;
    if (appointments.length >= terminalAppointmentsMax || bytes > payloadBytesMax) break;
    appointments.push(entry);
  }
  return { appointments: appointments.sort(comesFirst), left: all.length - appointments.length };
}

const comesFirst = (a: Entry, b: Entry) => (a.at + a.code < b.at + b.code ? -1 : 1);

/** One who did not come in time stays `confirmed`: a terminal judges the time by itself. */
function currentEntry(record: AppointmentRecord): Entry[] {
  const { code } = record.sealed;
  if (code === null) return [];
  const { state } = record;
  return [entryOf(record, code, state === "checked-in" || state === "cancelled" ? state : "confirmed")];
}

function formerEntries(record: AppointmentRecord, day: string): Entry[] {
  const codes = record.sealed.formerCodes.filter((_, index) => record.formerDays[index] === day);
  return codes.map((code) => entryOf(record, code, record.state === "cancelled" ? "cancelled" : "moved"));
}

const entryOf = ({ at, services }: AppointmentRecord, code: string, state: Entry["state"]): Entry => ({
  code,
  at: new Date(at).toISOString(),
  services: namesOf(services),
  state,
});
