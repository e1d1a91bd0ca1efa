import type { Clock } from "../../device/ports.ts";

/** Time that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Lets time pass; timers that fall due run in their order, each at its own instant. */
  advance(ms: number): void;
  /** Sets what it shows so far ahead of the true time, as a time server does; timers run on regardless. */
  set(aheadMs: number): void;
}

/** The machine has been on for so long when the clock is made, in milliseconds. */
const bootedBeforeMs = 3_600_000;

export function createManualClock(start = Date.now()): ManualClock {
  const timers = new Set<{ at: number; then: () => void }>();
  let now = start;
  let ahead = 0;
  return {
    now: () => now + ahead,
    uptime: () => now - start + bootedBeforeMs,
    set(aheadMs) {
      ahead = aheadMs;
    },
    after(ms, then) {
      const timer = { at: now + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.then();
      }
      now = end;
    },
  };
}
