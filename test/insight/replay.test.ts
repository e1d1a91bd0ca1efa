import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PolicyName } from "../../hub/insight/policies.ts";
import { policies } from "../../hub/insight/policies.ts";
import type { Replay } from "../../hub/insight/replay.ts";
import { replayDay } from "../../hub/insight/replay.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import { publicEvent, readEvent } from "../../hub/office/events.ts";
import type { CallPolicy } from "../../hub/office/state.ts";
import { openAppointmentOffice } from "../hub/appointment-office.ts";
import { bring, given, grants } from "../hub/bringing.ts";
import { modelOffice, openOffice } from "../hub/test-office.ts";
import { simulateMonth } from "../month/simulate.ts";
import { plan } from "../month/town.ts";

const test = suite("replay");
const minuteMs = 60_000;

/** The days of a busy week under a policy, each by its date, as the hub publishes them. */
function week(policy: PolicyName, seed: number, load = 1.05): { date: string; events: RecordedEvent[] }[] {
  const { events } = simulateMonth({ seed, load, pattern: "morning", days: 5 }, policies[policy], {}, true);
  const published = events.map((event) => readEvent(JSON.parse(JSON.stringify(publicEvent(event)))));
  const dates = new Set(published.flatMap((event) => (event.type === "ticket.issued" ? [event.day] : [])));
  return [...dates].map((date) => ({ date, events: published }));
}
const replay = (events: RecordedEvent[], date: string, policy: PolicyName, calls: Partial<CallPolicy> = {}): Replay =>
  replayDay(events, { date, policy: policies[policy], calls: { ...plan.calls, ...calls } });

for (const policy of ["ours", "strict", "first-come"] as const) {
  test(`a day that was called by the policy ${policy} gives the same calls once more`, () => {
    let calls = 0;
    for (const seed of [1, 2]) {
      for (const { date, events } of week(policy, seed)) {
        const { recorded, replayed, byHand, guessed, unserved, waits } = replay(events, date, policy);
        assert.equal(replayed, recorded, date);
        assert.equal([byHand, guessed, unserved], [0, 0, 0]);
        assert.equal(waits.replayed, waits.recorded);
        calls += recorded.length;
      }
    }
    assert.ok(calls > 1_000, `${calls} calls`);
  });
}

test("another policy makes other calls, and its waits are those of the office that has it", () => {
  for (const { date, events } of week("ours", 3, 1.2)) {
    const { waits: strict, replayed } = replay(events, date, "strict");
    const { waits: came } = replay(events, date, "first-come");
    const { recorded } = strict;
    assert.is(replayed.length, strict.recorded.all.visitors, "everybody is served under it too");
    assert.ok(strict.replayed.appointment.p90 <= recorded.appointment.p90 + 1, `${date}: ${JSON.stringify(strict)}`);
    assert.ok(came.replayed.appointment.p90 >= strict.replayed.appointment.p90, `${date}: ${JSON.stringify(came)}`);
  }
});

test("the number after which walk-ins take turns can be tried", () => {
  const [day] = week("ours", 3, 1.2);
  if (!day) throw new Error("nothing was recorded");
  const never = replay(day.events, day.date, "ours", { walkInMaxWaitMs: 1_000 * minuteMs });
  const atOnce = replay(day.events, day.date, "ours", { walkInMaxWaitMs: 0 });
  assert.ok(atOnce.waits.replayed.appointment.p90 > never.waits.replayed.appointment.p90);
  assert.ok(atOnce.waits.replayed["walk-in"].p90 < never.waits.replayed["walk-in"].p90);
});

test("calls by number, calls taken back, breaks with parked visitors and transfers, as desks make them", async () => {
  const office = openOffice();
  const ask = async (verb: string, args: object, tookMs = minuteMs) => {
    const reply = await office.ask("admin", verb, args);
    if (!reply.ok) throw new Error(`${verb}: ${reply.error.message}`);
    office.now += tookMs;
  };
  await ask("desk.open", { desk: "1" });
  for (const service of ["id-card", "id-card", "pick-up", "registration", "id-card"]) {
    await office.issue(service);
    office.now += minuteMs;
  }
  await ask("call.next", { desk: "1" }, 5_000);
  await ask("call.undo", { desk: "1", number: "A001" });
  await ask("call.next", { desk: "1" });
  await ask("ticket.park", { desk: "1", number: "A001" });
  await ask("call.next", { desk: "1" });
  await ask("ticket.transfer", { desk: "1", number: "A002", service: "registration" });
  await ask("ticket.resume", { desk: "1", number: "A001" });
  await ask("ticket.finish", { desk: "1", number: "A001" });
  await ask("call.number", { desk: "1", number: "A003" });
  await ask("ticket.finish", { desk: "1", number: "A003" });
  for (const number of ["A002", "C001", "B001"]) {
    await ask("call.next", { desk: "1" });
    await ask("ticket.finish", { desk: "1", number });
  }
  await ask("desk.close", { desk: "1" });
  const result = replay(office.events, "2026-11-23", "ours");
  assert.is(result.byHand, 1);
  assert.equal([result.guessed, result.unserved], [0, 0]);
  const numbers = (calls: Replay["recorded"]) => calls.map(({ ticket }) => ticket.slice(-4));
  assert.equal(numbers(result.recorded), ["A001", "A002", "A003", "C001", "B001"]);
  assert.equal(numbers(result.replayed), ["A001", "A002", "C001", "B001", "A003"], "without the call by number");
  office.close();
});

test("a day on which a terminal was alone gives the same calls once more, also where a number took another's place", async () => {
  const office = openOffice();
  const ask = async (verb: string, args: object, id?: string) => {
    const reply = await office.ask(verb === "ticket.issue" ? "terminal" : "admin", verb, args, id);
    if (!reply.ok) throw new Error(`${verb}: ${reply.error.message}`);
    office.now += minuteMs;
  };
  await grants(office);
  await ask("desk.open", { desk: "1" });
  office.now += 5 * minuteMs;
  await bring(office, [given("A950"), given("B950", { service: "registration" })]);
  for (const touch of ["slow-1", "slow-2"]) await ask("ticket.issue", { service: "id-card" }, touch);
  const issuedAt = new Date(office.now - minuteMs).toISOString();
  for (const number of ["A950", "B950"]) {
    await ask("call.next", { desk: "1" });
    await ask("ticket.finish", { desk: "1", number });
  }
  await ask("call.next", { desk: "1" });
  await bring(office, [
    given("A951", { request: "slow-1", issuedAt }),
    given("A952", { request: "slow-2", issuedAt }),
    given("A953", { issuedAt }),
  ]);
  office.now -= minuteMs - 5_000;
  await ask("call.undo", { desk: "1", number: "A951" });
  for (const number of ["A951", "A952", "A953"]) {
    await ask("call.next", { desk: "1" });
    await ask("ticket.finish", { desk: "1", number });
  }
  const { recorded, replayed, byHand, guessed, unserved } = replay(office.events, "2026-11-23", "ours");
  assert.equal(
    recorded.map(({ ticket }) => ticket.slice(-4)),
    ["A950", "B950", "A001", "A002", "A953"],
  );
  assert.equal(replayed, recorded);
  assert.equal([byHand, guessed, unserved], [0, 0, 0]);
  office.close();
});

test("services of one group take turns as on that day, also when a walk-in had a number of the appointments' series", async () => {
  const services = modelOffice.services.map((service) => ({ ...service, letter: "A" }));
  const desks = services.map(({ id }, index) => ({ id: String(index), name: `Platz ${index}`, services: [id] }));
  const office = openAppointmentOffice({ config: { services, desks, appointments: { desks: 3, leadMinutes: 0 } } });
  const ask = async (verb: string, args: object) => {
    const reply = await office.ask("admin", verb, args);
    if (!reply.ok) throw new Error(`${verb}: ${reply.error.message}`);
    office.now += minuteMs;
  };
  const time = office.now + 120 * minuteMs;
  const booked = [];
  for (const service of ["registration", "id-card"]) {
    booked.push(await office.bookFor(time, { services: [{ service, persons: 1 }] }));
  }
  for (const desk of ["0", "1"]) await ask("desk.open", { desk });
  await grants(office);
  office.now += minuteMs;
  for (const service of ["registration", "id-card"]) await office.issue(service);
  await bring(office, [given("T950")]);
  for (const [desk, number] of [
    ["0", "T950"],
    ["1", "A001"],
  ] as const) {
    await ask("call.next", { desk });
    await ask("ticket.finish", { desk, number });
  }
  office.now = time;
  for (const { code } of booked) await ask("appointment.check-in", { code, at: new Date(office.now).toISOString() });
  await ask("call.next", { desk: "1" });
  await ask("call.next", { desk: "0" });
  await ask("ticket.finish", { desk: "0", number: "A002" });
  await ask("call.next", { desk: "0" });
  const { recorded, replayed } = replay(office.events, "2026-11-23", "ours");
  assert.equal(
    recorded.map(({ ticket }) => ticket.slice(-4)),
    ["T950", "A001", "T001", "A002", "T002"],
  );
  assert.equal(replayed, recorded);
  office.close();
});

test("who left before he was called on that day may be called earlier now", () => {
  const at = (minute: number) => Date.parse("2026-11-23T09:00:00+01:00") + minute * minuteMs;
  const events = week("ours", 1)[0]?.events ?? [];
  const issued = events.find((event) => event.type === "ticket.issued" && event.kind === "walk-in");
  const called = events.find((event) => event.type === "ticket.called");
  const finished = events.find((event) => event.type === "ticket.finished");
  if (issued?.type !== "ticket.issued" || called?.type !== "ticket.called" || finished?.type !== "ticket.finished") {
    throw new Error("the week is empty");
  }
  let seq = 0;
  const about = (number: string) => ({ ticket: `2026-11-23/${number}`, number, service: issued.service, seq: ++seq });
  const issue = (number: string, minute: number, appointmentAt: number | null = null) => {
    const kind = appointmentAt === null ? ("walk-in" as const) : ("appointment" as const);
    const when = { at: at(minute), issuedAt: at(minute), earnedAt: at(minute), appointmentAt, kind };
    return { ...issued, ...about(number), day: "2026-11-23", paper: "printed" as const, priority: 0, ...when };
  };
  const call = (number: string, minute: number) => ({ ...called, ...about(number), desk: "1", at: at(minute) });
  const end = (number: string, minute: number) => ({ ...finished, ...about(number), desk: "1", at: at(minute) });
  const day: RecordedEvent[] = [
    { type: "desk.opened", desk: "1", services: [issued.service], by: "x", epoch: 1, seq: ++seq, at: at(0) },
    issue("A001", 0),
    call("A001", 0),
    issue("A002", 1),
    issue("T001", 2, at(3)),
    end("A001", 10),
    call("T001", 10),
    { type: "ticket.cancelled", ...about("A002"), desk: null, void: false, reason: { code: "cancelled" }, by: "x", epoch: 1, at: at(15) }, // biome-ignore format: one event
    end("T001", 40),
    { type: "desk.closed", desk: "1", by: "x", epoch: 1, seq: ++seq, at: at(41) },
  ];
  const asItWas = replay(day, "2026-11-23", "ours");
  assert.equal(asItWas.replayed, asItWas.recorded);
  const came = replay(day, "2026-11-23", "first-come");
  assert.equal(
    came.replayed.map(({ ticket }) => ticket.slice(-4)),
    ["A001", "A002", "T001"],
  );
  assert.is(came.guessed, 1, "how long A002 would have taken");
  assert.is(
    came.waits.replayed.appointment.max,
    37,
    "from 9:03, behind A002, who is taken to stay 30 minutes as others did",
  );
});

test.run();
