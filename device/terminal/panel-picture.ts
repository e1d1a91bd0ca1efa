import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { LedMode } from "../ports.ts";
import { isLive, officeService } from "./liveness.ts";
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
  const mayAsk = isLive(state) && state.office?.open && officeService(state.office, service)?.open;
  return mayAsk && phase.name !== "starting" ? "on" : "off";
}

/** An alarm for staff while a service is paused because too many tickets were asked for. */
export function intakeStatus(state: State): PeripheralStatus {
  const paused = Object.keys(state.pauses).filter((service) => (state.pauses[service] ?? 0) > state.at);
  if (paused.length === 0) return { state: "ready", detail: "" };
  return { state: "error", detail: `paused, too many tickets asked for: ${paused.sort().join(", ")}`.slice(0, 200) };
}
