import type { Clock } from "../../device/ports.ts";

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
