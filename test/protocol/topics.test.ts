import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TopicKey, topicNames, topics } from "../../protocol/topics.ts";

const names = topicNames("demo");
const keys = Object.keys(topics) as TopicKey[];
const placeholders = (key: TopicKey) => [...topics[key].path.matchAll(/\{(\w+)\}/g)].map(([, level]) => level ?? "");

/** Written out from the protocol's description: path, writer, retained, QoS. */
const described: Record<TopicKey, [path: string, writer: "hub" | "self", retained: boolean, qos: number]> = {
  hub: ["wartemarke/1/demo/hub", "hub", true, 1],
  beat: ["wartemarke/1/demo/beat", "hub", false, 0],
  office: ["wartemarke/1/demo/office", "hub", true, 1],
  queue: ["wartemarke/1/demo/queue/+", "hub", true, 1],
  display: ["wartemarke/1/demo/display/+", "hub", true, 1],
  event: ["wartemarke/1/demo/event/+", "hub", false, 1],
  status: ["wartemarke/1/demo/client/+/status", "self", true, 1],
  request: ["wartemarke/1/demo/client/+/request/+", "self", false, 1],
  reply: ["wartemarke/1/demo/client/+/reply", "hub", false, 1],
  namedReply: ["wartemarke/1/demo/client/+/reply/+", "hub", false, 1],
  terminalAppointments: ["wartemarke/1/demo/client/+/appointments/+", "hub", true, 1],
  command: ["wartemarke/1/demo/client/+/command/+", "hub", false, 1],
};

test("the table is the one that the protocol describes", () => {
  assert.equal(keys.toSorted(), Object.keys(described).toSorted());
  for (const key of keys) {
    const { writer, retained, qos } = topics[key];
    assert.equal([names.filter(key), writer, retained, qos], described[key], key);
  }
});

test("the prefix may be another", () => {
  assert.is(topicNames("demo", "office/tickets").topic("hub", {}), "office/tickets/1/demo/hub");
});

/** One level of a topic: any text that MQTT allows there. */
const level = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[/+#\0]/.test(text));
const filled = fc.constantFrom(...keys).chain((key) =>
  fc.record({
    key: fc.constant(key),
    levels: fc.record(Object.fromEntries(placeholders(key).map((name) => [name, level]))),
  }),
);

/** MQTT 3.1.1, section 4.7, without `$` topics. */
function matches(filter: string, topic: string): boolean {
  const [wanted, given] = [filter.split("/"), topic.split("/")];
  return wanted.length === given.length && wanted.every((part, index) => part === "+" || part === given[index]);
}

test("a topic that is built is parsed into the same levels, and its filters match it", () => {
  fc.assert(
    fc.property(filled, ({ key, levels }) => {
      const topic = names.topic(key, levels as never);
      assert.equal(names.parse(topic), { key, levels: { ...levels } });
      assert.ok(matches(names.filter(key), topic));
      assert.ok(matches(names.filter(key, levels as never), topic));
    }),
  );
});

test("no topic is matched by another topic's filter", () => {
  fc.assert(
    fc.property(filled, fc.constantFrom(...keys), ({ key, levels }, other) => {
      assert.is(matches(names.filter(other), names.topic(key, levels as never)), key === other);
    }),
  );
});

test("a level that would make another topic is not built", () => {
  for (const hostile of ["", "/", "a/b", "../x", "+", "#", "a+", "\u0000", "desk-1/request/call.next"]) {
    assert.throws(() => names.topic("status", { client: hostile }), "not one topic level", hostile);
    assert.throws(() => names.topic("request", { client: "desk-1", verb: hostile }), "not one topic level", hostile);
  }
});

test("a level that is missing is not built", () => {
  assert.throws(() => names.topic("request", { client: "desk-1" } as never), "needs verb");
});

test("a text that looks like a pattern stays what it is", () => {
  for (const verb of ["$&", "$1", "{client}", "__proto__", "constructor", "toString"]) {
    const topic = names.topic("request", { client: "desk-1", verb });
    assert.is(topic, `wartemarke/1/demo/client/desk-1/request/${verb}`);
    assert.is(names.parse(topic)?.levels.verb, verb);
  }
});

test("what is not in the table is not parsed", () => {
  const base = "wartemarke/1/demo";
  const others = ["", "hub", base, `${base}/`, `${base}//hub`, `/${base}/hub`, `${base}/hub/`, `${base}/HUB`];
  const near = [
    "client",
    "client/desk-1",
    "client//status",
    "client/desk-1/reply/",
    "client/desk-1/reply/+",
    "client/desk-1/reply/#",
    "client/+/status",
    "queue/",
    "queue/a/b",
    "__proto__",
  ];
  const sites = [
    "wartemarke/2/demo/hub",
    "wartemarke/1/demo2/hub",
    "wartemarke/1/other/hub",
    "$SYS/hub",
    "a/1/demo/hub",
  ];
  for (const topic of [...others, ...near.map((end) => `${base}/${end}`), ...sites]) {
    assert.is(names.parse(topic), undefined, topic);
  }
});

test("no text makes parse throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void names.parse(`${names.base}/${text}`)));
});

test.run();
