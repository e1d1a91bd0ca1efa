import type { Clock } from "./ports.ts";

/** A timer may come this much before the clock says so, in milliseconds. */
const timerEarlyMs = 1_000;

/**
 * The clock's time, but never back: a deadline must come also when the system's clock is set right meanwhile. A timer
 * that has run out says that its instant is reached, whatever the clock says.
 */
export function steady(clock: Clock): { now(): number; reached(instant: number): void } {
  let last = clock.now();
  let ahead = 0;
  function now(): number {
    const read = clock.now();
    if (read < last) ahead += last - read;
    last = read;
    return read + ahead;
  }
  return {
    now,
    reached(instant) {
      const missing = instant - now();
      if (missing > timerEarlyMs) ahead += missing;
    },
  };
}
