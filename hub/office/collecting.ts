import { over, unheardAlarm } from "./alarms.ts";
import type { Decision } from "./decision.ts";
import { decline } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState } from "./state.ts";
import { allTerminals } from "./users.ts";

/**
 * So long a hub that goes on from a backup waits for what terminals know of the day, from when it can be reached, in
 * milliseconds. A terminal that lost its hub tries again every 5 s, and tells all that it knows within seconds; meanwhile
 * it gives numbers from its reserve.
 */
export const collectMs = 60_000;

/** The alarm of the hub while it waits. */
export const collectingAlarm = "collecting";

/** Whether numbers may have been given of which this hub does not know, and a terminal is about to say so. */
export const isCollecting = ({ recovery }: OfficeState): boolean => recovery !== null && recovery.awaited.length > 0;

/** Why no number can be given now: `unavailable`, so that terminals go on with their reserve. */
export function whyCollecting(state: OfficeState): (Decision & { ok: false }) | undefined {
  if (!isCollecting(state)) return undefined;
  const waits = "a backup was put in place, and the hub waits for what terminals know of the day: send it again";
  return decline("unavailable", waits) as Decision & { ok: false };
}

/** Tells staff for whom the hub waits. */
export function beginCollecting(awaited: readonly string[]): OfficeEvent[] {
  if (awaited.length === 0) return [];
  const detail =
    `numbers are given when these have said what they know of today, or after ${collectMs / 1000} s: ` +
    `${awaited.join(", ")}. Terminals go on with their reserve`;
  return [{ type: "device.alarm", client: "hub", alarm: collectingAlarm, detail: detail.slice(0, 200), open: true }];
}

/**
 * What the passing of time brings about while the hub waits: it does so no longer than `collectMs`, and not for whoever is
 * no terminal any more. Staff are told who was not heard.
 *
 * @param hasWaited whether terminals have been able to reach the hub for so long.
 */
export function passCollecting(state: OfficeState, hasWaited: boolean): OfficeEvent[] {
  if (!state.recovery || !isCollecting(state)) return [];
  const terminals = new Set(allTerminals(state));
  const awaited = state.recovery.awaited.filter((client) => terminals.has(client));
  if (awaited.length > 0 && !hasWaited) return [];
  const ended: OfficeEvent = {
    type: "office.changed",
    what: "collected",
    client: null,
    ...{ awaited: [], unheard: awaited, series: {}, held: [] },
  };
  return [ended, ...over(state, "hub", collectingAlarm), ...tellUnheard(state, awaited)];
}

/** Tells staff of which terminals it is not known what they gave. */
export function tellUnheard(state: OfficeState, unheard: readonly string[]): OfficeEvent[] {
  if (unheard.length === 0) return over(state, "hub", unheardAlarm);
  return [
    { type: "device.alarm", client: "hub", alarm: unheardAlarm, detail: unheard.join(", ").slice(0, 200), open: true },
  ];
}
