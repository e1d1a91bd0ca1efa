/** Time as the hub sees it, so that a test can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `then` again and again, `ms` milliseconds apart; the result ends it. */
  every(ms: number, then: () => void): () => void;
  /** Calls `then` once after `ms` milliseconds; the result cancels it. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every(ms, then) {
    const timer = setInterval(then, ms);
    return () => clearInterval(timer);
  },
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
