import type { Aside } from "../aside.ts";
import type { OfficeEvent } from "../events.ts";
import type { OfficeState } from "../state.ts";
import { dayAt } from "../state.ts";
import { drop } from "./book.ts";
import type { AppointmentPlan, AppointmentRecord } from "./record.ts";
import { toSecond } from "./record.ts";

const dayMs = 86_400_000;

/** The last instant at which a check-in may still come in that was read in time. */
const lapsesAfter = (plan: AppointmentPlan, { at }: AppointmentRecord) => at + plan.checkInLateMs + plan.readBackMs;

/**
 * Lapses what nobody confirmed in time, with the personal data, and whoever did not come. It only clears away: what is
 * asked meanwhile is judged by the clock.
 */
export function passAppointments(state: OfficeState, now: number): { events: OfficeEvent[]; aside: Aside } {
  const plan = state.plan.appointments;
  const { records, unconfirmed, days } = state.appointments;
  const lapsed: [AppointmentRecord, "not-confirmed" | "not-checked-in"][] = [];
  if (plan) {
    for (const id of unconfirmed) {
      const record = records.get(id);
      if (record && toSecond(now) > toSecond(record.confirmBy)) lapsed.push([record, "not-confirmed"]);
    }
    const today = dayAt(state, now)?.date ?? "";
    for (const [date, { ids }] of days) {
      if (date > today) continue;
      for (const id of ids) {
        const record = records.get(id);
        if (record?.state !== "confirmed" || toSecond(now) <= toSecond(lapsesAfter(plan, record))) continue;
        lapsed.push([record, "not-checked-in"]);
      }
    }
  }
  return {
    events: lapsed.map(([{ id, at, services }, code]) => ({
      type: "appointment.lapsed",
      appointment: id,
      time: at,
      services,
      reason: { code },
    })),
    aside: {
      dropMails: lapsed.map(([{ id }]) => id),
      persons: lapsed
        .filter(([, code]) => code === "not-confirmed")
        .map(([{ id }]) => ({ do: "erase", appointment: id })),
    },
  };
}

/** The first day whose appointments are still kept, `YYYY-MM-DD`: what lies before it is erased. */
export function firstKeptDay(day: string, keptDays: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - keptDays * dayMs).toISOString().slice(0, 10);
}

/** Forgets the appointments of days that are no longer kept, and wrong entries that no longer count. */
export function forgetAppointments(state: OfficeState, now: number): void {
  const plan = state.plan.appointments;
  const book = state.appointments;
  const first = firstKeptDay(state.day, plan?.keptDays ?? 0);
  for (const [date, { ids }] of book.days) {
    if (date >= first) continue;
    for (const id of [...ids]) {
      const record = book.records.get(id);
      if (record) drop(book, record);
    }
  }
  book.wrongEntries = book.wrongEntries.filter(({ at }) => at > now - (plan?.wrongEntriesMs ?? 0));
}
