// time limit: 300 s
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Caller } from "../../hub/office/decision.ts";
import { callNext } from "../../hub/office/desks.ts";
import { issueTicket, reportPaper } from "../../hub/office/tickets.ts";
import { storePath } from "../../hub/store/file.ts";
import type { DeviceStatus, Display } from "../../protocol/messages.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { temporaryFolder } from "./hub-process.ts";
import type { OfficeProcess } from "./office-process.ts";
import { ask, openOfficeProcess } from "./office-process.ts";
import type { RawClient } from "./raw-client.ts";
import { connectRaw, names } from "./raw-client.ts";
import { callers, openOffice } from "./test-office.ts";

const messages = 100_000;
const dayMs = 86_400_000;
/** Each visit has four events: issued, printed, called, finished. */
const visits = messages / 4;
const visitsPerDay = 500;
/** What a hub may use of memory besides its code, in megabytes: the backlog alone would take several times that. */
const heapMegabytes = 80;
/**
 * While so many events of the backlog come a request is answered and a call is on the boards: half of the time, and always.
 * Whoever waited for the backlog would see most of it.
 */
const eventsMeanwhileUsual = messages / 50;
const eventsMeanwhileMax = messages / 5;
/** Asked and called all the while, so often. */
const roundsMin = 20;
const config = { numberDigits: 6 };

const heap = { NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` };

/** The file of an office with weeks of visits of which the broker has heard nothing; gives the number of its events. */
async function makeUnsent(to: string): Promise<number> {
  const days = Math.ceil(visits / visitsPerDay);
  const first = Date.now() - days * dayMs;
  const office = openOffice({ now: first, config: { ...config, openingHours: "24/7" } });
  const { terminal, clerk } = callers as { terminal: Caller; clerk: Caller };
  const desk = { desk: "1", finish: true };
  const result = () => undefined;
  try {
    await office.ask("clerk", "desk.open", { desk: "1" });
    for (let day = 0; day < days; day += 1) {
      office.now = first + day * dayMs;
      await office.tick();
      const all: Promise<unknown>[] = [];
      for (let visit = 0; visit < visitsPerDay; visit += 1) {
        const issue = { service: "id-card" };
        all.push(office.submit({ decide: (state, now) => issueTicket(state, terminal, issue, now), result }));
        const paper = (id: string) => ({ ticket: id, outcome: "printed", sure: true }) as const;
        const newest = `A${String(visit + 1).padStart(6, "0")}`;
        all.push(
          office.submit({
            decide: (state, now) => reportPaper(state, terminal, paper(`${state.day}/${newest}`), now),
            result,
          }),
        );
        const next = (current: string | null) => ({ ...desk, current });
        all.push(
          office.submit({
            decide: (state, now) => callNext(state, clerk, next(state.desks.get("1")?.ticket ?? null), now),
            result,
          }),
        );
      }
      await Promise.all(all);
    }
    await office.store.backup(to);
    return office.state.seq;
  } finally {
    office.close();
  }
}

/** A message that a client reads itself. */
const markOf = (role: DeviceStatus["role"]): DeviceStatus => {
  return { state: "online", role, version: "1", at: new Date().toISOString(), session: "mark", peripherals: {} };
};

/** Puts a file in the place of the hub's, which is stopped. */
function replaceFile(office: OfficeProcess, file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(storePath(office.data) + suffix, { force: true });
  copyFileSync(file, storePath(office.data));
}

/** A PUBLISH with QoS 1 as it is on the wire (MQTT 3.1.1, section 3.3): a hundred thousand are made in a moment. */
function publishPacket(topic: string, payload: string, id: number, retain: boolean): Buffer {
  const body = Buffer.concat([
    Buffer.from([topic.length >> 8, topic.length & 0xff]),
    Buffer.from(topic),
    Buffer.from([id >> 8, id & 0xff]),
    Buffer.from(payload),
  ]);
  const length: number[] = [];
  for (let left = body.length; left > 0 || length.length === 0; left >>= 7) length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0)); // biome-ignore format: one thought
  return Buffer.concat([Buffer.from([0x32 | (retain ? 1 : 0), ...length]), body]);
}

/** Sends requests as fast as the broker takes them, and waits until it has acknowledged all. */
async function flood(client: RawClient, verbOf: (n: number) => string, argsOf: (n: number) => object, retain = false) {
  let acknowledged = 0;
  const count = ({ cmd }: { cmd?: string }) => {
    if (cmd === "puback") acknowledged += 1;
  };
  client.mqtt.on("packetreceive", count);
  const packets = Array.from({ length: messages }, (_, n) => {
    const topic = names.topic("request", { client: "terminal-1", verb: verbOf(n) });
    return publishPacket(topic, JSON.stringify(argsOf(n)), 1 + (n % 0xffff), retain);
  });
  client.mqtt.stream.write(Buffer.concat(packets));
  await until("the broker has taken all", () => acknowledged >= messages, 60_000);
  client.mqtt.off("packetreceive", count);
}

if (need("mosquitto")) {
  test(`${messages} events that the broker has not heard of: in order, without a gap, and nobody waits for them`, async () => {
    const file = join(temporaryFolder(), "unsent.sqlite");
    const unsent = await makeUnsent(file);
    assert.ok(unsent >= messages, `${unsent} events`);
    const office = await openOfficeProcess("mosquitto", { config, environment: heap });
    try {
      await office.hub.stop();
      replaceFile(office, file);
      /** In the order in which each came for the first time. */
      const seqs: number[] = [];
      let repeats = 0;
      let isUp = true;
      let shown: { display: Display; after: number } | undefined;
      let marks = 0;
      const admin = await office.connect("admin-1", (session) => {
        session.subscribe("status", { client: "admin-1" }, () => {
          marks += 1;
        });
        session.onLink((link) => {
          isUp = link.up;
        });
        // Read as text: to look at each as a whole would cost more than all that the hub does.
        session.subscribeRaw("event", {}, (_levels, payload) => {
          const seq = Number(/"seq":(\d+)/.exec(payload.toString("latin1"))?.[1]);
          if (seq <= (seqs.at(-1) ?? 0)) repeats += 1;
          else seqs.push(seq);
        });
        session.subscribe("display", { group: "all" }, (display) => {
          shown = { display, after: seqs.length };
        });
      });
      const desk = await office.connect("desk-1");
      const terminal = await office.connect("terminal-1");
      await office.startHub();
      const first = await until("the boards", () => shown, 20_000);
      assert.ok(first.after < 500, `the boards were current after ${first.after} events`);

      const meanwhile: number[] = [];
      let rounds = 0;
      const { desks } = await ask(admin, "office.show", {}, { timeoutMs: 60_000 });
      let current = desks.find(({ id }) => id === "1")?.ticket ?? null;
      /** A visitor comes and is called, while events go by. */
      const round = async () => {
        const before = seqs.length;
        const { ticket } = await ask(terminal, "ticket.issue", { service: "id-card" }, { timeoutMs: 60_000 });
        const next = { desk: "1", current, finish: true };
        current = (await ask(desk, "call.next", next, { timeoutMs: 60_000 })).ticket?.id ?? null;
        await until("the call is on the boards", () => shown?.display.calls[0]?.number === ticket.number, 20_000);
        meanwhile.push(seqs.length - before);
        rounds += 1;
      };
      /** Resolves when the broker holds nothing back for the listener any more: to it a mark comes after all that was before. */
      const drained = async () => {
        for (let seen = -1; seen !== seqs.length; ) {
          seen = seqs.length;
          const before = marks;
          await admin.publish("status", { client: "admin-1" }, markOf("admin"));
          await until("the mark", () => marks > before, 20_000);
        }
      };
      const goOnUntil = async (count: number) => {
        while (seqs.length < count) await round();
      };
      await goOnUntil(messages / 4);
      await office.hub.kill();
      const killedAt = seqs.length;
      await office.startHub();
      await goOnUntil(messages / 2);
      const repeatsOfKill = repeats;

      // Clean sessions: whoever is not there misses what the broker took. So the listener has all of that before, and the hub
      // comes back last.
      office.hub.signal("SIGSTOP");
      await drained();
      await office.broker?.stop();
      await until("the listener has noticed", () => !isUp);
      await office.startBroker();
      await until("the listener is back", () => isUp, 20_000);
      office.hub.signal("SIGCONT");
      await goOnUntil(unsent);
      const { seq } = await ask(admin, "hub.check", {}, { timeoutMs: 60_000 });
      await until("the last one", () => seqs.at(-1) === seq, 30_000);
      assert.is(seqs[0], 1);
      assert.is(seqs.length, seq, "each event, in its order");
      console.log(
        `\n${seq} events, ${repeats} repeats (${repeatsOfKill} after a kill at ${killedAt}), ${rounds} rounds, ` +
          `events meanwhile at most ${Math.max(...meanwhile)}`,
      );
      assert.ok(rounds >= roundsMin, `${rounds} rounds are too few to tell`);
      const usual = meanwhile.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? messages;
      assert.ok(usual < eventsMeanwhileUsual, `a round took ${usual} events`);
      assert.ok(Math.max(...meanwhile) < eventsMeanwhileMax, `a round took ${Math.max(...meanwhile)} events`);
      assert.ok(repeatsOfKill < killedAt, "it did not begin anew");
    } finally {
      await office.close();
    }
  });

  test(`${messages} requests while the hub is away or stands still: each has one effect or none, and none waits for ever`, async () => {
    const office = await openOfficeProcess("mosquitto", { config, environment: heap });
    const client = await connectRaw(office.url, "terminal-1");
    const admin = await office.connect("admin-1");
    const ticketCount = async () => (await ask(admin, "hub.check", {}, { timeoutMs: 60_000 })).counts.tickets;
    /** Every other one is worth nothing any more when the hub looks at it. */
    const issue = (name: string) => {
      const validUntil = new Date().toISOString();
      return (n: number) => ({ id: `${name}-${n}`, service: "id-card", ...(n % 2 === 1 ? { validUntil } : {}) });
    };
    try {
      await office.hub.kill();
      await flood(client, () => "ticket.issue", issue("gone"));
      await office.startHub();
      assert.is(await ticketCount(), 0, "nothing waits at the broker for a hub that is away");
      assert.is(client.heard.length, 0);
      const repeat = async (args: ReturnType<ReturnType<typeof issue>>) => {
        const reply = await client.ask("ticket.issue", args, args.id);
        return reply.ok ? (reply.result as { ticket: { number: string } }).ticket.number : reply.error.code;
      };
      const gone = issue("gone");
      assert.equal([await repeat(gone(0)), await repeat(gone(1))], ["A000001", "expired"]);

      office.hub.signal("SIGSTOP");
      const frozen = issue("frozen");
      await flood(client, () => "ticket.issue", frozen);
      office.hub.signal("SIGCONT");
      // Whoever asks now is answered while it works all of it off, and that takes as long as it takes.
      await until("all that reached it is answered", async () => {
        const before = client.heard.length;
        const tickets = await ticketCount();
        return client.heard.length === before && (tickets ?? 0) > 1;
      }, 60_000); // biome-ignore format: one thought
      const codes = new Map<string, number>();
      const given = new Map<string, string>();
      for (const { reply } of client.heard) {
        if (!reply.id?.startsWith("frozen-")) continue;
        const code = reply.ok ? "ok" : reply.error.code;
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (reply.ok) given.set(reply.id, (reply.result as { ticket: { number: string } }).ticket.number);
      }
      console.log(`\nof ${messages} that came while it stood still: ${JSON.stringify(Object.fromEntries(codes))}`);
      for (const code of codes.keys()) assert.ok(["ok", "expired", "unavailable"].includes(code), code);
      assert.ok([...given.keys()].every((id) => Number(id.slice("frozen-".length)) % 2 === 0), "nothing stale was done"); // biome-ignore format: one thought
      assert.is(new Set(given.values()).size, given.size, "no number twice");
      assert.is(await ticketCount(), 1 + given.size, "whatever was done was answered");

      // Repeated, what was answered has the answer it had, and what was lost or refused is done once.
      const answered = [...given.keys()].slice(0, 50).map((id) => Number(id.slice("frozen-".length)));
      const others = Array.from({ length: messages / 2 }, (_, half) => 2 * half).filter(
        (n) => !given.has(`frozen-${n}`),
      );
      for (const n of answered) assert.is(await repeat(frozen(n)), given.get(`frozen-${n}`));
      for (const n of others.slice(-50)) assert.match(await repeat(frozen(n)), /^A\d{6}$/);
      assert.is(await ticketCount(), 1 + given.size + Math.min(50, others.length));
    } finally {
      await client.end();
      assert.is(await office.hub.stop(), 0, "it ends when it is told to, whatever is still on its way");
      await office.close();
    }
  });

  test(`${messages} requests that the broker keeps are discarded at a start, and staff are told of the first ones only`, async () => {
    const office = await openOfficeProcess("mosquitto", { config, environment: heap });
    const client = await connectRaw(office.url, "terminal-1");
    try {
      await office.hub.stop();
      await flood(
        client,
        (n) => `ticket.issue-${n}`,
        (n) => ({ id: `kept-${n}`, service: "id-card" }),
        true,
      );
      await office.startHub();
      const admin = await office.connect("admin-1");
      const { counts, seq } = await ask(admin, "hub.check", {}, { timeoutMs: 60_000 });
      assert.is(counts.tickets, 0);
      const { events } = await ask(admin, "event.list", { limit: 100 });
      const told = events.filter(({ alarm }) => alarm === "retained request");
      assert.is(told.length, 10);
      assert.ok(seq < 20, `${seq} events`);
      assert.is(client.heard.length, 0);
    } finally {
      await client.end();
      await office.close();
    }
  });

  test.run();
}
