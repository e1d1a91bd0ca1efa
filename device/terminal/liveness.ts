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

export function officeService(office: Office | null, service: string): Office["services"][number] | undefined {
  return office?.services.find(({ id }) => id === service);
}

/** The next instant at which something changes by itself; undefined while nothing will. */
export function wakeAt(state: State): number | undefined {
  const { phase, settings, beatAt, at } = state;
  const { beatTimeoutMs, idleMs } = settings.limits;
  const ahead: number[] = [state.settleUntil, state.identifyUntil, ...Object.values(state.pauses)];
  if (beatAt !== null) ahead.push(beatAt + beatTimeoutMs);
  const due: number[] = ahead.filter((instant) => instant > at);
  if ("until" in phase) due.push(phase.until);
  if (state.repeatAt !== null) due.push(state.repeatAt);
  if (phase.name === "choose" && (state.language !== mainLanguage || state.large)) due.push(state.touchedAt + idleMs);
  return due.length === 0 ? undefined : Math.min(...due);
}
