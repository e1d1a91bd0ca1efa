import * as assert from "uvu/assert";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { Appointment } from "../../protocol/messages.ts";
import type { Result, Verb } from "../../protocol/requests.ts";
import { verbs } from "../../protocol/requests.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { openAppointmentOffice } from "./appointment-office.ts";

export const tuesdayTen = Date.parse("2026-11-24T10:00:00+01:00");
export const iso = (at: number) => new Date(at).toISOString();
/** Nobody's name is part of anything else that the office says. */
export const person = {
  name: "Zacharias Quitzow",
  email: "zq@example.org",
  phone: "02362 777",
  birthdates: ["1961-05-17"],
};

export async function inOffice(use: (office: AppointmentOffice) => Promise<void>, options = {}): Promise<void> {
  const office = openAppointmentOffice(options);
  try {
    await use(office);
  } finally {
    office.close();
  }
}

/** The result of a request, which must be of the verb's own schema. */
export function resultOf<V extends Verb>(verb: V, reply: OutgoingReply): Result<V> {
  if (!reply.ok) throw new Error(`${verb}: ${JSON.stringify(reply.error)}`);
  const parsed = verbs[verb].result.safeParse(reply.result);
  if (!parsed.success) throw new Error(`${verb}: ${parsed.error.message}`);
  assert.equal(parsed.data, reply.result, `${verb} says nothing that its schema does not know`);
  return reply.result as Result<V>;
}

export const booking = { services: ["id-card"], at: iso(tuesdayTen), person };

export async function book(office: AppointmentOffice, changes: object = {}): Promise<Appointment> {
  const reply = await office.ask("clerk", "appointment.book", { ...booking, ...changes });
  return resultOf("appointment.book", reply).appointment;
}
