import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import type { Grant } from "../../protocol/reserve.ts";
import { openAppointmentOffice } from "./appointment-office.ts";
import { bring, given, grants, monday } from "./bringing.ts";
import { mondayMorning, openOffice, outcome } from "./test-office.ts";

const dayMs = 24 * 3_600_000;

const rangesOf = (all: Grant[], letter: string, day = monday) =>
  all.filter((grant) => grant.letter === letter && grant.day === day).map(({ first, last }) => [first, last]);

test("each terminal holds numbers of its own at the top of every series, for today and three opening days", async () => {
  const office = openAppointmentOffice();
  const foyer = await grants(office);
  const kiosk = await grants(office, "kiosk");
  // On Wednesdays the office is closed.
  assert.equal([...new Set(foyer.map(({ day }) => day))], [monday, "2026-11-24", "2026-11-26", "2026-11-27"]);
  assert.equal([...new Set(foyer.map(({ letter }) => letter))].sort(), ["A", "B", "C", "T"]);
  for (const day of [monday, "2026-11-27"]) {
    assert.equal(rangesOf(foyer, "T", day), [["T950", "T999"]]);
    assert.equal(rangesOf(kiosk, "T", day), [["T900", "T949"]]);
  }
  assert.equal(await grants(office), foyer, "asked again they are the same");
  office.restart();
  assert.equal(await grants(office), foyer, "after a restart too");
  assert.is(outcome(await office.ask("clerk", "reserve.get")), "forbidden");
  office.close();
});

test("the width of the numbers and how many of them a terminal holds are the office's", async () => {
  const wide = openOffice({ config: { numberDigits: 4, reserve: { numbers: 10 } } });
  const all = await grants(wide);
  assert.equal(rangesOf(all, "A"), [["A9990", "A9999"]]);
  assert.equal(rangesOf(all, "T"), [], "no appointments, no numbers for them");
  wide.restart({ numberDigits: 3 });
  assert.equal(rangesOf(await grants(wide), "A"), [["A9990", "A9999"], ["A990", "A999"]]); // biome-ignore format: rows
  wide.close();
  const none = openOffice({ config: { reserve: { numbers: 0 } } });
  assert.equal(await grants(none), []);
  none.close();
});

test("fresh numbers come when less than half is left, or when the terminal does not know what it gave", async () => {
  const office = openOffice();
  await grants(office);
  const numbers = Array.from({ length: 26 }, (_, index) => `A${950 + index}`);
  await bring(office, numbers.slice(0, 25).map((number) => given(number))); // biome-ignore format: one line
  assert.equal(rangesOf(await grants(office), "A"), [["A950", "A999"]]);
  await bring(office, [given("A975")]);
  assert.equal(rangesOf(await grants(office), "A"), [["A950", "A999"], ["A900", "A949"]]); // biome-ignore format: rows
  const anew = await grants(office, "terminal", { anew: true });
  assert.equal(rangesOf(anew, "A"), [["A850", "A899"]]);
  assert.equal(rangesOf(anew, "B"), [["B900", "B949"]]);
  office.restart();
  assert.equal(await grants(office), anew);
  assert.equal((await bring(office, [given("A940")])).refused, [], "a paper of before is still taken");
  office.close();
});

test("the hub gives no number that was granted, and is full where they begin", async () => {
  const office = openOffice();
  await grants(office);
  for (let n = 1; n <= 949; n += 1) void office.issue();
  await office.issue("pick-up");
  office.restart();
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" })), "full");
  const numbers = [...office.state.tickets.values()].map(({ number }) => number);
  assert.is(numbers.filter((number) => number >= "A950" && number <= "A999").length, 0);
  assert.is(numbers.length, 950);
  const kiosk = await grants(office, "kiosk");
  assert.equal(rangesOf(kiosk, "A"), [], "nothing is left to hold");
  assert.match(JSON.stringify(office.events.at(-1)), /kiosk got fewer numbers than usual.*A on 2026-11-23/);
  office.close();
});

test("a terminal gets half of what is free of a series at most", async () => {
  const office = openOffice({ config: { reserve: { numbers: 100 } } });
  for (let n = 1; n <= 850; n += 1) void office.issue();
  await office.issue("pick-up");
  assert.equal(rangesOf(await grants(office), "A"), [["A926", "A999"]]);
  office.close();
});

test("adopted numbers stand where their issue time puts them, and can be called", async () => {
  const office = openOffice();
  await grants(office);
  await office.ask("clerk", "desk.open", { desk: "1" });
  const first = await office.issue();
  office.now += 60_000;
  const last = await office.issue();
  office.now += 60_000;
  const at = (ms: number) => ({ issuedAt: new Date(mondayMorning + ms).toISOString() });
  const brought = await bring(office, [given("A950", at(20_000)), given("A951", at(40_000))].toReversed());
  assert.equal(brought.refused, []);
  const queue = async () =>
    ((await office.ask("admin", "queue.list")) as { result: { tickets: Ticket[] } }).result.tickets;
  const order = [first.number, "A950", "A951", last.number];
  assert.equal((await queue()).map(({ number }) => number), order); // biome-ignore format: one line
  assert.equal((await queue()).map(({ origin }) => origin), ["hub", "reserve", "reserve", "hub"]); // biome-ignore format: one line
  office.restart();
  assert.equal((await queue()).map(({ number }) => number), order); // biome-ignore format: one line
  for (const number of order) {
    const called = await office.ask("clerk", "call.next", { desk: "1" });
    assert.is((called as { result: { ticket: Ticket } }).result.ticket.number, number);
    await office.ask("clerk", "ticket.finish", { desk: "1", number });
  }
  assert.is((await office.issue()).number, "A003", "the hub's own series goes on as before");
  const printed = { ticket: `${monday}/A950`, outcome: "printed", sure: true };
  assert.is(outcome(await office.ask("terminal", "ticket.printed", printed)), "ok");
  assert.is(office.state.tickets.get(`${monday}/A950`)?.paper, "printed");
  office.close();
});

test("adopting has one effect, and tombstones the touch's request, whether it came before or comes after", async () => {
  const office = openOffice();
  await grants(office);
  const issue = (request: string) => office.ask("terminal", "ticket.issue", { service: "id-card" }, request);
  const hubs = (await issue("slow")) as { result: { ticket: Ticket } };
  const item = given("A950", { request: "slow" });
  const one = await bring(office, [item]);
  assert.equal(one.adopted, [{ request: "slow", ticket: `${monday}/A950`, number: "A950", state: "waiting" }]);
  assert.is(office.state.tickets.get(hubs.result.ticket.id)?.state, "void");
  const { seq } = office.state;
  assert.equal(await bring(office, [item]), one);
  assert.is(office.state.seq, seq, "nothing happened");
  const shown = await office.ask("clerk", "ticket.show", { number: hubs.result.ticket.number });
  assert.is((shown as { result: { ticket: Ticket } }).result.ticket.number, "A950");
  const again = (await issue("slow")) as { result: { ticket: Ticket } };
  assert.is(again.result.ticket.number, "A950");

  await bring(office, [given("A951", { request: "late" })]);
  office.restart();
  const late = (await issue("late")) as { result: { ticket: Ticket } };
  assert.is(late.result.ticket.number, "A951");
  assert.equal(
    office.state.waiting.map(({ number }) => number),
    ["A950", "A951"],
  );
  office.close();
});

test("numbers of an unsure clock keep their order when they come in two batches", async () => {
  const office = openOffice({ config: { reserve: { numbers: 200 } } });
  await grants(office);
  const contact = new Date(office.now).toISOString();
  office.now += 4 * 3_600_000;
  const all = Array.from({ length: 130 }, (_, index) => given(`A${800 + index}`, { clock: "unsure", contact }));
  await bring(office, all.slice(0, 100));
  office.now += 500;
  await bring(office, all.slice(100));
  assert.equal(
    office.state.waiting.map(({ number }) => number),
    all.map(({ number }) => number),
  );
  office.close();
});

test("a number stays given when the clock was a month ahead for a while", async () => {
  const office = openOffice({ mayErase: () => false });
  const own = await grants(office);
  await bring(office, [given("A950")]);
  for (const jumpMs of [30 * dayMs, -30 * dayMs]) {
    office.now += jumpMs;
    await office.tick();
  }
  assert.equal(rangesOf(await grants(office), "A"), rangesOf(own, "A"), "the range is the same again");
  const { adopted, refused } = await bring(office, [given("A950"), given("A951")]);
  assert.equal(
    adopted.map(({ number }) => number),
    ["A951"],
  );
  assert.match(refused[0]?.error.message ?? "", /A950 came in for another touch already/);
  office.close();
});

test("a withdrawn touch whose paper came out after all is adopted, one that was refused too", async () => {
  const office = openOffice({ now: mondayMorning - 2 * 3_600_000 });
  await grants(office);
  await office.ask("terminal", "ticket.withdraw", { request: "gone" });
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" }, "early")), "closed");
  const brought = await bring(office, [given("A950", { request: "gone" }), given("A951", { request: "early" })]);
  assert.is(brought.adopted.length, 2);
  assert.is(office.state.waiting.length, 2);
  office.close();
});

test("what cannot be taken is refused by itself, with the reason and an alarm; the others are taken", async () => {
  const office = openOffice();
  await grants(office);
  await grants(office, "kiosk");
  await bring(office, [given("A950", { request: "known" })]);
  await office.ask("terminal", "queue.list", {}, "no-touch");
  await office.ask(
    "terminal",
    "ticket.printed",
    { ticket: "2026-11-23/A950", outcome: "printed", sure: true },
    "paper",
  );
  const cases: [object, RegExp][] = [
    [given("A001"), /A001 is in no range that terminal was given for 2026-11-23/],
    [given("A900"), /in no range/],
    [given("A0960"), /in no range/],
    [given("A960", { day: "2026-11-22" }), /in no range/],
    [given("A960", { day: "2026-11-24" }), /a day that has not begun/],
    [given("B960"), /not of the series of id-card/],
    [given("A960", { service: "passport" }), /no service passport/],
    [given("A950"), /came in for another touch already/],
    [given("A961", { request: "known" }), /has the number A950 already/],
    [given("A962", { request: "paper" }), /is the id of a ticket.printed/],
  ];
  const right = given("A970");
  const brought = await bring(office, [...cases.map(([item]) => item), right]);
  assert.equal(brought.adopted.map(({ number }) => number), ["A970"]); // biome-ignore format: one line
  assert.is(brought.refused.length, cases.length);
  for (const [index, [, message]] of cases.entries())
    assert.match(brought.refused[index]?.error.message ?? "", message);
  // Of all of them only this one may be right, where it is the hub's clock that is wrong.
  const later = brought.refused.filter(({ error }) => error.code === "other-day");
  assert.equal(later.map(({ error }) => error.date), ["2026-11-23"]); // biome-ignore format: one line
  const alarms = office.events.filter((event) => event.type === "device.alarm" && event.alarm === "reserve number");
  assert.is(alarms.length, cases.length);
  assert.equal(office.state.waiting.map(({ number }) => number), ["A950", "A970"]); // biome-ignore format: one line
  const tooMany = { tickets: Array.from({ length: 101 }, () => given("A971")) };
  assert.is(outcome(await office.ask("terminal", "ticket.adopt", tooMany)), "bad-request");
  assert.is(outcome(await office.ask("clerk", "ticket.adopt", { tickets: [given("A971")] })), "forbidden");
  office.close();
});

test("an answer to a hundred numbers fits into a message", async () => {
  const office = openOffice({ config: { reserve: { numbers: 100 }, numberDigits: 6 } });
  await grants(office);
  const id = (n: number) => `${"x".repeat(60)}${n}`;
  const all = Array.from({ length: 100 }, (_, n) =>
    given(`A9999${String(n).padStart(2, "0")}`.slice(0, 7), { request: id(n) }),
  );
  const reply = await office.ask("terminal", "ticket.adopt", { tickets: all });
  assert.ok(Buffer.byteLength(JSON.stringify(reply)) < 32_768);
  const { adopted, refused } = (reply as { result: Result<"ticket.adopt"> }).result;
  assert.is(adopted.length + refused.length, 100);
  assert.equal(refused, []);
  const none = await office.ask("terminal", "ticket.adopt", { tickets: all.map((item) => ({ ...item, request: `y${item.request.slice(1)}` })) }); // biome-ignore format: one line
  assert.ok(Buffer.byteLength(JSON.stringify(none)) < 65_536);
  office.close();
});

test("places in time: not before the last contact, not after now, and always in the order in which they were given", () => {
  const time = fc.integer({ min: -2 * dayMs, max: 2 * dayMs });
  const item = fc.record({
    at: time,
    contact: fc.option(fc.integer({ min: -dayMs, max: 0 }), { nil: undefined }),
    clock: fc.constantFrom("sure", "unsure"),
  });
  return fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
      const office = openOffice();
      await grants(office);
      office.now += 3_600_000;
      const { now } = office;
      const tickets = items.map(({ at, contact, clock }, index) =>
        given(`A${950 + index}`, {
          issuedAt: new Date(now + at).toISOString(),
          clock,
          ...(contact === undefined ? {} : { contact: new Date(now + contact).toISOString() }),
        }),
      );
      await bring(office, tickets.toReversed());
      const order = office.state.waiting.map(({ number }) => number);
      assert.equal(order, tickets.map(({ number }) => number)); // biome-ignore format: one line
      for (const ticket of office.state.waiting) assert.ok(ticket.earnedAt <= now, "nobody stands in the future");
      for (const [index, { contact, at, clock }] of items.entries()) {
        const earned = office.state.tickets.get(`${monday}/A${950 + index}`)?.earnedAt ?? 0;
        if (contact === undefined || clock === "unsure") continue;
        const alone = items.length === 1;
        if (alone) assert.is(earned, Math.min(now, Math.max(now + at, now + contact)));
      }
      office.close();
    }),
    { numRuns: 40 },
  );
});

test("numbers of an unsure clock are spread over the time without the hub", async () => {
  const office = openOffice();
  await grants(office);
  office.now += 40 * 60_000;
  const wrong = { issuedAt: "1970-01-01T00:00:10Z", clock: "unsure", contact: new Date(mondayMorning).toISOString() };
  await bring(office, ["A950", "A951", "A952"].map((number) => given(number, wrong))); // biome-ignore format: one line
  assert.equal(
    office.state.waiting.map(({ earnedAt }) => (earnedAt - mondayMorning) / 60_000),
    [10, 20, 30],
  );
  office.close();
});

test("yesterday's numbers are recorded as expired of their day and enter no queue", async () => {
  const office = openOffice({ config: { openingHours: "24/7" } });
  await grants(office);
  const issued = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
  const { id } = (issued as { result: { ticket: Ticket } }).result.ticket;
  office.now += dayMs;
  await office.tick();
  const brought = await bring(office, [given("A950", { request: "slow" }), given("A951")]);
  assert.equal(brought.adopted.map(({ state }) => state), ["expired", "expired"]); // biome-ignore format: one line
  assert.is(office.state.waiting.length, 0);
  assert.is(office.state.tickets.size, 0, "and none is kept in memory");
  assert.is(office.store.ticket(`${monday}/A950`)?.state, "expired");
  assert.is(office.store.ticket(id)?.state, "void");
  assert.equal((await bring(office, [given("A951", { request: "slow" })])).adopted, []);
  const shown = await office.ask("clerk", "ticket.show", { ticket: id });
  assert.is((shown as { result: { ticket: Ticket } }).result.ticket.number, "A950");
  assert.is((await office.issue()).number, "A001");
  office.close();
});

test.run();
