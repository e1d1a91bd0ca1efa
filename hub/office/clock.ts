import { byTime, passClosing } from "./closing.ts";
import { about } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { seriesOf } from "./restored.ts";
import { passBreaks } from "./sent.ts";
import type { Visit } from "./service-times.ts";
import { measuredDays, measuredTicketsMax, measureTimes } from "./service-times.ts";
import type { OfficeState } from "./state.ts";
import { dayAt, isOpenAt } from "./state.ts";

/** A clock that steps back by less than this over midnight does not bring the day before back, in milliseconds. */
const stepBackMs = 3_600_000;

/** What is kept of earlier days. */
export interface Past {
  /** The last numbers that were given on a day, by letter. */
  series(day: string): Record<string, number>;
  /** Tickets of the last `days` days before `day` that had any, the newest at most `limit`. */
  visits(day: string, days: number, limit: number): Iterable<Visit>;
}

/**
 * What the passing of time alone brings about: at midnight what still waits is expired and the numbers start again, the
 * office opens and closes, what was closed or shown until now is so no longer, and whoever waits for a desk whose break
 * has become a long one waits for any. A clock that was wrong by days is followed back too; then the numbers of that day go
 * on behind the last one given. With each day service times are measured anew.
 *
 * @param isSure whether the clock is to be relied on.
 */
export function passTime(state: OfficeState, now: number, past: Past, isSure: boolean): OfficeEvent[] {
  const today = dayAt(state, now);
  const day = today?.date ?? state.day;
  const events: OfficeEvent[] = [];
  const begun = state.calendar.find(({ date }) => date === state.day)?.start;
  const back = day < state.day && (begun === undefined || now < begun - stepBackMs);
  if (today && (day > state.day || back)) {
    for (const ticket of state.tickets.values()) {
      const left = ticket.state === "waiting" || ticket.state === "parked";
      if (left) events.push({ type: "ticket.expired", ...about(ticket) });
    }
    events.push(...desksLeftOpen(state, now));
    events.push({ type: "office.changed", what: "day", day, series: seriesOf(state, today, past.series(day)), isSure });
    const services = measureTimes(past.visits(day, measuredDays, measuredTicketsMax));
    if (Object.keys(services).length > 0) events.push({ type: "office.changed", what: "service-times", services });
  }
  const open = isOpenAt(state, now);
  if (open !== state.open) events.push({ type: open ? "office.opened" : "office.closed", day });
  events.push(...passClosing(state, now));
  // Whoever expires does not wait for a desk any more.
  if (events.every(({ type }) => type !== "ticket.expired")) events.push(...passBreaks(state, now, byTime));
  return events;
}

/** Staff are asked to close the desks that they left open, unless the office is open all night. */
function desksLeftOpen(state: OfficeState, now: number): OfficeEvent[] {
  const left = [...state.desks.values()].filter(({ open }) => open).map(({ id }) => id);
  if (left.length === 0 || isOpenAt(state, now)) return [];
  const detail = `the day is over: close ${left.length === 1 ? "desk" : "desks"} ${left.join(", ")}`;
  return [{ type: "device.alarm", client: "hub", alarm: "desks-open", detail }];
}
