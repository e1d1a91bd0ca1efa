import { checkInEarlyMs, checkInLateMs } from "../protocol/check-in-code.ts";
import type { OfficeDay } from "./almanac.ts";
import { almanacDays, makeAlmanac } from "./almanac.ts";
import { callPolicyOf } from "./config/calls.ts";
import type { HubConfig } from "./config.ts";
import type { AppointmentPlan } from "./office/appointments/record.ts";
import type { DateRules, Plan } from "./office/state.ts";
import { everyBoard } from "./office/state.ts";

const minuteMs = 60_000;

/** What the core needs to know of the configuration. */
export function planOf(config: HubConfig): Plan {
  const desks = config.desks.map((desk) => ({ ...desk, groups: [...new Set([everyBoard, ...desk.groups])] }));
  const { name, languages, timeZone, accent, services, boards, numberDigits, intake } = config;
  const appointments = config.appointments ? appointmentPlanOf(config.appointments) : null;
  const calls = callPolicyOf(config.calls);
  const users = config.users.map(({ passwordHash: _, ...user }) => user);
  const reserveNumbers = config.reserve.numbers;
  return {
    name,
    languages,
    timeZone,
    accent,
    services,
    desks,
    boards,
    numberDigits,
    users,
    calls,
    intake,
    reserveNumbers,
    appointments,
  };
}

/** The days that can be booked, and those that are published; what was set in operation beats the configuration. */
export function almanacOf(config: HubConfig, now: number, dates: DateRules): OfficeDay[] {
  const days = Math.max(almanacDays, (config.appointments?.daysAhead ?? 0) + 1);
  const set = (list: { date: string }[]) => new Set(list.map(({ date }) => date));
  const closed = set(dates.closures);
  const special = set(dates.specialHours);
  const closures = [...dates.closures, ...config.closures.filter(({ date }) => !closed.has(date))];
  const specialHours = [...dates.specialHours, ...config.specialHours.filter(({ date }) => !special.has(date))];
  return makeAlmanac({ ...config, closures, specialHours }, now, days);
}

function appointmentPlanOf(config: NonNullable<HubConfig["appointments"]>): AppointmentPlan {
  const { siteNumber, walkInShare, telephoneShare, unconfirmedShare } = config;
  const { daysAhead, perAddress, perNetwork, reminderHour, keptDays } = config;
  return {
    siteNumber,
    slotMs: config.slotMinutes * minuteMs,
    walkInShare,
    telephoneShare,
    unconfirmedShare,
    leadMs: config.leadMinutes * minuteMs,
    daysAhead,
    perAddress,
    perNetwork,
    confirmMs: 120 * minuteMs,
    checkInEarlyMs,
    checkInLateMs,
    deskGraceMs: 15 * minuteMs,
    readBackMs: 30_000,
    wrongEntriesTerminal: 5,
    wrongEntriesSite: 15,
    wrongEntriesMs: 10 * minuteMs,
    reminderHour,
    keptDays,
  };
}
