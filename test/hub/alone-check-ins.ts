import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { mondayMorning } from "./test-office.ts";

export const monday = "2026-11-23";
export const time = mondayMorning + 2 * 60 * minuteMs;

/** An appointment at 11:00, two terminals that hold numbers, and a desk. */
export async function openWithAppointment(more: Parameters<AppointmentOffice["bookFor"]>[1] = {}) {
  const office = openAppointmentOffice({ config: { appointments: { desks: 2, leadMinutes: 0 } } });
  const booked = await office.bookFor(time, more);
  await office.ask("terminal", "reserve.get");
  await office.ask("kiosk", "reserve.get");
  await office.ask("clerk", "desk.open", { desk: "1" });
  return { office, ...booked };
}

let touches = 0;
export async function bring(office: AppointmentOffice, client: string, number: string, at: number, more: object = {}) {
  touches += 1;
  const issuedAt = new Date(at).toISOString();
  const item = {
    request: `scan-${touches}`,
    number,
    day: monday,
    service: "pick-up",
    issuedAt,
    order: touches,
    clock: "sure",
  };
  const reply = await office.ask(client, "ticket.adopt", { tickets: [{ ...item, ...more }] });
  if (!reply.ok) throw new Error(reply.error.message);
  const { adopted, refused } = reply.result as Result<"ticket.adopt">;
  assert.equal(refused, []);
  return adopted[0];
}

export const record = (office: AppointmentOffice, id: string) => office.state.appointments.records.get(id);
export const show = async (office: AppointmentOffice, number: string) =>
  ((await office.ask("clerk", "ticket.show", { number })) as { result: { ticket: Ticket } }).result.ticket;
export const lines = ({ state }: AppointmentOffice) => [
  state.waitingAppointments.map(({ number }) => number),
  state.waiting.map(({ number }) => number),
];
