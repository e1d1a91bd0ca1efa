import { test } from "uvu";
import * as assert from "uvu/assert";
import { deskLed } from "../../device/desk/state.ts";
import type { DeskRoleParts } from "../../device/desk-role.ts";
import { createDeskRole } from "../../device/desk-role.ts";
import type { Role } from "../../device/role.ts";
import { refuse } from "../../protocol/errors.ts";
import type { EventType } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { startBroker, type TestBroker, testSite } from "../brokers.ts";
import type { ManualClock } from "../fakes/manual-clock.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import type { FakePanel } from "../fakes/panel.ts";
import { createFakePanel } from "../fakes/panel.ts";
import type { ScriptedAnswer, ScriptedHub, SeenRequest } from "../fakes/scripted-hub.ts";
import { makeDisplay, makeTicket, startScriptedHub } from "../fakes/scripted-hub.ts";
import { until } from "../until.ts";

interface Scene {
  broker: TestBroker;
  hub: ScriptedHub;
  panel: FakePanel;
  clock: ManualClock;
  session: Session;
  reports: string[];
  /** How many requests have been settled, one way or the other. */
  answers: number;
  /** What the hub answers from now on. */
  script(answer: (request: SeenRequest) => ScriptedAnswer): void;
  /** Restarts the desk's daemon: a new role and a new session, nothing remembered. */
  restart(): Promise<void>;
  press(button: "next" | "again"): void;
}

const desk = "1";
const id = (number: string) => makeTicket(number).id;
const called = (number: string) => ({ result: { ticket: makeTicket(number) } });

async function inScene(play: (scene: Scene) => Promise<void>, parts: Partial<DeskRoleParts> = {}): Promise<void> {
  const broker = await startBroker("embedded", [{ name: "desk-1", role: "desk", desks: [desk] }]);
  let answer: (request: SeenRequest) => ScriptedAnswer = () => undefined;
  const hub = await startScriptedHub(broker, (request) => answer(request));
  let role: Role | undefined;
  const start = async () => {
    const clock = createManualClock();
    const panel = createFakePanel(["next", "again"], [deskLed]);
    const session = createSession({
      url: broker.url,
      user: "desk-1",
      password: "demo",
      daemon: true,
      site: testSite,
    });
    const settled = () => {
      scene.answers += 1;
    };
    const log = { info: settled, warn: settled };
    const report: DeskRoleParts["report"] = (peripheral, { state }) => scene.reports.push(`${peripheral} ${state}`);
    role = createDeskRole({ desk, panel, session, clock, hubClock: clock, log, report, ...parts });
    let isUp = false;
    session.onLink(({ up }) => {
      isUp = up;
    });
    role.start();
    session.start();
    Object.assign(scene, { clock, panel, session });
    await until("the desk is connected", () => isUp);
  };
  const stop = async () => {
    await role?.stop();
    await scene.session.stop();
  };
  const scene = {
    broker,
    hub,
    reports: [] as string[],
    answers: 0,
    script(next) {
      answer = next;
    },
    async restart() {
      await stop();
      await start();
    },
    press(button) {
      scene.panel.press(button);
      scene.panel.release(button);
    },
  } as Scene;
  await start();
  try {
    await play(scene);
  } finally {
    await stop();
    await hub.stop();
    await broker.stop();
  }
}

const led = (scene: Scene, mode: string) => until(`the LED is ${mode}`, () => scene.panel.led(deskLed) === mode);
const boards = (scene: Scene, ...calls: [string, string][]) =>
  scene.hub.session.publish("display", { group: "all" }, makeDisplay(...calls));
const waiting = (scene: Scene, service: string, count: number) =>
  scene.hub.session.publish(
    "queue",
    { service },
    { service, open: true, waiting: count, estimateMinutes: null, lastCalled: null, desksOpen: 1 },
  );

test("next finishes the visitor and calls the following one; a double press is one", async () => {
  await inScene(async (scene) => {
    scene.script(({ args }) => called(args.current === null ? "A017" : "A018"));
    await boards(scene);
    scene.press("next");
    const first = await scene.hub.request("call.next");
    assert.is(first.args.desk, desk);
    assert.is(first.args.current, null);
    assert.is(first.args.finish, true);
    assert.is(first.args.validUntil, new Date(scene.clock.now() + 5_000).toISOString());
    await led(scene, "on");
    scene.clock.advance(1_999);
    scene.press("next");
    scene.clock.advance(1);
    scene.press("next");
    const second = await scene.hub.request("call.next", 1);
    assert.is(second.args.current, id("A017"));
    assert.is.not(second.id, first.id);
    // The LED is on all the time; only the answer ends the wait of the next press.
    await until("the second call is answered", () => scene.answers === 2);
    scene.script(() => ({ result: { ticket: null } }));
    scene.clock.advance(2_000);
    scene.press("next");
    assert.is((await scene.hub.request("call.next", 2)).args.current, id("A018"));
    await led(scene, "off");
    assert.is(scene.hub.seen.filter(({ verb }) => verb === "call.next").length, 3);
  });
});

test("a clock that is set meanwhile makes no second wish of a double press", async () => {
  await inScene(async (scene) => {
    scene.script(() => called("A017"));
    await boards(scene);
    scene.press("next");
    await until("somebody was called", () => scene.answers === 1);
    scene.clock.set(60_000);
    scene.clock.advance(1_000);
    scene.press("next");
    scene.press("again");
    await scene.hub.request("call.again");
    assert.equal(
      scene.hub.seen.map(({ verb }) => verb),
      ["call.next", "call.again"],
    );
  });
});

test("after a restart it finds its visitor again without touching him", async () => {
  await inScene(async (scene) => {
    await boards(scene, ["A020", "2"], ["A017", desk], ["A016", desk]);
    scene.script(({ verb }) => (verb === "ticket.show" ? called("A017") : called("A021")));
    await scene.restart();
    await led(scene, "on");
    assert.equal(
      scene.hub.seen.slice(-1).map(({ verb, args }) => [verb, args.number]),
      [["ticket.show", "A017"]],
    );
    scene.press("next");
    assert.is((await scene.hub.request("call.next")).args.current, id("A017"));
  });
});

test("a visitor whose ticket is finished is not taken for present", async () => {
  await inScene(async (scene) => {
    await boards(scene, ["A017", desk]);
    await waiting(scene, "id-card", 2);
    scene.script(() => ({ result: { ticket: makeTicket("A017", { state: "finished", desk: null }) } }));
    await scene.restart();
    await led(scene, "blink");
  });
});

test("a press before it knows anything throws nobody out: the hub says who is there", async () => {
  await inScene(async (scene) => {
    const wrong = refuse("wrong-state", "at desk 1 is A017 now", { current: id("A017") });
    scene.script(({ verb, args }) => {
      if (verb !== "call.next") return undefined;
      return args.current === id("A017") ? called("A018") : { error: wrong };
    });
    scene.press("next");
    assert.is((await scene.hub.request("call.next")).args.current, null);
    await until("the LED flashes and then says that somebody is there", () => {
      scene.clock.advance(120);
      return scene.panel.led(deskLed) === "on" && scene.clock.now();
    });
    scene.clock.advance(2_000);
    scene.press("next");
    assert.is((await scene.hub.request("call.next", 1)).args.current, id("A017"));
  });
});

test("a desk that is busy with a number finds out whose it is", async () => {
  await inScene(async (scene) => {
    scene.script(({ verb }) => {
      if (verb === "ticket.show") return called("A017");
      return { error: refuse("desk-busy", "A017 is at desk 1", { number: "A017" }) };
    });
    scene.press("next");
    assert.is((await scene.hub.request("ticket.show")).args.number, "A017");
    scene.clock.advance(5_000);
    await led(scene, "on");
  });
});

test("again recalls; held for 3 s it marks a no-show, and one millisecond less does not", async () => {
  await inScene(async (scene) => {
    scene.script(({ verb }) => {
      if (verb === "ticket.no-show") return { result: { ticket: makeTicket("A017", { state: "no-show" }) } };
      return called("A017");
    });
    scene.press("next");
    await led(scene, "on");
    await holdAgain(scene, 2_999);
    await holdAgain(scene, 3_000);
    const noShow = await scene.hub.request("ticket.no-show");
    assert.is(noShow.args.ticket, id("A017"));
    assert.is(noShow.args.desk, desk);
    await led(scene, "off");
    assert.equal(
      scene.hub.seen.map(({ verb }) => verb),
      ["call.next", "call.again", "call.again", "ticket.no-show"],
    );
  });
});

async function holdAgain(scene: Scene, ms: number): Promise<void> {
  const before = scene.answers;
  scene.panel.press("again");
  await until("the recall is answered", () => scene.answers > before);
  scene.clock.advance(ms);
  scene.panel.release("again");
}

test("what the desk page does is followed by the events", async () => {
  await inScene(async (scene) => {
    const event = (type: EventType, fields: object) =>
      scene.hub.session.publish("event", { type }, { epoch: 1, seq: 1, at: "2026-11-23T09:00:00Z", type, ...fields });
    await boards(scene);
    await waiting(scene, "id-card", 1);
    await led(scene, "blink");
    await event("ticket.called", { ticket: id("A017"), desk: "2" });
    await event("ticket.called", { ticket: id("A018"), desk });
    await led(scene, "on");
    await event("ticket.finished", { ticket: id("A018"), desk });
    await led(scene, "blink");
    for (const [pause, resume] of [
      ["desk.closed", "desk.opened"],
      ["desk.paused", "desk.resumed"],
    ] as const) {
      await event(pause, { desk });
      await led(scene, "off");
      await event(resume, { desk });
      await led(scene, "blink");
    }
    for (const leave of ["ticket.parked", "ticket.transferred", "ticket.undone"] as const) {
      await event("ticket.called", { ticket: id("A019"), desk });
      await led(scene, "on");
      await event(leave, { ticket: id("A019"), desk, finished: null });
      await led(scene, "blink");
    }
    await event("ticket.undone", { ticket: id("A020"), desk: "2", finished: id("A018") });
    await event("ticket.undone", { ticket: id("A020"), desk, finished: id("A019") });
    await led(scene, "on");
    const before = scene.answers;
    scene.script(({ args }) => (args.current === id("A019") ? called("A021") : undefined));
    scene.press("next");
    await until("the visitor who came back is the one that is finished", () => scene.answers > before);
  });
});

test("only the desk's own services make it blink", async () => {
  await inScene(
    async (scene) => {
      await boards(scene);
      await waiting(scene, "registration", 4);
      await waiting(scene, "id-card", 1);
      await led(scene, "blink");
      await waiting(scene, "id-card", 0);
      await led(scene, "off");
    },
    { services: ["id-card"] },
  );
});

test("without an answer the same request comes again, and then nothing is assumed", async () => {
  await inScene(async (scene) => {
    scene.script(({ verb }) => (verb === "call.next" ? called("A017") : undefined));
    scene.press("next");
    await led(scene, "on");
    scene.script(() => undefined);
    scene.clock.advance(2_000);
    scene.press("next");
    const first = await scene.hub.request("call.next", 1);
    const repeat = await scene.hub.request("call.next", 2);
    assert.equal(repeat, first);
    await until("the LED flashes for want of an answer", () => scene.panel.led(deskLed) === "off", 8_000);
    scene.clock.advance(5_000);
    scene.script(({ args }) => (args.current === null ? called("A019") : undefined));
    scene.press("next");
    await led(scene, "on");
    assert.is(scene.hub.seen.at(-1)?.args.current, null);
    assert.is.not(scene.hub.seen.at(-1)?.id, first.id);
  });
});

test("a panel that is unplugged is reported, and a held button is let go", async () => {
  await inScene(async (scene) => {
    await until("ready", () => scene.reports.includes("panel ready"));
    scene.panel.unplug();
    assert.is(scene.reports.at(-1), "panel offline");
    scene.panel.plug();
    assert.is(scene.reports.at(-1), "panel ready");
  });
});

test.run();
