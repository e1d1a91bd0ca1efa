/** Chance that comes from one seed: the same seed gives the same numbers on every machine. */
export interface Random {
  /** 0 up to, but not including, 1. */
  unit(): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T;
  /** Time between two arrivals of a Poisson stream with this mean. */
  exponential(mean: number): number;
  /** Log-normal, as times of service are: median and the sigma of its logarithm. */
  logNormal(median: number, sigma: number): number;
  /** A stream of its own, so that more numbers drawn here change nothing there. */
  fork(): Random;
}

/** SplitMix32 for a 32-bit state; good enough for chance, and short. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const unit = () => next() / 2 ** 32;
  const random: Random = {
    unit,
    whole: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    chance: (probability) => unit() < probability,
    pick(from) {
      const chosen = from[Math.floor(unit() * from.length)];
      if (chosen === undefined) throw new Error("nothing to pick from");
      return chosen;
    },
    exponential: (mean) => -mean * Math.log(1 - unit()),
    logNormal(median, sigma) {
      // Box and Muller: two even numbers make a normal one.
      const normal = Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
      return median * Math.exp(sigma * normal);
    },
    fork: () => createRandom(next()),
  };
  return random;
}
