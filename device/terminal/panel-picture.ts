import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { LedMode } from "../ports.ts";
import { isLive, isSettling, officeNow, officeService } from "./liveness.ts";
import { hasReserve } from "./reserve.ts";
import type { State } from "./types.ts";

/** What every LED of the panel shows: on where a key gives a ticket now, blinking where one is on its way. */
export function ledModes(state: State): Record<string, LedMode> {
  const modes: Record<string, LedMode> = {};
  for (const { led, service } of state.settings.keys) if (led !== undefined) modes[led] = ledMode(state, service);
  return modes;
}

function ledMode(state: State, service: string): LedMode {
  const { phase } = state;
  if (state.identifyUntil > state.at) return "blink";
  if (phase.name === "asking") return phase.service === service ? "blink" : "off";
  if (phase.name === "printing") return phase.ticket.service === service ? "blink" : "off";
  const office = officeNow(state);
  const canGive = isLive(state) || hasReserve(state, service);
  const mayAsk = canGive && office?.open && officeService(office, service)?.open;
  return mayAsk && phase.name !== "starting" ? "on" : "off";
}

/** An alarm for staff while a service is paused because too many tickets were asked for. */
export function intakeStatus(state: State): PeripheralStatus {
  const paused = Object.keys(state.pauses).filter((service) => (state.pauses[service] ?? 0) > state.at);
  if (paused.length === 0) return { state: "ready", detail: "" };
  return { state: "error", detail: `paused, too many tickets asked for: ${paused.sort().join(", ")}`.slice(0, 200) };
}

/** How it stands with the time without the hub: staff are told while it is away, and when nothing is left to give. */
export function reserveStatus(state: State): PeripheralStatus {
  const { isGranted } = state.alone;
  if (!isLive(state) && !isSettling(state)) {
    return { state: "offline", detail: "the hub is away: numbers come from the reserve" };
  }
  if (!isGranted) return { state: "ready", detail: "the hub grants no numbers" };
  const services = state.office?.services.filter(({ id }) => !hasReserve(state, id)).map(({ id }) => id) ?? [];
  if (services.length === 0 || isSettling(state)) return { state: "ready", detail: "" };
  return { state: "error", detail: `no numbers in reserve today: ${services.sort().join(", ")}`.slice(0, 200) };
}
