import { about } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState } from "./state.ts";
import { dayAt, isOpenAt } from "./state.ts";

/**
 * What the passing of time alone brings about: at midnight what still waits is expired and the numbers start again,
 * and the office opens and closes. A clock that was set back never brings a day back: its numbers are given.
 */
export function passTime(state: OfficeState, now: number): OfficeEvent[] {
  const day = dayAt(state, now)?.date ?? state.day;
  const events: OfficeEvent[] = [];
  if (day > state.day) {
    for (const ticket of state.tickets.values()) {
      const left = ticket.state === "waiting" || ticket.state === "parked";
      if (left) events.push({ type: "ticket.expired", ...about(ticket) });
    }
    events.push({ type: "office.changed", what: "day", day });
  }
  const open = isOpenAt(state, now);
  if (open !== state.open) events.push({ type: open ? "office.opened" : "office.closed", day });
  return events;
}
