import { randomBytes } from "node:crypto";
import { mock } from "node:test";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LinkEvents } from "../../protocol/link.ts";
import { lastingMs } from "../../protocol/link.ts";
import type { DeviceStatus } from "../../protocol/messages.ts";
import type { LinkState, Presence, Session, SessionOptions } from "../../protocol/session.ts";
import { createSession, resendMs, subscribeTimeoutMs } from "../../protocol/session.ts";
import type { TestBroker } from "../brokers.ts";
import { brokersHere, freePort, startBroker, testSite } from "../brokers.ts";
import { openRelay } from "../relay.ts";
import { until } from "../until.ts";

const accounts = [
  { name: "terminal-1", role: "terminal" },
  { name: "desk-1", role: "desk" },
] as const;

interface Watched {
  session: Session;
  links: LinkState[];
}

function open(broker: TestBroker, user: string, more: Partial<SessionOptions> = {}): Watched {
  const password = user === "hub" ? broker.hubPassword : "demo";
  const session = createSession({ url: broker.url, user, password, site: testSite, daemon: user === "hub", ...more });
  const links: LinkState[] = [];
  session.onLink((state) => links.push(state));
  return { session, links };
}

const isUp = ({ links }: Watched) => links.at(-1)?.up === true;

interface Seen {
  client: string;
  id: string;
  text: string;
}

/** A hub that answers each request, except those that `loses` names; it keeps what it got. */
function answering(broker: TestBroker, loses: (nth: number) => boolean = () => false) {
  const hub = open(broker, "hub");
  const requests: Seen[] = [];
  hub.session.subscribeRaw("request", {}, ({ client = "", verb = "" }, payload) => {
    const text = payload.toString();
    const { id } = JSON.parse(text) as { id: string };
    requests.push({ client, id, text });
    if (loses(requests.length)) return;
    const result = verb === "queue.list" ? { tickets: [], next: null } : {};
    void hub.session.publish("reply", { client }, { id, verb, ok: true, result });
  });
  hub.session.start();
  return { ...hub, requests };
}

const status = (state: "online" | "offline", session: string): DeviceStatus => ({
  state,
  role: "terminal",
  version: "1",
  at: "2026-11-23T08:00:00Z",
  session,
  peripherals: {},
});
const presence: Presence = {
  key: "status",
  online: (session) => status("online", session),
  offline: (session) => status("offline", session),
};

/** What the hub sees of a terminal's status, in order. */
function watching(broker: TestBroker) {
  const hub = open(broker, "hub");
  const seen: (DeviceStatus & { retained: boolean })[] = [];
  hub.session.subscribe("status", {}, (payload, _levels, retained) => seen.push({ ...payload, retained }));
  hub.session.start();
  return { ...hub, seen };
}

for (const kind of brokersHere()) {
  test(`${kind}: a request is answered; the version of MQTT is found by itself`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = answering(broker);
    const desk = open(broker, "desk-1");
    desk.session.start();
    assert.equal(await desk.session.request("queue.list", {}), { state: "done", result: { tickets: [], next: null } });
    const last = desk.links.at(-1);
    assert.is(last?.up && last.version, kind === "embedded" ? 4 : 5);
    assert.ok(
      desk.links.every(({ up }) => up),
      "finding the version is no failure",
    );
    const old = open(broker, "desk-1", { version: 4 });
    old.session.start();
    assert.is((await old.session.request("queue.list", {})).state, "done");
    const state = old.links.at(-1);
    assert.is(state?.up && state.version, 4);
    await Promise.all([hub, desk, old].map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: a refusal comes as it was said, and what is no reply is ignored`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = open(broker, "hub");
    hub.session.subscribeRaw("request", {}, ({ client = "", verb = "" }, payload) => {
      const { id } = JSON.parse(payload.toString()) as { id: string };
      const say = (reply: object) => hub.session.publish("reply", { client }, reply as never);
      void say({ id: "somebody-else", verb, ok: true, result: {} });
      void say({ nonsense: true });
      void say({ id, verb, ok: false, error: { code: "closed", message: "closed", opensAt: "2026-11-24T07:00:00Z" } });
      void say({ id, verb, ok: true, result: {} });
    });
    hub.session.start();
    const desk = open(broker, "desk-1");
    desk.session.start();
    const answer = await desk.session.request("queue.list", {});
    const error = { code: "closed", message: "closed", opensAt: "2026-11-24T07:00:00Z" };
    assert.equal(answer, { state: "refused", error });
    assert.is(desk.session.discards(), 1);
    await Promise.all([hub, desk].map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: a lost reply is asked for again with the same id and the same words`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = answering(broker, (nth) => nth === 1);
    const desk = open(broker, "desk-1");
    desk.session.start();
    await until("both are up", () => isUp(hub) && isUp(desk));
    const started = performance.now();
    const answer = await desk.session.request("queue.list", { limit: 5 }, { id: "kept-id" });
    assert.is(answer.state, "done");
    assert.ok(performance.now() - started < 2 * resendMs);
    assert.is(hub.requests.length, 2);
    assert.equal(hub.requests[0], hub.requests[1]);
    assert.is(hub.requests[0]?.id, "kept-id");
    await Promise.all([hub, desk].map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: no answer is unknown, neither done nor refused`, async () => {
    const broker = await startBroker(kind, accounts);
    const desk = open(broker, "desk-1");
    const early = await desk.session.request("queue.list", {}, { timeoutMs: 20 });
    assert.equal(early, { state: "unknown", why: "no connection" });
    desk.session.start();
    await until("the session is up", () => isUp(desk));
    const answer = await desk.session.request("queue.list", {}, { timeoutMs: 100 });
    assert.is(answer.state, "unknown");
    assert.match(answer.state === "unknown" ? answer.why : "", "no answer");
    const waiting = desk.session.request("queue.list", {});
    await desk.session.stop();
    assert.equal(await waiting, { state: "unknown", why: "session stopped" });
    await broker.stop();
  });

  test(`${kind}: after a cut the session comes back, and what was asked meanwhile is asked again`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = answering(broker);
    const way = await openRelay(broker);
    const desk = open(broker, "desk-1", { url: way.url });
    desk.session.start();
    await until("both are up", () => isUp(hub) && isUp(desk));
    way.shut();
    way.cut();
    await until("the cut is noticed", () => !isUp(desk));
    const asked = desk.session.request("queue.list", {});
    way.reopen();
    assert.is((await asked).state, "done");
    const sessions = desk.links.flatMap((link) => (link.up ? [link.session] : []));
    assert.is(new Set(sessions).size, 2, "each connection has a name of its own");
    await Promise.all([hub, desk].map(({ session }) => session.stop()));
    way.stop();
    await broker.stop();
  });

  test(`${kind}: a session waits for a broker that is not there yet, and outlives its restart`, async () => {
    const port = await freePort();
    const hubPassword = randomBytes(8).toString("hex");
    const there = { kind, url: `mqtt://127.0.0.1:${port}`, host: "127.0.0.1", port, hubPassword } as TestBroker;
    const hub = answering(there);
    const desk = open(there, "desk-1");
    desk.session.start();
    await until("it was tried in vain", () => desk.links.length > 1 && hub.links.length > 1);
    for (const time of ["first", "second"]) {
      const broker = await startBroker(kind, accounts, { port, hubPassword });
      assert.is((await desk.session.request("queue.list", {})).state, "done", time);
      await broker.stop();
      await until("it is gone", () => !isUp(desk) && !isUp(hub));
    }
    await Promise.all([hub, desk].map(({ session }) => session.stop()));
  });

  test(`${kind}: birth, will and goodbye say who is there`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = watching(broker);
    const way = await openRelay(broker);
    const terminal = open(broker, "terminal-1", { daemon: true, presence, url: way.url });
    terminal.session.start();
    await until("the birth is seen", () => hub.seen.at(-1)?.state === "online");
    const first = hub.seen.at(-1)?.session;
    assert.is(terminal.links[0]?.up && terminal.links[0].session, first);

    way.cut();
    await until("the will is seen", () => hub.seen.some((seen) => seen.state === "offline"));
    assert.is(hub.seen.find(({ state }) => state === "offline")?.session, first, "the will names its connection");
    await until("the next birth is seen", () => hub.seen.at(-1)?.state === "online");
    assert.is.not(hub.seen.at(-1)?.session, first);

    // Whoever finds its old will retained says once more that it is online, so only the farewells are counted.
    const farewells = () => hub.seen.filter(({ state }) => state === "offline").length;
    const before = farewells();
    await terminal.session.stop();
    await until("the goodbye is seen", () => hub.seen.at(-1)?.state === "offline");
    assert.is(farewells(), before + 1, "one goodbye, no will after it");

    const later = watching(broker);
    await until("it is retained", () => later.seen.length > 0);
    assert.is(later.seen[0]?.state, "offline");
    assert.ok(later.seen[0]?.retained);
    await Promise.all([hub, later].map(({ session }) => session.stop()));
    way.stop();
    await broker.stop();
  });

  test(`${kind}: who sees itself offline announces itself again`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = watching(broker);
    const terminal = open(broker, "terminal-1", { daemon: true, presence });
    terminal.session.start();
    await until("the birth is seen", () => hub.seen.at(-1)?.state === "online");
    const births = () => hub.seen.filter(({ state }) => state === "online");
    const before = births().length;

    // The will of an earlier connection, as a broker sends it that noticed its end only now.
    const late = await mqtt.connectAsync(broker.url, {
      username: "terminal-1",
      password: "demo",
      protocolVersion: 4,
      reconnectPeriod: 0,
      will: {
        topic: terminal.session.names.topic("status", { client: "terminal-1" }),
        payload: Buffer.from(JSON.stringify(status("offline", "earlier"))),
        qos: 1,
        retain: true,
      },
    });
    late.stream.destroy();
    await until("the late will is seen", () => hub.seen.some(({ session }) => session === "earlier"));
    await until("it says again that it is there", () => births().length > before);
    assert.is(hub.seen.at(-1)?.session, births()[0]?.session, "it is the same connection");

    const later = watching(broker);
    await until("it is retained", () => later.seen.length > 0);
    assert.is(later.seen[0]?.state, "online");
    await Promise.all([hub, later, terminal].map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: a daemon that comes back while its old connection still stands ends up online`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = watching(broker);
    const way = await openRelay(broker);
    const old = open(broker, "terminal-1", { daemon: true, presence, url: way.url });
    old.session.start();
    await until("the birth is seen", () => hub.seen.at(-1)?.state === "online");
    const first = hub.seen.at(-1)?.session;
    way.freeze();
    const fresh = open(broker, "terminal-1", { daemon: true, presence });
    fresh.session.start();
    await until("the fresh one is up", () => isUp(fresh));
    await until("the old one's will is seen", () => hub.seen.some(({ state }) => state === "offline"));
    await until("the fresh one is seen last", () => {
      const last = hub.seen.at(-1);
      return last?.state === "online" && last.session !== first;
    });
    await Promise.all([hub, old, fresh].map(({ session }) => session.stop()));
    way.stop();
    await broker.stop();
  });

  test(`${kind}: two sessions under one name do not disturb each other`, async () => {
    const broker = await startBroker(kind, accounts);
    const hub = answering(broker);
    const both = [open(broker, "desk-1"), open(broker, "desk-1")];
    for (const { session } of both) session.start();
    const asked = both.flatMap(({ session }) =>
      Array.from({ length: 30 }, () => session.request("queue.list", {}, { timeoutMs: 5_000 })),
    );
    for (const answer of await Promise.all(asked)) assert.is(answer.state, "done");
    for (const { links } of both) assert.is(links.length, 1, "neither lost its connection");
    assert.is(new Set(hub.requests.map(({ id }) => id)).size, 60);
    await Promise.all([hub, ...both].map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: two daemons under one name throw each other out more and more rarely, and say why`, async () => {
    const broker = await startBroker(kind, accounts);
    const both = [1, 2].map(() => open(broker, "terminal-1", { daemon: true, presence }));
    const [first] = both;
    if (!first) throw new Error("no daemon");
    const ups = () => first.links.filter(({ up }) => up).length;
    first.session.start();
    await until("the first is up", () => ups() === 1);
    const started = performance.now();
    both[1]?.session.start();
    await until("it was thrown out three times", () => ups() === 4);
    const waited = performance.now() - started;
    // 50, 200 and 1,000 ms at least.
    assert.ok(waited >= 1_250, `${waited} ms`);
    const why = first.links.flatMap((link) => (link.up ? [] : link.why)).at(-1) ?? "";
    assert.match(why, /same user|taken over/);
    await Promise.all(both.map(({ session }) => session.stop()));
    await broker.stop();
  });

  test(`${kind}: a connection that has lasted is made anew at once, whatever was before`, async () => {
    const broker = await startBroker(kind, accounts);
    const way = await openRelay(broker);
    const terminal = open(broker, "terminal-1", { daemon: true, presence, url: way.url });
    const ups = () => terminal.links.filter(({ up }) => up).length;
    terminal.session.start();
    for (let round = 1; round <= 3; round += 1) {
      await until("it is up", () => ups() === round);
      way.cut();
    }
    await until("it is up once more", () => ups() === 4);
    const now = mock.method(performance, "now", () => Date.now() + lastingMs);
    const cutAt = Date.now();
    way.cut();
    await until("it is up again", () => ups() === 5);
    now.mock.restore();
    assert.ok(Date.now() - cutAt < 1_000, `${Date.now() - cutAt} ms`);
    await terminal.session.stop();
    way.stop();
    await broker.stop();
  });

  test(`${kind}: a wrong password is said and tried again, and crashes nothing`, async () => {
    const broker = await startBroker(kind, accounts);
    const desk = open(broker, "desk-1", { password: "wrong" });
    desk.session.start();
    await until("it was refused twice", () => desk.links.length >= 2);
    for (const link of desk.links) assert.match(link.up ? "up" : link.why, /not authorized/i);
    const answer = await desk.session.request("queue.list", {}, { timeoutMs: 50 });
    assert.is(answer.state, "unknown");
    await desk.session.stop();
    const again = desk.links.length;
    await desk.session.stop();
    assert.is(desk.links.length, again);
    await broker.stop();
  });

  test(`${kind}: stopping ends soon although the broker has frozen`, async () => {
    const broker = await startBroker(kind, accounts);
    const way = await openRelay(broker);
    const terminal = open(broker, "terminal-1", { daemon: true, presence, url: way.url });
    terminal.session.start();
    await until("it is up", () => isUp(terminal));
    way.freeze();
    const started = performance.now();
    await terminal.session.stop();
    assert.ok(performance.now() - started < 3_000, `${performance.now() - started} ms`);
    way.stop();
    await broker.stop();
  });
}

test("a connection on which the subscriptions are not acknowledged is given up", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let events: LinkEvents | undefined;
    let ended = 0;
    const session = createSession({
      ...{ url: "mqtt://127.0.0.1", user: "desk-1", password: "", site: testSite, daemon: false },
      connect(_options, told) {
        events = told;
        return { start() {}, async stop() {} };
      },
    });
    const links: LinkState[] = [];
    session.onLink((state) => links.push(state));
    const client = { connected: true, disconnecting: false, subscribe() {}, end: () => (ended += 1) };
    events?.up({ client: client as unknown as mqtt.MqttClient, version: 5, session: "first" });
    mock.timers.tick(subscribeTimeoutMs - 1);
    assert.is(ended, 0);
    mock.timers.tick(1);
    assert.is(ended, 1);
    assert.equal(links, [], "it never was up");
  } finally {
    mock.timers.reset();
  }
});

test.run();
