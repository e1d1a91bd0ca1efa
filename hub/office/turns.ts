import type { LoadedDesk } from "./desk-loads.ts";
import { normal, overWithin } from "./log-normal.ts";

/** When the next visitors begin at one desk: it is done with the present one, and goes on with others. Minutes. */
export interface Beginner {
  /** The probability that it is free for the next within so long. */
  freeWithin(minutes: number): number;
  /** When it is free, on the average. */
  free: number;
}

/** Somebody in a line before desks that call one after the other. */
export interface Place {
  beginners: Beginner[];
  /** Tickets before him. */
  ahead: number;
  /** What one of them takes, on the average, and its standard deviation as a share of that. */
  minutes: number;
  spread: number;
  /** Who still comes and goes before him, by the time at which they do, in minutes. */
  overtakers: readonly Overtaker[];
}

/** Somebody who goes before whoever still waits at that time. */
export interface Overtaker {
  due: number;
  /** How many calls of these desks he is likely to take, and the variance of that. */
  calls: number;
  variance: number;
}

/**
 * Desks call a little less than their visits leave time for, as breaks begin that nobody announces; and what is not known
 * of that, as a share of the calls. Tuned on simulated months, like `halfway` below.
 */
const pace = 0.94;
const paceDoubt = 0.1;
/** From counting whole visitors to the continuous distribution: the first turn is over half a visitor early. */
const halfway = 0.5;

/**
 * How many calls there are within `minutes`, on the average, and the variance: those of all desks together. At one desk
 * they are a renewal process, of which what holds for long times is taken (Cox, "Renewal Theory", 1962, sections 4.1, 4.5).
 */
function callsWithin({ beginners, minutes: each, spread }: Place, minutes: number): { mean: number; variance: number } {
  const spread2 = spread * spread;
  let mean = 0;
  let variance = 0;
  for (const { freeWithin, free } of beginners) {
    const first = freeWithin(minutes);
    const after = minutes - free;
    mean += first + Math.max(0, (pace * after) / each - (1 - spread2) / 2);
    variance += first * (1 - first) + (spread2 * Math.max(0, after)) / each;
  }
  return { mean, variance };
}

/** Steps of the search; each halves what is not known. */
const steps = 12;

/**
 * The time within which his turn has come with the probability that belongs to `z`, a quantile of the normal
 * distribution, in minutes: then as many calls as there are tickets ahead, and one more, are likely enough.
 */
export function turnWithin(place: Place, z: number): number {
  let wanted = place.ahead + halfway;
  let doubt = 0;
  const enough = (minutes: number) => {
    const { mean, variance } = callsWithin(place, minutes);
    return mean - z * Math.sqrt(variance + doubt + (paceDoubt * mean) ** 2) >= wanted;
  };
  // The turn comes before the next who overtakes, or is put off by him.
  let low = 0;
  for (const { due, calls, variance } of place.overtakers) {
    if (enough(due)) return search(enough, low, due);
    low = due;
    wanted += calls;
    doubt += variance;
  }
  let high = low + place.minutes;
  while (!enough(high) && high < longestMinutes) {
    low = high;
    high *= 2;
  }
  return search(enough, low, high);
}

/** The least time between that is enough, where the later one is. */
function search(enough: (minutes: number) => boolean, low: number, high: number): number {
  if (enough(low)) return low;
  let [from, to] = [low, high];
  for (let step = 0; step < steps; step += 1) {
    const middle = (from + to) / 2;
    if (enough(middle)) to = middle;
    else from = middle;
  }
  return to;
}

/** Nothing is said beyond this, in minutes. */
export const longestMinutes = 24 * 60;

/** Loads that differ by less are level, in minutes. */
const level = 1e-6;

/**
 * The place behind all that these desks have been given to do. Those that are done first are the ones before which it
 * stands; others may be done sooner than they are expected to.
 *
 * @param usual what a visit takes where nobody is ahead.
 */
export function placeBehind(desks: readonly LoadedDesk[], usual: { minutes: number; variance: number }): Place {
  const least = Math.min(...desks.map(({ load }) => load));
  let ahead = 0;
  let work = 0;
  let variance = 0;
  const beginners = desks.map((desk): Beginner => {
    const { busy, load } = desk;
    const rest = busy?.rest ?? 0;
    if (load > least + level && desk.tickets > 0) {
      const deviation = Math.sqrt(desk.variance + usual.variance);
      return { free: load, freeWithin: (minutes) => normal((minutes - load) / deviation) };
    }
    if (load <= least + level) {
      ahead += desk.tickets;
      work += load - rest;
      variance += desk.variance;
    }
    if (!busy) return { free: 0, freeWithin: () => 1 };
    return { free: rest, freeWithin: (minutes) => overWithin(busy.time, busy.sofar, minutes) };
  });
  const known = ahead > 0 && work > 0;
  const minutes = known ? work / ahead : usual.minutes;
  const each = known ? variance / ahead : usual.variance;
  return { beginners, ahead, minutes, spread: Math.sqrt(each) / minutes, overtakers: [] };
}
