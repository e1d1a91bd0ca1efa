import { test } from "uvu";
import * as assert from "uvu/assert";
import { metricsReaders, metricsSection } from "../../hub/config/metrics.ts";
import { createHistogram, exposition } from "../../hub/metrics/exposition.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { runHub } from "./running-hub.ts";

interface Read {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const nameRule = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const suffixes: Record<string, string[]> = { gauge: [""], counter: [""], histogram: ["_bucket", "_sum", "_count"] };

/** A strict reader of the text format 0.0.4: every line must be one of its three kinds, in its order. */
function readExposition(text: string): Map<string, Read> {
  const families = new Map<string, Read>();
  assert.ok(text.endsWith("\n"), "the last line ends with a line feed");
  let current: [string, Read] | undefined;
  let help: [string, string] | undefined;
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helped, words] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    const [, typed, type = ""] = /^# TYPE (\S+) (gauge|counter|histogram)$/.exec(line) ?? [];
    if (helped) {
      assert.match(helped, nameRule);
      help = [helped, words ?? ""];
    } else if (typed) {
      assert.is(help?.[0], typed, "HELP comes before TYPE");
      assert.not.ok(families.has(typed), `${typed} comes once`);
      current = [typed, { type, help: help?.[1] ?? "", samples: [] }];
      families.set(...current);
    } else {
      const [, name = "", labelText, value = ""] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      assert.ok(current && name, `no line of the format: ${line}`);
      const [family, read] = current as [string, Read];
      assert.ok(suffixes[read.type]?.some((suffix) => name === family + suffix), `${name} under ${family}`); // biome-ignore format: one line
      const labels: Record<string, string> = {};
      const rest = (labelText ?? "").replace(
        /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/g,
        (_, key, word) => {
          assert.not.ok(key in labels, `${key} twice`);
          labels[key] = String(word).replace(/\\(.)/g, (_all, next) => (next === "n" ? "\n" : next));
          return "";
        },
      );
      assert.is(rest, "", `labels of ${line}`);
      assert.match(value, /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[+-]Inf|NaN)$/);
      const key = `${name} ${JSON.stringify(labels)}`;
      assert.not.ok(seen.has(key), `${key} twice`);
      seen.add(key);
      read.samples.push({ name, labels, value: Number(value.replace("+Inf", "Infinity")) });
    }
  }
  for (const [name, { type, samples }] of families) {
    assert.ok(samples.length > 0, `${name} has samples`);
    if (type === "counter") assert.match(name, /_total$/);
    if (type === "histogram") checkBuckets(name, samples);
  }
  return families;
}

/** Buckets rise, end at +Inf, and agree with the count. */
function checkBuckets(name: string, samples: Read["samples"]): void {
  const key = ({ le: _, ...labels }: Record<string, string>) => JSON.stringify(labels);
  for (const labels of new Set(samples.map((sample) => key(sample.labels)))) {
    const own = samples.filter((sample) => key(sample.labels) === labels);
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    for (const [index, bucket] of buckets.entries()) {
      assert.ok(bucket.value >= (buckets[index - 1]?.value ?? 0), name);
      const bound = Number(bucket.labels.le?.replace("+Inf", "Infinity"));
      assert.ok(bound > Number(buckets[index - 1]?.labels.le ?? 0), name);
    }
    assert.is(buckets.at(-1)?.labels.le, "+Inf");
    assert.is(own.find((sample) => sample.name === `${name}_count`)?.value, buckets.at(-1)?.value);
    assert.ok((own.find((sample) => sample.name === `${name}_sum`)?.value ?? -1) >= 0);
  }
}

test("the text format: labels are escaped, histograms are cumulative, what has no value is left out", () => {
  const histogram = createHistogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  const text = exposition([
    { name: "a_total", help: "one\nwith \\", type: "counter", samples: [{ labels: { x: 'q"\\\n' }, value: 2 }] },
    { name: "b", help: "none", type: "gauge", samples: [] },
    { name: "c", help: "times", type: "histogram", samples: [{ labels: { verb: "v" }, histogram }] },
  ]);
  assert.is(
    text,
    `# HELP a_total one\\nwith \\\\
# TYPE a_total counter
a_total{x="q\\"\\\\\\n"} 2
# HELP c times
# TYPE c histogram
c_bucket{verb="v",le="0.1"} 2
c_bucket{verb="v",le="1"} 3
c_bucket{verb="v",le="+Inf"} 4
c_sum{verb="v"} 7.65
c_count{verb="v"} 4
`,
  );
  assert.is(readExposition(text).get("a_total")?.samples[0]?.labels.x, 'q"\\\n');
});

test("who may read them: this machine, and what the configuration allows", () => {
  const readers = metricsReaders({ allow: ["10.0.0.0/24", "192.168.1.7", "fd00::/64"] });
  const table: [address: string, may: boolean][] = [
    ...([["127.0.0.1", true], ["127.1.2.3", true], ["::1", true], ["::ffff:127.0.0.1", true]] as const), // biome-ignore format: a row
    ...([["10.0.0.200", true], ["::ffff:10.0.0.1", true], ["10.0.1.1", false], ["192.168.1.7", true]] as const), // biome-ignore format: a row
    ...([["192.168.1.8", false], ["fd00::1", true], ["fd01::1", false], ["", false], ["x", false]] as const), // biome-ignore format: a row
  ].map(([address, may]) => [address, may]);
  for (const [address, may] of table) assert.is(readers(address), may, address);
  assert.is(metricsReaders({ allow: [] })("10.0.0.1"), false);
  for (const wrong of ["10.0.0.0/33", "example.org", "10.0.0.0/24/1", "fd00::/129", ""]) {
    assert.not.ok(metricsSection.safeParse({ allow: [wrong] }).success, wrong);
  }
});

test("a hub at work says how it does, and nothing about persons", async () => {
  const hub = await runHub();
  const url = `http://127.0.0.1:${hub.httpPort}/metrics`;
  await hub.ask("desk.open", { desk: "1" });
  for (let n = 0; n < 3; n += 1) await hub.ask("ticket.issue", { service: "id-card" });
  await hub.ask("call.next", { desk: "1" });
  await hub.ask("backup.now", {});
  const tools = { url: `mqtt://127.0.0.1:${hub.mqttPort}`, user: "visitor-tools", password: "demo", site: "demo" };
  const session = createSession({ ...tools, daemon: false });
  session.start();
  const refused = await session.request("ticket.issue", { service: "no-such-thing" });
  assert.is(refused.state, "refused");
  await session.request("toString" as "ticket.issue", { service: "x" });
  await session.stop();

  const read = async () => readExposition(await (await fetch(url)).text());
  const response = await fetch(url);
  assert.is(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  await until("all events are out", async () => (await read()).get("wartemarke_events_unsent")?.samples[0]?.value === 0); // biome-ignore format: one line
  const families = await read();
  const value = (name: string, labels: Record<string, string> = {}) =>
    families
      .get(`wartemarke_${name}`)
      ?.samples.find((sample) => Object.entries(labels).every(([key, word]) => sample.labels[key] === word))?.value;
  assert.is(value("queue_tickets", { service: "id-card" }), 2);
  assert.is(value("queue_tickets", { service: "pick-up" }), 0);
  assert.is(value("desks_open"), 1);
  assert.is(value("queue_desks_open", { service: "id-card" }), 1);
  const [low = -1, high = -1] = ["low", "high"].map((bound) => value("queue_wait_estimate_seconds", { service: "id-card", bound })); // biome-ignore format: one line
  assert.ok(low >= 0 && high > low && high % 60 === 0, `${low} to ${high}`);
  assert.is(value("requests_total", { verb: "ticket.issue", outcome: "ok" }), 3);
  assert.is(value("requests_total", { verb: "ticket.issue", outcome: "unknown-service" }), 1);
  assert.is(value("requests_total", { verb: "unknown", outcome: "unknown-verb" }), 1);
  const counts = families
    .get("wartemarke_request_duration_seconds")
    ?.samples.filter(({ name }) => name.endsWith("_count"));
  assert.is(counts?.find(({ labels }) => labels.verb === "ticket.issue")?.value, 4);
  const commits = families
    .get("wartemarke_commit_duration_seconds")
    ?.samples.find(({ name }) => name.endsWith("_count"));
  assert.ok((commits?.value ?? 0) >= 5);
  for (const name of ["office_open", "mqtt_connected"]) assert.is(value(name), 1, name);
  for (const name of ["mails_waiting", "commits_failed_total"]) assert.is(value(name), 0, name);
  assert.ok((value("backup_age_seconds") ?? -1) >= 0);
  assert.ok((value("process_resident_memory_bytes") ?? 0) > 10_000_000);
  assert.ok((value("process_heap_bytes") ?? 0) > 1_000_000);

  const status = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
  assert.is(await status({ "x-forwarded-for": "203.0.113.5" }), 403, "handed on by a proxy");
  assert.is(await status({ origin: "https://example.org" }), 403, "another site's page");
  assert.is(await status({ accept: "*/*" }), 200);
  await hub.stop();
});

test.run();
