import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openStore } from "../../hub/store/store.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { runHub } from "./running-hub.ts";
import { erika, monday, noSeals, openStored, order } from "./stored-office.ts";
import { openOffice, outcome } from "./test-office.ts";

test("a file that somebody else has locked: refused at once, nothing happened, and the hub goes on", async () => {
  const hub = await runHub();
  const url = `mqtt://127.0.0.1:${hub.mqttPort}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  let beats = 0;
  session.subscribe("beat", {}, () => {
    beats += 1;
  });
  session.start();
  await hub.ask("ticket.issue", { service: "id-card" });
  const other = new Database(join(hub.folder, "data", "hub.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  const refused = await session.request("ticket.issue", { service: "id-card" });
  assert.is(refused.state === "refused" && refused.error.code, "unavailable");
  const before = beats;
  await until("two beats, with what is saved at each", () => beats >= before + 2, 20_000);
  other.exec("COMMIT");
  other.close();
  const issued = await until("the store takes it again", async () => {
    const answer = await session.request("ticket.issue", { service: "id-card" });
    return answer.state === "done" && answer.result.ticket.number;
  });
  assert.is(issued, "A002");
  const { events } = await hub.ask("event.list", { after: 0 });
  assert.ok(events.some((event) => event.alarm === "store"));
  assert.is((await hub.ask("hub.check", {})).ok, true);
  await session.stop();
  await hub.stop();
});

test("the check finds a gap in the record, and works beside the office", async () => {
  const office = openOffice();
  for (let n = 0; n < 5; n += 1) await office.issue();
  assert.equal((await office.store.check()).problems, []);
  const [first] = office.store.events(1, 0, 1);
  const file = new Database(office.file);
  file.prepare("DELETE FROM event WHERE seq = ?").run((first?.seq ?? 0) + 2);
  file.close();
  const reply = await office.ask("admin", "hub.check");
  assert.is(outcome(reply), "ok");
  assert.match(JSON.stringify(reply.ok && reply.result), /"ok":false.*epoch 1: \d+ events recorded/);
  office.close();
});

test("old replies are forgotten little by little, events are not", async () => {
  const office = openOffice();
  for (let n = 0; n < 600; n += 1) void office.issue("pick-up");
  await office.issue();
  const counts = async () => (await office.store.check()).counts;
  assert.is((await counts()).replies, 601);
  office.store.tidy(office.now);
  assert.is((await counts()).replies, 601, "those of this instant are kept");
  office.store.tidy(office.now + 1);
  assert.is((await counts()).replies, 101);
  assert.ok(((await counts()).events ?? 0) > 600);
  office.close();
});

/** A file of the first version with one ticket that was called, as that version wrote it. */
function writeFirstVersion(folder: string): void {
  const file = new Database(join(folder, "hub.sqlite"));
  file.exec(readFileSync(join(import.meta.dirname, "../../hub/store/schema/1.sql"), "utf8"));
  file
    .prepare("INSERT INTO meta VALUES ('epoch', 3), ('key', ?), ('office', ?)")
    .run(Buffer.alloc(32, 7), JSON.stringify({ day: monday, open: true }));
  const ticket = {
    ...{ id: `${monday}/A001`, day: monday, number: "A001", letter: "A", service: "id-card", services: ["id-card"] },
    ...{ state: "finished", paper: "printed", origin: "hub", kind: "walk-in", issuedAt: 1, earnedAt: 1, priority: 0 },
    ...{ persons: 1, language: "de", issuer: "terminal", desk: "1", calledAt: 2, call: "c", calls: 1 },
    ...{ callsThisTurn: 1, noShowAt: null, reason: null, promised: { ahead: 0, minutes: null } },
  };
  file.prepare("INSERT INTO ticket VALUES (?, ?, ?)").run(ticket.id, ticket.state, JSON.stringify(ticket));
  file
    .prepare("INSERT INTO desk VALUES ('1', ?)")
    .run(JSON.stringify({ id: "1", open: true, services: ["id-card"], ticket: null }));
  file.prepare("INSERT INTO display VALUES ('all', ?)").run(JSON.stringify({ revision: 7, calls: [] }));
  file.prepare("INSERT INTO event VALUES (3, 1, ?)").run(JSON.stringify({ epoch: 3, seq: 1, at: 1, type: "x" }));
  file.pragma("user_version = 1");
  file.close();
}

test("a file of the first version is upgraded, and its tickets are those of walk-ins", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-store-"));
  writeFirstVersion(folder);
  const { plan, calendar, close } = openStored();
  close();
  for (const time of ["first", "second"]) {
    const store = openStore(folder);
    const state = store.load(plan, calendar);
    assert.equal([state.epoch, state.seq, state.day], [3, 1, monday], time);
    assert.equal(store.key, Buffer.alloc(32, 7), "the same secret");
    const { appointment, appointmentAt } = state.tickets.get(`${monday}/A001`) ?? {};
    assert.equal([appointment, appointmentAt], [null, null]);
    assert.is(store.ticket(`${monday}/A001`)?.appointment, null);
    assert.is(state.lastKind.get("A"), undefined, "nobody knows whose turn it was");
    const { boundTo, returnedAt, parkedAt, unservedTold } = state.tickets.get(`${monday}/A001`) ?? {};
    assert.equal([boundTo, returnedAt, parkedAt, unservedTold], [null, null, null, false]);
    const { open, pausedAt, undo } = state.desks.get("1") ?? {};
    assert.equal([open, pausedAt, undo], [true, null, null]);
    assert.equal(state.displays.get("all"), { revision: 7, message: null, calls: [] });
    assert.equal([state.emergency, [...state.closedServices]], [null, []]);
    assert.is(state.appointments.records.size, 0);
    assert.equal((await store.check()).problems, []);
    store.close();
  }
  rmSync(folder, { recursive: true });
});

test("a file of a newer version is refused, and says so", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-store-"));
  openStore(folder).close();
  const file = new Database(join(folder, "hub.sqlite"));
  file.pragma("user_version = 99");
  file.close();
  assert.throws(() => openStore(folder), /hub\.sqlite cannot be used: .*newer version \(99, this one knows 6\)/);
  rmSync(folder, { recursive: true });
});

test("after a restart appointments, wrong birth dates and the rules for single dates are as they were", () => {
  const office = openStored();
  office.changeDay(monday);
  office.book("aaaaaaaaaa", monday);
  office.commit([
    { type: "appointment.no-match", client: "terminal" },
    { type: "appointment.no-match", client: "kiosk" },
    { type: "appointment.no-match", client: "kiosk" },
    { type: "appointment.unlocked", client: "terminal", by: "clerk" },
  ]);
  const rules = { closures: [{ date: "2026-12-24", reason: "Heiligabend" }], specialHours: [] };
  office.commit([{ type: "office.changed", what: "dates", by: "admin", ...rules }]);
  const before = structuredClone({ ...office.state, plan: null, calendar: null });
  office.reopen();
  assert.equal({ ...office.state, plan: null, calendar: null }, before);
  assert.equal(office.store.dates(), rules);
  assert.is(office.state.calendar.find(({ date }) => date === "2026-12-24")?.closed, "Heiligabend");
  assert.is(office.state.appointments.wrongEntries.length, 2);
  office.commit([{ type: "appointment.unlocked", client: null, by: "clerk" }]);
  office.reopen();
  assert.equal(office.state.appointments.wrongEntries, []);
  office.close();
});

test("a commit that fails has kept no person, ordered no mail and dropped none", () => {
  const office = openStored();
  office.book("aaaaaaaaaa", monday);
  const { state } = office;
  const event = {
    type: "appointment.link",
    appointment: "aaaaaaaaaa",
    sealed: noSeals,
    epoch: 1,
    seq: 1,
    at: 1,
  } as const;
  const persons = [
    { do: "erase" as const, appointment: "aaaaaaaaaa" },
    { do: "keep" as const, appointment: "bbbbbbbbbb", person: erika },
  ];
  const aside = { persons, mails: [order("link", "aaaaaaaaaa")], dropMails: ["aaaaaaaaaa"] };
  assert.throws(
    () => office.store.commit({ events: [event], asides: [aside], replies: [], state }),
    /UNIQUE/,
    "this place in the record is taken",
  );
  assert.equal(office.store.person("aaaaaaaaaa"), erika);
  assert.is(office.store.person("bbbbbbbbbb"), undefined);
  const kinds = office.store.dueMails(Number.MAX_SAFE_INTEGER, 9).map(({ order: { kind } }) => kind);
  assert.equal(kinds.sort(), ["confirmation", "reminder"]);
  office.close();
});

test("mails come when they are due, the oldest first, and again when they could not be sent, also after a restart", () => {
  const office = openStored();
  const { now } = office;
  assert.is(office.store.nextMailAt(), null);
  const id = "aaaaaaaaaa";
  const mails = [
    order("reminder", id, { sendAt: now + 5000 }),
    order("activation", id, { sendAt: now + 1000, link: "secret" }),
    order("moved", id, { sendAt: now + 2000 }),
  ];
  office.commit([], { persons: [{ do: "keep", appointment: id, person: erika }], mails });
  const due = (at: number, limit = 9) => office.store.dueMails(at, limit).map(({ order: { kind } }) => kind);
  assert.is(office.store.nextMailAt(), now + 1000);
  assert.equal(due(now + 999), []);
  assert.equal(due(now + 2000), ["activation", "moved"]);
  assert.equal(due(now + 9000, 1), ["activation"]);
  assert.equal(office.store.dueMails(now + 1000, 9), [
    { order: mails[1], to: { name: erika.name, address: erika.email }, attempts: 0 },
  ]);
  office.store.mailFailed(`${id}-activation`, now + 60_000, "the mail server does not answer");
  office.store.mailSent(`${id}-moved`);
  office.reopen();
  assert.is(office.store.nextMailAt(), now + 5000);
  assert.equal(due(now + 60_000), ["reminder", "activation"]);
  assert.equal(
    office.store.dueMails(now + 60_000, 9).map(({ attempts }) => attempts),
    [0, 1],
  );
  office.store.mailDropped(`${id}-activation`);
  office.store.mailSent(`${id}-reminder`);
  office.store.mailSent("never-ordered");
  assert.is(office.store.nextMailAt(), null);
  office.close();
});

test("with 50 000 appointments the state is there in a few times what reading them takes", () => {
  const office = openStored();
  const file = new Database(join(office.folder, "hub.sqlite"));
  const add = file.prepare("INSERT INTO appointment VALUES (?, ?, ?)");
  office.book("zzzzzzzzzz", monday);
  const like = office.state.appointments.records.get("zzzzzzzzzz");
  const hash = (n: number) => String(n).padStart(32, "0");
  file.transaction(() => {
    for (let n = 0; n < 50_000; n += 1) {
      const day = office.calendar[n % office.calendar.length] ?? { date: "", start: 0 };
      const at = day.start + (8 * 60 + (n % 30) * 15) * 60_000;
      const id = String(n).padStart(10, "0");
      const sealed = { ...noSeals, address: hash(n % 30_000), births: [hash(n)], code: hash(n), links: [hash(n)] };
      add.run(id, day.date, JSON.stringify({ ...like, id, day: day.date, at, until: at + 900_000, sealed }));
    }
  })();
  /** The quicker of two runs, in milliseconds: a machine that is busy otherwise slows one of them. */
  const timed = (work: () => void) =>
    Math.min(
      ...[1, 2].map(() => {
        const before = performance.now();
        work();
        return performance.now() - before;
      }),
    );
  const read = file.prepare("SELECT body FROM appointment").pluck();
  const floor = timed(() => {
    for (const body of read.all() as string[]) JSON.parse(body);
  });
  let state = office.state;
  const took = timed(() => {
    state = office.store.load(office.plan, office.calendar);
  });
  file.close();
  assert.is(state.appointments.records.size, 50_001);
  assert.is(state.appointments.codes.get(hash(49_999)), "0000049999");
  assert.ok(took < 8 * floor + 200, `it took ${Math.round(took)} ms, reading alone ${Math.round(floor)} ms`);
  office.close();
});

test.run();
