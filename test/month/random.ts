/** A seeded source of chance: the same seed gives the same month on every machine. */
export interface Random {
  /** Uniform, 0 to below 1. */
  next(): number;
  /** Whether something happens that does with this probability. */
  happens(probability: number): boolean;
  between(low: number, high: number): number;
  normal(mean: number, deviation: number): number;
  /** Given by its mean and by the standard deviation of its logarithm. */
  logNormal(mean: number, scale: number): number;
  /** The time to the next of events that come at this rate. */
  exponential(rate: number): number;
  /** One of these, by their weights. */
  pick<T>(choices: readonly (readonly [T, number])[]): T;
}

/** Mulberry32 (Tommy Ettinger, public domain): small, fast, and good enough to shuffle visitors. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Box and Muller's two uniform numbers for a normal one.
  const standard = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    happens: (probability) => next() < probability,
    between: (low, high) => low + (high - low) * next(),
    normal: (mean, deviation) => mean + deviation * standard(),
    logNormal: (mean, scale) => mean * Math.exp(scale * standard() - (scale * scale) / 2),
    exponential: (rate) => -Math.log(1 - next()) / rate,
    pick(choices) {
      let left = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      throw new Error("there is nothing to choose from");
    },
  };
}
