import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeviceStatus } from "../../protocol/messages.ts";
import { freePort, startBroker, type TestAccount, type TestBroker, testSite } from "../brokers.ts";
import { createFirmataBoard } from "../emulators/firmata-board.ts";
import { type ScriptedHub, startScriptedHub } from "../fakes/scripted-hub.ts";
import { until } from "../until.ts";

const mainFile = join(import.meta.dirname, "../../device/main.ts");
const accounts: TestAccount[] = [
  { name: "desk-1", role: "desk", desks: ["1"] },
  { name: "terminal-1", role: "terminal" },
];
const folder = mkdtempSync(join(tmpdir(), "wartemarke-daemon-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

interface Device {
  child: ChildProcess;
  configFile: string;
  /** Everything it wrote, as lines of JSON. */
  lines(): Record<string, unknown>[];
  /** Ends it if it still runs. */
  end(): Promise<number | null>;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

const desk = (path: string) => ({
  id: "1",
  panel: {
    path,
    buttons: [
      { name: "next", pin: 2 },
      { name: "again", pin: 3 },
    ],
    leds: [{ name: "visitor", pin: 8 }],
  },
});

let configs = 0;

function startDevice(url: string, user: string, role: object, nodeOptions: string[] = [], environment = {}): Device {
  configs += 1;
  const configFile = join(folder, `${configs}.json`);
  const config = { site: testSite, mqtt: { url, user, password: "demo" }, data: join(folder, "data"), ...role };
  writeFileSync(configFile, JSON.stringify(config));
  const child = spawn(process.execPath, [...nodeOptions, mainFile, "--config", configFile], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    configFile,
    ended,
    lines: () =>
      out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    end() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

interface Scene {
  broker: TestBroker;
  hub: ScriptedHub;
  statuses: DeviceStatus[];
  /** The last status on the topic. */
  status(): DeviceStatus | undefined;
  panel(state: string): Promise<unknown>;
}

async function inScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const broker = await startBroker("embedded", accounts);
  const statuses: DeviceStatus[] = [];
  const hub = await startScriptedHub(
    broker,
    ({ verb }) => (verb === "command.done" ? { result: {} } : undefined),
    (session) => {
      session.subscribe("status", {}, (status) => statuses.push(status));
    },
  );
  const status = () => statuses.at(-1);
  const panel = (state: string) =>
    until(`the panel is ${state}`, () => status()?.peripherals.panel?.state === state, 20_000);
  try {
    await play({ broker, hub, statuses, status, panel });
  } finally {
    await hub.stop();
    await broker.stop();
  }
}

const beat = (at: number) => ({ at: new Date(at).toISOString(), session: "s", epoch: 1, seq: 1, revisions: {} });

test("births, peripherals that come and go, a clean end within a second", async () => {
  await inScene(async ({ broker, hub, statuses, status, panel }) => {
    const board = createFirmataBoard();
    const device = startDevice(broker.url, "desk-1", { desk: desk(board.path) });
    try {
      await until("a birth", () => status()?.state === "online", 20_000);
      assert.is(statuses[0]?.role, "desk");
      assert.match(statuses[0]?.version ?? "", /^\d+\.\d+\.\d+/);
      assert.ok(statuses[0]?.session);
      await panel("ready");
      board.unplug();
      await panel("offline");
      board.plug();
      await panel("ready");

      await hub.session.publish("beat", {}, beat(Date.now() + 29_000));
      await until("the clock is right", () => status()?.peripherals.clock?.state === "ready");
      await hub.session.publish("beat", {}, beat(Date.now() + 45_000));
      await until("the clock is wrong", () => status()?.peripherals.clock?.state === "error");
      assert.match(status()?.peripherals.clock?.detail ?? "", /about 45 s behind the hub/);
      await hub.session.publish("beat", {}, beat(Date.now()));
      await until("the clock is right again", () => status()?.peripherals.clock?.state === "ready");

      const before = Date.now();
      device.child.kill("SIGTERM");
      device.child.kill("SIGTERM");
      assert.is(await device.ended, 0);
      assert.ok(Date.now() - before < 1_000, `stopped after ${Date.now() - before} ms`);
      await until("it said goodbye", () => status()?.state === "offline");
      assert.is(status()?.session, statuses.at(-2)?.session);
    } finally {
      await device.end();
      board.stop();
    }
  });
});

test("its will speaks when it is killed, and it comes back with a session of its own", async () => {
  await inScene(async ({ broker, status }) => {
    const role = { desk: desk("/dev/serial/by-id/not-there") };
    const first = startDevice(broker.url, "desk-1", role);
    let second: Device | undefined;
    try {
      await until("a birth", () => status()?.state === "online", 20_000);
      const { session } = status() ?? {};
      await first.end();
      await until("the will", () => status()?.state === "offline");
      assert.is(status()?.session, session);
      second = startDevice(broker.url, "desk-1", role);
      await until("a second birth", () => status()?.state === "online", 20_000);
      assert.is.not(status()?.session, session);
      await until("the panel is missed", () => status()?.peripherals.panel?.state === "offline");
    } finally {
      await first.end();
      await second?.end();
    }
  });
});

test("the broker may be away at the start and go later; a stop does not wait for it", async () => {
  const port = await freePort();
  const device = startDevice(`mqtt://127.0.0.1:${port}`, "desk-1", { desk: desk("/dev/serial/by-id/not-there") });
  try {
    await until("it tries", () => device.lines().some(({ msg }) => msg === "broker not reached"), 20_000);
    for (const round of [1, 2]) {
      const broker = await startBroker("embedded", accounts, { port });
      const connected = () => device.lines().filter(({ msg }) => msg === "connected").length === round;
      await until(`connection ${round}`, connected, 30_000);
      await broker.stop();
    }
    const before = Date.now();
    device.child.kill("SIGINT");
    assert.is(await device.ended, 0);
    assert.ok(Date.now() - before < 1_000, `stopped after ${Date.now() - before} ms`);
  } finally {
    await device.end();
  }
});

test("commands: done once, answered each time, and not when retained or late", async () => {
  await inScene(async ({ broker, hub, status }) => {
    // The topic says otherwise, but a broker keeps what anybody with the hub's password asks it to keep.
    const hand = await mqtt.connectAsync(broker.url, {
      username: "hub",
      password: broker.hubPassword,
      clientId: "hub-hand",
      protocolVersion: 4,
    });
    const validUntil = new Date(Date.now() + 60_000).toISOString();
    const topic = hub.session.names.topic("command", { client: "desk-1", verb: "identify" });
    await hand.publishAsync(topic, JSON.stringify({ id: "kept", validUntil }), { qos: 1, retain: true });
    await hand.endAsync();
    const device = startDevice(broker.url, "desk-1", { desk: desk("/dev/serial/by-id/not-there") });
    const say = (verb: string, id: string, validMs = 60_000) =>
      hub.session.publish(
        "command",
        { client: "desk-1", verb },
        { id, validUntil: new Date(Date.now() + validMs).toISOString() },
      );
    const done = (command: string) => hub.seen.filter(({ args }) => args.command === command);
    try {
      await until("a birth", () => status()?.state === "online", 20_000);
      await say("identify", "too-late", -1_000);
      await say("identify", "one");
      await until("it is answered", () => done("one").length === 1);
      assert.is(done("one")[0]?.args.ok, true);
      await say("identify", "one");
      await until("it is answered again", () => done("one").length === 2);
      assert.is(done("one")[1]?.id, done("one")[0]?.id);
      assert.is(device.lines().filter(({ msg }) => msg === "command done").length, 1);
      await say("test-print", "two");
      await until("a desk cannot print", () => done("two").length === 1);
      assert.equal([done("two")[0]?.args.ok, done("two")[0]?.args.detail], [false, "this device cannot test-print"]);
      assert.is(done("too-late").length, 0);
      const ignored = device.lines().filter(({ msg }) => msg === "a retained command was ignored");
      assert.equal(
        ignored.map(({ command }) => command),
        ["kept"],
      );
      assert.is(done("kept").length, 0);

      const births = () => device.lines().filter(({ msg }) => msg === "connected").length;
      const right = readFileSync(device.configFile, "utf8");
      writeFileSync(device.configFile, right.replace('"next"', '"nxt"'));
      await say("reload", "wrong");
      await until("a wrong configuration is refused", () => done("wrong").length === 1);
      assert.is(done("wrong")[0]?.args.ok, false);
      assert.match(String(done("wrong")[0]?.args.detail), /a desk needs the buttons/);
      assert.is(births(), 1);
      writeFileSync(device.configFile, right);
      await say("reload", "right");
      await until("it starts again", () => births() === 2, 20_000);
      assert.is(done("right")[0]?.args.ok, true);
      await until("it is back", () => status()?.state === "online");
    } finally {
      await device.end();
    }
  });
});

test("reloads that come together are done one after the other, and leave one device behind", async () => {
  await inScene(async ({ broker, hub, status }) => {
    const device = startDevice(broker.url, "desk-1", { desk: desk("/dev/serial/by-id/not-there") });
    const connections = () => device.lines().filter(({ msg }) => msg === "connected").length;
    const lost = () => device.lines().filter(({ msg }) => msg === "connection lost").length;
    try {
      await until("a birth", () => status()?.state === "online", 20_000);
      const validUntil = new Date(Date.now() + 60_000).toISOString();
      for (const id of ["one", "two"]) {
        void hub.session.publish("command", { client: "desk-1", verb: "reload" }, { id, validUntil });
      }
      await until("it starts again", () => connections() >= 2, 20_000);
      // Two devices of one name would push each other from the broker for ever; a command may come between the two.
      const isThere = () => hub.seen.some(({ args }) => args.command === "three");
      await until("it is there", async () => {
        await hub.session.publish("command", { client: "desk-1", verb: "identify" }, { id: "three", validUntil });
        await new Promise((resolve) => setTimeout(resolve, 100));
        return isThere();
      });
      const before = connections();
      await hub.session.publish("command", { client: "desk-1", verb: "test-print" }, { id: "four", validUntil });
      await until("it is still there", () => hub.seen.some(({ args }) => args.command === "four"));
      assert.equal([connections(), lost()], [before, 0]);
    } finally {
      await device.end();
    }
  });
});

test("an unforeseen error is logged and ends the process", async () => {
  const boom = "data:text/javascript,setTimeout(() => { Promise.reject(new Error('boom')) }, 1000)";
  const port = await freePort();
  const role = { desk: desk("/dev/serial/by-id/not-there") };
  const device = startDevice(`mqtt://127.0.0.1:${port}`, "desk-1", role, ["--import", boom]);
  assert.is(await device.ended, 1);
  const last = device.lines().at(-1);
  assert.is(last?.level, 60);
  assert.match(String(last?.error), /boom/);
});

/** What is reached with all drivers at work, with room for the spread of single runs; the aim is 90. */
const rssMiBMax = 115;
/** As the unit in deploy/systemd sets it. */
const frugal = { NODE_COMPILE_CACHE: join(folder, "cache"), MALLOC_ARENA_MAX: "2" };

test("with all its drivers a terminal stays small", async () => {
  const board = createFirmataBoard();
  const role = {
    terminal: {
      printer: { connection: { kind: "usb", vendor: 0xffff, product: 0xffff } },
      scanner: { kind: "hid", vendor: "ffff", product: "ffff" },
      panel: { path: board.path, buttons: [{ name: "a", pin: 2 }], leds: [] },
      keys: [{ button: "a", service: "id-card", label: "A" }],
      screen: { port: 0 },
    },
  };
  await inScene(async ({ broker, status }) => {
    const run = async () => {
      const device = startDevice(broker.url, "terminal-1", role, ["--max-semi-space-size=1"], frugal);
      try {
        await until("a birth", () => status()?.state === "online", 20_000);
        await until("the panel is ready", () => status()?.peripherals.panel?.state === "ready", 20_000);
        const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${device.child.pid}/status`, "utf8"));
        device.child.kill("SIGTERM");
        await device.ended;
        await until("it is gone", () => status()?.state === "offline");
        return Number(rss?.[1]) / 1_024;
      } finally {
        await device.end();
      }
    };
    const first = await run();
    const second = await run();
    console.log(`\nRSS with all drivers: ${first.toFixed(1)} MiB, with the code cache ${second.toFixed(1)} MiB`);
    assert.ok(second <= rssMiBMax, `${second.toFixed(1)} MiB, at most ${rssMiBMax} are allowed`);
  });
  board.stop();
});

test.run();
