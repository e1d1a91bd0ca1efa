import type { Clock } from "./ports.ts";

/** The system's clocks and timers. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    uptime: () => Math.floor(Number(process.hrtime.bigint()) / 1e6),
    after(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
  };
}
