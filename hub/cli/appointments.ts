import { readFileSync } from "node:fs";
import type { Appointment } from "../../protocol/messages.ts";
import type { Arguments, Result } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";
import { dayAndTime, localDate, paint, table, timeOfDay } from "./print.ts";

/** What people type for an instant: with an offset, or as the clock of this machine shows it; a bare time is today's. */
export function instantNamed(text: string): string {
  if (/^\d{2}:\d{2}$/.test(text)) return instantNamed(`${localDate(new Date())}T${text}`);
  const at = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (Number.isNaN(at)) throw usageFailure(`${text} is no time: use one such as 2026-11-24T10:30`);
  return new Date(at).toISOString();
}

/** Services with how many persons each is for: `id-card ×2`. */
export function servicesText(services: readonly string[]): string {
  const names = [...new Set(services)];
  const count = (name: string) => services.filter((service) => service === name).length;
  return names.map((name) => (count(name) > 1 ? `${name} ×${count(name)}` : name)).join(", ");
}

/** Rows of a table of appointments, with the day where more than one is shown. */
export const appointmentRow = ({ id, time, until, services, state, ticket }: Appointment, withDay = false) => [
  withDay ? dayAndTime(time) : `${timeOfDay(time)}–${timeOfDay(until)}`,
  id,
  servicesText(services),
  state,
  ticket?.split("/").at(-1) ?? "",
];

export const appointmentHeads = ["time", "reference", "services", "state", "number"];

const described = ({ id, time, until, services, state }: Appointment): string =>
  `${paint("bold", id)}  ${dayAndTime(time)}–${timeOfDay(until)}  ${servicesText(services)}  ${state}`;

/** All appointments of a day, however many pages of the list it takes. */
export async function list({ ask }: Conversation, date: string | undefined): Promise<Outcome> {
  const appointments: Appointment[] = [];
  let after: string | null = null;
  let page = 0;
  do {
    const args: Arguments<"appointment.list"> = { ...(date ? { date } : {}), ...(after ? { after } : {}) };
    const result: Result<"appointment.list"> = await ask("appointment.list", args, String(page++));
    appointments.push(...result.appointments);
    after = result.next;
  } while (after);
  const rows = appointments.map((appointment) => appointmentRow(appointment));
  return { json: { appointments }, text: table(appointmentHeads, rows, "no appointments") };
}

export async function show({ ask }: Conversation, appointment: string): Promise<Outcome> {
  const result = await ask("appointment.show", { appointment });
  return { json: result, text: described(result.appointment) };
}

export async function slots({ ask }: Conversation, args: Arguments<"appointment.slots">): Promise<Outcome> {
  const result = await ask("appointment.slots", args);
  const lines = result.days.map(({ date, times }) => `${date}  ${times.map(timeOfDay).join(" ") || "full"}`);
  const more = result.next === null ? [] : [paint("dim", `more with: --from ${result.next}`)];
  return { json: result, text: [...lines, ...more].join("\n") || "no day that can be booked" };
}

/** Who comes, as options or as a JSON file; the file keeps him out of the shell's history and the list of processes. */
export interface PersonOptions {
  name?: string;
  email?: string;
  phone?: string;
  birthdate?: string[];
  /** `-` is the standard input. */
  personFile?: string;
}

type Person = Arguments<"appointment.book">["person"];

function personFrom({ name, email, phone, birthdate, personFile }: PersonOptions): Person {
  if (personFile === undefined) {
    if (name === undefined) throw usageFailure("who comes? Use --name, or --person-file with a JSON file");
    const contact = { ...(email === undefined ? {} : { email }), ...(phone === undefined ? {} : { phone }) };
    return { name, ...contact, ...(birthdate ? { birthdates: birthdate } : {}) };
  }
  try {
    const person: unknown = JSON.parse(readFileSync(personFile === "-" ? 0 : personFile, "utf8"));
    if (typeof person !== "object" || person === null || Array.isArray(person)) throw new Error("it is no JSON object");
    return person as Person;
  } catch (error) {
    // What the parser says may quote the file.
    const why = error instanceof SyntaxError ? "it is no JSON" : error instanceof Error ? error.message : String(error);
    throw usageFailure(`--person-file: ${why}`);
  }
}

export async function book(
  { ask }: Conversation,
  at: string,
  services: string[],
  options: PersonOptions & { persons?: number; language?: string; reminder?: boolean },
): Promise<Outcome> {
  const { persons, language, reminder } = options;
  const result = await ask("appointment.book", {
    services,
    at: instantNamed(at),
    person: personFrom(options),
    ...(persons === undefined ? {} : { persons }),
    ...(language === undefined ? {} : { language }),
    ...(reminder ? { reminder } : {}),
  });
  return { json: result, text: described(result.appointment) };
}

export async function cancel({ ask }: Conversation, appointment: string): Promise<Outcome> {
  const result = await ask("appointment.cancel", { appointment });
  return { json: result, text: described(result.appointment) };
}

export async function move({ ask }: Conversation, appointment: string, at: string): Promise<Outcome> {
  const result = await ask("appointment.move", { appointment, at: instantNamed(at) });
  return { json: result, text: described(result.appointment) };
}

export async function checkIn(
  { ask }: Conversation,
  code: string | undefined,
  { birthdate, time }: { birthdate?: string; time?: string },
): Promise<Outcome> {
  if ((code === undefined) === (birthdate === undefined)) {
    throw usageFailure("give either the code or --birthdate");
  }
  const proof = code === undefined ? { birthdate, ...(time === undefined ? {} : { time }) } : { code };
  const result = await ask("appointment.check-in", { ...proof, at: new Date().toISOString() });
  const { ticket, appointment } = result;
  const booked = `${timeOfDay(appointment.time)}  ${servicesText(appointment.services)}`;
  return { json: result, text: `${paint("bold", ticket.number)}  ${booked}` };
}

export async function lateCheckIn({ ask }: Conversation, appointment: string, reason: string): Promise<Outcome> {
  const result = await ask("appointment.late-check-in", { appointment, reason });
  return { json: result, text: `${paint("bold", result.ticket.number)}  checked in by hand` };
}

export async function unlock({ ask }: Conversation, terminal: string | undefined): Promise<Outcome> {
  const result = await ask("appointment.unlock", terminal === undefined ? {} : { terminal });
  return { json: result, text: `birth dates can be entered again ${terminal ? `at ${terminal}` : "everywhere"}` };
}
