// time limit: 180 s
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packetBytesMax } from "../../hub/broker-limits.ts";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { Reply, Verb } from "../../protocol/requests.ts";
import { requestFrame, verbs } from "../../protocol/requests.ts";
import { badArguments, goodArguments } from "../bad-arguments.ts";
import { brokersHere } from "../brokers.ts";
import { until } from "../until.ts";
import type { OfficeProcess, User } from "./office-process.ts";
import { accounts, ask, openOfficeProcess } from "./office-process.ts";
import type { RawClient } from "./raw-client.ts";
import { connectRaw, names } from "./raw-client.ts";

/** Requests that are on their way at once. */
const pipelined = 100;

const code = (reply: Reply) => (reply.ok ? "ok" : reply.error.code);
const message = (reply: Reply) => (reply.ok ? "" : reply.error.message);
const verbNames = Object.keys(verbs) as Verb[];
const mayUse = (verb: Verb, role: string) => (verbs[verb].roles as readonly string[]).includes(role);

let ids = 0;
const newId = () => `bad-${++ids}`;

async function inTurns<T>(all: T[], each: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += pipelined) await Promise.all(all.slice(at, at + pipelined).map(each));
}

for (const kind of brokersHere()) {
  let opening: Promise<OfficeProcess> | undefined;
  const clients = new Map<string, RawClient>();
  const theOffice = () => {
    opening ??= openOfficeProcess(kind);
    return opening;
  };
  const as = async (user: User) => {
    const client = clients.get(user) ?? (await connectRaw((await theOffice()).url, user));
    clients.set(user, client);
    return client;
  };
  /** Somebody else, who must be served all the while. */
  const others = async () => {
    const reply = await (await as("admin-1")).ask("queue.list", {}, newId());
    assert.is(code(reply), "ok");
  };

  test(`${kind}: every argument of every verb got wrong in every way is a bad request that names it`, async () => {
    const cases = verbNames.flatMap((verb) =>
      badArguments(verbs[verb].args).map(({ what, args }) => ({ verb, what, args })),
    );
    assert.ok(cases.length > 400, `only ${cases.length} cases`);
    await inTurns(cases, async ({ verb, what, args }) => {
      const { name } = accounts.find(({ role }) => mayUse(verb, role)) ?? { name: "admin-1" };
      const reply = await (await as(name)).ask(verb, args, newId());
      assert.is(code(reply), "bad-request", `${verb}: ${what}`);
      const field = /^\S+?(?=[ :])/.exec(what)?.[0] ?? "";
      assert.match(message(reply), new RegExp(`\\b${field}\\b`), `${verb}: ${what}`);
    });
    const terminal = await as("terminal-1");
    for (const { what, args } of badArguments(requestFrame)) {
      const { reply } = await terminal.sendAlone("ticket.issue", JSON.stringify({ service: "id-card", ...args }));
      assert.is(code(reply), "bad-request", `the frame: ${what}`);
      assert.match(message(reply), new RegExp(`\\b${/^\w+/.exec(what)?.[0]}\\b`), `the frame: ${what}`);
    }
  });

  test(`${kind}: a verb that is not for a role is forbidden to it, and the answer says for whom it is`, async () => {
    for (const { name, role } of accounts) {
      const client = await as(name);
      const denied = verbNames.filter((verb) => !mayUse(verb, role));
      await inTurns(denied, async (verb) => {
        const reply = await client.ask(verb, goodArguments(verbs[verb].args)[0]?.args ?? {}, newId());
        assert.is(code(reply), "forbidden", `${verb} by ${role}`);
        for (const allowed of verbs[verb].roles) assert.match(message(reply), allowed);
      });
    }
    const stranger = await (await as("desk-1")).ask("desk.open", { desk: "2" }, newId());
    assert.is(code(stranger), "forbidden", "another one's desk");
  });

  test(`${kind}: what is no request is answered with what is wrong`, async () => {
    const terminal = await as("terminal-1");
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    const cases: [what: string, payload: string | Buffer, id: string | null, says: RegExp][] = [
      ["not JSON", "nonsense", null, /not JSON/],
      ["an array", '[{"id":"a"}]', null, /not a JSON object/],
      ["a number", "17", null, /not a JSON object/],
      ["a text", '"id"', null, /not a JSON object/],
      ["null", "null", null, /not a JSON object/],
      ["nothing", "", null, /not JSON/],
      ["half a request", '{"id":"a","service":"id', null, /not JSON/],
      ["invalid UTF-8", Buffer.from('{"id":"\xff","service":"id-card"}', "latin1"), null, /UTF-8/],
      ["UTF-16", Buffer.from('{"id":"a"}', "utf16le"), null, /not JSON/],
      ["only depth", deep, null, /not a JSON object/],
      ["depth in a field", `{"id":"deep","x":${deep}}`, "deep", /service/],
      ["an inherited id", '{"__proto__":{"id":"a"},"service":"id-card"}', null, /id/],
      ["an id of 65 characters", JSON.stringify({ id: "x".repeat(65), service: "id-card" }), null, /id/],
      ["an empty id", JSON.stringify({ id: "", service: "id-card" }), "", /id/],
      ["a byte too much", Buffer.alloc(payloadBytesMax + 1, " "), null, /65537 bytes, at most 65536/],
      ["70 KiB", Buffer.alloc(70 * 1024, "{"), null, /71680 bytes/],
      ["a megabyte", Buffer.alloc(1_000_000, 0xff), null, /1000000 bytes/],
      ...["", "../hub", "a/b", "+", "#", "A", "x".repeat(33), "ä"].map((reply): [string, string, string, RegExp] => [
        `the reply name "${reply}"`,
        JSON.stringify({ id: "r", reply, service: "id-card" }),
        "r",
        /reply/,
      ]),
    ];
    for (const [what, payload, id, says] of cases) {
      const { topic, reply } = await terminal.sendAlone("ticket.issue", payload);
      assert.is(code(reply), "bad-request", what);
      assert.is(reply.id, id, what);
      assert.match(message(reply), says, what);
      assert.is(topic, names.topic("reply", { client: "terminal-1" }), what);
    }
  });

  test(`${kind}: unknown verbs, ids that were used, ids as long as may be`, async () => {
    const admin = await as("admin-1");
    const verbsNobodyKnows = [
      "__proto__",
      "constructor",
      "toString",
      "ticket",
      "ticket.",
      "TICKET.ISSUE",
      "ticket.issue ",
    ];
    for (const verb of [...verbsNobodyKnows, "Ä", "$SYS", "{verb}", "x".repeat(60_000)]) {
      const reply = await admin.ask(verb, { service: "id-card" }, newId());
      assert.is(code(reply), "unknown-verb", verb.slice(0, 20));
      // One that is very long is named by its beginning.
      assert.ok(reply.verb !== "" && verb.startsWith(reply.verb), verb.slice(0, 20));
    }
    // A level that is empty or one too many is no topic of ours: the next request is served.
    for (const path of ["", "ticket/issue", "/ticket.issue"])
      await admin.send(path, '{"id":"lost","service":"id-card"}');
    await others();

    for (const id of ["x".repeat(64), "ü".repeat(64), "__proto__", "a/b+#", "\u0000"]) {
      const first = await admin.ask("queue.list", {}, id);
      assert.is(code(first), "ok", id);
      const { reply } = await admin.sendAlone("ticket.issue", JSON.stringify({ id, service: "id-card" }));
      assert.is(code(reply), "id-reused", id);
    }
    assert.is(code(await admin.ask("ticket.issue", { service: "no-such" }, "wrong-service")), "unknown-service");
    const again = await admin.sendAlone("ticket.issue", JSON.stringify({ id: "wrong-service", service: "id-card" }));
    assert.is(code(again.reply), "id-reused", "a request that was refused is not another one afterwards");
  });

  test(`${kind}: a packet that no broker takes ends its own connection at most`, async () => {
    const office = await theOffice();
    for (const bytes of [packetBytesMax, 3 * packetBytesMax]) {
      const victim = await connectRaw(office.url, "terminal-1");
      victim.send("ticket.issue", Buffer.alloc(bytes, "[")).catch(() => {});
      await until("the connection is ended", () => !victim.mqtt.connected);
      await victim.end();
      await others();
    }
    // Control characters in a topic: a broker may hang up or let them through (MQTT 3.1.1, section 1.5.3).
    const rough = await connectRaw(office.url, "terminal-1");
    rough.send("\u0001", "{}").catch(() => {});
    await until("an answer or the end", () => rough.heard.length > 0 || !rough.mqtt.connected);
    await rough.end();
    await others();
  });

  if (kind === "mosquitto") {
    test("mosquitto: a response topic of MQTT 5 is the client's own or refused; correlation data comes back", async () => {
      const { url } = await theOffice();
      const desk = await connectRaw(url, "desk-1", 5);
      const own = names.topic("reply", { client: "desk-1" });
      const asked = (responseTopic: string, id: string) =>
        desk.sendAlone("queue.list", JSON.stringify({ id }), {
          properties: { responseTopic, correlationData: Buffer.from(`c-${id}`) },
        });
      for (const place of [own, `${own}/left`, `${own}/${"x".repeat(32)}`]) {
        const id = newId();
        const { topic, reply, correlation } = await asked(place, id);
        assert.equal([topic, code(reply), reply.id, correlation], [place, "ok", id, `c-${id}`]);
      }
      const admin = await as("admin-1");
      const { length } = admin.heard;
      const foreign = [names.topic("reply", { client: "admin-1" }), names.topic("hub", {}), names.base, "elsewhere"];
      for (const place of [...foreign, `${own}/a/b`, `${own}/`, `${own}x`, names.topic("display", { group: "all" })]) {
        const id = newId();
        const { topic, reply, correlation } = await asked(place, id);
        assert.equal([topic, code(reply), reply.id, correlation], [own, "bad-request", id, `c-${id}`], place);
        assert.match(message(reply), /response topic/);
      }
      assert.is(admin.heard.length, length, "nothing of it reached anybody else");
      // Whether a broker lets these through or hangs up is its own affair.
      for (const name of ["+", "#", "\u0000", "Ä b", "x".repeat(60_000)]) {
        const rough = await connectRaw(url, "desk-1", 5);
        const properties = { responseTopic: `${own}/${name}` };
        rough.send("queue.list", JSON.stringify({ id: newId() }), { properties }).catch(() => {});
        await until("an answer or the end", () => rough.heard.length > 0 || !rough.mqtt.connected);
        await rough.end();
        await others();
      }
      await desk.end();
    });
  }

  test(`${kind}: a status that is none is dropped and counted`, async () => {
    const { hub } = await theOffice();
    const discarded = () => Number(hub.lines().findLast(({ msg }) => msg === "message dropped")?.discarded ?? 0);
    const before = discarded();
    const good = { state: "online", role: "terminal", version: "1", at: "2026-11-23T10:00:00Z", session: "s" };
    const bad = [
      "garbage",
      "[]",
      "{}",
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.alloc(payloadBytesMax + 1, " "),
      `{"peripherals":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
      JSON.stringify({ ...good, peripherals: null }),
      JSON.stringify({ ...good, peripherals: { printer: "ready" } }),
      JSON.stringify({ ...good, peripherals: { ["p".repeat(33)]: { state: "ready", detail: "" } } }),
      JSON.stringify({ ...good, peripherals: {}, at: "yesterday" }),
      JSON.stringify({ ...good, peripherals: {}, state: "maybe" }),
    ];
    const terminal = await as("terminal-1");
    const topic = names.topic("status", { client: "terminal-1" });
    for (const [at, payload] of bad.entries()) {
      await terminal.mqtt.publishAsync(topic, payload, { qos: 1, retain: at % 2 === 0 });
    }
    await until("all are counted", () => discarded() === before + bad.length);
    // Of another role than its account: logged, and not believed.
    await terminal.mqtt.publishAsync(topic, JSON.stringify({ ...good, role: "admin", peripherals: {} }), { qos: 1 });
    await until("it is logged", () => hub.lines().some(({ msg }) => String(msg).startsWith("status of a client")));
    const admin = await as("admin-1");
    const devices = await admin.ask("device.list", {}, newId());
    const heard = devices.ok ? (devices.result.devices as { state: string }[]) : [];
    assert.equal(
      heard.filter(({ state }) => state !== "unseen"),
      [],
      "nothing of it was believed",
    );
  });

  test(`${kind}: noise on the topics for requests and statuses`, async () => {
    const { hub } = await theOffice();
    const terminal = await as("terminal-1");
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ id: fc.anything(), reply: fc.anything(), validUntil: fc.anything(), service: fc.anything() })
        .map((value) => Buffer.from(JSON.stringify(value) ?? "")),
    );
    const verb = fc.oneof(
      fc.constantFrom(...verbNames),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !/[+#/\p{C}]/u.test(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(verb, noise), { minLength: 20, maxLength: 20 }), async (batch) => {
        const { length } = terminal.heard;
        await Promise.all(batch.map(([name, payload]) => terminal.send(name, payload)));
        const replies = await until("all are answered", () => {
          return terminal.heard.length >= length + batch.length && terminal.heard.slice(length);
        });
        for (const { reply } of replies) assert.not.ok(reply.ok, JSON.stringify(reply));
        const status = names.topic("status", { client: "terminal-1" });
        await Promise.all(batch.map(([, payload]) => terminal.mqtt.publishAsync(status, payload, { qos: 1 })));
      }),
      { numRuns: 25 },
    );
    assert.ok(hub.isRunning());
  });

  test(`${kind}: after all of it the hub is the same, its file is whole, nobody got a ticket, and the next one does`, async () => {
    const office = await theOffice();
    const pid = office.hub.lines()[0]?.pid;
    assert.ok(office.hub.isRunning());
    assert.is(office.hub.pid, pid);
    for (const { name } of accounts) assert.ok((await as(name)).mqtt.connected, `${name} is still connected`);
    const admin = await office.connect("admin-1");
    const { ok, problems, counts } = await ask(admin, "hub.check", {});
    assert.equal([ok, problems, counts.tickets], [true, [], 0]);
    const terminal = await office.connect("terminal-1");
    assert.is((await ask(terminal, "ticket.issue", { service: "id-card" })).ticket.number, "A001");
    for (const client of clients.values()) await client.end();
    await office.close();
  });
}

test.run();
