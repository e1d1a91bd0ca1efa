// time limit: 240 s
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeDay } from "../../hub/insight/cells.ts";
import { createTally } from "../../hub/insight/tally.ts";
import { openStore } from "../../hub/store/store.ts";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { FiguresReport } from "../../protocol/messages.ts";
import { verbs } from "../../protocol/requests.ts";
import type { TestOffice } from "../hub/test-office.ts";
import { callers, mondayMorning, openOffice, outcome } from "../hub/test-office.ts";
import { happened, issued } from "./events.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const [monday, tuesday] = ["2026-11-23", "2026-11-24"];
const zone = "Europe/Berlin";

async function report(office: TestOffice, args: object, verb = "stats.range"): Promise<FiguresReport> {
  const reply = await office.ask("admin", verb, args);
  if (!reply.ok) throw new Error(reply.error.message);
  return verbs["stats.range"].result.parse(reply.result);
}

/** Three visitors: one served after 6 minutes in 4, one who is at the desk at midnight, one who waits then. */
async function workUntilMidnight(office: TestOffice): Promise<void> {
  await office.ask("admin", "desk.open", { desk: "1" });
  await office.issue();
  office.now += 6 * minuteMs;
  await office.ask("admin", "call.next", { desk: "1" });
  office.now += 4 * minuteMs;
  await office.ask("admin", "ticket.finish", { desk: "1", number: "A001" });
  await office.issue("pick-up");
  await office.issue();
  await office.ask("admin", "call.next", { desk: "1" });
  office.now = Date.parse(`${tuesday}T00:00:01+01:00`);
  await office.tick();
}

const summary = ({ days, total }: FiguresReport) => {
  const { arrivals, served, expired, waitMinutes, serviceMinutes } = total;
  return { days, arrivals, served, expired, waitMinutes, serviceMinutes };
};

test("figures of an office: before and after its day is counted, after a restart, and reckoned anew they are the same", async () => {
  const office = openOffice();
  await workUntilMidnight(office);
  const untilNow = await report(office, { date: monday }, "stats.day");
  const times = { waitMinutes: { median: 6, p90: 6 }, serviceMinutes: { median: 4, p90: 4 } };
  assert.equal(summary(untilNow), { days: 1, arrivals: 3, served: 1, expired: 1, ...times });
  const { store } = office;
  await store.figures.settle(zone, office.state.day);
  const file = new Database(office.file);
  const stored = () => file.prepare("SELECT day FROM figure ORDER BY day").pluck().all();
  assert.equal(stored(), [monday]);
  const again = () => store.figures.report({ from: monday, to: tuesday, timeZone: zone }, String(Math.random()));
  assert.equal((await again()).cells, untilNow.cells, "counted, and with what is still open");

  office.now += 10 * minuteMs;
  const { ticket } = office.state.desks.get("1") ?? {};
  assert.is(outcome(await office.ask("admin", "ticket.finish", { desk: "1", ticket })), "ok");
  const whole = await report(office, { from: monday, to: tuesday });
  assert.is(whole.total.served, 2, "who was at the desk at midnight");
  office.now = Date.parse(`2026-11-26T09:00:00+01:00`);
  await office.tick();
  await store.figures.settle(zone, office.state.day);
  assert.equal((await again()).cells, whole.cells, "it was added to the day on which he came");
  await store.figures.settle(zone, office.state.day);
  assert.equal((await again()).cells, whole.cells, "nothing is counted twice");

  file.exec("DELETE FROM figure; DELETE FROM meta WHERE key = 'figures'");
  assert.equal((await again()).cells, whole.cells, "from the events alone");
  await store.figures.settle(zone, office.state.day);
  assert.equal(stored(), [monday]);
  assert.equal((await again()).cells, whole.cells, "and counted anew");
  file.close();
  office.restart();
  assert.equal((await report(office, { from: monday, to: tuesday })).cells, whole.cells);
  office.close();
});

test("a restore began a new epoch: what is in the record counts, before and after it", async () => {
  const office = openOffice();
  await workUntilMidnight(office);
  const first = await report(office, { from: monday, to: tuesday });
  const file = new Database(office.file);
  const seq = office.state.seq;
  const [ticket, at] = [`${tuesday}/A001`, Date.parse(`${tuesday}T09:10:00+01:00`)];
  const add = (next: number, event: object) =>
    file.prepare("INSERT INTO event VALUES (2, ?, ?)").run(next, JSON.stringify({ ...event, epoch: 2, seq: next }));
  add(1, issued(ticket, at));
  add(2, happened("called", ticket, at + 6 * minuteMs, { desk: "1" }));
  file.close();
  const both = await office.store.figures.report({ from: monday, to: tuesday, timeZone: zone }, "epoch 2");
  assert.is(both.total.arrivals, first.total.arrivals + 1);
  assert.equal(both.total.promises.kept, first.total.promises.kept + 1);
  assert.ok(seq > 2, "its numbers begin again");
  office.close();
});

test("an appointment to which nobody comes is counted at its time", async () => {
  const office = openOffice({ config: { appointments: { desks: 1, keptDays: 0 } } });
  const at = new Date(mondayMorning + 60 * minuteMs).toISOString();
  const person = { name: "Anna Probst", birthdates: ["1984-03-09"] };
  const booked = await office.ask("admin", "appointment.book", { services: ["registration"], at, person });
  assert.is(outcome(booked), "ok");
  office.now = mondayMorning + 70 * minuteMs;
  await office.tick();
  const { cells } = await report(office, { date: monday }, "stats.day");
  assert.equal(
    cells.map(({ weekday, time, service, lapsed, arrivals }) => [weekday, time, service, lapsed, arrivals]),
    [[1, "10:00", "registration", 1, 0]],
  );
  office.close();
});

test("who may ask, and what is no range of days", async () => {
  const office = openOffice();
  const range = { from: monday, to: tuesday };
  for (const client of Object.keys(callers)) {
    const reply = await office.ask(client, "stats.range", range);
    assert.is(outcome(reply), client === "admin" ? "ok" : "forbidden", client);
  }
  for (const args of [{ from: tuesday, to: monday }, { from: "2026-02-30", to: monday }, { from: monday }, {}]) {
    assert.is(outcome(await office.ask("admin", "stats.range", args)), "bad-request", JSON.stringify(args));
  }
  const empty = await report(office, { from: "1999-01-01", to: "1999-12-31" });
  assert.equal([empty.days, empty.total.arrivals, empty.cells], [0, 0, []]);
  office.close();
});

/** Ten years of days on which 500 visitors come, for ten services, from Monday to Saturday. */
const [days, visitsPerDay] = [3_650, 500];

function fillTenYears(path: string, today: number): void {
  const db = new Database(path);
  db.pragma("synchronous = OFF");
  const insert = db.prepare("INSERT INTO figure VALUES (?, ?)");
  const bodies = [0, 1, 2].map((variant) => {
    const tally = createTally(zone);
    for (let n = 0; n < visitsPerDay; n += 1) {
      const at = mondayMorning + ((n * 61_000) % (8 * 3_600_000));
      const ticket = `${monday}/A${String(n).padStart(3, "0")}`;
      const call = at + ((n * 37 + variant) % 90) * minuteMs;
      tally.take(issued(ticket, at, { service: `service-${n % 10}` }));
      tally.take(happened("called", ticket, call, { desk: "1" }));
      tally.take(happened("finished", ticket, call + ((n * 13) % 200) * 6_000));
    }
    return encodeDay(tally.days().get(monday) ?? new Map());
  });
  db.transaction(() => {
    for (let n = 1; n <= days; n += 1) {
      insert.run(new Date(today - n * dayMs).toISOString().slice(0, 10), bodies[n % bodies.length]);
    }
    const add = db.prepare("INSERT INTO event VALUES (1, ?, ?)");
    for (let n = 0; n < 5 * visitsPerDay; n += 1) {
      const ticket = `${monday}/A${String(n).padStart(4, "0")}`;
      const event = { ...issued(ticket, mondayMorning), epoch: 1, seq: n + 1 };
      add.run(n + 1, JSON.stringify(event));
    }
    const counted = { epoch: 0, seq: 0, day: monday, open: [] };
    db.prepare("INSERT INTO meta VALUES ('figures', ?)").run(JSON.stringify(counted));
  })();
  db.close();
}

/** A machine that does a second's work for something else meanwhile is allowed for by the floor, taken in the same minute. */
const floorsMax = 8;
const spareMs = 400;

test("ten years of 500 visits a day: a report takes a few times as long as reading them, and fits into replies", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-years-"));
  openStore(folder).close();
  fillTenYears(join(folder, "hub.sqlite"), mondayMorning);
  const store = openStore(folder);
  const floor = () => {
    const begun = performance.now();
    const db = new Database(join(folder, "hub.sqlite"), { readonly: true });
    let read = 0;
    for (const body of db.prepare("SELECT body FROM figure").pluck().iterate()) read += JSON.parse(String(body)).length;
    db.close();
    assert.ok(read > days);
    return performance.now() - begun;
  };
  const wanted = { from: "2016-01-01", to: "2026-12-31", timeZone: zone };
  const rounds: { floorMs: number; reportMs: number }[] = [];
  for (let round = 0; round < 3; round += 1) {
    const floorMs = floor();
    const begun = performance.now();
    const result = await store.figures.report(wanted, String(round));
    rounds.push({ floorMs, reportMs: performance.now() - begun });
    assert.is(result.days, days + 1);
    assert.is(result.total.arrivals, days * visitsPerDay + 5 * visitsPerDay);
    assert.is(result.services.length, 11);
  }
  const said = rounds.map(({ floorMs, reportMs }) => `${Math.round(reportMs)} ms (floor ${Math.round(floorMs)} ms)`);
  process.stdout.write(`ten years: ${said.join(", ")}\n`);
  const best = rounds.sort((a, b) => a.reportMs - b.reportMs)[0];
  assert.ok(best && best.reportMs <= floorsMax * best.floorMs + spareMs, said.join(", "));
  store.close();

  const office = openOffice();
  const longReport = await createLong(wanted, folder);
  const wrapped = { ...office.store, figures: { report: async () => longReport, settle: async () => {} } };
  office.close();
  const asked = openOffice({ wrapStore: (own) => ({ ...own, figures: wrapped.figures }) });
  const cells: unknown[] = [];
  let after: number | null = 0;
  for (let pages = 0; after !== null; pages += 1) {
    const reply = await asked.ask("admin", "stats.range", { from: wanted.from, to: wanted.to, after });
    assert.ok(Buffer.byteLength(JSON.stringify(reply)) < payloadBytesMax);
    const result = verbs["stats.range"].result.parse(reply.ok && reply.result);
    cells.push(...result.cells);
    assert.ok(result.next === null || result.next === cells.length);
    after = result.next;
    assert.ok(pages < 100);
  }
  assert.equal(cells, longReport.cells);
  asked.close();
  rmSync(folder, { recursive: true });
});

async function createLong(wanted: { from: string; to: string; timeZone: string }, folder: string) {
  const store = openStore(folder);
  const result = await store.figures.report(wanted, "pages");
  store.close();
  return result;
}

test.run();
