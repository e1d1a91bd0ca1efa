import { test } from "uvu";
import * as assert from "uvu/assert";
import { boardLimits } from "../../device/board/state.ts";
import { createPoweredBoard, numbersOf } from "./powered-board.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dashes = "-".repeat(8);
const open = (at = "2026-11-23T10:00:00+01:00") => createPoweredBoard({ at });

/** How far the time of day of the board's machine is set from the true one, in milliseconds. */
const stepsOfTheClock = [-30 * hourMs, -2 * hourMs, -minuteMs, minuteMs, 2 * hourMs, 30 * hourMs];

test("a clock that is set makes nothing old, and nothing young", () => {
  for (const step of stepsOfTheClock) {
    const board = open();
    board.start();
    board.call("A001");
    board.clock.advance(20_000);
    board.clock.set(step);
    board.clock.advance(2_000);
    assert.is(board.view().isLive, true, `${step}`);
    assert.is(board.view().time, "10:00");
    board.call("A002");
    board.clock.set(0);
    board.clock.advance(boardLimits.flashMs - 400);
    assert.is(board.view().flash, true, `${step}: the flash in full`);
    board.clock.set(step);
    board.hub(false);
    board.clock.advance(boardLimits.notLiveMs + 400);
    assert.is(board.view().isLive, false, `${step}`);
    assert.equal(numbersOf(board), ["A002", "A001"]);
    assert.equal(board.announced(), ["A001/1", "A002/1"]);
  }
});

test("a clock that is set while the board is off or away from the hub neither loses today's calls nor brings back yesterday's", () => {
  for (const step of stepsOfTheClock) {
    for (const reboot of [false, true]) {
      const board = open();
      board.start();
      board.call("A001");
      board.clock.advance(20_000);
      board.kill();
      board.plug(false);
      board.clock.set(step);
      // Nothing has set the clock of a machine that was just switched on: it is not believed.
      board.start({ reboot, clockIsSet: false });
      assert.equal(numbersOf(board), reboot ? [] : ["A001"], `${step} ${reboot}`);
      assert.is(board.view().time, reboot ? "" : "10:00");
      board.clock.advance(boardLimits.notLiveMs + 400);
      assert.is(board.view().isLive, false);
      board.plug(true);
      assert.equal(numbersOf(board), ["A001"]);
      assert.is(board.view().isLive, true);
      board.clock.advance(5_000);
      assert.equal(board.announced(), ["A001/1"], "no gong for what was announced");

      board.kill();
      board.plug(false);
      board.clock.advance(20 * hourMs);
      board.start({ reboot, clockIsSet: false });
      assert.equal(numbersOf(board), [], `the next day ${step} ${reboot}`);
    }
  }
});

test("a clock that is set only after the program was started is believed from then on", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.clock.advance(20_000);
  board.kill();
  board.plug(false);
  board.clock.set(-5 * hourMs);
  board.start({ reboot: true, clockIsSet: false });
  board.clock.advance(2_000);
  assert.is(board.view().time, "");
  board.clock.set(0);
  board.setClock();
  board.clock.advance(200);
  assert.is(board.view().time, "10:00");
  assert.is(board.view().isLive, true);
  board.clock.advance(boardLimits.notLiveMs);
  assert.equal([board.view().isLive, ...numbersOf(board)], [false, "A001"]);
});

test("midnight: yesterday's calls and message are not shown, whether the board was off or ran without the hub", () => {
  const evening = () => {
    const board = open("2026-11-23T23:50:00+01:00");
    board.start();
    board.call("A001");
    board.message("Heute länger geöffnet");
    board.clock.advance(20_000);
    return board;
  };
  const ran = evening();
  ran.hub(false);
  ran.clock.advance(9 * minuteMs);
  assert.equal(numbersOf(ran), ["A001"]);
  assert.is(ran.view().message, "Heute länger geöffnet");
  ran.clock.advance(minuteMs);
  assert.is(ran.view().time, "00:00");
  assert.equal(numbersOf(ran), []);
  assert.is(ran.view().message, null);
  assert.equal(ran.sign.pictures.at(-1)?.pages, [dashes]);

  // A broker of its own hands out what the hub said yesterday; or nobody is there at all.
  for (const plugged of [true, false]) {
    for (const machine of [{ reboot: false }, { reboot: true }, { reboot: true, clockIsSet: false }]) {
      const board = evening();
      board.kill();
      board.hub(false);
      board.plug(plugged);
      board.clock.advance(minuteMs);
      board.start(machine);
      const knowsTheTime = machine.clockIsSet !== false;
      assert.equal(numbersOf(board), knowsTheTime ? ["A001"] : [], "before midnight");
      board.kill();
      board.clock.advance(10 * hourMs);
      board.start(machine);
      board.clock.advance(boardLimits.notLiveMs + 400);
      assert.equal(numbersOf(board), [], `${plugged} ${JSON.stringify(machine)}`);
      assert.is(board.view().message, null);
      assert.is(board.view().isLive, false);
      board.hub(true);
      board.plug(true);
      board.newDay();
      board.call("A001");
      board.clock.advance(3_000);
      assert.equal(numbersOf(board), ["A001"]);
      assert.is(board.view().isLive, true);
    }
  }
});

test("a message and an evacuation stay over a restart without the hub; nobody is called meanwhile, and afterwards", () => {
  for (const machine of [{ reboot: false }, { reboot: true }, { reboot: true, clockIsSet: false }]) {
    const board = open();
    board.start();
    board.call("A001");
    board.clock.advance(10_000);
    board.message("Heute nur bis 12 Uhr");
    board.call("A002");
    board.call("A003");
    board.clock.advance(1_000);
    board.emergency("Bitte das Haus verlassen");
    assert.is(board.view().emergency, "Bitte das Haus verlassen");
    assert.is(board.view().announcement, null);
    board.clock.advance(10_000);
    board.kill();
    board.plug(false);
    board.start(machine);
    assert.is(board.view().emergency, "Bitte das Haus verlassen");
    assert.is(board.view().isLive, false);
    assert.equal(board.sign.pictures.at(-1), { pages: [dashes], flash: false });
    board.clock.advance(minuteMs);
    board.emergency(null);
    assert.is(board.view().emergency, "Bitte das Haus verlassen", "until it is told otherwise");
    board.plug(true);
    assert.is(board.view().emergency, null);
    assert.is(board.view().message, "Heute nur bis 12 Uhr");
    assert.equal(numbersOf(board), ["A003", "A002", "A001"]);
    assert.equal(board.announced(), ["A001/1", "A002/1"]);

    board.kill();
    board.plug(false);
    board.start(machine);
    const isKnown = machine.clockIsSet !== false;
    assert.is(board.view().message, isKnown ? "Heute nur bis 12 Uhr" : null);
    assert.is(board.view().isLive, !isKnown);
  }
});

test("who was to be called when an evacuation began is called after it", () => {
  const board = open();
  board.start();
  board.call("A001");
  board.call("A002");
  board.clock.advance(1_000);
  board.emergency("Bitte das Haus verlassen");
  board.clock.advance(20 * minuteMs);
  assert.equal(board.announced(), ["A001/1"]);
  board.emergency(null);
  board.clock.advance(1_000);
  assert.equal(board.announced(), ["A001/1", "A002/1"]);
});

test("an evacuation of yesterday is over, also without the hub", () => {
  const board = open();
  board.start();
  board.emergency("Bitte das Haus verlassen");
  board.clock.advance(10_000);
  board.kill();
  board.plug(false);
  board.clock.advance(24 * hourMs);
  board.start({ reboot: true });
  assert.is(board.view().emergency, null);
  assert.is(board.view().office, "Bürgerbüro Dorsten");
});

test.run();
