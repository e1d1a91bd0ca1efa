import type { Clock } from "./ports.ts";

/** The system's clock and timers. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    after(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
  };
}
