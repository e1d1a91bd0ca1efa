import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { boardLimits } from "../../device/board/state.ts";
import { createBoardMemory } from "../../device/board-memory.ts";
import { createPoweredBoard, numbersOf, type PoweredBoard } from "./powered-board.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dashes = "-".repeat(8);
const monday = "2026-11-23T10:00:00+01:00";

const open = (at = monday) => createPoweredBoard({ at });
const times = (board: PoweredBoard, name: string) => board.announced().filter((one) => one === name).length;

/** A morning in which the calls keep coming; each is due for a gong, the first of A002 and A003 in the same second. */
const calls: [seconds: number, number: string][] = [
  [5, "A001"],
  [14, "A002"],
  [14, "A003"],
  [26, "A002"],
  [31, "A004"],
];
const morning = ["A001/1", "A002/1", "A003/1", "A002/2", "A004/1"];
const morningMs = 60_000;

/** Lives through the morning; where the power went it comes back after a while, the hub with it or somewhat later. */
function liveThrough(board: PoweredBoard, afterCut: () => void, backAfterMs: number): void {
  let back: number | undefined;
  let due = calls;
  const from = board.clock.uptime();
  while (board.clock.uptime() - from < morningMs) {
    board.clock.advance(200);
    const passed = board.clock.uptime() - from;
    for (; due[0] && due[0][0] * 1000 <= passed; due = due.slice(1)) board.call(due[0][1]);
    if (!board.isOn) back ??= passed + backAfterMs;
    if (back === undefined || board.isOn || passed < back) continue;
    back = undefined;
    afterCut();
  }
}

const restarts: { what: string; again(board: PoweredBoard): void }[] = [
  { what: "its program is started again", again: (board) => board.start() },
  { what: "its machine is switched on again", again: (board) => board.start({ reboot: true, clockIsSet: false }) },
  {
    what: "it is started again before its network is there",
    again(board) {
      board.plug(false);
      board.start();
      board.clock.after(2_000, () => board.plug(true));
    },
  },
];

for (const { what, again } of restarts) {
  test(`power cuts between any two steps, ${what}: each call is announced, none again, all are shown`, () => {
    const calm = open();
    calm.start();
    liveThrough(calm, () => {}, 0);
    assert.equal(calm.announced(), morning);
    const steps = calm.effects();
    assert.ok(steps > 20, `${steps} steps`);
    let cutsBetween = 0;
    for (let step = 1; step <= steps; step += 1) {
      const board = open();
      board.cutBefore(step);
      board.start();
      let seen: string[] = [];
      liveThrough(
        board,
        () => {
          seen = board.announced();
          again(board);
        },
        1_000,
      );
      const twice = morning.filter((name) => times(board, name) > 1);
      // Whom the cut found between the gong and the memory, he is called once more rather than not at all.
      const mayBeTwice = seen.slice(-1);
      cutsBetween += twice.length;
      assert.equal(
        twice.filter((name) => !mayBeTwice.includes(name)),
        [],
        `cut before step ${step}: called again`,
      );
      for (const name of morning) assert.ok(times(board, name) >= 1, `cut before step ${step}: ${name} was missed`);
      assert.equal(numbersOf(board), ["A004", "A002", "A003", "A001"], `cut before step ${step}`);
      assert.ok(board.view().isLive, `cut before step ${step}`);
    }
    // One cut per call lies there; more would mean that it forgets.
    assert.ok(cutsBetween <= morning.length, `${cutsBetween} called twice`);
  });
}

test("a call that was waiting for its turn when the power went is announced afterwards", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.call("A002");
  board.clock.advance(1_000);
  assert.equal(board.announced(), ["A001/1"]);
  board.kill();
  board.start();
  board.clock.advance(20_000);
  assert.equal(board.announced(), ["A001/1", "A002/1"]);
});

test("what was called while it was off is shown, and announced if it is not too old", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.clock.advance(5_000);
  board.kill();
  board.call("A002");
  board.clock.advance(20_000);
  board.call("A003");
  board.clock.advance(boardLimits.freshMs - 15_000);
  board.start({ reboot: true });
  board.clock.advance(20_000);
  assert.equal(board.announced(), ["A001/1", "A003/1"]);
  assert.equal(numbersOf(board), ["A003", "A002", "A001"]);
});

test("started without the hub it shows what it had, marked as not live on page and sign; the hub's beat ends that", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.clock.advance(20_000);
  board.kill();
  board.plug(false);
  board.clock.advance(minuteMs);
  board.start();
  assert.is(board.view().isLive, false, "from the first picture");
  assert.is(board.view().office, "Bürgerbüro Dorsten");
  assert.is(board.view().time, "10:01");
  assert.equal(numbersOf(board), ["A001"]);
  assert.equal(board.sign.pictures.at(-1), { pages: ["A001  1", dashes], flash: false });
  board.clock.advance(5_000);
  board.plug(true);
  assert.is(board.view().isLive, true);
  assert.equal(board.sign.pictures.at(-1), { pages: ["A001  1"], flash: false });
  assert.equal(board.announced(), ["A001/1"]);
});

test("with nothing to remember it is not called old before ten seconds have passed", () => {
  const board = open();
  board.hub(false);
  board.start();
  assert.is(board.view().isLive, true);
  board.clock.advance(boardLimits.notLiveMs - 200);
  assert.is(board.view().isLive, true);
  board.clock.advance(400);
  assert.is(board.view().isLive, false);
  assert.equal(board.sign.pictures.at(-1), { pages: [dashes], flash: false });
});

test("a memory that is torn anywhere is none: it starts clean and shows what the hub has", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-board-"));
  const path = join(folder, "data", "board.json");
  const warnings: string[] = [];
  const memory = createBoardMemory(path, { warn: (_, message) => warnings.push(message) });
  try {
    const board = createPoweredBoard({ at: monday, memory });
    board.start();
    board.call("A001");
    board.clock.advance(20_000);
    board.kill();
    const whole = readFileSync(path);
    for (const length of [0, 1, 10, Math.floor(whole.length / 2), whole.length - 1]) {
      const spoiled = Buffer.concat([whole.subarray(0, length), Buffer.alloc(length === 10 ? whole.length - 10 : 0)]);
      writeFileSync(path, spoiled);
      writeFileSync(`${path}.part`, whole.subarray(0, length));
      board.plug(false);
      board.start();
      assert.equal(numbersOf(board), [], `${length} bytes of ${whole.length}`);
      board.plug(true);
      assert.equal(numbersOf(board), ["A001"]);
      board.kill();
      assert.equal(readFileSync(path).length, whole.length, "and keeps it again");
    }
    assert.equal(warnings, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a hub that was begun anew while the board was off is believed", () => {
  const before = open();
  before.start();
  for (let n = 0; n < 9; n += 1) before.call("A001");
  before.clock.advance(minuteMs);
  const board = createPoweredBoard({ at: monday, memory: { recall: before.keeps, keep() {} } });
  board.call("B001");
  board.start();
  assert.equal(numbersOf(board), ["B001"]);
  board.clock.advance(1_000);
  assert.equal(board.announced(), ["B001/1"]);
});

test("a disk that takes nothing keeps no board from showing", () => {
  const warnings: string[] = [];
  const memory = createBoardMemory("/dev/null/board.json", { warn: (_, message) => warnings.push(message) });
  const board = createPoweredBoard({ at: monday, memory });
  board.start();
  board.call("A001");
  board.clock.advance(5_000);
  assert.equal(numbersOf(board), ["A001"]);
  assert.equal(board.announced(), ["A001/1"]);
  assert.is(warnings[0], "the last calls cannot be kept for the next start");
});

test("time alone is not written down: each write wears the card", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.clock.advance(10_000);
  const kept = board.keeps();
  board.clock.advance(hourMs);
  assert.is(board.keeps(), kept);
});

test.run();
