import type { Aside, MailKind, MailOrder } from "../aside.ts";
import type { OfficeState } from "../state.ts";
import type { AppointmentRecord } from "./record.ts";

const hourMs = 3_600_000;
/** A mail about an appointment that is over by so long helps nobody, in milliseconds. */
const staleMs = 24 * hourMs;

/** What a mail says besides what stands in the appointment. */
type Details = Pick<MailOrder, "confirmBy" | "previousAt" | "reason" | "link" | "code">;

/** Orders a mail about an appointment as it is after `revision` changes; that makes its name unique. */
export function orderMail(
  record: AppointmentRecord,
  kind: MailKind,
  now: number,
  details: Details & { sendAt?: number } = {},
): MailOrder {
  const { id: appointment, revision, language, at, until, services } = record;
  const { sendAt = now, ...rest } = details;
  return {
    id: `${appointment}.${revision}.${kind}`,
    kind,
    appointment,
    language,
    orderedAt: now,
    sendAt,
    dropAt: Math.max(record.until, now) + staleMs,
    at,
    until,
    services,
    ...rest,
  };
}

/** The reminder on the day before, if that is still to come and the visitor wants it. */
export function reminderFor(state: OfficeState, record: AppointmentRecord, now: number): MailOrder[] {
  const plan = state.plan.appointments;
  const index = state.calendar.findIndex(({ date }) => date === record.day);
  const before = state.calendar[index - 1];
  if (!plan || !record.reminder || !before) return [];
  // On a day of 23 or 25 hours the hour is reckoned from its end, behind the change.
  const sendAt = before.end - (24 - plan.reminderHour) * hourMs;
  if (sendAt <= now) return [];
  return [{ ...orderMail(record, "reminder", now, { sendAt }), dropAt: record.at }];
}

/** The personal data of an appointment that has ended goes, once the last mail has its address. */
export const farewell = (appointment: string, ...mails: MailOrder[]): Aside => ({
  mails,
  dropMails: [appointment],
  persons: [{ do: "erase", appointment }],
});
