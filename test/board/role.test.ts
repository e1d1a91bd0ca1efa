import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { boardLimits } from "../../device/board/state.ts";
import type { BoardView } from "../../device/board/view.ts";
import { type BoardMemory, createBoardMemory } from "../../device/board-memory.ts";
import { createBoardRole } from "../../device/board-role.ts";
import type { Screen } from "../../device/ports.ts";
import type { Display } from "../../protocol/messages.ts";
import { createSession } from "../../protocol/session.ts";
import { startBroker, testSite } from "../brokers.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { makeDisplay, type ScriptedHub, startScriptedHub } from "../fakes/scripted-hub.ts";
import { createFakeSign, type FakeSign } from "../fakes/sign.ts";
import { makeOffice } from "../terminal/terminal.ts";
import { until } from "../until.ts";

interface Scene {
  hub: ScriptedHub;
  clock: ManualClock;
  sign: FakeSign;
  views: BoardView[];
  reports: string[];
  identify(): unknown;
  display(display: Display): void;
  /** The hub's time; by the board's clock unless told otherwise. */
  beat(at?: string): void;
}

const forgetful: BoardMemory = { recall: () => undefined, keep() {} };

/** A board's role over a real broker, with a hub that says what the test wants. */
async function inScene(
  play: (scene: Scene) => Promise<void>,
  has: { screen: boolean; sign: boolean },
  memory: BoardMemory = forgetful,
): Promise<void> {
  const broker = await startBroker("embedded", [{ name: "board-1", role: "board" }]);
  const hub = await startScriptedHub(broker, () => undefined);
  const session = createSession({
    url: broker.url,
    user: "board-1",
    password: "demo",
    daemon: true,
    site: testSite,
  });
  const clock = createManualClock(Date.parse("2026-11-23T09:00:05Z"));
  const sign = createFakeSign(8);
  const views: BoardView[] = [];
  const reports: string[] = [];
  const screen: Screen<BoardView> = {
    start: (on) => on({ type: "status", status: { state: "ready", detail: "1 page" } }),
    show: (view) => views.push(view),
    async stop() {},
  };
  const role = createBoardRole({
    memory,
    group: "all",
    screen: has.screen ? screen : undefined,
    sign: has.sign ? sign : undefined,
    session,
    clock,
    report: (peripheral, { state }) => reports.push(`${peripheral} ${state}`),
  });
  let isUp = false;
  session.onLink(({ up }) => {
    isUp = up;
  });
  role.start();
  session.start();
  try {
    await until("the board is connected", () => isUp);
    await play({
      hub,
      clock,
      sign,
      views,
      reports,
      identify: () =>
        role.commands.identify?.({
          id: "1",
          validUntil: "2026-11-23T10:00:00Z",
        }),
      display: (display) => void hub.session.publish("display", { group: "all" }, display),
      beat: (at = new Date(clock.now()).toISOString()) =>
        void hub.session.publish("beat", {}, { at, session: "s", epoch: 1, seq: 1, revisions: {} }),
    });
  } finally {
    await role.stop();
    await session.stop();
    await hub.stop();
    await broker.stop();
  }
}

const one = makeDisplay(["A017", "1"]);
const two: Display = {
  ...one,
  revision: 2,
  calls: [
    {
      call: "b",
      number: "B003",
      desk: "2",
      deskName: "Platz 2",
      calledAt: "2026-11-23T09:00:04Z",
      count: 1,
    },
    ...one.calls,
  ],
};

test("a call goes to the page and to the sign, flashes, and comes to rest", () =>
  inScene(
    async ({ clock, sign, views, reports, display }) => {
      display({ ...one, calls: [], revision: 0 });
      display(one);
      await until("the page flashes the call", () => views.at(-1)?.flash);
      assert.equal(views.at(-1)?.current, { number: "A017", desk: "Platz 1" });
      assert.equal(sign.pictures.at(-1), { pages: ["A017  1"], flash: true });
      clock.advance(boardLimits.flashMs + 500);
      assert.not.ok(views.at(-1)?.flash);
      assert.equal(sign.pictures.at(-1), { pages: ["A017  1"], flash: false });
      assert.equal(reports, ["screen ready", "sign ready"]);
    },
    { screen: true, sign: true },
  ));

test("two calls at once: the sign shows one after the other", () =>
  inScene(
    async ({ clock, sign, hub, display }) => {
      display({ ...two, calls: [], revision: 0 });
      display(two);
      await until("the first call", () => sign.pictures.length > 1);
      void hub.session.publish(
        "queue",
        { service: "id-card" },
        {
          service: "id-card",
          open: true,
          waiting: 3,
          estimateMinutes: null,
          lastCalled: null,
          desksOpen: 1,
        },
      );
      clock.advance(2 * boardLimits.announceMs + 1000);
      const shown = sign.pictures.filter(({ flash }) => flash).map(({ pages }) => pages[0]);
      assert.equal(shown, ["A017  1", "B003  2"]);
    },
    { screen: false, sign: true },
  ));

test("beats keep the board live, their absence shows, and the waiting line follows the queues", () =>
  inScene(
    async ({ clock, views, hub, display, beat }) => {
      display(one);
      beat();
      await until("the call", () => views.at(-1)?.current);
      clock.advance(boardLimits.notLiveMs + 500);
      assert.is(views.at(-1)?.isLive, false);
      assert.ok(views.at(-1)?.current, "the call stays");
      beat("2026-11-23T09:30:00Z");
      await until("live", () => views.at(-1)?.isLive);
      assert.is(views.at(-1)?.time, "10:30", "by the hub's clock");
      void hub.session.publish(
        "queue",
        { service: "pick-up" },
        {
          service: "pick-up",
          open: true,
          waiting: 4,
          estimateMinutes: [5, 10],
          lastCalled: null,
          desksOpen: 1,
        },
      );
      await until("the line", () => views.at(-1)?.waiting[0] === "Es warten 4 · ca. 5–10 Min.");
    },
    { screen: true, sign: false },
  ));

test("what it is told is on the disk, and there again with the next board", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-board-"));
  const memory = createBoardMemory(join(folder, "data", "board.json"), { warn() {} });
  assert.is(memory.recall(), undefined);
  await inScene(
    async ({ display, hub, beat }) => {
      beat("2026-11-23T09:05:00Z");
      await hub.session.publish("office", {}, makeOffice({ name: "Rathaus" }));
      display(two);
      await until("it is kept", () => memory.recall()?.unannounced.length === 0 && memory.recall()?.display.calls[1]);
    },
    { screen: true, sign: false },
    memory,
  );
  assert.equal(memory.recall()?.display, two);
  assert.is(memory.recall()?.office?.name, "Rathaus");
  rmSync(folder, { recursive: true });
});

test("asked which board it is, it flashes", () =>
  inScene(
    async ({ clock, views, identify }) => {
      identify();
      assert.ok(views.at(-1)?.flash);
      clock.advance(boardLimits.flashMs + 500);
      assert.not.ok(views.at(-1)?.flash);
    },
    { screen: true, sign: false },
  ));

test("nothing new is shown again: ticks alone send no view", () =>
  inScene(
    async ({ clock, views }) => {
      clock.advance(5000);
      const count = views.length;
      clock.advance(4000);
      assert.is(views.length, count);
    },
    { screen: true, sign: false },
  ));

test("an office that says nonsense of itself ends no board", () =>
  inScene(
    async ({ hub, views, beat }) => {
      beat();
      const nonsense = makeOffice({ name: "Rathaus", timeZone: "Mars/Olympus", languages: ["constructor", "en"] });
      await hub.session.publish("office", {}, nonsense);
      const service = "pick-up";
      const queue = { service, open: true, waiting: 2, estimateMinutes: null, lastCalled: null, desksOpen: 1 };
      await hub.session.publish("queue", { service }, queue);
      await until("the line in the one language known", () => views.at(-1)?.waiting[0] === "2 waiting");
      assert.is(views.at(-1)?.office, "Rathaus");
    },
    { screen: true, sign: false },
  ));

test("a clock that is set back makes no board flash for hours, and none live that hears nothing", () =>
  inScene(
    async ({ clock, beat, views, identify }) => {
      beat();
      await until("it is live", () => views.at(-1)?.isLive);
      identify();
      await until("it flashes", () => views.at(-1)?.flash);
      clock.set(-3_600_000);
      clock.advance(boardLimits.notLiveMs + 1_000);
      assert.not.ok(views.at(-1)?.flash);
      assert.not.ok(views.at(-1)?.isLive);
    },
    { screen: true, sign: false },
  ));

test.run();
