import { test } from "uvu";
import * as assert from "uvu/assert";
import { almanacProblem, makeAlmanac } from "../../hub/almanac.ts";
import { displayView, officeView } from "../../hub/office/views.ts";
import { modelOffice, openOffice, outcome } from "./test-office.ts";

const at = (text: string) => Date.parse(text);
const hours = {
  openingHours: modelOffice.openingHours,
  region: { country: "de", state: "Nordrhein-Westfalen" },
  closures: [],
  specialHours: [],
};

test("at midnight, also at 24/7: numbers restart, leftovers are expired, boards are empty", async () => {
  const office = openOffice({ now: at("2026-11-23T23:59:59.999+01:00"), config: { openingHours: "24/7" } });
  await office.ask("clerk", "desk.open", { desk: "1" });
  for (let n = 0; n < 3; n += 1) await office.issue();
  await office.ask("clerk", "call.next", { desk: "1" });
  const revision = displayView(office.state, "all").revision;
  assert.is(displayView(office.state, "all").calls.length, 1);
  office.now += 1;
  await office.tick();
  assert.is(office.state.day, "2026-11-24");
  assert.equal(displayView(office.state, "all").calls, []);
  assert.ok(displayView(office.state, "all").revision > revision);
  assert.equal(
    office.events.filter(({ type }) => type === "ticket.expired").map((event) => "number" in event && event.number),
    ["A002", "A003"],
  );
  assert.is(office.state.waiting.length, 0);
  assert.is((await office.issue()).id, "2026-11-24/A001");
  office.close();
});

test("a visitor who is at a desk over midnight is finished there, by id or by number", async () => {
  for (const name of [{ ticket: "2026-11-23/A001" }, { number: "A001" }]) {
    const office = openOffice({ now: at("2026-11-23T23:59:00+01:00"), config: { openingHours: "24/7" } });
    await office.ask("clerk", "desk.open", { desk: "1" });
    await office.issue();
    await office.ask("clerk", "call.next", { desk: "1" });
    office.now += 120_000;
    await office.tick();
    office.restart();
    assert.is(office.state.desks.get("1")?.ticket, "2026-11-23/A001");
    const done = await office.ask("clerk", "ticket.finish", { desk: "1", ...name });
    assert.is(outcome(done), "ok", JSON.stringify(name));
    assert.is(office.store.ticket("2026-11-23/A001")?.state, "finished");
    assert.is(office.state.desks.get("1")?.ticket, null);
    assert.is(office.state.tickets.size, 0, "and is then forgotten");
    office.close();
  }
});

test("a ticket of a past day can still be shown and its paper reported, by its id", async () => {
  const office = openOffice({ now: at("2026-11-23T23:59:59+01:00"), config: { openingHours: "24/7" } });
  const { id } = await office.issue();
  office.now += 60_000;
  await office.tick();
  const report = { ticket: id, outcome: "printed", sure: true };
  assert.is(outcome(await office.ask("terminal", "ticket.printed", report)), "ok");
  const stored = office.store.ticket(id);
  assert.equal([stored?.state, stored?.paper], ["expired", "printed"]);
  assert.is(outcome(await office.ask("admin", "ticket.show", { ticket: id })), "ok");
  assert.is(outcome(await office.ask("admin", "ticket.show", { number: "A001" })), "unknown-ticket");
  office.close();
});

test("a request that comes before the hub looked at the clock is already of the new day", async () => {
  const office = openOffice({ now: at("2026-11-23T23:59:59+01:00"), config: { openingHours: "24/7" } });
  await office.issue();
  office.now = at("2026-11-24T00:00:00+01:00");
  assert.is((await office.issue()).id, "2026-11-24/A001");
  office.now = at("2026-12-24T00:00:00+01:00");
  assert.is((await office.issue()).id, "2026-12-24/A001", "after a month's silence too");
  office.close();
});

test("a clock that was wrong by days or years is followed there and back, and no number is given twice", async () => {
  const office = openOffice({ now: at("2026-11-24T10:00:00+01:00"), config: { openingHours: "24/7" } });
  const days: [string, string][] = [
    ["2026-11-24T10:00:00+01:00", "2026-11-24/A001"],
    ["2026-11-23T10:00:00+01:00", "2026-11-23/A001"],
    ["2026-11-24T10:00:01+01:00", "2026-11-24/A002"],
    ["2027-12-29T10:00:00+01:00", "2027-12-29/A001"],
    ["2026-11-24T10:00:02+01:00", "2026-11-24/A003"],
    ["2026-11-25T10:00:00+01:00", "2026-11-25/A001"],
  ];
  for (const [now, id] of days) {
    office.now = at(now);
    assert.is((await office.issue()).id, id);
    office.restart();
  }
  office.close();
});

test("a clock that steps back a little over midnight leaves the new day as it is", async () => {
  const office = openOffice({ now: at("2026-11-24T00:00:01+01:00"), config: { openingHours: "24/7" } });
  await office.issue();
  office.now -= 2_000;
  assert.is((await office.issue()).id, "2026-11-24/A002");
  office.close();
});

test("a clock that is set back puts nobody before those who came earlier", async () => {
  const office = openOffice();
  await office.issue("registration");
  office.now -= 600_000;
  await office.issue("id-card");
  assert.equal(office.state.waiting.map(({ number }) => number), ["B001", "A001"]); // biome-ignore format: one thought
  office.close();
});

test("opening and closing, to the second, with what is said outside", async () => {
  const office = openOffice({ now: at("2026-11-23T07:59:59+01:00") });
  const cases: [string, string, string | null][] = [
    ["2026-11-23T07:59:59.999+01:00", "closed", "2026-11-23T07:00:00.000Z"],
    ["2026-11-23T08:00:00+01:00", "ok", null],
    ["2026-11-23T15:59:59.999+01:00", "ok", null],
    ["2026-11-23T16:00:00+01:00", "closed", "2026-11-24T07:00:00.000Z"],
    ["2026-11-25T10:00:00+01:00", "closed", "2026-11-26T07:00:00.000Z"],
    ["2026-12-05T09:30:00+01:00", "ok", null],
    ["2026-12-05T12:00:00+01:00", "closed", "2026-12-07T07:00:00.000Z"],
    ["2026-12-25T10:00:00+01:00", "closed", "2026-12-28T07:00:00.000Z"],
  ];
  for (const [now, expected, opensAt] of cases) {
    office.now = at(now);
    const reply = await office.ask("terminal", "ticket.issue", { service: "id-card" });
    assert.is(outcome(reply), expected, now);
    if (!reply.ok) assert.is(reply.error.opensAt, opensAt, now);
  }
  const turns = office.events.filter(({ type }) => type === "office.opened" || type === "office.closed");
  assert.equal(
    turns.map(({ type }) => type),
    ["office.opened", "office.closed", "office.opened", "office.closed"],
  );
  office.close();
});

test("whoever holds a ticket at closing time is still served", async () => {
  const office = openOffice({ now: at("2026-11-23T15:59:59+01:00") });
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.issue();
  office.now += 60_000;
  assert.is(outcome(await office.ask("clerk", "call.next", { desk: "1" })), "ok");
  assert.is(office.state.desks.get("1")?.ticket, "2026-11-23/A001");
  office.close();
});

test("days of 23 and 25 hours, closures, special hours, holidays", () => {
  const days = (from: string, changes: object = {}) => makeAlmanac({ ...hours, ...changes }, at(from), 2);
  const length = (day: { start: number; end: number } | undefined) => ((day?.end ?? 0) - (day?.start ?? 0)) / 3_600_000;
  assert.is(length(days("2026-03-29T12:00:00+02:00")[0]), 23);
  assert.is(length(days("2026-10-25T12:00:00+01:00")[0]), 25);
  const [monday, tuesday] = days("2026-11-23T12:00:00+01:00", {
    closures: [{ date: "2026-11-24", reason: "Betriebsausflug" }],
    specialHours: [
      { date: "2026-11-23", hours: "10:00-11:00" },
      { date: "2026-11-24", hours: "10:00-11:00" },
    ],
  });
  assert.equal(monday?.open, [{ from: at("2026-11-23T10:00:00+01:00"), to: at("2026-11-23T11:00:00+01:00") }]);
  assert.equal([tuesday?.open, tuesday?.closed], [[], "Betriebsausflug"]);
  assert.equal(days("2026-06-04T12:00:00+02:00")[0]?.open, [], "Corpus Christi, a holiday in North Rhine-Westphalia");
});

test("hours are tried for more than a year from now, and what is wrong is said in one plain sentence", () => {
  const { error } = console;
  const printed: unknown[] = [];
  console.error = (words) => printed.push(words);
  const problem = (text: string, from: string) => almanacProblem(text, hours.region, at(from));
  try {
    const school = "Mo-Fr 08:00-16:00; SH off";
    assert.is(problem(school, "2026-11-23T12:00:00+01:00"), undefined);
    const said = problem(school, "2029-11-23T12:00:00+01:00");
    assert.is(said, "School holiday not defined for the year 2030.");
    assert.match(problem("Mo 8-99", "2026-11-23T12:00:00+01:00") ?? "", /^Mo 8-99 <--- /);
    assert.is(problem("24/7", "2026-11-23T12:00:00+01:00"), undefined);
    assert.equal(printed, []);
  } finally {
    console.error = error;
  }
});

test("the office's page of itself: 14 days, and no change to come at 24/7", async () => {
  const office = openOffice({ config: { openingHours: "24/7" } });
  const view = officeView(office.state, office.now);
  assert.is(view.days.length, 14);
  assert.is(view.nextChange, null);
  assert.is(view.open, true);
  office.close();
  const model = openOffice();
  assert.is(officeView(model.state, model.now).nextChange, "2026-11-23T15:00:00.000Z");
  model.close();
});

test.run();
