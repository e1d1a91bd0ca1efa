// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { beatMs } from "../../hub/publisher.ts";
import { makeId } from "../../protocol/ids.ts";
import type { Display, Event, Office, Queue } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import type { Session } from "../../protocol/session.ts";
import type { BrokerKind } from "../brokers.ts";
import { type FakeTime, fakeTime } from "../fake-time.ts";
import { ask, type OfficeProcess, openOfficeProcess } from "../hub/office-process.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { startBoard } from "./board-process.ts";

/** All is started and set up so long before the moment that is watched, in milliseconds. */
const leadMs = 20_000;
/** What a machine that does other things besides may take longer, in milliseconds. */
const slackMs = 2_500;

/** What somebody who only listens has seen, with the hub's time of arrival. */
interface Seen {
  events: Event[];
  display: (Display & { at: number }) | undefined;
  office: Office | undefined;
  queues: Map<string, Queue>;
}

async function watch(office: OfficeProcess, time: FakeTime): Promise<Seen> {
  const seen: Seen = { events: [], display: undefined, office: undefined, queues: new Map() };
  await office.connect("admin-1", (session) => {
    // At least once: what the hub published before it was stopped may come again.
    session.subscribe("event", {}, (event) => {
      if (!seen.events.some(({ seq }) => seq === event.seq)) seen.events.push(event);
    });
    session.subscribe("display", { group: "all" }, (display) => {
      seen.display = { ...display, at: time.now() };
    });
    session.subscribe("office", {}, (latest) => {
      seen.office = latest;
    });
    session.subscribe("queue", {}, (queue) => seen.queues.set(queue.service, queue));
  });
  return seen;
}

/** Asks as a client whose clock is right: an id holds the time of its making, and the hub refuses an old one. */
const asker =
  (session: Session, time: FakeTime) =>
  <V extends Verb>(verb: V, args: Arguments<V>) =>
    ask(session, verb, args, { id: makeId(time.now()) });

const expired = ({ events }: Seen) => events.filter(({ type }) => type === "ticket.expired");
const newDays = ({ events }: Seen, day: string) =>
  events.filter((event) => event.type === "office.changed" && event.day === day);
const soonAfter = (instant: string, midnight: number) => {
  const late = Date.parse(instant) - midnight;
  assert.ok(late >= 0 && late <= beatMs + slackMs, `${instant} is ${late} ms after midnight`);
};

interface Night {
  what: string;
  midnight: string;
  days: [before: string, after: string];
  kind: BrokerKind;
}

/** An office that never closes, with a visitor at a desk and two who wait, a board that shows it, and nobody who asks. */
async function passMidnight({ what, midnight: instant, days: [before, after], kind }: Night): Promise<void> {
  const midnight = Date.parse(instant);
  const time = fakeTime(new Date(midnight - leadMs).toISOString());
  const office = await openOfficeProcess(kind, { environment: time.environment });
  try {
    const board = await startBoard(office.url, time);
    const seen = await watch(office, time);
    const asks = asker(await office.connect("desk-1"), time);
    await asks("desk.open", { desk: "1" });
    for (const number of ["A001", "A002", "A003"]) {
      assert.is((await asks("ticket.issue", { service: "id-card" })).ticket.id, `${before}/${number}`, what);
    }
    await asks("call.next", { desk: "1" });
    await until(`${what}: the board shows the call`, () => board.view()?.current?.number === "A001");
    await until("its display", () => seen.display?.calls.length === 1);
    const { revision = 0 } = seen.display ?? {};
    await until("the office of today", () => seen.office?.services[0]?.waiting === 2);
    assert.is(seen.office?.days[0]?.date, before);
    assert.ok(time.now() < midnight, `${what}: setting up took until after midnight`);
    assert.equal(expired(seen), []);

    await until(`${what}: midnight`, () => time.now() > midnight, leadMs + slackMs);
    await until(`${what}: the new day`, () => newDays(seen, after).length === 1, beatMs + slackMs);
    await until("an empty display", () => seen.display?.calls.length === 0);
    const [newDay] = newDays(seen, after);
    soonAfter(newDay?.at ?? "", midnight);
    assert.equal(
      expired(seen).map(({ number }) => number),
      ["A002", "A003"],
      `${what}: the one at the desk is still being served`,
    );
    for (const { at } of expired(seen)) soonAfter(at, midnight);
    assert.ok((seen.display?.revision ?? 0) > revision, "a higher revision");
    soonAfter(new Date(seen.display?.at ?? 0).toISOString(), midnight);
    await until("the office of the new day", () => seen.office?.days[0]?.date === after, 5_000);
    assert.is(seen.office?.days.length, 14);
    assert.is(seen.office?.services[0]?.waiting, 0);
    await until("nobody waits", () => seen.queues.get("id-card")?.waiting === 0);
    assert.is(seen.queues.get("id-card")?.lastCalled, null);
    await until(`${what}: the board's page is empty`, () => board.view()?.current === null);
    assert.equal(board.view()?.last, []);
    assert.ok(board.view()?.isLive);
    assert.is(board.view()?.time.slice(0, 4), "00:0", `${what}: the board's clock`);

    assert.is((await asks("ticket.issue", { service: "id-card" })).ticket.id, `${after}/A001`, what);
    await asks("ticket.finish", { desk: "1", ticket: `${before}/A001` });
    await asks("call.next", { desk: "1" });
    await until(`${what}: the first call of the day`, () => board.view()?.current?.number === "A001");
    await board.stop();
  } finally {
    await office.close();
  }
}

const nights: Night[] = [
  {
    what: "an ordinary night",
    midnight: "2026-11-24T00:00:00+01:00",
    days: ["2026-11-23", "2026-11-24"],
    kind: "mosquitto",
  },
  {
    what: "after the day of 25 hours",
    midnight: "2026-10-26T00:00:00+01:00",
    days: ["2026-10-25", "2026-10-26"],
    kind: "embedded",
  },
  {
    what: "after the day of 23 hours",
    midnight: "2027-03-29T00:00:00+02:00",
    days: ["2027-03-28", "2027-03-29"],
    kind: "embedded",
  },
];

if (need("faketime", "mosquitto")) {
  test("at midnight everything begins anew, without anybody asking for anything", async () => {
    await Promise.all(nights.map(passMidnight));
  });

  test("the day of 25 hours does not end after 24", async () => {
    const time = fakeTime("2026-10-25T22:59:57+01:00");
    const office = await openOfficeProcess("embedded", { environment: time.environment });
    try {
      const seen = await watch(office, time);
      const asks = asker(await office.connect("desk-1"), time);
      const issue = async () => (await asks("ticket.issue", { service: "id-card" })).ticket.id;
      assert.is(await issue(), "2026-10-25/A001");
      const beyond = Date.parse("2026-10-25T23:00:00+01:00") + beatMs;
      await until("24 hours after midnight and a beat", () => time.now() > beyond, 20_000);
      assert.is(await issue(), "2026-10-25/A002");
      assert.equal(newDays(seen, "2026-10-26"), []);
      assert.equal(expired(seen), []);
    } finally {
      await office.close();
    }
  });

  test("an office with hours: who still waits after closing is expired at midnight, and the morning begins at 001", async () => {
    const evening = fakeTime("2026-11-23T15:30:00+01:00");
    const hours = { openingHours: "Mo,Tu 08:00-16:00; We off" };
    const office = await openOfficeProcess("mosquitto", { config: hours, environment: evening.environment });
    try {
      const desk = await office.connect("desk-1");
      const asks = asker(desk, evening);
      await asks("ticket.issue", { service: "id-card" });
      await asks("ticket.issue", { service: "pick-up" });
      await office.hub.stop();

      const midnight = Date.parse("2026-11-24T00:00:00+01:00");
      const night = fakeTime(new Date(midnight - leadMs).toISOString());
      const seen = await watch(office, night);
      await office.startHub(night.environment);
      await until("two wait", () => (seen.office?.services ?? []).filter(({ waiting }) => waiting === 1).length === 2);
      assert.not.ok(seen.office?.open);
      assert.is(seen.office?.days[0]?.date, "2026-11-23");
      await until("midnight", () => night.now() > midnight, leadMs + slackMs);
      await until("the new day", () => newDays(seen, "2026-11-24").length === 1, beatMs + slackMs);
      assert.equal(
        expired(seen).map(({ number }) => number),
        ["A001", "C001"],
      );
      await until("the office of the new day", () => seen.office?.days[0]?.date === "2026-11-24", 5_000);
      assert.is(seen.office?.nextChange, "2026-11-24T07:00:00.000Z");
      const refused = await desk.request("ticket.issue", { service: "id-card" }, { id: makeId(night.now()) });
      assert.is(refused.state === "refused" && refused.error.code, "closed");
      await office.hub.stop();

      const morning = fakeTime("2026-11-24T08:00:00+01:00");
      await office.startHub(morning.environment);
      assert.is((await asker(desk, morning)("ticket.issue", { service: "id-card" })).ticket.id, "2026-11-24/A001");
    } finally {
      await office.close();
    }
  });

  test.run();
}
