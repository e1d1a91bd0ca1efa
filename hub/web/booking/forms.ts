import * as z from "zod";
import { appointmentId } from "../../../protocol/messages.ts";
import type { Person } from "../../../protocol/requests.ts";
import { bookedServicesMax, person } from "../../../protocol/requests.ts";
import type { BookedService } from "../../office/appointments/record.ts";

/** What a browser sent: each field at most once, all of it text. */
export type Fields = Readonly<Record<string, string>>;

/** Characters of one field, and fields of one form, that are looked at. Each service of the office is a field. */
const fieldCharsMax = 300;
const fieldsMax = 1_000;

/** Only texts pass; of a field that came twice the first counts. */
export function fieldsOf(raw: unknown): Fields {
  const entries = Object.entries((raw ?? {}) as Record<string, unknown>).slice(0, fieldsMax);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === "string" && first.length <= fieldCharsMax ? [[name, first.trim()]] : [];
    }),
  );
}

/** The field in which a service's number of persons stands. */
export const serviceField = (service: string): string => `n-${service}`;

/** The services that were chosen, in the office's order; undefined when the fields make no sense. */
export function chosenServices(fields: Fields, offered: readonly string[]): BookedService[] | undefined {
  const chosen = offered.map((service) => ({ service, persons: Number(fields[serviceField(service)] ?? 0) }));
  if (chosen.some(({ persons }) => !Number.isInteger(persons) || persons < 0)) return undefined;
  const booked = chosen.filter(({ persons }) => persons > 0);
  const all = booked.reduce((sum, { persons }) => sum + persons, 0);
  return all > bookedServicesMax ? undefined : booked;
}

/** The last instant that a date can say, in milliseconds since the epoch (ECMA-262, section 21.4.1.1). */
const lastInstant = 8.64e15;

/** An instant as forms carry it: milliseconds since the epoch. */
export function timeIn(fields: Fields, name = "at"): number | undefined {
  const at = Number(fields[name]);
  return fields[name] !== undefined && Number.isSafeInteger(at) && at > 0 && at <= lastInstant ? at : undefined;
}

/** From which day on times are to be shown, `YYYY-MM-DD`. */
export const firstDayIn = (fields: Fields): string | undefined => z.iso.date().safeParse(fields.from).data;

/** The reference that was chosen when the form was shown. */
export const referenceIn = (fields: Fields): string | undefined => appointmentId.safeParse(fields.booking).data;

/** A date of birth as people write it: 9.3.1984, 09/03/1984, 1984-03-09. `YYYY-MM-DD`, or undefined. */
export function readBirthdate(text: string, now: number): string | undefined {
  const [, day, month, year] = /^(\d{1,2})[. /-]+(\d{1,2})[. /-]+(\d{4})$/.exec(text) ?? [];
  const iso = day && month && year ? `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` : text;
  const date = z.iso.date().safeParse(iso).data;
  if (date === undefined || date < "1890-01-01" || Date.parse(date) > now) return undefined;
  return date;
}

export type PersonField = "name" | "email" | "phone" | "birthdate";
export type PersonForm =
  | { ok: true; person: Person & { email: string }; reminder: boolean }
  | { ok: false; wrong: PersonField[] };

/** Reads who comes; names the fields that are wrong. */
export function readPerson(fields: Fields, telephoneOptional: boolean, now: number): PersonForm {
  const { name = "", email = "", phone = "", birthdate = "" } = fields;
  const born = readBirthdate(birthdate, now);
  const wrong: PersonField[] = [];
  if (!person.shape.name.safeParse(name).success) wrong.push("name");
  if (email === "" || !person.shape.email.safeParse(email).success) wrong.push("email");
  if (!(phone === "" && telephoneOptional) && (phone === "" || !person.shape.phone.safeParse(phone).success)) {
    wrong.push("phone");
  }
  if (born === undefined) wrong.push("birthdate");
  if (wrong.length > 0 || born === undefined) return { ok: false, wrong };
  const known = { name, email, ...(phone === "" ? {} : { phone }), birthdates: [born] };
  return { ok: true, person: known, reminder: fields.reminder === "yes" };
}
