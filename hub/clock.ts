/** Time as the hub sees it, so that a test can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `then` again and again, `ms` milliseconds apart; the result ends it. */
  every(ms: number, then: () => void): () => void;
  /** Calls `then` once after `ms` milliseconds; the result cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** The office's time, and what is to be thought of it. */
export interface OfficeClock extends Clock {
  /** What staff must know of the machine's clock; undefined while nothing is wrong with it. */
  doubt(): string | undefined;
  /** Whether that may be erased whose time is over: not while nobody knows for sure what the time is. */
  mayErase(): boolean;
  /** To be called every few seconds: notes what a later start is to know. Throws what the store throws. */
  look(): void;
}

/** The machine's clock as it is, whatever it does. */
export const systemClock: OfficeClock = {
  now: () => Date.now(),
  doubt: () => undefined,
  mayErase: () => true,
  look() {},
  every(ms, then) {
    const timer = setInterval(then, ms);
    return () => clearInterval(timer);
  },
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
