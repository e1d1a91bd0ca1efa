import type { PeripheralStatus } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import type { Clock } from "./ports.ts";

/** A clock further off the hub's than this is an alarm, in milliseconds; exactly this far is still right. */
export const clockOffMaxMs = 30_000;

/** An offset that is told is told anew only when it changes by this much, in milliseconds: beats come unevenly. */
const retellMs = 10_000;

/** This device's clock beside the hub's, by its beat. */
export interface HubClock {
  /** To be called before the session starts. */
  start(): void;
  /** The hub's time as far as known, in milliseconds since the epoch; the device's own until a beat came. */
  now(): number;
}

/**
 * Compares this device's clock with each beat of the hub, and reports it like a peripheral: `error` while it is more
 * than 30 s off. Deadlines for the hub are made from `now()`, so that a wrong clock here does not make them void.
 */
export function createHubClock(
  session: Pick<Session, "subscribe">,
  clock: Pick<Clock, "now">,
  report: (status: PeripheralStatus) => void,
): HubClock {
  let offsetMs = 0;
  let told: number | undefined;
  return {
    start() {
      session.subscribe("beat", {}, ({ at }) => {
        offsetMs = Date.parse(at) - clock.now();
        if (Math.abs(offsetMs) <= clockOffMaxMs) {
          told = undefined;
          report({ state: "ready", detail: "as the hub's" });
        } else if (told === undefined || Math.abs(offsetMs - told) >= retellMs) {
          told = offsetMs;
          report({ state: "error", detail: offInWords(offsetMs) });
        }
      });
    },
    now: () => clock.now() + offsetMs,
  };
}

function offInWords(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  return `about ${seconds} s ${offsetMs > 0 ? "behind" : "ahead of"} the hub`;
}
