import type { DayCells } from "./cells.ts";
import { countLapsed, countVisit } from "./cells.ts";
import { halfHoursOf } from "./local-time.ts";
import type { Happening, Visit } from "./visits.ts";
import { follow, outcomeOf } from "./visits.ts";

/** How a visit ended may still be taken back for so long, in milliseconds: a no-show comes, a call is undone. */
const settledMs = 3_600_000;

/** An event of the record, as the tally reads it. */
export interface TalliedEvent extends Happening {
  /** Of an appointment that lapsed. */
  time?: number;
  services?: unknown;
  reason?: { code: string } | null;
}

/** Turns events, in their order, into the cells of the days on which the visits began. */
export interface Tally {
  take(event: TalliedEvent): void;
  /** What has become of all visits so far. */
  days(): Map<string, DayCells>;
  /**
   * Gives what is settled at this instant and forgets it; what may still change stays and is to be given to the next tally.
   */
  settle(now: number): { days: Map<string, DayCells>; open: Visit[] };
}

/**
 * @param open visits that an earlier tally left open.
 */
export function createTally(timeZone: string, open: Visit[] = []): Tally {
  const halfHourOf = halfHoursOf(timeZone);
  const visits = new Map(open.map((visit) => [visit.ticket, visit]));
  const lapsed: { day: string; service: string; halfHour: number }[] = [];
  const dates = new Intl.DateTimeFormat("sv", { timeZone });

  const count = (counted: Iterable<Visit>) => {
    const days = new Map<string, DayCells>();
    const dayOf = (date: string) => {
      const day = days.get(date) ?? new Map();
      days.set(date, day);
      return day as DayCells;
    };
    for (const visit of counted) countVisit(dayOf(visit.day), visit);
    for (const { day, service, halfHour } of lapsed) countLapsed(dayOf(day), service, halfHour);
    return days;
  };

  return {
    take(event) {
      if (event.type === "appointment.lapsed") {
        const [booked] = (event.services ?? []) as { service: string }[];
        if (event.reason?.code !== "not-checked-in" || event.time === undefined || !booked) return;
        const day = dates.format(event.time);
        lapsed.push({ day, service: booked.service, halfHour: halfHourOf(event.time) });
        return;
      }
      follow(visits, event, halfHourOf);
    },
    days: () => count(visits.values()),
    settle(now) {
      const settled: Visit[] = [];
      for (const visit of visits.values()) {
        const outcome = outcomeOf(visit);
        if (outcome === null || (outcome !== "expired" && now - visit.changedAt < settledMs)) continue;
        settled.push(visit);
        visits.delete(visit.ticket);
      }
      const days = count(settled);
      lapsed.length = 0;
      return { days, open: [...visits.values()] };
    },
  };
}
