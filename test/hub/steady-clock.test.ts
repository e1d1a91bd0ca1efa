import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Course, KnownTime, Reading } from "../../hub/steady-clock.ts";
import {
  beginCourse,
  behindMs,
  createSteadyClock,
  doubtOf,
  goOn,
  leapMs,
  machineClocks,
  mayErase,
  settleMs,
  stepMs,
  timeOf,
} from "../../hub/steady-clock.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const start = Date.parse("2026-11-23T09:00:00Z");
const seed = 4_711;

/** A machine whose clock a test sets, and the office's time on it. */
function machine(known?: KnownTime, { ahead = 0, isBusy = true, synced = false } = {}) {
  const wall = start + ahead;
  let reading: Reading = { wall, running: 1_000, syncedAt: synced ? wall : undefined };
  let course: Course = beginCourse(known, reading, isBusy);
  const it = {
    /** How far the office's time is ahead of what it would be if nothing had ever been wrong. */
    ahead: () => timeOf(course, reading) - start - (reading.running - 1_000),
    mayErase: () => mayErase(course, reading),
    doubt: () => doubtOf(course, reading),
    set(ms: number) {
      reading = { ...reading, wall: reading.wall + ms };
      course = goOn(course, reading);
      return it;
    },
    /** A time server puts the clock right. */
    sync() {
      const wall = start + reading.running - 1_000;
      reading = { ...reading, wall, syncedAt: wall };
      course = goOn(course, reading);
      return it;
    },
    pass(ms: number) {
      reading = { ...reading, wall: reading.wall + ms, running: reading.running + ms };
      course = goOn(course, reading);
      return it;
    },
  };
  return it;
}

test("a clock that is corrected a little is followed at once, and one that is set is not, before it has stayed there", () => {
  for (const jump of [stepMs, -stepMs]) {
    const it = machine().set(jump);
    assert.equal([it.ahead(), it.doubt(), it.mayErase()], [jump, undefined, true]);
  }
  for (const jump of [stepMs + 1, -stepMs - 1, 3 * hourMs, -3 * hourMs, 40 * dayMs, -start]) {
    const it = machine().set(jump);
    assert.equal([it.ahead(), it.mayErase()], [0, false], `${jump}`);
    assert.match(
      it.doubt() ?? "",
      /^the machine's clock showed .* by its own count until it has stayed there for 5 min$/,
    );
    it.pass(settleMs - 1);
    assert.is(it.ahead(), 0, `${jump}`);
    const back = machine()
      .set(jump)
      .pass(settleMs - 1)
      .set(-jump);
    assert.equal([back.ahead(), back.doubt(), back.mayErase()], [0, undefined, true], `${jump} and back`);
    it.pass(1);
    assert.is(it.ahead(), jump);
    assert.is(it.mayErase(), jump <= leapMs, `${jump}`);
  }
});

test("a clock that is set once more is watched anew", () => {
  const it = machine()
    .set(3 * hourMs)
    .pass(settleMs - 1)
    .set(2 * hourMs)
    .pass(settleMs - 1);
  assert.is(it.ahead(), 0);
  assert.is(it.pass(1).ahead(), 5 * hourMs);
});

test("what a time server has set is believed at once; what it set before the clock was set again is not", () => {
  const it = machine()
    .set(10 * hourMs)
    .sync();
  assert.equal([it.ahead(), it.doubt()], [0, undefined]);
  assert.is(
    it
      .pass(hourMs)
      .set(3 * dayMs)
      .ahead(),
    0,
    "it was right before",
  );
  const set = machine()
    .sync()
    .pass(minuteMs)
    .set(30 * minuteMs);
  assert.is(set.ahead(), 0, "also where that was a moment before");
  const held = machine()
    .set(3 * dayMs)
    .pass(settleMs);
  assert.equal([held.ahead(), held.mayErase()], [3 * dayMs, false]);
  const synced = machine({ at: start - 3 * dayMs, eraseFrom: 0 }, { synced: true });
  assert.equal([synced.ahead(), synced.mayErase()], [0, true]);
});

test("after a leap nothing is erased for a day, also by a hub that is started again meanwhile", () => {
  const it = machine()
    .set(3 * dayMs)
    .pass(settleMs);
  assert.match(it.doubt() ?? "", /nothing is erased before/);
  assert.is(it.pass(leapMs - 1).mayErase(), false);
  assert.equal([it.pass(1).mayErase(), it.doubt()], [true, undefined]);
  const again = machine({ at: start - minuteMs, eraseFrom: start + hourMs });
  assert.equal([again.mayErase(), again.pass(hourMs).mayErase()], [false, true]);
});

/** What a hub does that finds this at its start. */
const starts: [
  what: string,
  ahead: number,
  isBusy: boolean,
  time: "clock" | "count",
  erases: boolean,
  settles: boolean,
][] = [
  ["as it was left", 0, true, "clock", true, true],
  ["a minute behind", -stepMs, true, "clock", true, true],
  ["behind by what is lost in a power cut", -behindMs, true, "count", false, true],
  ["behind by more", -behindMs - 1, true, "count", false, false],
  ["in 1970", -start, true, "count", false, false],
  ["after a night", 16 * hourMs, true, "clock", true, true],
  ["after a weekend", 3 * dayMs, true, "clock", false, true],
  ["a month ahead, and nobody waits", 30 * dayMs, false, "clock", false, true],
  ["a month ahead, and somebody waits", 30 * dayMs, true, "count", false, true],
];

for (const [what, ahead, isBusy, time, erases, settles] of starts) {
  test(`at a start the clock is ${what}: the hub goes by ${time === "clock" ? "it" : "its own count"}`, () => {
    const it = machine({ at: start, eraseFrom: 0 }, { ahead, isBusy });
    assert.is(it.ahead(), time === "clock" ? ahead : 0);
    assert.is(it.mayErase(), erases);
    assert.is(it.pass(settleMs).ahead(), time === "clock" || settles ? ahead : 0);
    if (settles) return;
    assert.is(it.pass(30 * dayMs).ahead(), 0, "however long it stays there");
    assert.match(it.doubt() ?? "", /by its own count until the clock is set$/);
    const right = 10 * minuteMs - ahead;
    const corrected = machine({ at: start, eraseFrom: 0 }, { ahead, isBusy }).pass(minuteMs).set(right);
    assert.equal([corrected.ahead(), corrected.mayErase()], [10 * minuteMs, true], "set right, it is followed at once");
  });
}

test("whatever happens to the clock, as long as it is put right within moments the office does not notice", () => {
  let random = seed;
  const next = (below: number) => {
    random = (random * 48_271) % 0x7fffffff;
    return random % below;
  };
  for (let run = 0; run < 200; run += 1) {
    const it = machine();
    for (let step = 0; step < 50; step += 1) {
      it.pass(next(hourMs));
      const jump = (next(2) === 0 ? 1 : -1) * (stepMs + 1 + next(400 * dayMs));
      it.set(jump);
      for (let left = settleMs - 1; left > 0 && next(4) > 0; ) {
        const ms = 1 + next(left);
        left -= ms;
        it.pass(ms);
        assert.is(it.ahead(), 0, `seed ${seed}, run ${run}`);
      }
      it.set(-jump);
      assert.equal([it.ahead(), it.mayErase()], [0, true], `seed ${seed}, run ${run}`);
    }
  }
});

test("the clocks of this machine give whole milliseconds, in doubt too", () => {
  const timers = { every: () => () => {}, after: () => () => {} };
  const known = { at: Date.now() + 3 * dayMs, eraseFrom: 0 };
  for (const each of [undefined, known]) {
    const clock = createSteadyClock({ machine: machineClocks, timers, known: each, isBusy: true, keep() {} });
    for (let n = 0; n < 100; n += 1) assert.ok(Number.isSafeInteger(clock.now()));
    assert.ok(Math.abs(clock.now() - (each?.at ?? Date.now())) < 1_000);
  }
});

test.run();
