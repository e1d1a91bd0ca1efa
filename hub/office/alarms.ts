import type { DeviceStatus } from "../../protocol/messages.ts";
import type { OfficeEvent } from "./events.ts";
import { isLow } from "./series.ts";
import type { OfficeState } from "./state.ts";
import { isOpenAt } from "./state.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A clock further off than this is an alarm, in milliseconds; exactly this far is still right. */
const clockOffMaxMs = 30_000;
/** A device may be away for so long before staff hear of it, in milliseconds: it is started anew in less. */
export const offlineAlarmMs = 30_000;
/** So many papers of which nobody can say whether they came out, within so long, are one too many. */
export const unknownPrintsMax = 3;
export const unknownPrintsMs = 60 * minuteMs;
/** How often it is said that closures are missing, in milliseconds. */
const closuresEveryMs = 7 * dayMs;

/** Something that somebody must see to, of a device or of the hub itself. */
export interface Alarm {
  client: string;
  alarm: string;
  detail: string;
}

/** How a device is, as far as the hub knows. */
export interface DeviceHealth {
  client: string;
  status: DeviceStatus;
  /** Since when it has been away, in milliseconds since the epoch. */
  offlineSince: number | null;
  /** How far its clock is ahead of the hub's, in milliseconds, where it could be told. */
  clockOffsetMs: number | null;
  /** When it could not be said what became of its papers. */
  unknownPrints: number[];
}

/** What is wrong with a device that is there. */
export function deviceAlarms({ client, status, clockOffsetMs, unknownPrints }: DeviceHealth, now: number): Alarm[] {
  const alarms = Object.entries(status.peripherals)
    .filter(([, { state }]) => state !== "ready" && state !== "unknown")
    .map(([name, { state, detail }]) => ({ client, alarm: `${name}: ${state}`, detail }));
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > clockOffMaxMs && !isNamed(alarms, clockOff)) {
    const seconds = Math.round(Math.abs(clockOffsetMs) / 1000);
    const detail = `about ${seconds} s ${clockOffsetMs > 0 ? "ahead of" : "behind"} the hub`;
    alarms.push({ client, alarm: clockOff, detail });
  }
  const unsure = unknownPrints.filter((at) => Math.abs(now - at) < unknownPrintsMs).length;
  if (unsure >= unknownPrintsMax) {
    const detail = `of ${unsure} tickets within an hour nobody can say whether they were printed`;
    alarms.push({ client, alarm: "printer: outcomes unknown", detail });
  }
  return alarms;
}

/** As devices call it that compare their clock with the hub's themselves. */
const clockOff = "clock: error";
const isNamed = (alarms: Alarm[], name: string) => alarms.some(({ alarm }) => alarm === name);

/**
 * What has changed in the alarms about devices: each is raised once, and said to be over when it is. A device that is
 * away keeps its alarms, besides the one that it is away; that one is raised while the office is open.
 *
 * @param isUser whether somebody may log in under a name: who is no user any more has no alarms.
 */
export function watchDevices(
  state: OfficeState,
  devices: DeviceHealth[],
  isUser: (client: string) => boolean,
  now: number,
): OfficeEvent[] {
  const holding = devices.flatMap((device) => {
    const { client, offlineSince } = device;
    if (offlineSince === null) return deviceAlarms(device, now);
    const kept = alarmsOf(state, client);
    // If that lies further ahead the clock was wrong then, and nobody can say for how long it has been away.
    const isBrief = Math.abs(now - offlineSince) < offlineAlarmMs;
    if (isNamed(kept, "offline") || isBrief || !isOpenAt(state, now)) return kept;
    return [...kept, { client, alarm: "offline", detail: `since ${new Date(offlineSince).toISOString()}` }];
  });
  const judged = new Set(devices.map(({ client }) => client));
  return changes(state, holding, ({ client }) => client !== hubItself && (judged.has(client) || !isUser(client)));
}

/** The alarms of the hub that a backup was put in place, and that terminals have not said what they gave since. */
export const restoredAlarm = "restored";
export const unheardAlarm = "unheard";

/** As `client` of an alarm: the hub. */
const hubItself = "hub";

export const alarmsOf = (state: OfficeState, client: string): Alarm[] =>
  [...state.alarms.values()].filter((alarm) => alarm.client === client);

/** What has changed in the alarm about numbers that run out: it is said again with each series that joins. */
export function watchSeries(state: OfficeState): OfficeEvent[] {
  const low = [...state.series.keys()].filter((letter) => isLow(state, letter)).sort();
  const detail = low.length === 0 ? undefined : `90 % of the numbers of series ${low.join(", ")} are given`;
  return watchItself(state, "series", detail);
}

/** What has changed in an alarm about the hub itself: raised with each new detail, and over when there is none. */
export function watchItself(state: OfficeState, alarm: string, detail: string | undefined): OfficeEvent[] {
  if (detail === undefined) return over(state, hubItself, alarm);
  if (state.alarms.get(alarmKey(hubItself, alarm))?.detail === detail) return [];
  return [{ type: "device.alarm", client: hubItself, alarm, detail, open: true }];
}

/** The event that an alarm is over, if it is open. */
export function over(state: OfficeState, client: string, alarm: string): OfficeEvent[] {
  const open = state.alarms.get(alarmKey(client, alarm));
  return open ? [{ type: "device.alarm", client, alarm, detail: open.detail, open: false }] : [];
}

export const alarmKey = (client: string, alarm: string): string => `${client}/${alarm}`;

/** @param judged which of the open alarms are over when they are not among those that hold. */
function changes(state: OfficeState, holding: Alarm[], judged: (alarm: Alarm) => boolean): OfficeEvent[] {
  const keys = new Set(holding.map(({ client, alarm }) => alarmKey(client, alarm)));
  const raised = holding.filter(({ client, alarm }) => !state.alarms.has(alarmKey(client, alarm)));
  const ended = [...state.alarms.values()].filter(
    (open) => judged(open) && !keys.has(alarmKey(open.client, open.alarm)),
  );
  return [
    ...raised.map((alarm): OfficeEvent => ({ type: "device.alarm", ...alarm, open: true })),
    ...ended.flatMap(({ client, alarm }) => over(state, client, alarm)),
  ];
}

/**
 * What has changed in the warning that closures are not entered: it is said once a week while dates are missing.
 *
 * @param missing the dates, as `datesToEnter` finds them.
 */
export function watchClosures(state: OfficeState, missing: string[], now: number): OfficeEvent[] {
  if (missing.length === 0) return over(state, hubItself, closures);
  const said = state.alarms.get(alarmKey(hubItself, closures))?.at;
  if (said !== undefined && said <= now && now - said < closuresEveryMs) return [];
  const detail = `no closure and no special hours are entered for ${missing.join(", ")}`;
  return [{ type: "device.alarm", client: hubItself, alarm: closures, detail, open: true }];
}

const closures = "closures";

/** The month from which on next year's closures should be entered. */
const firstMonth = 10;
/** Carnival Monday lies so long before Easter Sunday, in days. */
const carnivalBeforeEaster = 48;

/**
 * The days on which a German office is often shut although they are no public holidays, as far as nobody has decided what
 * is with them: 24 and 31 December of this year and the next and the next carnival Monday, from October on and until
 * carnival. An office that is open on Christmas Day keeps no such days.
 *
 * @param today `YYYY-MM-DD`
 * @param opens whether the week opens the office on a date.
 * @param decided dates with a closure or with hours of their own.
 */
export function datesToEnter(today: string, opens: (date: string) => boolean, decided: ReadonlySet<string>): string[] {
  const year = Number(today.slice(0, 4));
  const ends = (of: number) => [`${of}-12-24`, `${of}-12-31`];
  const inSeason = Number(today.slice(5, 7)) >= firstMonth;
  const dates = inSeason ? [...ends(year), carnivalMonday(year + 1), ...ends(year + 1)] : [carnivalMonday(year)];
  if (opens(`${year}-12-25`)) return [];
  return dates.filter((date) => date >= today && !decided.has(date) && opens(date));
}

/** By the rule of Gauss for the Gregorian calendar, in the form of Butcher (Nature 13, 1876). */
function carnivalMonday(year: number): string {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  const easter = Date.UTC(year, Math.floor(f / 31) - 1, (f % 31) + 1);
  return new Date(easter - carnivalBeforeEaster * dayMs).toISOString().slice(0, 10);
}
