import mqtt from "mqtt";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTerminalLists, listsEveryMs } from "../../hub/terminal-lists.ts";
import { hashCheckInCode } from "../../protocol/check-in-code.ts";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { TerminalAppointments } from "../../protocol/messages.ts";
import { terminalAppointments } from "../../protocol/messages.ts";
import type { RawHandler, Session } from "../../protocol/session.ts";
import { topicNames } from "../../protocol/topics.ts";
import { brokersHere } from "../brokers.ts";
import { until } from "../until.ts";
import { anna, hourMs, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { ask, openOfficeProcess } from "./office-process.ts";

const test = suite("what terminals know of appointments");

const base = "wartemarke/1/test/client";
const monday = "2026-11-23";
const tuesdayTen = Date.parse("2026-11-24T10:00:00+01:00");
const thursdayTen = Date.parse("2026-11-26T10:00:00+01:00");

/** The lists over a broker that is only a map, with the office's standing clock. */
function openLists() {
  const office = openAppointmentOffice();
  const broker = new Map<string, TerminalAppointments>();
  const names = topicNames("test");
  let heard: RawHandler | undefined;
  let published = 0;
  let takes = true;
  const timers: { at: number; then: () => void }[] = [];
  const session = {
    names,
    subscribeRaw(_key: string, _levels: object, handler: RawHandler) {
      heard = handler;
    },
    async publish(_key: string, levels: { client: string; day: string }, payload: TerminalAppointments) {
      if (!takes) return false;
      published += 1;
      broker.set(names.topic("terminalAppointments", levels), payload);
      return true;
    },
    async clear(_key: string, levels: { client: string; day: string }) {
      if (takes) broker.delete(names.topic("terminalAppointments", levels));
      return takes;
    },
  } as unknown as Session;
  const alarms: [day: string, left: number][] = [];
  const lists = createTerminalLists({
    session,
    clock: {
      now: () => office.now,
      every: () => () => {},
      after(ms, then) {
        const timer = { at: office.now + ms, then };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
    state: () => office.state,
    terminals: () => ["foyer", "hall"],
    overfull: (day, left) => alarms.push([day, left]),
  });
  let told = 0;
  return {
    office,
    broker,
    lists,
    alarms,
    published: () => published,
    take(now: boolean) {
      takes = now;
    },
    /** Says what was committed since the last time. */
    tell() {
      lists.committed(office.events.slice(told));
      told = office.events.length;
    },
    async pass(ms: number) {
      office.now += ms;
      for (const timer of timers.filter(({ at }) => at <= office.now)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.then();
      }
      await lists.settled();
    },
    /** The broker hands over what it retains. */
    hand(client: string, day: string) {
      const packet = { retain: true } as Parameters<RawHandler>[2];
      broker.set(names.topic("terminalAppointments", { client, day }), { day, revision: 1, appointments: [] });
      heard?.({ client, day }, Buffer.from("{}"), packet);
    },
    list: (day: string, client = "foyer") => broker.get(`${base}/${client}/appointments/${day}`),
    topics: () => [...broker.keys()].map((topic) => topic.slice(base.length + 1)).sort(),
  };
}

async function inLists(use: (opened: ReturnType<typeof openLists>) => Promise<void>): Promise<void> {
  const opened = openLists();
  try {
    await use(opened);
  } finally {
    opened.office.close();
  }
}

test("today and the next three days on which the office opens, for every terminal", () =>
  inLists(async ({ lists, topics }) => {
    lists.up();
    await lists.settled();
    // Wednesdays are off, and so is the weekend.
    const days = [monday, "2026-11-24", "2026-11-26", "2026-11-27"];
    assert.equal(topics(), ["foyer", "hall"].flatMap((client) => days.map((day) => `${client}/appointments/${day}`))); // biome-ignore format: one thought
  }));

test("a code is known by its hash from the confirmation on, and each change of it is told", () =>
  inLists(async ({ office, lists, tell, pass, list }) => {
    lists.up();
    const states = (day: string) => list(day)?.appointments.map(({ code, at, state }) => [code, Date.parse(at), state]);
    const { id, code, link } = await office.bookFor(tuesdayTen);
    const { code: other } = await office.bookFor(tuesdayTen - hourMs);
    await office.reserve({ at: tuesdayTen + hourMs, person: { ...anna, email: "b@example.org" } });
    tell();
    await pass(listsEveryMs);
    const early = [hashCheckInCode(other), tuesdayTen - hourMs, "confirmed"];
    assert.equal(states("2026-11-24"), [early, [hashCheckInCode(code), tuesdayTen, "confirmed"]]);
    assert.equal(list("2026-11-24", "hall"), list("2026-11-24"));

    const before = list("2026-11-24")?.revision ?? 0;
    assert.ok((await office.booking.move(link, thursdayTen)).ok);
    const { code: later = "" } = office.mail("moved", id);
    tell();
    await pass(listsEveryMs);
    assert.equal(states("2026-11-24"), [early, [hashCheckInCode(code), thursdayTen, "moved"]]);
    assert.equal(states("2026-11-26"), [[hashCheckInCode(later), thursdayTen, "confirmed"]]);
    assert.ok((list("2026-11-24")?.revision ?? 0) > before, "a newer list has a higher revision");

    assert.ok((await office.booking.cancel(office.mail("moved", id).link ?? "")).ok);
    office.now = tuesdayTen - hourMs;
    const reply = await office.ask("terminal", "appointment.check-in", { code: other, at: new Date(office.now) });
    assert.ok(reply.ok, JSON.stringify(reply));
    tell();
    await pass(listsEveryMs);
    assert.equal(states("2026-11-26"), [[hashCheckInCode(later), thursdayTen, "cancelled"]]);
    assert.equal(states("2026-11-24")?.map(([, , state]) => state), ["checked-in", "cancelled"]); // biome-ignore format: one thought
    const text = JSON.stringify(list("2026-11-24"));
    for (const secret of [code, other, later, anna.name, anna.email, anna.phone, "1984"])
      assert.not.match(text, secret);
  }));

test("a storm of changes is told once a second, the last of it included", () =>
  inLists(async ({ office, lists, tell, pass, list, published }) => {
    lists.up();
    await pass(listsEveryMs);
    const atStart = published();
    for (let step = 0; step < 20; step += 1) {
      await office
        .bookFor(tuesdayTen + (step % 2) * hourMs, {
          person: { ...anna, email: `visitor-${step}@example.org` },
          ip: `10.0.${step}.1`,
        })
        .catch(() => undefined);
      tell();
      await pass(100);
    }
    await pass(listsEveryMs);
    const confirmed = [...office.state.appointments.records.values()].filter(({ state }) => state === "confirmed");
    assert.is(list("2026-11-24")?.appointments.length, confirmed.length);
    // One day changed for two terminals, over two seconds and the last one.
    assert.ok(published() - atStart <= 2 * 4, `${published() - atStart} messages`);
  }));

test("nothing new is not told again", () =>
  inLists(async ({ office, lists, tell, pass, published }) => {
    lists.up();
    await pass(listsEveryMs);
    const atStart = published();
    await office.issue();
    tell();
    lists.beat();
    await pass(listsEveryMs);
    assert.is(published(), atStart);
  }));

test("a day that is past is taken back, also one from before the hub was started, and of a terminal that is gone", () =>
  inLists(async ({ office, lists, pass, hand, topics }) => {
    hand("foyer", "2026-10-02");
    hand("gone", monday);
    lists.up();
    await pass(listsEveryMs);
    assert.ok(
      topics().every((topic) => !topic.includes("2026-10-02") && !topic.includes("gone")),
      topics().join(),
    );
    hand("foyer", "2026-11-20");
    await pass(listsEveryMs);
    assert.not(topics().includes("foyer/appointments/2026-11-20"));
    assert.ok(topics().includes(`foyer/appointments/${monday}`));
    office.now += 24 * hourMs;
    await office.tick();
    lists.beat();
    await pass(listsEveryMs);
    assert.not(topics().includes(`foyer/appointments/${monday}`));
    assert.ok(topics().includes("foyer/appointments/2026-11-30"), "the next opening day has come in");
  }));

test("what the broker did not take is sent again", () =>
  inLists(async ({ office, lists, tell, pass, list, take }) => {
    lists.up();
    await pass(listsEveryMs);
    take(false);
    await office.bookFor(tuesdayTen);
    tell();
    await pass(listsEveryMs);
    assert.is(list("2026-11-24")?.appointments.length, 0);
    take(true);
    lists.beat();
    await pass(listsEveryMs);
    assert.is(list("2026-11-24")?.appointments.length, 1);
  }));

test("more codes than a message holds: those who may come in stay, and staff hear of the rest once", () =>
  inLists(async ({ office, lists, pass, list, alarms }) => {
    const { id } = await office.bookFor(tuesdayTen);
    const { records, days } = office.state.appointments;
    const example = records.get(id);
    if (!example) throw new Error("not booked");
    const add = (count: number, kind: "confirmed" | "cancelled", from: number) => {
      for (let index = 0; index < count; index += 1) {
        const other = `${kind}-${index}`;
        const code = hashCheckInCode(other);
        const at = from + index * minuteMs;
        records.set(other, { ...example, id: other, at, state: kind, sealed: { ...example.sealed, code } });
        days.get("2026-11-24")?.ids.add(other);
      }
    };
    add(300, "cancelled", tuesdayTen - 2 * hourMs);
    add(500, "confirmed", tuesdayTen);
    lists.up();
    await pass(listsEveryMs);
    const told = list("2026-11-24");
    assert.ok(terminalAppointments.safeParse(told).success);
    assert.ok(Buffer.byteLength(JSON.stringify(told)) <= payloadBytesMax);
    const states = told?.appointments.map(({ state }) => state) ?? [];
    assert.is(states.filter((state) => state === "confirmed").length, 501);
    assert.ok(states.length < 801);
    const times = told?.appointments.map(({ at }) => at) ?? [];
    assert.equal(times, times.toSorted());
    lists.beat();
    await pass(listsEveryMs);
    assert.equal(alarms, [["2026-11-24", 801 - states.length]]);
  }));

for (const kind of brokersHere()) {
  test(`${kind}: a terminal gets its lists, nobody else does, and a restart leaves nothing of the past`, async () => {
    const office = await openOfficeProcess(kind, { config: { appointments: { desks: 2 } } });
    try {
      const lists = new Map<string, TerminalAppointments>();
      await office.connect("terminal-1", (session) => {
        session.subscribe("terminalAppointments", { client: "terminal-1" }, (list, { day }) => lists.set(day, list));
      });
      const others: string[] = [];
      for (const user of ["board-1", "desk-1"] as const) {
        await office.connect(user, (session) => {
          session.subscribeRaw("terminalAppointments", {}, ({ day = "" }) => others.push(`${user} ${day}`));
        });
      }
      const admin = await office.connect("admin-1", (session) => {
        session.subscribeRaw("terminalAppointments", {}, ({ day = "" }) => others.push(`admin-1 ${day}`));
      });
      await until("four days", () => lists.size === 4);
      const { days } = await ask(admin, "appointment.slots", { services: ["id-card"] });
      const { date = "", times = [] } = days[1] ?? {};
      const booked = await ask(admin, "appointment.book", {
        services: ["id-card"],
        at: times[20] ?? "",
        person: { name: "Anna Probst", birthdates: ["1984-03-09"] },
      });
      await until("the code is there", () => lists.get(date)?.appointments.length === 1);
      assert.equal(
        lists.get(date)?.appointments.map(({ at, state }) => [at, state]),
        [[times[20], "confirmed"]],
      );
      await ask(admin, "appointment.cancel", { appointment: booked.appointment.id });
      await until("it is cancelled", () => lists.get(date)?.appointments[0]?.state === "cancelled");
      assert.equal(others, []);

      if (!office.broker) return;
      const hub = await mqtt.connectAsync(office.url, { username: "hub", password: office.broker.hubPassword });
      const past = `${base}/terminal-1/appointments/2026-01-02`;
      await office.hub.stop();
      await hub.publishAsync(past, JSON.stringify({ day: "2026-01-02", revision: 1, appointments: [] }), { qos: 1, retain: true }); // biome-ignore format: one thought
      await office.startHub();
      const kept = new Set<string>();
      let seen = 0;
      hub.on("message", (topic, payload) => {
        seen += 1;
        if (payload.length > 0) kept.add(topic);
        else kept.delete(topic);
      });
      await hub.subscribeAsync(`${base}/+/appointments/+`, { qos: 1 });
      await until("only the days to come are left", () => seen >= 4 && kept.size === 4 && !kept.has(past));
      await hub.endAsync(true);
    } finally {
      await office.close();
    }
  });
}

test.run();
