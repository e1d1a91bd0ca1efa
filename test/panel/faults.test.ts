import five from "johnny-five";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { panelOptions } from "../../device/panel/options.ts";
import { createPanel, silenceMs } from "../../device/panel/panel.ts";
import type { ButtonEvent, Clock, StatusEvent } from "../../device/ports.ts";
import { actions, states } from "../contract/panel.ts";
import { createFirmataBoard, type FirmataBoardOptions } from "../emulators/firmata-board.ts";
import { fastClock, settable } from "../fakes/clock.ts";
import { until } from "../until.ts";

const boardsInCache = () => (five.Board as unknown as { cache: unknown[] }).cache.length;

/** A board with buttons `card` (pin 2) and `passport` (pin 3) and LED `lamp` (pin 4), all on one port. */
async function withPanel(
  run: (rig: ReturnType<typeof rigOf>) => Promise<void>,
  clock: Clock = systemClock(),
  board: FirmataBoardOptions = {},
): Promise<void> {
  const rig = rigOf(clock, board);
  try {
    await run(rig);
  } finally {
    await rig.panel.stop();
    rig.board.stop();
  }
}

function rigOf(clock: Clock, boardOptions: FirmataBoardOptions) {
  const board = createFirmataBoard(boardOptions);
  const warnings: string[] = [];
  const logger = { info: () => {}, warn: (_: unknown, text?: string) => warnings.push(text ?? "") };
  const options = panelOptions.parse({
    path: board.path,
    buttons: [
      { name: "card", pin: 2 },
      { name: "passport", pin: 3 },
    ],
    leds: [{ name: "lamp", pin: 4 }],
  });
  const panel = createPanel(options, clock, logger as never);
  const events: (ButtonEvent | StatusEvent)[] = [];
  const last = () => events.filter((event) => event.type === "status").at(-1)?.status;
  const ready = () => until("ready", () => states(events).at(-1) === "ready");
  const start = () => panel.start((event) => events.push(event));
  return { board, panel, events, warnings, last, ready, start };
}

test("a contact that bounces for 50 ms is one press", () =>
  withPanel(async ({ board, events, ready, start }) => {
    start();
    await ready();
    await board.pressBouncing(2, 3);
    await until("press", () => actions(events).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(actions(events), ["press"]);
    board.release(2);
    await until("release", () => actions(events).length === 2);
    assert.equal(board.errors, []);
  }));

test("lighting an LED while a button of the same port is down leaves its pull-up on", () =>
  withPanel(async ({ board, panel, events, ready, start }) => {
    start();
    await ready();
    board.press(3);
    await until("press", () => actions(events).at(-1) === "press");
    panel.setLed("lamp", "on");
    await until("lit", () => board.led(4));
    board.release(3);
    await until("release", () => actions(events).at(-1) === "release");
    assert.equal(board.errors, []);
  }));

test("a key held for more than 10 s is reported stuck, and ready again when it comes up", () =>
  withPanel(async ({ board, events, last, ready, start }) => {
    start();
    await ready();
    board.press(2);
    await until("stuck", () => last()?.state === "error");
    assert.is(last()?.detail, "button card stuck");
    board.press(3);
    await until("the other button works", () =>
      events.some((event) => event.type === "button" && event.button === "passport"),
    );
    board.release(2);
    await until("ready", () => last()?.state === "ready");
    board.press(2);
    await until("press", () => actions(events).filter((action) => action === "press").length === 3);
  }, fastClock(15)));

// Not faster: the library takes 7 ms of true time to tell a level, and the panel waits 200 ms of its own for it.
test("a button that was down before the panel came is not pressed, but may be stuck", () =>
  withPanel(async ({ board, events, last, start }) => {
    board.press(2);
    start();
    await until("stuck", () => last()?.detail === "button card stuck");
    assert.equal(actions(events), []);
    board.release(2);
    await until("ready", () => last()?.state === "ready");
    assert.equal(actions(events), []);
  }, fastClock(4)));

test("a board that boots slowly is waited for", () =>
  withPanel(
    async ({ board, ready, start }) => {
      start();
      await ready();
      assert.equal(board.errors, []);
    },
    systemClock(),
    { bootMs: 1_500 },
  ));

test("a board that never answers is offline and no board of johnny-five is left behind", () =>
  withPanel(async ({ board, events, last, ready, start }) => {
    const before = boardsInCache();
    board.mute(true);
    start();
    await until("offline", () => last()?.detail === "no Firmata board answers within 10000 ms");
    assert.is(boardsInCache(), before);
    board.mute(false);
    await ready();
    assert.is(boardsInCache(), before + 1);
    board.mute(true);
    await until("offline", () => last()?.detail === "the board has been silent for 6000 ms");
    assert.is(boardsInCache(), before);
    board.mute(false);
    await ready();
    assert.equal(actions(events), []);
  }, fastClock(15)));

test("a clock that is set drops no board that is there and hides none that is silent", () => {
  const clock = settable(fastClock(15));
  return withPanel(async ({ board, events, last, ready, start }) => {
    start();
    await ready();
    clock.set(3 * 86_400_000);
    await new Promise<void>((resolve) => clock.after(silenceMs, resolve));
    assert.not.ok(states(events).includes("offline"));
    board.mute(true);
    clock.set(-3_600_000);
    await until("offline", () => last()?.detail === "the board has been silent for 6000 ms");
  }, clock);
});

test("a board that restarts by itself is set up again", () =>
  withPanel(async ({ board, panel, events, ready, start }) => {
    start();
    await ready();
    panel.setLed("lamp", "on");
    await until("lit", () => board.led(4));
    board.restart();
    await until("noticed", () => states(events).includes("offline"));
    await ready();
    await until("lit again", () => board.led(4));
    board.press(2);
    await until("press", () => actions(events).at(-1) === "press");
    assert.equal(board.errors, []);
  }));

test("a blinking LED goes on and off, and stops when the panel stops", () =>
  withPanel(async ({ board, panel, ready, start }) => {
    const changes: boolean[] = [];
    board.onLed((pin, lit) => pin === 4 && changes.push(lit));
    panel.setLed("lamp", "blink");
    start();
    await ready();
    await until("two blinks", () => changes.length >= 4, 5_000);
    changes.slice(1).forEach((lit, index) => {
      assert.is(lit, !changes[index]);
    });
  }));

test("noise on the line is dropped and counted; the next press is heard", () =>
  withPanel(async ({ board, events, warnings, ready, start }) => {
    start();
    await ready();
    // A cut-off digital message, stray data, an unknown command, an endless sysex, and answers about pins that do not
    // exist: the Firmata library throws at the last three.
    board.noise(Buffer.from([0x90, 0x12, 0xf9, 0x01, 0x55, 0x66, 0xc3, 0xfe]));
    board.noise(Buffer.concat([Buffer.from([0xf0]), Buffer.alloc(20_000, 0x11), Buffer.from([0xf7])]));
    board.noise(Buffer.from([0xf0, 0x6e, 0x7d, 0x01, 0x01, 0xf7]));
    board.noise(Buffer.from([0xf0, 0x6a, ...Array.from({ length: 40 }, () => 0x7f), 0xf7]));
    board.noise(Buffer.from([0xf0, 0x77, 0xf7]));
    await until("counted", () => warnings.some((text) => text.includes("dropped")));
    await until("nonsense", () => warnings.some((text) => text.includes("no sense")));
    board.press(2);
    await until("press", () => actions(events).at(-1) === "press");
    assert.is(states(events).at(-1), "ready");
  }));

test("a pin that the board does not have is an error that names the button", async () => {
  const board = createFirmataBoard();
  const options = panelOptions.parse({ path: board.path, buttons: [{ name: "card", pin: 99 }] });
  const panel = createPanel(options, systemClock());
  const details: string[] = [];
  panel.start((event) => event.type === "status" && details.push(`${event.status.state}: ${event.status.detail}`));
  await until("error", () => details.at(-1)?.startsWith("error"));
  assert.is(details.at(-1), "error: button card: pin 99 is no digital input of this board");
  await panel.stop();
  board.stop();
});

test.run();
