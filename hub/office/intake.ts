import { serviceTime } from "./service-times.ts";
import type { OfficeState } from "./state.ts";
import { nextChange } from "./state.ts";

const minuteMs = 60_000;

/** Whoever came now would be served only after closing: what a terminal does, and when the office opens again. */
export interface IntakeStop {
  stop: "warn" | "refuse";
  /** Null where the days known ahead have no opening. */
  from: number | null;
}

/** Whether the office stays open all the time between. Hours that follow each other at midnight are no closing. */
function staysOpen({ calendar }: OfficeState, from: number, until: number): boolean {
  let open = from;
  for (const day of calendar) {
    for (const hours of day.open) {
      if (hours.from <= open && open < hours.to) open = hours.to;
      if (open >= until) return true;
    }
    if (day.start > until) break;
  }
  // Beyond the last day nothing is known: its end is not a closing.
  return open >= (calendar.at(-1)?.end ?? open);
}

/**
 * Says whether the intake of walk-ins for a service should stop, because one who came now would not have been served when
 * the office closes. Never for an office that does not close, nor while no desk is open for the service: then nothing can
 * be told.
 *
 * @param likely his likely wait, in minutes; see `outlook`.
 */
export function intakeStop(
  state: OfficeState,
  service: string,
  likely: number | null,
  now: number,
): IntakeStop | undefined {
  const { intake } = state.plan;
  if (intake === "off" || likely === null || !staysOpen(state, now, now + 1)) return undefined;
  const served = now + (likely + (serviceTime(state, service)?.minutes ?? 0)) * minuteMs;
  if (staysOpen(state, now, served)) return undefined;
  const closes = nextChange(state, now);
  return { stop: intake, from: closes === null ? null : nextChange(state, closes) };
}
