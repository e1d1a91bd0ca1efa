import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keptPromise, outlook } from "../../hub/office/estimate.ts";
import { logNormal, longerThan, meanRest, normal } from "../../hub/office/log-normal.ts";
import { allWalkIns } from "../../hub/office/queue.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { createRandom } from "../month/random.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import type { TestOffice } from "./test-office.ts";
import { openOffice } from "./test-office.ts";

const test = suite("estimate");
const now = Date.parse("2026-11-23T09:00:00+01:00");

/** What a walk-in who came now would be told, and the wait that is as likely shorter as longer. */
const asked = (office: TestOffice, service = "id-card") =>
  outlook(office.state, { services: [service], appointmentAt: null }, allWalkIns(office.state), office.now);
const likely = (office: TestOffice, service?: string) => asked(office, service).likely ?? Number.NaN;

/** Desk 1 serves everything and has a visitor since just now. */
async function busyOffice(config: object = {}): Promise<TestOffice> {
  const office = openOffice({ now, config });
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.issue();
  await office.ask("clerk", "call.next", { desk: "1" });
  return office;
}
const between = (value: number, low: number, high: number, what: string) =>
  assert.ok(low <= value && value <= high, `${what}: ${value} is not from ${low} to ${high}`);

test("nobody before you and a free desk: no wait; no desk open: nothing is said", async () => {
  const office = openOffice({ now });
  assert.equal(asked(office), { ahead: 0, minutes: null, likely: null });
  await office.ask("clerk", "desk.open", { desk: "1" });
  assert.equal(asked(office), { ahead: 0, minutes: [0, 0], likely: 0 });
  office.close();
});

test("the visit that is going on counts with what is left of it", async () => {
  const office = await busyOffice();
  const atFirst = likely(office);
  between(atFirst, 5, 11, "one of 10 minutes has just begun");
  office.now += 6 * minuteMs;
  between(likely(office), 1, atFirst - 2, "6 minutes are over");
  office.close();
});

test("each who waits makes it longer, a family by each of its members, another desk shorter", async () => {
  const office = await busyOffice();
  const alone = likely(office);
  await office.issue();
  const withOne = likely(office);
  between(withOne - alone, 6, 13, "one more of 10 minutes");
  await office.ask("terminal", "ticket.issue", { service: "id-card", persons: 3 });
  between(likely(office) - withOne, 24, 36, "three more of 10 minutes");
  const before = likely(office);
  await office.ask("admin", "desk.open", { desk: "2", services: ["id-card"] });
  between(likely(office), before / 3, before * 0.7, "two desks");
  office.close();
});

test("a desk that serves little does not wait for what others have to do", async () => {
  const office = await busyOffice();
  for (let turn = 0; turn < 6; turn += 1) await office.issue("registration");
  await office.issue("pick-up");
  await office.issue("pick-up");
  await office.ask("admin", "desk.open", { desk: "2" });
  between(likely(office, "registration"), 60, 130, "six of 15 minutes at the one desk");
  between(likely(office, "pick-up"), 1, 10, "two of 3 minutes at the desk for pick-up");
  office.close();
});

test("the range holds what is likely, and is wider for longer waits but less so in proportion", async () => {
  const office = await busyOffice();
  let before = 1;
  for (let turn = 0; turn < 30; turn += 1) {
    await office.issue();
    const { minutes, likely: middle } = asked(office);
    const [low, high] = minutes ?? [0, 0];
    assert.ok(low < (middle ?? 0) && (middle ?? 0) < high, `${low} ${middle} ${high}`);
    if (turn % 10 !== 9) continue;
    const relative = (high - low) / (middle ?? 1);
    assert.ok(relative < before, `${relative} after ${before}`);
    before = relative;
  }
  office.close();
});

test("what is told at issue is kept in the ticket and is what the ticket shows", async () => {
  const office = await busyOffice();
  await office.issue();
  const { ahead, minutes } = asked(office);
  const ticket = await office.issue();
  assert.equal([ticket.ahead, ticket.estimateMinutes], [ahead, minutes]);
  assert.equal(office.state.tickets.get(ticket.id)?.promised, { ahead, minutes });
  office.now += 30 * minuteMs;
  const shown = await office.ask("clerk", "ticket.show", { number: ticket.number });
  const { estimateMinutes } = (shown as { result: { ticket: Ticket } }).result.ticket;
  assert.not.equal(estimateMinutes, minutes, "while it waits it shows what is expected now");
  assert.equal(office.state.tickets.get(ticket.id)?.promised, { ahead, minutes }, "the promise stays");
  office.close();
});

test("a break counts as long as it may still take", async () => {
  const office = await busyOffice();
  await office.ask("admin", "desk.open", { desk: "2", services: ["id-card"] });
  for (let turn = 0; turn < 9; turn += 1) await office.issue();
  const both = likely(office);
  await office.ask("admin", "desk.pause", { desk: "2" });
  between(likely(office), both + 2, both + 25, "one of them is away for a while");
  office.close();
});

async function bookedAt(inMinutes: number): Promise<AppointmentOffice> {
  const office = openAppointmentOffice({ now, config: { appointments: { desks: 2, leadMinutes: 0 } } });
  await office.ask("clerk", "desk.open", { desk: "1" });
  for (let turn = 0; turn < 4; turn += 1) await office.issue();
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.bookFor(now + inMinutes * minuteMs);
  return office;
}

test("an appointment still to come counts when it is due before the turn, and not when it is due later", async () => {
  const none = openOffice({ now });
  await none.ask("clerk", "desk.open", { desk: "1" });
  for (let turn = 0; turn < 4; turn += 1) await none.issue();
  await none.ask("clerk", "call.next", { desk: "1" });
  const without = likely(none);
  const soon = await bookedAt(15);
  between(likely(soon) - without, 6, 13, "one of 10 minutes comes in between");
  const later = await bookedAt(240);
  between(Math.abs(likely(later) - without), 0, 1, "long after");
  for (const office of [none, soon, later]) office.close();
});

test("a walk-in waits for appointments that are checked in only from when they are due", async () => {
  const office = await bookedAt(15);
  const expected = likely(office);
  const [record] = office.state.appointments.records.values();
  await office.ask("clerk", "appointment.late-check-in", { appointment: record?.id, reason: "test" });
  assert.is(office.state.waitingAppointments.length, 1);
  between(likely(office) - expected, -1, 3, "he was expected already");
  assert.is(asked(office).ahead, 4, "but now he is there to be counted");
  const promised = office.state.waitingAppointments[0]?.promised.minutes ?? [0, 0];
  between(promised[0], 0, 15, "not long before it is due at 9:13");
  between(promised[1], 13, 40, "and soon after");
  office.close();
});

test("a promise is kept when the wait, in whole minutes, lies within it", () => {
  for (const [minutes, kept] of [[4.4, false], [4.5, true], [10.4, true], [10.6, false]] as const) {
    assert.is(keptPromise([5, 10], minutes * minuteMs), kept, `${minutes}`);
  } // biome-ignore format: a table
});

test("the distributions are those of the books", () => {
  for (const [z, p] of [[0, 0.5], [1.2816, 0.9], [-1.96, 0.025], [6, 1]] as const) {
    assert.ok(Math.abs(normal(z) - p) < 1e-4, `${z}`);
  } // biome-ignore format: a table
  const time = logNormal(10, 25);
  const random = createRandom(3);
  const drawn = Array.from({ length: 40_000 }, () => random.logNormal(10, time.scale));
  const left = drawn.filter((minutes) => minutes > 12);
  assert.ok(Math.abs(left.length / drawn.length - longerThan(time, 12)) < 0.01);
  const rest = left.reduce((sum, minutes) => sum + minutes - 12, 0) / left.length;
  assert.ok(Math.abs(meanRest(time, 12) - rest) < 0.2, `${meanRest(time, 12)} ${rest}`);
  assert.ok(Math.abs(meanRest(time, 0) - 10) < 0.01);
});

test.run();
