import { about } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState } from "./state.ts";
import { dayAt, isOpenAt } from "./state.ts";

/** A clock that steps back by less than this over midnight does not bring the day before back, in milliseconds. */
const stepBackMs = 3_600_000;

/**
 * What the passing of time alone brings about: at midnight what still waits is expired and the numbers start again,
 * and the office opens and closes. A clock that was wrong by days is followed back too; then the numbers of that day go
 * on behind the last one given.
 *
 * @param seriesOf the last numbers that were given on a day, by letter.
 */
export function passTime(
  state: OfficeState,
  now: number,
  seriesOf: (day: string) => Record<string, number>,
): OfficeEvent[] {
  const day = dayAt(state, now)?.date ?? state.day;
  const events: OfficeEvent[] = [];
  const begun = state.calendar.find(({ date }) => date === state.day)?.start;
  const back = day < state.day && (begun === undefined || now < begun - stepBackMs);
  if (day > state.day || back) {
    for (const ticket of state.tickets.values()) {
      const left = ticket.state === "waiting" || ticket.state === "parked";
      if (left) events.push({ type: "ticket.expired", ...about(ticket) });
    }
    events.push({ type: "office.changed", what: "day", day, series: seriesOf(day) });
  }
  const open = isOpenAt(state, now);
  if (open !== state.open) events.push({ type: open ? "office.opened" : "office.closed", day });
  return events;
}
