import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import type { Random } from "./random.ts";

/** Something that lives in the simulated world. What it has begun ends with it, as with a process that is killed. */
export interface Life {
  readonly name: string;
  alive: boolean;
}

/** Time that passes from one event to the next, and takes no time. */
export interface Schedule {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whose turn it is; what it begins belongs to it. */
  readonly current: Life;
  /** Does `work` after so many milliseconds, unless that life is over by then; the result takes it back. */
  after(ms: number, life: Life, work: () => void): () => void;
  sleep(ms: number, life: Life): Promise<void>;
  /** Does what is due, in order, up to this instant. Rejects with what any of it throws. */
  run(until: number): Promise<void>;
  /** Gives back what the product uses of the real world. */
  stop(): void;
}

interface Entry {
  at: number;
  order: number;
  life: Life;
  work: () => void;
}

/** A day has some two hundred thousand events; one with so many more goes round in circles. */
const eventsMax = 3_000_000;
/** Turns of promises that one event may lead to; what takes longer goes on with the next event. */
const promiseTurns = 12;

/**
 * While it runs, the process's timers, its clock and its secure source of chance are the simulation's: the product takes its
 * turns by the ones and makes its ids from the other, and a seed must lead to the same day each time.
 */
export function createSchedule(start: number, random: Random): Schedule {
  const world: Life = { name: "world", alive: true };
  const heap: Entry[] = [];
  let immediates: { life: Life; work: () => void }[] = [];
  let now = start;
  let order = 0;
  let done = 0;
  let current = world;

  const before = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry): void {
    heap.push(entry);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }

  function pop(): Entry | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, left)) child += 1;
      const below = heap[child] as Entry;
      if (!before(below, last)) break;
      heap[parent] = below;
      parent = child;
    }
    heap[parent] = last;
    return first;
  }

  function turn(life: Life, work: () => void): void {
    if (!life.alive) return;
    current = life;
    work();
    current = world;
  }

  async function settle(): Promise<void> {
    do {
      for (let count = 0; count < promiseTurns; count += 1) await undefined;
      const due = immediates;
      immediates = [];
      for (const { life, work } of due) turn(life, work);
    } while (immediates.length > 0);
  }

  const { setImmediate, clearImmediate, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const real = { setImmediate, clearImmediate, setTimeout, clearTimeout, setInterval, clearInterval };
  const realNow = Date.now;
  const { randomBytes, randomInt } = crypto;
  const takeTurn = (work: (...args: unknown[]) => void, ...args: unknown[]) => {
    const entry = { life: current, work: () => work(...args) };
    immediates.push(entry);
    return entry;
  };
  const schedule: Schedule = {
    now: () => now,
    get current() {
      return current;
    },
    after(ms, life, work) {
      order += 1;
      const entry: Entry = { at: Math.ceil(now + Math.max(0, ms)), order, life, work };
      push(entry);
      return () => {
        entry.work = () => {};
      };
    },
    sleep: (ms, life) => new Promise((resolve) => schedule.after(ms, life, resolve)),
    async run(until) {
      for (;;) {
        await settle();
        const [next] = heap;
        if (!next || next.at > until) break;
        pop();
        done += 1;
        if (done > eventsMax) throw new Error(`the day does not end: ${next.life.name} goes round in circles`);
        now = next.at;
        turn(next.life, next.work);
      }
      now = until;
    },
    stop() {
      Object.assign(globalThis, real);
      Date.now = realNow;
      Object.assign(crypto, { randomBytes, randomInt });
      syncBuiltinESMExports();
    },
  };

  const repeat = (work: () => void, ms: number) => {
    let cancel = () => {};
    const { current: life } = schedule;
    const again = () => {
      cancel = schedule.after(ms, life, () => {
        again();
        work();
      });
    };
    again();
    return () => cancel();
  };
  const cancel = (timer: (() => void) | undefined) => timer?.();
  Object.assign(globalThis, {
    setImmediate: takeTurn,
    clearImmediate(entry: unknown) {
      immediates = immediates.filter((other) => other !== entry);
    },
    setTimeout: (work: () => void, ms: number) => schedule.after(ms, current, work),
    clearTimeout: cancel,
    setInterval: repeat,
    clearInterval: cancel,
  });
  Date.now = () => now;
  Object.assign(crypto, {
    randomBytes: (size: number) => Buffer.from(Array.from({ length: size }, () => random.whole(0, 255))),
    randomInt: (below: number) => random.whole(0, below - 1),
  });
  syncBuiltinESMExports();
  return schedule;
}
