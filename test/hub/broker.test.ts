import { spawn } from "node:child_process";
import { connect as connectTcp } from "node:net";
import { fileURLToPath } from "node:url";
import type { MqttClient } from "mqtt";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { topicNames } from "../../protocol/topics.ts";
import type { TestBroker } from "../brokers.ts";
import { brokersHere, startBroker, testSite } from "../brokers.ts";
import { until } from "../until.ts";

const names = topicNames(testSite);
const accounts = [
  { name: "terminal-1", role: "terminal" },
  { name: "board-1", role: "board" },
  { name: "desk-1", role: "desk" },
] as const;

async function connect(broker: TestBroker, user: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const password = user === "hub" ? broker.hubPassword : "demo";
  const settings = { username: user, password, protocolVersion: 4 as const, reconnectPeriod: 0, ...options };
  const client = await mqtt.connectAsync(broker.url, settings, false);
  client.on("error", () => {});
  return client;
}

const eventTimeoutMs = 15_000;
/** Resolves at the next event of this name; unlike `once`, an error event before it is no failure. */
function next(
  emitter: { once(event: never, listener: (value: unknown) => void): unknown },
  event: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${eventTimeoutMs} ms`)), eventTimeoutMs);
    emitter.once(event as never, (value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** A hub that answers every request with its own bytes. */
async function echo(broker: TestBroker): Promise<MqttClient> {
  const hub = await connect(broker, "hub");
  hub.stream.on("error", () => {});
  hub.on("message", (topic, payload) => {
    const parsed = names.parse(topic);
    if (parsed) hub.publish(names.topic("reply", { client: parsed.levels.client ?? "" }), payload, { qos: 1 });
  });
  await hub.subscribeAsync(names.filter("request"), { qos: 1 });
  return hub;
}

const request = (user: string) => names.topic("request", { client: user, verb: "queue.list" });
const reply = (user: string) => names.topic("reply", { client: user });

/** Milliseconds until the echo of one request is back. */
async function roundTrip(client: MqttClient, user: string, payload: string | Buffer): Promise<number> {
  const started = performance.now();
  const answered = next(client, "message");
  client.publish(request(user), payload, { qos: 1 });
  await answered;
  return performance.now() - started;
}

for (const kind of brokersHere()) {
  test(`${kind}: a frozen board holds up nobody`, async () => {
    const boards = 9;
    const updates = 5_000;
    const atOnce = 50;
    const filler = "x".repeat(4_096);
    const gapMsMax = 500;
    const broker = await startBroker(kind, accounts);
    const hub = await connect(broker, "hub");
    const script = fileURLToPath(new URL("../fakes/reader.ts", import.meta.url));
    const child = spawn(process.execPath, [script, broker.url, "board-1", "demo", names.filter("display")]);
    await next(child.stdout, "data");
    child.kill("SIGSTOP");

    const gaps = new Array<number>(boards).fill(0);
    const received = new Array<number>(boards).fill(0);
    const readers = await Promise.all(gaps.map(() => connect(broker, "board-1")));
    let running = false;
    for (const [n, reader] of readers.entries()) {
      let last = performance.now();
      reader.on("message", () => {
        const now = performance.now();
        if (running && received[n]) gaps[n] = Math.max(gaps[n] ?? 0, now - last);
        last = now;
        received[n] = (received[n] ?? 0) + 1;
      });
      await reader.subscribeAsync(names.filter("display"), { qos: 1 });
    }
    running = true;
    const topic = names.topic("display", { group: "all" });
    for (let sent = 0; sent < updates; sent += atOnce) {
      const batch = Array.from({ length: atOnce }, () => hub.publishAsync(topic, filler, { qos: 1, retain: true }));
      await Promise.all(batch);
    }
    await until("all boards have every update", () => received.every((count) => count === updates), 30_000);
    for (const [n, gap] of gaps.entries()) assert.ok(gap < gapMsMax, `board ${n} waited ${gap} ms`);
    if (broker.embedded) assert.is(broker.embedded.counters().stalled, 1, "only the frozen board was dropped");

    child.kill("SIGKILL");
    await Promise.all([hub, ...readers].map((client) => client.endAsync(true)));
    await broker.stop();
  });

  test(`${kind}: a request and its answer never wait for Nagle's algorithm`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = await echo(broker);
    const client = await connect(broker, "desk-1");
    for (const { stream } of [hub, client]) (stream as ReturnType<typeof connectTcp>).setNoDelay(true);
    await client.subscribeAsync(reply("desk-1"), { qos: 1 });
    const times: number[] = [];
    for (let n = 0; n < 60; n += 1) times.push(await roundTrip(client, "desk-1", `{"id":"${n}"}`));
    times.sort((a, b) => a - b);
    const median = times[30] ?? Number.NaN;
    assert.ok(median < 5, `median ${median} ms`);
    await Promise.all([hub, client].map((each) => each.endAsync(true)));
    await broker.stop();
  });

  test(`${kind}: a payload that is a little too large reaches the hub, a huge packet ends the connection`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = await echo(broker);
    const client = await connect(broker, "desk-1");
    await client.subscribeAsync(reply("desk-1"), { qos: 1 });
    await roundTrip(client, "desk-1", Buffer.alloc(70_000, "x"));
    await roundTrip(client, "desk-1", Buffer.alloc(1_000_000, "x"));

    const huge = await connect(broker, "desk-1");
    const closed = next(huge, "close");
    huge.publish(request("desk-1"), Buffer.alloc(2_000_000, "x"), { qos: 1 });
    await closed;

    // Only a header, which announces 256 MiB: nothing is collected first.
    const announcing = await connect(broker, "desk-1");
    const ended = next(announcing, "close");
    announcing.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 3]));
    announcing.stream.write(Buffer.alloc(1_024, "x"));
    await ended;

    if (broker.embedded) assert.is(broker.embedded.counters().oversized, 2);
    await roundTrip(client, "desk-1", "{}");
    await Promise.all([hub, client].map((each) => each.endAsync(true)));
    await broker.stop();
  });

  test(`${kind}: noise on the port disturbs nobody`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = await echo(broker);
    const client = await connect(broker, "desk-1");
    await client.subscribeAsync(reply("desk-1"), { qos: 1 });
    let seed = 7;
    const chance = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => chance(256)));
    const hello = Buffer.from("101a00044d5154540402000a0001780006" + "6465736b2d31" + "000464656d6f", "hex");
    hello[1] = hello.length - 2;
    hello[7] = 0xc2;
    const pieces = [
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      Buffer.from("16030100c8010000c40303", "hex"),
      Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0xc0, 0x00]),
      ...Array.from({ length: 40 }, (_, n) => noise(1 + n * 7)),
      ...Array.from({ length: 60 }, () => Buffer.concat([hello, noise(1 + chance(40))])),
      ...Array.from({ length: 60 }, () => {
        const spoilt = Buffer.from(hello);
        spoilt[chance(spoilt.length)] = chance(256);
        return spoilt;
      }),
    ];
    for (const piece of pieces) {
      const socket = connectTcp({ host: broker.host, port: broker.port });
      socket.on("error", () => {});
      socket.resume();
      await next(socket, "connect");
      await new Promise((resolve) => socket.write(piece, resolve));
      socket.end();
      if (chance(8) === 0) assert.ok((await roundTrip(client, "desk-1", "{}")) < 5_000);
    }
    await roundTrip(client, "desk-1", "{}");
    assert.ok(client.connected && hub.connected);
    if (broker.embedded) {
      const { embedded } = broker;
      assert.ok(embedded.counters().faulty > 40, "it is counted");
      await until("all of them are gone", () => embedded.counters().connections === 2);
    }
    await Promise.all([hub, client].map((each) => each.endAsync(true)));
    await broker.stop();
  });

  test(`${kind}: nothing queues for a client that is away`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = await connect(broker, "hub");
    const lasting = { clientId: "board-1", clean: false };
    const before = await connect(broker, "board-1", lasting);
    await before.subscribeAsync(names.filter("display"), { qos: 1 });
    await before.endAsync();
    for (let n = 0; n < 20; n += 1) {
      await hub.publishAsync(names.topic("display", { group: "all" }), `update ${n}`, { qos: 1 });
    }
    const after = mqtt.connect(broker.url, { username: "board-1", password: "demo", protocolVersion: 4, ...lasting });
    const got: string[] = [];
    after.on("message", (_topic, payload) => got.push(payload.toString()));
    const connack = (await next(after, "connect")) as mqtt.IConnackPacket;
    await after.subscribeAsync(names.filter("beat"), { qos: 1 });
    await hub.publishAsync(names.topic("beat", {}), "beat", { qos: 1 });
    await until("the beat has come", () => got.includes("beat"));
    const stale = got.filter((text) => text !== "beat");
    // Mosquitto cannot be told to keep no message at all for a session that a client asked to last.
    assert.ok(stale.length <= (kind === "mosquitto" ? 1 : 0), `kept: ${stale}`);
    if (kind === "embedded") assert.not(connack.sessionPresent);
    await Promise.all([hub, after].map((each) => each.endAsync(true)));
    await broker.stop();
  });

  test(`${kind}: it stops within a second with clients connected, and its port is free again`, async () => {
    const broker = await startBroker(kind, accounts);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(broker, "desk-1")));
    const silent = connectTcp({ host: broker.host, port: broker.port });
    silent.on("error", () => {});
    await next(silent, "connect");
    const closed = Promise.all(clients.map((client) => next(client, "close")));
    const started = performance.now();
    await broker.stop();
    const took = performance.now() - started;
    assert.ok(took < 1_000, `${took} ms`);
    await closed;
    const again = await startBroker(kind, accounts, { port: broker.port });
    await (await connect(again, "desk-1")).endAsync(true);
    await again.stop();
    await again.stop();
  });
}

test("embedded: a client id that names nobody belongs to its user while it is connected", async () => {
  const broker = await startBroker("embedded", accounts);
  const owner = await connect(broker, "terminal-1", { clientId: "some-tool" });
  const refused = await connect(broker, "desk-1", { clientId: "some-tool" }).then(
    () => "connected",
    (error) => error.code,
  );
  assert.is(refused, 2);
  await owner.publishAsync(request("terminal-1"), "{}", { qos: 1 });
  const closed = next(owner, "close");
  const successor = await connect(broker, "terminal-1", { clientId: "some-tool" });
  await closed;
  await successor.endAsync(true);
  await until("the id is free", () => broker.embedded?.counters().connections === 0);
  await (await connect(broker, "desk-1", { clientId: "some-tool" })).endAsync(true);
  await broker.stop();
});

test("embedded: a client id that names another user is refused, also while that one is away", async () => {
  const longer = { name: "desk-1-north", role: "desk" } as const;
  const broker = await startBroker("embedded", [...accounts, longer]);
  const rows: [user: string, clientId: string, outcome: "connected" | number][] = [
    ["desk-1", "terminal-1", 2],
    ["desk-1", "terminal-1-0a1b2c", 2],
    ["desk-1", "hub", 2],
    ["desk-1", "hub-0a1b2c", 2],
    ["desk-1", "desk-1-north", 2],
    ["desk-1", "desk-1-north-0a1b2c", 2],
    ["desk-1", "desk-1", "connected"],
    ["desk-1", "desk-1-0a1b2c", "connected"],
    ["desk-1-north", "desk-1-north", "connected"],
    ["desk-1-north", "desk-1", 2],
    ["desk-1", "terminal-10", "connected"],
    ["desk-1", "hubert", "connected"],
    ["desk-1", "-", "connected"],
    ["desk-1", "mosq-Zk3JbQ", "connected"],
    ["hub", "hub", "connected"],
    ["hub", "desk-1", 2],
  ];
  for (const [user, clientId, outcome] of rows) {
    const got = await connect(broker, user, { clientId }).then(
      (client) => client.endAsync(true).then(() => "connected"),
      (error) => error.code,
    );
    assert.is(got, outcome, `${user} as ${clientId}`);
  }
  await broker.stop();
});

test("embedded: what one client may retain is bounded, and denied publishes are counted", async () => {
  const broker = await startBroker("embedded", accounts);
  const client = await connect(broker, "desk-1");
  const verb = (n: number) => names.topic("request", { client: "desk-1", verb: `verb-${n}` });
  for (let n = 0; n < 20; n += 1) await client.publishAsync(verb(n), "kept", { qos: 1, retain: true });
  await client.publishAsync(verb(0), "", { qos: 1, retain: true });
  await client.publishAsync(verb(30), "kept", { qos: 1, retain: true });
  await client.publishAsync(names.topic("hub", {}), "false", { qos: 1, retain: true });
  assert.is(broker.embedded?.counters().retainsDenied, 4);
  assert.is(broker.embedded?.counters().publishesDenied, 1);
  const hub = await connect(broker, "hub");
  const kept: string[] = [];
  hub.on("message", (topic) => kept.push(topic));
  await hub.subscribeAsync(names.filter("request"), { qos: 1 });
  await until("what is retained has come", () => kept.includes(verb(30)) && kept.length >= 16);
  assert.is(kept.length, 16);
  await Promise.all([hub, client].map((each) => each.endAsync(true)));
  await broker.stop();
});

test("embedded: who connects and says nothing is dropped", async () => {
  const broker = await startBroker("embedded", accounts);
  const socket = connectTcp({ host: broker.host, port: broker.port });
  socket.on("error", () => {});
  socket.resume();
  await next(socket, "close");
  assert.is(broker.embedded?.counters().faulty, 1);
  await broker.stop();
});

test("embedded: a port that is taken is said so", async () => {
  const broker = await startBroker("embedded", accounts);
  const code = await startBroker("embedded", accounts, { port: broker.port }).then(
    () => "started",
    (error) => error.code,
  );
  assert.is(code, "EADDRINUSE");
  await broker.stop();
});

test.run();
