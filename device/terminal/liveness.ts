import type { Office } from "../../protocol/messages.ts";
import { mainLanguage } from "./texts.ts";
import type { State } from "./types.ts";

/** Whether the hub is there to answer: the link stands and it was heard lately. */
export function isLive(state: State): boolean {
  const { beatAt } = state;
  return state.linkUp && beatAt !== null && state.at - beatAt < state.settings.limits.beatTimeoutMs;
}

/** Right after the start the hub cannot have been heard yet: that is no reason to send anybody away. */
export function isSettling(state: State): boolean {
  return !isLive(state) && state.at < state.settleUntil;
}

/** While the hub is away its picture of the office is looked at this often, in milliseconds. */
const lookMs = 30_000;

/**
 * The office as it is at this moment: while the hub is away it opens and closes by the hours that were known. In an emergency
 * it stays shut, and what was closed by hand stays closed until when that was said, or until the hub is back.
 */
export function officeNow(state: State): Office | null {
  const { office, hubAt } = state;
  if (!office || isLive(state) || office.emergency !== undefined || office.days.length === 0) return office;
  const intervals = office.days.flatMap(({ open }) => open.map(({ from, to }) => [Date.parse(from), Date.parse(to)]));
  const isOpen = (at: number) => intervals.some(([from = 0, to = 0]) => from <= at && at < to);
  const open = isOpen(hubAt);
  const change = intervals.flat().find((edge) => edge > hubAt && isOpen(edge) !== open);
  const services = office.services.map((service) => {
    const { opensAt, closed = false } = service;
    const isBack = opensAt === undefined ? !office.open && !closed : Date.parse(opensAt) <= hubAt;
    return { ...service, open: open && (service.open || isBack) };
  });
  return { ...office, open, nextChange: change === undefined ? null : new Date(change).toISOString(), services };
}

export function officeService(office: Office | null, service: string): Office["services"][number] | undefined {
  return office?.services.find(({ id }) => id === service);
}

/** When the screen is free for the next visitor who showed his code; never while somebody is being served. */
export function freeAt({ phase, settings }: State): number {
  const { takenLeastMs, messageMs, keptMs } = settings.limits;
  switch (phase.name) {
    case "choose":
    case "birthdate":
    case "appointment-time":
      return 0;
    case "taken":
      return phase.since + takenLeastMs;
    case "kept":
      return phase.until - keptMs + messageMs;
    case "refused":
    case "unclear":
    case "paused":
    case "turned-away":
      return phase.until - messageMs + takenLeastMs;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** Whether somebody may have gone away and left something behind: a language, large print, half a birth date. */
export function isIdleLimited({ phase, language, large }: State): boolean {
  if (phase.name === "birthdate" || phase.name === "appointment-time") return true;
  return phase.name === "choose" && (language !== mainLanguage || large);
}

/** The next instant at which something changes by itself; undefined while nothing will. */
export function wakeAt(state: State): number | undefined {
  const { phase, settings, beatAt, at } = state;
  const { beatTimeoutMs, idleMs } = settings.limits;
  const ahead: number[] = [state.settleUntil, state.identifyUntil, ...Object.values(state.pauses)];
  if (beatAt !== null) ahead.push(beatAt + beatTimeoutMs);
  const due: number[] = ahead.filter((instant) => instant > at);
  if ("until" in phase) due.push(phase.until);
  if (state.scans.length > 0 && !isSettling(state) && Number.isFinite(freeAt(state))) due.push(freeAt(state));
  if (state.repeatAt !== null) due.push(state.repeatAt);
  const { bringing, asking } = state.alone;
  if (bringing && !bringing.isSent && bringing.againAt > at) due.push(bringing.againAt);
  const { page } = state.telling;
  if (page?.content && !page.isSent && page.againAt > at) due.push(page.againAt);
  if (asking.pausedUntil > at) due.push(asking.pausedUntil);
  if (!isLive(state) && state.office) due.push(at + lookMs);
  if (isIdleLimited(state)) due.push(state.touchedAt + idleMs);
  return due.length === 0 ? undefined : Math.min(...due);
}
