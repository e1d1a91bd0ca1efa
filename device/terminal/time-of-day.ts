import { timeFormat } from "../time-format.ts";
import type { Texts } from "./texts.ts";
import { fill } from "./texts.ts";

const dayMs = 24 * 60 * 60 * 1000;

const hourAndMinute = timeFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekdayName = timeFormat({ weekday: "short" });
const dayOfYear = timeFormat({ day: "2-digit", month: "2-digit", year: "numeric" });
const longDate = timeFormat({ weekday: "long", day: "numeric", month: "long" });

/** `10:21` on the office's clock. */
export function clockTime(at: number, texts: Texts, timeZone: string): string {
  return hourAndMinute(at, texts.locale, timeZone);
}

/** `Mo 23.11.2026`: short, for the ticket. */
export function shortDate(at: number, texts: Texts, timeZone: string): string {
  const weekday = weekdayName(at, texts.locale, timeZone).replace(".", "");
  const date = dayOfYear(at, texts.locale, timeZone);
  return `${weekday} ${date}`;
}

/** `2026-11-23`: the day of the office's calendar. */
export function localDate(at: number, timeZone: string): string {
  return dayOfYear(at, "sv-SE", timeZone);
}

/** `heute um 14:00 Uhr`, `morgen um 08:00 Uhr`, `Donnerstag, 26. November um 08:00 Uhr`. */
export function whenInWords(at: number, now: number, texts: Texts, timeZone: string): string {
  const time = clockTime(at, texts, timeZone);
  const isoDay = (instant: number) => localDate(instant, timeZone);
  const day = isoDay(at);
  if (day === isoDay(now)) return keepTogether(fill(texts.opensToday, { time }));
  // Noon to noon: a day of 23 or 25 hours still leads from one date to the next.
  const noon = Date.parse(`${isoDay(now)}T12:00:00Z`);
  if (day === isoDay(noon + dayMs)) return keepTogether(fill(texts.opensTomorrow, { time }));
  const date = longDate(at, texts.locale, timeZone);
  return keepTogether(fill(texts.opensOn, { date, time }));
}

/** Written as large as it is, this breaks into lines; a number stays with its month, and a time with its words. */
function keepTogether(text: string): string {
  return text.replace(/(?<=\d\.?) (?=\p{L})| (?=\d\d:\d\d)/gu, "\u00a0");
}
