import { test } from "uvu";
import * as assert from "uvu/assert";
import { minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { bring, given, grants, monday } from "./bringing.ts";
import type { TestOffice } from "./test-office.ts";
import { openOffice, outcome } from "./test-office.ts";

const at = (office: TestOffice, number: string) => office.state.tickets.get(`${monday}/${number}`);

/** Desks 1 and 2 are open; A001, A002, B001 and C001 wait, a minute after each other. */
async function office(): Promise<TestOffice> {
  const open = openOffice();
  for (const desk of ["1", "2"]) await deskOf(open, "desk.open", desk);
  for (const service of ["id-card", "id-card", "registration", "pick-up"]) {
    await open.issue(service);
    open.now += minuteMs;
  }
  return open;
}

/** Asks as the admin, at a desk. */
async function by(open: TestOffice, verb: string, args: object, desk = "1") {
  assert.is(outcome(await open.ask("admin", verb, { desk, ...args })), "ok", verb);
}
const deskOf = (open: TestOffice, verb: string, desk = "1") => by(open, verb, {}, desk);

test("what no desk can call is told of though the clock is set back meanwhile", async () => {
  const open = await office();
  await deskOf(open, "desk.close");
  await open.tick();
  open.setClock(open.now - 60 * minuteMs);
  for (let minute = 0; minute < 3; minute += 1) {
    open.now += minuteMs;
    await open.tick();
  }
  const told = open.events.filter((event) => event.type === "device.alarm" && event.alarm === "unserved");
  assert.is(told.length, 3);
  open.close();
});

test("what no desk can call is told of once, after two minutes", async () => {
  const open = await office();
  const alarms = () => open.events.flatMap((event) => (event.type === "device.alarm" ? [`${event.alarm}`] : []));
  await deskOf(open, "desk.close");
  open.now += 2 * minuteMs - 1;
  await open.tick();
  assert.equal(alarms(), []);
  open.now += 1;
  await open.tick();
  assert.equal(alarms(), ["unserved", "unserved", "unserved"], "C001 is for desk 2");
  const [told] = open.events.filter(({ type }) => type === "device.alarm");
  assert.match(JSON.stringify(told), "A001 waits for id-card, and no open desk serves that");
  open.now += 10 * minuteMs;
  await open.tick();
  open.restart();
  open.now += 10 * minuteMs;
  await open.tick();
  assert.is(alarms().length, 3, "once, also after a restart");
  await open.issue("id-card");
  open.now += minuteMs;
  await deskOf(open, "desk.open");
  open.now += minuteMs;
  await deskOf(open, "desk.close");
  open.now += 2 * minuteMs - 1;
  await open.tick();
  assert.is(alarms().length, 3, "the two minutes begin again");
  open.now += 1;
  await open.tick();
  assert.is(alarms().length, 4);
  open.close();
});

test("a walk-in for several services, which no desk serves together, is told of as well", async () => {
  const open = openAppointmentOffice();
  await grants(open);
  await open.ask("admin", "desk.open", { desk: "1", services: ["id-card"] });
  await open.ask("admin", "desk.open", { desk: "2", services: ["pick-up"] });
  const time = open.now + 60 * minuteMs;
  const services = ["id-card", "pick-up"].map((service) => ({ service, persons: 1 }));
  const { id, code } = await open.bookFor(time, { services });
  await open.ask("clerk", "appointment.cancel", { appointment: id });
  open.now = time;
  await bring(open, [given("T950", { code, issuedAt: new Date(time).toISOString() })]);
  assert.is(at(open, "T950")?.kind, "walk-in");
  open.now += 2 * minuteMs;
  await open.tick();
  const [told] = open.events.filter(({ type }) => type === "device.alarm");
  assert.match(JSON.stringify(told), "T950 waits for id-card, pick-up, and no open desk serves that");
  open.close();
});

test("whoever is sent on or called, and then waits where no desk calls him, is told of again", async () => {
  for (const way of ["sent on", "called", "called in error"]) {
    const open = await office();
    const numbers = () =>
      open.events.flatMap((event) => (event.type === "device.alarm" && "number" in event ? [event.number] : []));
    const minutes = async (count: number) => {
      open.now += count * minuteMs;
      await open.tick();
    };
    await deskOf(open, "desk.close");
    await minutes(2);
    assert.equal(numbers(), ["A001", "A002", "B001"], way);
    if (way !== "sent on") {
      await deskOf(open, "desk.open");
      await by(open, "call.next", {});
      assert.is(at(open, "A001")?.state, "called");
      if (way === "called in error") await by(open, "call.undo", { number: "A001" });
    }
    if (way !== "called in error") await by(open, "ticket.transfer", { number: "A001", service: "registration" });
    if (way !== "sent on") await deskOf(open, "desk.close");
    const check = () => assert.is(at(open, "A001")?.unservedTold, way === "called in error", way);
    check();
    open.restart();
    check();
    await minutes(2);
    await minutes(2);
    assert.equal(numbers().slice(3), way === "called in error" ? [] : ["A001"], way);
    open.close();
  }
});

test("a short break leaves nobody unserved, a long one does", async () => {
  const open = await office();
  const alarms = () => open.events.filter(({ type }) => type === "device.alarm").length;
  await deskOf(open, "desk.pause");
  open.now += 10 * minuteMs;
  await open.tick();
  assert.is(alarms(), 0);
  open.now += 1;
  await open.tick();
  open.now += 2 * minuteMs;
  await open.tick();
  assert.is(alarms(), 3);
  open.close();
});

test.run();
