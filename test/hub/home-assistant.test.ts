// time limit: 180 s
import mqtt from "mqtt";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Described } from "../../hub/home-assistant/entities.ts";
import { discovered } from "../../hub/home-assistant/entities.ts";
import { mayPublish, mayReceive, mosquittoAcl } from "../../protocol/access.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { topicNames } from "../../protocol/topics.ts";
import { brokersHere, testSite } from "../brokers.ts";
import { until } from "../until.ts";
import { openOfficeProcess } from "./office-process.ts";

const test = suite("Home Assistant");

/** Fields of https://www.home-assistant.io/integrations/sensor.mqtt/ and binary_sensor.mqtt/, with their types. */
const fields: Record<string, Record<string, "string" | "number" | "object" | "list">> = {
  both: {
    ...{ name: "string", unique_id: "string", state_topic: "string", value_template: "string", icon: "string" },
    ...{ device_class: "string", entity_category: "string", availability: "list", availability_mode: "string" },
    ...{ device: "object", origin: "object", qos: "number" },
  },
  sensor: { state_class: "string", unit_of_measurement: "string", options: "list" },
  binary_sensor: { payload_on: "string", payload_off: "string" },
  device: {
    ...{ identifiers: "list", name: "string", manufacturer: "string", model: "string" },
    ...{ sw_version: "string", via_device: "string" },
  },
  origin: { name: "string", sw_version: "string" },
  availability: {
    ...{ topic: "string", value_template: "string" },
    ...{ payload_available: "string", payload_not_available: "string" },
  },
};
const required: Record<string, string[]> = {
  both: ["name", "unique_id", "state_topic", "value_template", "device", "origin"],
  device: ["identifiers", "name"],
  origin: ["name"],
  availability: ["topic"],
};
const deviceClasses = { sensor: ["duration", "enum"], binary_sensor: ["connectivity", "problem"] };

type Payload = Record<string, unknown>;

function checkFields(what: string, payload: Payload, ...tables: string[]): void {
  const known = Object.assign({}, ...tables.map((table) => fields[table]));
  for (const [field, value] of Object.entries(payload)) {
    const type = Array.isArray(value) ? "list" : typeof value;
    assert.is(type, known[field], `${what}: ${field} is a field of the documentation`);
  }
  for (const field of tables.flatMap((table) => required[table] ?? []))
    assert.ok(field in payload, `${what}: ${field}`);
}

const names = topicNames("demo", "wartemarke", ["homeassistant"]);
const [discovery] = names.discovery;
if (!discovery) throw new Error("no discovery");

function described(): Described {
  const at = new Date(0).toISOString();
  const printer = { state: "paper-low" as const, detail: "" };
  const status = { state: "online" as const, role: "terminal" as const, version: "1", at, session: "s" };
  const about = { lastSeen: 0, offlineSince: null, clockOffsetMs: null, unknownPrints: [] };
  return {
    ...{ names, discovery: discovery as NonNullable<typeof discovery>, site: "demo", version: "1.2.3", desksOpen: 2 },
    office: {
      name: "Bürgerbüro",
      services: ["id-card", "pick-up"].map((id) => ({
        ...{ id, letter: "A", names: { de: id, en: `The ${id}` }, open: true, waiting: 1, estimateMinutes: null },
      })),
    },
    devices: [
      { client: "terminal-1", status: { ...status, peripherals: { printer, "no/topic": printer } }, ...about },
      { client: "board-1", status: { ...status, role: "board", state: "offline", peripherals: {} }, ...about },
    ],
  };
}

test("every entity has the fields of the documentation, an id of its own, and a device", () => {
  const messages = discovered(described());
  const configs = messages.filter(({ topic }) => topic.endsWith("/config"));
  assert.is(configs.length, 3 + 2 * 4 + 3 + 1);
  const states = new Set(messages.filter(({ topic }) => topic.endsWith("/state")).map(({ topic }) => topic));
  const ids = new Set<unknown>();
  for (const { topic, payload: whole } of configs) {
    const payload = whole as Payload;
    const [, component = "", node, object] = topic.split("/");
    assert.ok(component === "sensor" || component === "binary_sensor", topic);
    assert.match(topic, /^homeassistant\/(?:binary_)?sensor\/wartemarke-demo\/[a-zA-Z0-9_-]+\/config$/);
    checkFields(topic, payload, "both", component);
    assert.is(payload.unique_id, `wartemarke_demo_${object}`);
    assert.is(node, "wartemarke-demo");
    ids.add(payload.unique_id);
    checkFields(`${topic} device`, payload.device as Payload, "device");
    checkFields(`${topic} origin`, payload.origin as Payload, "origin");
    for (const each of (payload.availability ?? []) as Payload[]) {
      checkFields(`${topic} availability`, each, "availability");
      assert.ok(each.topic === names.topic("hub", {}) || states.has(String(each.topic)), String(each.topic));
    }
    const { device_class: kind, state_topic: source } = payload;
    if (kind !== undefined) assert.ok((deviceClasses[component as "sensor"] as unknown[]).includes(kind), topic);
    if (kind === "enum") assert.ok((payload.options as string[]).includes("paper-low") && !("state_class" in payload)); // biome-ignore format: one line
    assert.ok(states.has(String(source)) || names.parse(String(source)), `${topic}: ${source} is published`);
  }
  assert.is(ids.size, configs.length, "no id twice");
  const paper = configs.find(({ topic }) => topic.includes("device_terminal-1_paper"))?.payload as Payload;
  assert.is((paper.availability as unknown[]).length, 2, "only while hub and device are there");
  assert.equal((paper.device as Payload).via_device, "wartemarke_demo");
  assert.ok(!JSON.stringify(messages).includes("no/topic"), "a name that is no topic is left out");
});

test("only the hub may write there, everybody may read, and only this site's branch", () => {
  const topic = discovery.topic("sensor", "queue_id-card_waiting", "config");
  const hub = { user: "hub", role: "hub" as const };
  const board = { user: "board-1", role: "board" as const };
  assert.ok(mayPublish(names, hub, topic) && mayReceive(names, board, topic) && mayReceive(names, hub, topic));
  assert.not.ok(mayPublish(names, board, topic));
  for (const other of [
    "homeassistant/sensor/wartemarke-other/x/config",
    "homeassistant/sensor/wartemarke-demo/x/y/config",
    "homeassistant/sensor/wartemarke-demo/x/set",
    "homeassistant/sensor/wartemarke-demo/config",
    "homeassistant/status",
    "homeassistant2/sensor/wartemarke-demo/x/config",
  ]) {
    assert.not.ok(mayPublish(names, hub, other), other);
    assert.not.ok(mayReceive(names, board, other), other);
  }
  assert.not.ok(mayPublish(topicNames("demo"), hub, topic), "not where it is switched off");
  assert.match(mosquittoAcl(names, hub), /^topic readwrite homeassistant\/\+\/wartemarke-demo\/\+\/\+$/m);
  assert.match(mosquittoAcl(names, board), /^topic read homeassistant\/\+\/wartemarke-demo\/\+\/\+$/m);
  assert.not.match(mosquittoAcl(topicNames("demo"), hub), /homeassistant/);
  assert.throws(() => discovery.topic("sensor", "a/b", "config"), "not a name for discovery");
});

const base = `homeassistant/sensor/wartemarke-${testSite}`;

for (const kind of brokersHere()) {
  test(`over ${kind}: found as Home Assistant looks, kept up to date, and taken back when it is switched off`, async () => {
    const on = { homeAssistant: {} };
    const office = await openOfficeProcess(kind, { config: on });
    const held = new Map<string, Payload | null>();
    const listener = await mqtt.connectAsync(office.url, { username: "board-1", password: "demo", protocolVersion: 4 });
    listener.on("message", (topic, bytes) => {
      held.set(topic, bytes.length === 0 ? null : (JSON.parse(bytes.toString()) as Payload));
    });
    let terminal: Session | undefined;
    try {
      await listener.subscribeAsync("homeassistant/#", { qos: 1 });
      await until("the queues are found", () => held.has(`${base}/queue_id-card_waiting/config`), 30_000);
      assert.is(
        held.get(`${base}/queue_id-card_waiting/config`)?.state_topic,
        `wartemarke/1/${testSite}/queue/id-card`,
      );
      await until("no desk is open", () => held.get(`${base}/desks_open/state`)?.desksOpen === 0, 30_000);
      const admin = await office.connect("admin-1");
      await admin.request("desk.open", { desk: "1" });
      await until("one desk is open", () => held.get(`${base}/desks_open/state`)?.desksOpen === 1, 30_000);

      const peripherals = { printer: { state: "paper-out" as const, detail: "" } };
      const status = { role: "terminal" as const, version: "1", at: new Date().toISOString(), peripherals };
      terminal = createSession({
        ...{ url: office.url, user: "terminal-1", password: "demo", site: testSite, daemon: true },
        presence: {
          key: "status",
          online: (session) => ({ state: "online", session, ...status }),
          offline: (session) => ({ state: "offline", session, ...status }),
        },
      });
      terminal.start();
      const state = `${base}/device_terminal-1/state`;
      await until("the terminal is found", () => held.get(state)?.online === true, 30_000);
      assert.equal(held.get(state)?.peripherals, { printer: "paper-out" });
      await until("its printer is", () => held.has(`${base}/device_terminal-1_printer/config`), 30_000);
      await terminal.stop();
      await until("it is gone", () => held.get(state)?.online === false, 30_000);

      const forged = `${base}/forged/config`;
      await listener.publishAsync(forged, "{}", { qos: 1, retain: true });
      await office.hub.stop();
      await office.startHub(undefined, { homeAssistant: undefined });
      if (!listener.connected) await until("the listener is back", () => listener.connected, 30_000);
      await until("all of it is taken back", () => [...held.values()].every((payload) => payload === null), 40_000);
      assert.ok(held.size > 15);
      assert.not.ok(held.has(forged), "what somebody else published never got there");
    } finally {
      await terminal?.stop();
      await listener.endAsync(true);
      await office.close();
    }
  });
}

test.run();
