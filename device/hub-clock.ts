import type { PeripheralStatus } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import type { BootFacts } from "./boot.ts";
import { unknownBoot } from "./boot.ts";
import type { Clock } from "./ports.ts";

/** A clock further off the hub's than this is an alarm, in milliseconds; exactly this far is still right. */
export const clockOffMaxMs = 30_000;

/** An offset that is told is told anew only when it changes by this much, in milliseconds: beats come unevenly. */
const retellMs = 10_000;

/** What is kept of the hub's time for after a restart. */
export interface KeptTime {
  /** When the hub was heard last, by its clock, in milliseconds since the epoch. */
  contactAt: number;
  /** How far that clock is ahead of the time since the machine was switched on, in milliseconds. */
  aheadMs: number;
  /** Names the time since the machine was switched on, in which alone `aheadMs` means something. */
  boot: string;
}

/** The hub's time on this device. */
export interface HubClock {
  /** To be called before the session starts. */
  start(): void;
  /** Goes on from what was kept before this start, where the hub was not heard since. */
  recall(kept: KeptTime): void;
  /** The hub's time as far as known, in milliseconds since the epoch. */
  now(): number;
  /** Whether that can be relied on: since the machine was switched on it heard the hub, or its clock was set. */
  isSure(): boolean;
  /** What is to be kept after a contact at that instant. */
  toKeep(contactAt: number): KeptTime;
}

/**
 * Compares this device's clock with each beat of the hub, and reports it like a peripheral: `error` while it is more
 * than 30 s off. Between beats time goes on evenly, whatever sets the clock meanwhile: the hub's clock decides. Until the
 * hub was heard it is the device's own time as it is now, and never before the last contact. Deadlines for the hub are
 * made from `now()`, so that a wrong clock here does not make them void.
 *
 * @param boot read again until something has set the clock: time servers answer when the network is there.
 */
export function createHubClock(
  session: Pick<Session, "subscribe">,
  clock: Pick<Clock, "now" | "uptime">,
  report: (status: PeripheralStatus) => void,
  boot: () => BootFacts = () => unknownBoot,
): HubClock {
  const bootId = boot().id;
  let aheadMs: number | undefined;
  let contactAheadMs = Number.NEGATIVE_INFINITY;
  let isSet = false;
  let told: number | undefined;
  return {
    start() {
      session.subscribe("beat", {}, ({ at }) => {
        const hubAt = Date.parse(at);
        aheadMs = hubAt - clock.uptime();
        const offsetMs = hubAt - clock.now();
        if (Math.abs(offsetMs) <= clockOffMaxMs) {
          told = undefined;
          report({ state: "ready", detail: "as the hub's" });
        } else if (told === undefined || Math.abs(offsetMs - told) >= retellMs) {
          told = offsetMs;
          report({ state: "error", detail: offInWords(offsetMs) });
        }
      });
    },
    recall(kept) {
      // What was heard since is newer.
      if (aheadMs !== undefined) return;
      if (kept.boot === bootId && bootId !== "") aheadMs = kept.aheadMs;
      else contactAheadMs = kept.contactAt - clock.uptime();
    },
    now() {
      const up = clock.uptime();
      return aheadMs === undefined ? Math.max(clock.now(), up + contactAheadMs) : up + aheadMs;
    },
    isSure() {
      if (aheadMs !== undefined) return true;
      isSet ||= boot().clockIsSet;
      return isSet;
    },
    toKeep: (contactAt) => ({ contactAt, aheadMs: aheadMs ?? contactAt - clock.uptime(), boot: bootId }),
  };
}

function offInWords(offsetMs: number): string {
  const seconds = Math.round(Math.abs(offsetMs) / 1_000);
  return `about ${seconds} s ${offsetMs > 0 ? "behind" : "ahead of"} the hub`;
}
