import type { Decision } from "../decision.ts";
import type { CalendarDay, DateRules, OfficeState } from "../state.ts";
import { farewell, orderMail } from "./mails.ts";
import { appointmentsHit } from "./slots.ts";

/** What is to be added to the rules for single dates, and the dates that lose theirs. */
export interface DatesPatch {
  closures?: { add?: DateRules["closures"] | undefined; remove?: string[] | undefined } | undefined;
  specialHours?: { add?: DateRules["specialHours"] | undefined; remove?: string[] | undefined } | undefined;
}

/** The rules as they would be. A date that is named again gets the new rule; one of the configuration stays below it. */
export function patchDates(dates: DateRules, { closures, specialHours }: DatesPatch): DateRules {
  return {
    closures: patched(dates.closures, closures),
    specialHours: patched(dates.specialHours, specialHours),
  };
}

function patched<T extends { date: string }>(
  rules: T[],
  patch: { add?: T[] | undefined; remove?: string[] | undefined } | undefined,
): T[] {
  const { add = [], remove = [] } = patch ?? {};
  const gone = new Set([...remove, ...add.map(({ date }) => date)]);
  const byDate = new Map(add.map((rule) => [rule.date, rule]));
  const all = [...rules.filter(({ date }) => !gone.has(date)), ...byDate.values()];
  return all.sort((a, b) => (a.date < b.date ? -1 : 1));
}

/**
 * The days that a patch is about; all of them where it names none. What an earlier change hit, and staff let stand, is not
 * hit again by a change of another day.
 */
export function daysPatched(calendar: readonly CalendarDay[], { closures, specialHours }: DatesPatch): CalendarDay[] {
  const changes = [closures, specialHours].flatMap((patch) => [
    ...(patch?.remove ?? []),
    ...(patch?.add ?? []).map(({ date }) => date),
  ]);
  return calendar.filter(({ date }) => changes.length === 0 || changes.includes(date));
}

/**
 * Sets the rules for single dates. Appointments that no longer lie within the opening hours are cancelled with a mail,
 * if that is wanted; otherwise they stand, for staff to see to.
 *
 * @param days those that are changed, as they are with these rules.
 */
export function changeDates(
  state: OfficeState,
  dates: DateRules,
  days: readonly CalendarDay[],
  { cancelAppointments, by }: { cancelAppointments: boolean; by: string },
  now: number,
): Decision {
  const hits = appointmentsHit(state, days);
  const hit = cancelAppointments ? hits : [];
  const reasons = new Map(dates.closures.map(({ date, reason }) => [date, reason]));
  const farewells = hit.map((record) => {
    const reason = reasons.get(record.day);
    const ended = { ...record, revision: record.revision + 1 };
    return farewell(record.id, orderMail(ended, "office-closed", now, reason === undefined ? {} : { reason }));
  });
  return {
    ok: true,
    appointments: hits.map(({ id }) => id),
    events: [
      { type: "office.changed", what: "dates", by, ...dates },
      ...hit.map(({ id }) => ({
        type: "appointment.cancelled" as const,
        appointment: id,
        reason: { code: "closed" as const },
        by,
      })),
    ],
    aside: {
      mails: farewells.flatMap(({ mails = [] }) => mails),
      dropMails: hit.map(({ id }) => id),
      persons: hit.map(({ id }) => ({ do: "erase", appointment: id })),
    },
  };
}
