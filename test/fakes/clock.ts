import type { Clock } from "../../device/ports.ts";

/** The same clock, to be set so far ahead of what it shows, as a time server does; timers and uptime run on regardless. */
export function settable(clock: Clock): Clock & { set(aheadMs: number): void } {
  let ahead = 0;
  return {
    ...clock,
    now: () => clock.now() + ahead,
    set(aheadMs) {
      ahead = aheadMs;
    },
  };
}

/** Time that runs `factor` times as fast, so that a test need not wait ten seconds for a limit of ten seconds. */
export function fastClock(factor: number): Clock {
  const begin = Date.now();
  return {
    now: () => begin + (Date.now() - begin) * factor,
    uptime: () => Math.floor(performance.now() * factor),
    after(ms, then) {
      const timer = setTimeout(then, ms / factor);
      return () => clearTimeout(timer);
    },
  };
}
