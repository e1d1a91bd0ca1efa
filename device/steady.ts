import type { Clock } from "./ports.ts";

/**
 * The time of day as the clock has it now, going on evenly from there: a deadline must come when it is due, not earlier
 * and not later, also when the system's clock is set meanwhile.
 */
export function steady(clock: Clock): () => number {
  const startedAt = clock.now() - clock.uptime();
  return () => startedAt + clock.uptime();
}
