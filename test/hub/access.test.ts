import { randomUUID } from "node:crypto";
import type { IPublishPacket, MqttClient } from "mqtt";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TestBroker } from "../brokers.ts";
import { brokersHere, startBroker } from "../brokers.ts";
import { until } from "../until.ts";

// The expectations are written by hand from the description of the protocol, not computed from the table that the
// brokers use: who may write and who may read each topic, seen from a user's own branch and from somebody else's.

type Party = "hub" | "terminal-1" | "board-1" | "desk-1" | "admin-1" | "other-1";
const parties: readonly Party[] = ["hub", "terminal-1", "board-1", "desk-1", "admin-1", "other-1"];
const everybody = parties;
const nobody: readonly Party[] = [];
const base = "wartemarke/1/test";

interface Row {
  topic: string;
  writers: readonly Party[];
  readers: readonly Party[];
}

const ownBranch = (party: Party): Row[] => [
  { topic: `${base}/client/${party}/status`, writers: [party], readers: ["hub", party] },
  { topic: `${base}/client/${party}/request/ticket.issue`, writers: [party], readers: ["hub"] },
  { topic: `${base}/client/${party}/request/no-such-verb`, writers: [party], readers: ["hub"] },
  { topic: `${base}/client/${party}/reply`, writers: ["hub"], readers: [party] },
  { topic: `${base}/client/${party}/reply/some-tool`, writers: ["hub"], readers: [party] },
  { topic: `${base}/client/${party}/appointments/2026-11-23`, writers: ["hub"], readers: ["hub", party] },
  { topic: `${base}/client/${party}/command/reload`, writers: ["hub"], readers: [party] },
  { topic: `${base}/client/${party}`, writers: nobody, readers: nobody },
  { topic: `${base}/client/${party}/status/more`, writers: nobody, readers: nobody },
  { topic: `${base}/client/${party}/request`, writers: nobody, readers: nobody },
];

const rows: Row[] = [
  { topic: `${base}/hub`, writers: ["hub"], readers: everybody },
  { topic: `${base}/beat`, writers: ["hub"], readers: everybody },
  { topic: `${base}/office`, writers: ["hub"], readers: everybody },
  { topic: `${base}/queue/id-card`, writers: ["hub"], readers: everybody },
  { topic: `${base}/display/all`, writers: ["hub"], readers: everybody },
  { topic: `${base}/event/ticket.issued`, writers: ["hub"], readers: ["hub", "desk-1", "admin-1"] },
  ...parties.filter((party) => party !== "hub").flatMap(ownBranch),
  { topic: `${base}/client/hub/status`, writers: nobody, readers: nobody },
  { topic: `${base}`, writers: nobody, readers: nobody },
  { topic: `${base}/nonsense`, writers: nobody, readers: nobody },
  { topic: `${base}/queue`, writers: nobody, readers: nobody },
  { topic: `${base}/queue/id-card/more`, writers: nobody, readers: nobody },
  { topic: "wartemarke/1/elsewhere/hub", writers: nobody, readers: nobody },
  { topic: "anything", writers: nobody, readers: nobody },
  { topic: "$SYS/broker/version", writers: nobody, readers: nobody },
  { topic: "$share/group/anything", writers: nobody, readers: nobody },
];

const levelsMax = 8;
/** Each way of subscribing has a connection of its own, since overlapping subscriptions may deliver twice. */
const filters: Record<string, () => string[]> = {
  hash: () => ["#", "$SYS/#"],
  plus: () => ["$SYS/+/+", ...Array.from({ length: levelsMax }, (_, more) => `+${"/+".repeat(more)}`)],
  named: () => rows.map(({ topic }) => topic).filter((topic) => !topic.startsWith("$share/")),
  share: () => [`$share/${randomUUID()}/#`],
};

interface Listener {
  party: Party;
  way: string;
  client: MqttClient;
  /** `<payload> <topic>` of all that came since the last clearing, and which of it was marked as retained. */
  seen: Set<string>;
  retained: Set<string>;
}

const passwordOf = (party: Party, broker: TestBroker) => (party === "hub" ? broker.hubPassword : "demo");

async function connect(broker: TestBroker, party: Party, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(broker.url, {
    username: party,
    password: passwordOf(party, broker),
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  });
  client.on("error", () => {});
  return client;
}

async function listen(broker: TestBroker, party: Party, way: string): Promise<Listener> {
  const client = await connect(broker, party);
  const listener: Listener = { party, way, client, seen: new Set(), retained: new Set() };
  client.on("message", (topic: string, payload: Buffer, packet: IPublishPacket) => {
    (packet.retain ? listener.retained : listener.seen).add(`${payload} ${topic}`);
  });
  const granted = await client.subscribeAsync(filters[way]?.() ?? [], { qos: 1 });
  assert.ok(
    granted.every(({ qos }) => qos !== undefined && qos < 128),
    "every subscription is granted",
  );
  return listener;
}

const everyListener = (broker: TestBroker, ways: string[]) =>
  Promise.all(parties.flatMap((party) => ways.map((way) => listen(broker, party, way))));

/** What this party must get when everybody has sent the word to every topic. */
function expected(word: string, reader: Party): string[] {
  return rows
    .filter(({ readers }) => readers.includes(reader))
    .flatMap(({ topic, writers }) => writers.map((writer) => `${word}-${writer} ${topic}`))
    .sort();
}

let sentinels = 0;
/** Waits until each listener has what it must get and then one more message sent after all others; compares. */
async function compare(broker: TestBroker, hub: MqttClient, listeners: Listener[], word: string, kept: boolean) {
  const words = (listener: Listener) =>
    [...(kept ? listener.retained : listener.seen)].filter((line) => line.startsWith(`${word}-`)).sort();
  // Shared subscriptions belong to MQTT 5: the embedded broker does not know them, so nothing is delivered by them.
  const silent = ({ way }: Listener) => way === "share" && broker.kind === "embedded";
  const wanted = (listener: Listener) => (silent(listener) ? [] : expected(word, listener.party));
  const late = () => listeners.filter((listener) => words(listener).length < wanted(listener).length);
  await until("all messages have come", () => late().length === 0).catch(() => undefined);
  sentinels += 1;
  const sentinel = `sentinel-${sentinels} ${base}/beat`;
  await hub.publishAsync(`${base}/beat`, `sentinel-${sentinels}`, { qos: 1 });
  const audible = listeners.filter((listener) => !silent(listener));
  await until("the sentinel has come", () => audible.every(({ seen }) => seen.has(sentinel)));
  for (const listener of listeners) {
    assert.equal(words(listener), wanted(listener), `${broker.kind}: ${word} to ${listener.party} by ${listener.way}`);
  }
}

const hangUp = (listeners: Listener[]) => Promise.all(listeners.map(({ client }) => client.endAsync(true)));
const ways = Object.keys(filters);

for (const kind of brokersHere()) {
  test(`${kind}: each message reaches exactly those who may read it, from those who may write it`, async () => {
    const accounts = [
      { name: "terminal-1", role: "terminal" },
      { name: "board-1", role: "board" },
      { name: "desk-1", role: "desk" },
      { name: "admin-1", role: "admin" },
      { name: "other-1", role: "terminal" },
    ] as const;
    const broker = await startBroker(kind, accounts);
    const writers = new Map(
      await Promise.all(parties.map(async (party) => [party, await connect(broker, party)] as const)),
    );
    const hub = writers.get("hub") as MqttClient;
    const say = (word: string, retain: boolean) =>
      Promise.all(
        rows.flatMap(({ topic }) =>
          [...writers].map(([party, client]) => client.publishAsync(topic, `${word}-${party}`, { qos: 1, retain })),
        ),
      );
    const live = await everyListener(broker, ways);

    await say("live", false);
    await compare(broker, hub, live, "live", false);

    await say("kept", true);
    await compare(broker, hub, live, "kept", false);
    const later = await everyListener(broker, ways);
    await compare(broker, hub, later, "kept", true);
    await hangUp(later);

    // Every denied publish was acknowledged, and nobody was thrown out for it.
    for (const [party, client] of writers) assert.ok(client.connected, `${party} is still connected`);

    const wills = parties.flatMap((party) =>
      rows.map(async ({ topic }) => {
        const will = { topic, payload: Buffer.from(`will-${party}`), qos: 1 as const, retain: true };
        const client = await connect(broker, party, { will });
        client.stream.destroy();
      }),
    );
    await Promise.all(wills);
    await compare(broker, hub, live, "will", false);
    const last = await everyListener(broker, ways);
    await compare(broker, hub, last, "will", true);

    await hangUp([...live, ...last]);
    for (const client of writers.values()) await client.endAsync(true);
    await broker.stop();
  });

  test(`${kind}: who cannot say who he is gets no connection`, async () => {
    const broker = await startBroker(kind, [{ name: "desk-1", role: "desk" }]);
    const refused = async (what: string, options: mqtt.IClientOptions) => {
      const attempt = mqtt.connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0, ...options }, false);
      const code = await attempt.then(
        async (client) => {
          await client.endAsync(true);
          return "connected";
        },
        (error) => error.code,
      );
      assert.is(code, 5, what);
    };
    await refused("anonymous", {});
    await refused("a name without a password", { username: "desk-1" });
    await refused("wrong password", { username: "desk-1", password: "demo2" });
    await refused("empty password", { username: "desk-1", password: "" });
    await refused("unknown user", { username: "desk-2", password: "demo" });
    await refused("the hub's name", { username: "hub", password: "demo" });
    await refused("a client's name with the hub's password", { username: "desk-1", password: broker.hubPassword });
    await broker.stop();
  });
}

test.run();
