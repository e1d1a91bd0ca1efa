import { evolveCollected } from "./collected.ts";
import type { OfficeEvent } from "./events.ts";
import { evolveReserves } from "./reserves.ts";
import { evolveRestored } from "./restored.ts";
import type { OfficeState } from "./state.ts";
import { everyBoard } from "./state.ts";
import { evolveUser } from "./users.ts";

type OfficeChange = Extract<OfficeEvent, { type: "office.changed" }>;

/** Applies a change of the office as a whole; see `evolve`. */
export function evolveOffice(state: OfficeState, event: OfficeChange): void {
  switch (event.what) {
    case "day":
      newDay(state, event);
      return;
    case "restored":
      evolveRestored(state, event);
      return;
    case "collected":
      evolveCollected(state, event);
      return;
    case "dates":
      state.dates = { closures: event.closures, specialHours: event.specialHours };
      return;
    case "reserve":
      evolveReserves(state, event);
      return;
    case "user":
      evolveUser(state, event);
      return;
    case "service-times":
      state.serviceTimes = event.services;
      return;
    case "services":
      state.closedServices = new Map(event.closed.map(({ service, until }) => [service, until]));
      return;
    case "emergency":
      state.emergency = event.message;
      for (const display of state.displays.values()) display.revision += 1;
      return;
    case "message": {
      // What is on every board is on the boards of each group.
      const shown = event.group === everyBoard ? [...state.displays.keys()] : [event.group];
      for (const group of shown) {
        const display = state.displays.get(group);
        if (!display) continue;
        display.revision += 1;
        if (group === event.group) {
          display.message = event.message === null ? null : { text: event.message, until: event.until };
        }
      }
    }
  }
}

/** Numbers start again, or go on where that day's had come to, and the boards are empty. */
function newDay(state: OfficeState, { day, series, isSure }: Extract<OfficeChange, { what: "day" }>): void {
  if (state.recovery && isSure) state.recovery.until = null;
  state.day = day;
  state.series = new Map(Object.entries(series));
  state.lastCalled.clear();
  state.lastKind.clear();
  for (const desk of state.desks.values()) desk.afterRestore = false;
  for (const display of state.displays.values()) {
    display.calls = [];
    display.revision += 1;
  }
}
