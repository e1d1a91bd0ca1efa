// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPresence } from "../../device/presence.ts";
import { beatMs, createPublisher } from "../../hub/publisher.ts";
import type { Beat, Display, Event, HubPresence, Office, Queue } from "../../protocol/messages.ts";
import { createSession, type Session } from "../../protocol/session.ts";
import { topicNames } from "../../protocol/topics.ts";
import { brokersHere, testSite } from "../brokers.ts";
import { until } from "../until.ts";
import type { OfficeProcess } from "./office-process.ts";
import { ask, openOfficeProcess } from "./office-process.ts";
import { openOffice } from "./test-office.ts";

/** Longer than a publish waits for its acknowledgement, shorter than a connection that nothing comes over lasts. */
const frozenMs = 11_500;
/** More than may be on their way to the broker at once. */
const manyTickets = 150;

/** Somebody who listens to the events, and how the sequence of them went on. */
interface Listener {
  session: Session;
  /** In the order in which each came for the first time. */
  events: Event[];
  repeats: number;
  isUp: boolean;
}

async function listen(office: OfficeProcess): Promise<Listener> {
  const listener: Omit<Listener, "session"> = { events: [], repeats: 0, isUp: true };
  const session = await office.connect("admin-1", (own) => {
    own.onLink(({ up }) => {
      listener.isUp = up;
    });
    own.subscribe("event", {}, (event) => {
      // What was published before it listened may come again too.
      const isRepeat = event.seq <= (listener.events.at(-1)?.seq ?? 0);
      if (isRepeat) listener.repeats += 1;
      else listener.events.push(event);
    });
  });
  return Object.assign(listener, { session });
}

/** Waits until the last event has come, and looks whether all before it have, one after the other. */
async function isGapless({ session, events }: Listener): Promise<void> {
  const { seq, epoch } = await ask(session, "hub.check", {});
  await until(`event ${seq} has come`, () => events.some((event) => event.seq === seq), 20_000);
  const first = events[0]?.seq ?? 0;
  assert.equal(
    events.map((event) => event.seq),
    events.map((_, index) => first + index),
  );
  assert.ok(events.every((event) => event.epoch === epoch));
}

/** Issues tickets all the while, whoever is away; `stop` waits for the last one. */
function keepIssuing(session: Session): { count(): number; stop(): Promise<void> } {
  let count = 0;
  let goOn = true;
  const done = (async () => {
    while (goOn) {
      await ask(session, "ticket.issue", { service: "id-card" }, { timeoutMs: 60_000 });
      count += 1;
    }
  })();
  // Whoever stops it hears of the failure; until then it is nobody's.
  done.catch(() => {});
  return {
    count: () => count,
    stop() {
      goOn = false;
      return done;
    },
  };
}

/** Asks by the page of a desk, which needs no broker. */
async function issueByPage({ hub }: OfficeProcess, id: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${hub.httpPort}/desk/1/request/ticket.issue`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, service: "pick-up" }),
  });
  const reply = (await answer.json()) as { ok: boolean };
  assert.ok(reply.ok, JSON.stringify(reply));
}

const hasMosquitto = brokersHere().includes("mosquitto");

if (hasMosquitto) {
  test("no event is lost, and each comes in its place, although broker and hub come and go", async () => {
    const office = await openOfficeProcess("mosquitto");
    try {
      const listener = await listen(office);
      const issuing = keepIssuing(await office.connect("terminal-1"));
      await until("tickets are issued", () => issuing.count() > 20);

      await office.broker?.stop();
      await until("the listener has noticed", () => !listener.isUp);
      for (let n = 0; n < manyTickets; n += 1) await issueByPage(office, `page-${n}`);
      // Clean sessions: whoever is not there misses it. So the hub comes back last.
      office.hub.signal("SIGSTOP");
      await office.startBroker();
      await until("the listener is back", () => listener.isUp, 20_000);
      office.hub.signal("SIGCONT");
      const before = issuing.count();
      await until("tickets are issued again", () => issuing.count() > before + 20, 30_000);

      for (let kill = 0; kill < 3; kill += 1) {
        await office.hub.kill();
        await office.startHub();
        const killed = issuing.count();
        await until("tickets are issued after a kill", () => issuing.count() > killed + 20, 30_000);
      }
      await office.hub.stop();
      await office.startHub();
      await issuing.stop();
      await isGapless(listener);
      const issued = listener.events.filter(({ type }) => type === "ticket.issued");
      assert.is(new Set(issued.map(({ ticket }) => ticket)).size, issuing.count() + manyTickets);
      console.log(`\n${listener.events.length} events, ${listener.repeats} repeats`);
    } finally {
      await office.close();
    }
  });

  test("a broker that was frozen for a while does not hold up the events for good", async () => {
    const office = await openOfficeProcess("mosquitto");
    try {
      const listener = await listen(office);
      await issueByPage(office, "before");
      await isGapless(listener);
      const { pid = 0 } = office.broker ?? {};
      process.kill(pid, "SIGSTOP");
      await issueByPage(office, "meanwhile");
      const thawAt = Date.now() + frozenMs;
      await until("it was frozen long enough", () => Date.now() > thawAt, frozenMs + 5_000);
      process.kill(pid, "SIGCONT");
      for (let n = 0; n < manyTickets; n += 1) await issueByPage(office, `after-${n}`);
      await isGapless(listener);
    } finally {
      await office.close();
    }
  });

  test("an empty broker is filled from the store; a hub that dies is offline by its will", async () => {
    const office = await openOfficeProcess("mosquitto");
    try {
      const presences: HubPresence[] = [];
      const desk = await office.connect("desk-1", (session) => {
        session.subscribe("hub", {}, (presence) => presences.push(presence));
      });
      await ask(desk, "desk.open", { desk: "1" });
      for (let n = 0; n < 3; n += 1) await ask(desk, "ticket.issue", { service: "id-card" });
      await ask(desk, "call.next", { desk: "1" });
      const alive = await until("the hub is online", () => presences.findLast(({ state }) => state === "online"));
      await office.hub.kill();
      const dead = await until("its will", () => presences.findLast(({ state }) => state === "offline"));
      assert.equal(dead, { ...alive, state: "offline" });

      await office.broker?.stop();
      await office.startBroker();
      await office.startHub();
      const queues = new Map<string, Queue>();
      const displays = new Map<string, Display>();
      const once: { hub?: HubPresence; office?: Office } = {};
      let others = 0;
      await office.connect("board-1", (session) => {
        const kept =
          <T>(take: (payload: T, levels: Record<string, string>) => unknown) =>
          (payload: T, levels: Record<string, string>, retained: boolean) => {
            if (retained) take(payload, levels);
            else others += 1;
          };
        session.subscribe("hub", {}, kept((hub) => Object.assign(once, { hub }))); // biome-ignore format: one line each
        session.subscribe("office", {}, kept((now) => Object.assign(once, { office: now }))); // biome-ignore format: one line each
        session.subscribe("queue", {}, kept((queue, { service = "" }) => queues.set(service, queue))); // biome-ignore format: one line each
        session.subscribe("display", {}, kept((display, { group = "" }) => displays.set(group, display))); // biome-ignore format: one line each
      });
      await until("all of it", () => once.hub && once.office && queues.size === 3 && displays.size === 2);
      assert.is(others, 0, "all of it was there before");
      assert.is(once.hub?.state, "online");
      assert.is.not(once.hub?.session, alive.session);
      assert.is(once.office?.services[0]?.waiting, 2);
      assert.equal([queues.get("id-card")?.waiting, queues.get("id-card")?.lastCalled], [2, "A001"]);
      assert.equal(
        displays.get("all")?.calls.map(({ number, desk: at, count }) => [number, at, count]),
        [["A001", "1", 1]],
      );
      assert.equal(displays.get("hall")?.calls, []);
    } finally {
      await office.close();
    }
  });
}

for (const kind of brokersHere()) {
  test(`${kind}: under load the office is told at most once a second, and the beat goes on`, async () => {
    const office = await openOfficeProcess(kind, { config: { numberDigits: 6 } });
    try {
      const beats: (Beat & { heardAt: number })[] = [];
      const offices: Office[] = [];
      let hub: HubPresence | undefined;
      let display: Display | undefined;
      const admin = await office.connect("admin-1", (session) => {
        session.subscribe("beat", {}, (beat) => beats.push({ ...beat, heardAt: Date.now() }));
        session.subscribe("office", {}, (now) => offices.push(now));
        session.subscribe("hub", {}, (presence) => {
          hub = presence;
        });
        session.subscribe("display", { group: "all" }, (now) => {
          display = now;
        });
      });
      await ask(admin, "desk.open", { desk: "1" });
      const since = Date.now();
      const atStart = offices.length;
      const issuing = keepIssuing(admin);
      await until("three beats", () => beats.length >= 3, 3 * beatMs + 10_000);
      await issuing.stop();
      const seconds = (Date.now() - since) / 1_000;
      const told = offices.length - atStart;
      assert.ok(issuing.count() > 5 * seconds, `only ${issuing.count()} tickets in ${seconds} s are no load`);
      assert.ok(told >= 2 && told <= seconds + 2, `${told} times in ${seconds.toFixed(1)} s`);
      await until("the last one is right", () => offices.at(-1)?.services[0]?.waiting === issuing.count());

      await ask(admin, "call.next", { desk: "1" });
      const { seq, epoch } = await ask(admin, "hub.check", {});
      const beat = await until("a beat after all", () => beats.find((one) => one.seq === seq), beatMs + 5_000);
      // The beginning of the day was the first revision of each.
      assert.equal(
        [beat.session, beat.epoch, beat.revisions.all, beat.revisions.hall],
        [hub?.session, epoch, display?.revision, 1],
      );
      for (const { at, heardAt } of beats) assert.ok(Math.abs(heardAt - Date.parse(at)) < 1_000, `${at}, ${heardAt}`);
      const pauses = beats.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(beats[index]?.at ?? ""));
      for (const pause of pauses) assert.ok(pause > beatMs - 500 && pause < beatMs + 2_000, `${pause} ms apart`);

      // A device that comes just after a beat need not wait for the next one, nor when it comes again at once.
      for (const turn of ["first", "again"]) {
        const heard = beats.length;
        const { at } = await until("a beat", () => beats[heard], beatMs + 5_000);
        const board = comingBoard(office);
        await until(`${turn}: a beat out of turn`, () => beats[heard + 1], beatMs + 5_000);
        const early = Date.parse(beats[heard + 1]?.at ?? "") - Date.parse(at);
        assert.ok(early < beatMs - 500, `${turn}: ${early} ms after the one before`);
        await board.stop();
      }
    } finally {
      await office.close();
    }
  });
}

test("what a broker refuses at once is published again at the next beat, and not before", async () => {
  const office = openOffice();
  let refused = true;
  const published: string[] = [];
  const session = {
    names: topicNames("test"),
    async publish(key: string) {
      if (key !== "event" && key !== "beat") published.push(key);
      await new Promise((acknowledged) => setImmediate(acknowledged));
      return !refused || key === "display";
    },
  } as unknown as Session;
  const clock = { now: () => office.now, every: () => () => {}, after: () => () => {} };
  const publisher = createPublisher({ session, store: office.store, clock, state: () => office.state });
  async function said(): Promise<string[]> {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return published.splice(0).sort();
  }
  const beat = () => {
    office.now += beatMs;
    publisher.beat();
    return said();
  };
  publisher.up("session");
  assert.equal(await said(), ["display", "display", "office", "queue", "queue", "queue"]);
  for (let beats = 0; beats < 3; beats += 1) assert.equal(await beat(), ["office", "queue", "queue", "queue"]);
  refused = false;
  assert.equal(await beat(), ["office", "queue", "queue", "queue"]);
  assert.equal(await beat(), []);
  publisher.down();
  office.close();
});

/** A board's daemon connects. */
function comingBoard({ url }: OfficeProcess): Session {
  const presence = createPresence("board", [], { now: Date.now });
  const session = createSession({ url, user: "board-1", password: "demo", site: testSite, daemon: true, presence });
  session.start();
  return session;
}

test.run();
