import { test } from "uvu";
import * as assert from "uvu/assert";
import { accept } from "../../hub/office/decision.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { bring, given, grants, monday } from "./bringing.ts";
import { mondayMorning, outcome } from "./test-office.ts";

const time = mondayMorning + 2 * 60 * minuteMs;
const iso = (at: number) => new Date(at).toISOString();

/** An appointment at 11:00, two terminals that hold numbers, and a desk. */
async function openWithAppointment() {
  const office = openAppointmentOffice({ config: { appointments: { desks: 2, leadMinutes: 0 } } });
  const booked = await office.bookFor(time);
  for (const client of ["terminal", "kiosk"]) await grants(office, client);
  await office.ask("clerk", "desk.open", { desk: "1" });
  return { office, ...booked };
}

const show = (office: AppointmentOffice, code: string, client = "kiosk") =>
  office.ask(client, "appointment.check-in", { code, at: iso(office.now) });
const numberIn = (reply: object) => (reply as { result?: { ticket: Ticket } }).result?.ticket.number;
const bringOne = (office: AppointmentOffice, number: string, code: string, at = office.now, client = "terminal") =>
  bring(office, [given(number, { code, issuedAt: iso(at) })], client);
const lines = ({ state }: AppointmentOffice) => [
  state.waitingAppointments.map(({ number }) => number),
  state.waiting.map(({ number }) => number),
];

/** Staff check him in. */
const byHand = (office: AppointmentOffice, appointment: string) =>
  office.ask("clerk", "appointment.late-check-in", { appointment, reason: "war schon da" });

/** Checks in with the hub, takes the paper, and comes to this end at the desk. */
async function letInAndEnd(office: AppointmentOffice, code: string, end: "no-show" | "cancelled" | "finished") {
  await show(office, code);
  await office.ask("kiosk", "ticket.printed", { ticket: `${monday}/T001`, outcome: "printed", sure: true });
  const named = { desk: "1", number: "T001" };
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.ask("clerk", "call.again", named);
  const verb = { "no-show": "ticket.no-show", cancelled: "ticket.cancel", finished: "ticket.finish" } as const;
  assert.is(outcome(await office.ask("clerk", verb[end], end === "cancelled" ? { number: "T001" } : named)), "ok");
}

test("alone he was given another number after his first one was over: that one has his appointment", async () => {
  for (const [end, after, kind] of [
    ["no-show", 19, "appointment"],
    ["no-show", 21, "walk-in"],
    ["cancelled", 2, "appointment"],
    ["cancelled", 21, "walk-in"],
  ] as const) {
    // biome-ignore format: one line
    const { office, id, code } = await openWithAppointment();
    office.now = time - 15 * minuteMs;
    await letInAndEnd(office, code, end);
    office.now += after * minuteMs;
    const { adopted } = await bringOne(office, "T950", code);
    const check = () => {
      const what = `${end}, ${after} min`;
      assert.equal(lines(office), kind === "appointment" ? [["T950"], []] : [[], ["T950"]], what);
      const tickets = ["T001", "T950"].map((number) => office.state.tickets.get(`${monday}/${number}`));
      assert.equal(tickets.map((ticket) => [ticket?.state, ticket?.kind, ticket?.aliasOf]), [[end, "appointment", null], ["waiting", kind, null]], what); // biome-ignore format: one line
      const record = office.state.appointments.records.get(id);
      assert.equal([record?.state, record?.ticket], ["checked-in", `${monday}/${kind === "appointment" ? "T950" : "T001"}`], what); // biome-ignore format: one line
    };
    assert.is(adopted[0]?.state, "waiting");
    check();
    assert.not.ok(office.events.some(({ type }) => type === "ticket.replaced"));
    office.restart();
    check();
    if (kind === "appointment") assert.is(numberIn(await show(office, code)), "T950");
    office.close();
  }
});

test("what he was given alone before his first number was over, or after he was served, stands for that one", async () => {
  for (const [end, before] of [
    ["no-show", 1],
    ["cancelled", 1],
    ["finished", 0],
  ] as const) {
    // biome-ignore format: one line
    const { office, code } = await openWithAppointment();
    office.now = time - 15 * minuteMs;
    await letInAndEnd(office, code, end);
    const shownAt = office.now - before * minuteMs;
    office.now += 20 * minuteMs;
    const { adopted } = await bringOne(office, "T950", code, before > 0 ? shownAt : office.now);
    assert.is(adopted[0]?.state, "void", end);
    assert.equal(lines(office), [[], []], end);
    assert.is(office.state.tickets.get(`${monday}/T950`)?.aliasOf, `${monday}/T001`, end);
    office.close();
  }
});

test("nobody is given a copy of a number by which he would not be called", async () => {
  for (const [end, after, expected] of [
    ["no-show", 15, "ok"],
    ["no-show", 20, "ok"],
    ["no-show", 21, "too-late"],
    ["cancelled", 1, "cancelled"],
    ["finished", 1, "wrong-state"],
  ] as const) {
    // biome-ignore format: one line
    const { office, code } = await openWithAppointment();
    office.now = time - 15 * minuteMs;
    await letInAndEnd(office, code, end);
    office.now += after * minuteMs;
    const what = `${end}, ${after} min`;
    const byDate = { birthdate: "1984-03-09", at: iso(office.now) };
    if (expected !== "ok") assert.is(outcome(await office.ask("kiosk", "appointment.check-in", byDate)), "no-match", what); // biome-ignore format: one line
    const reply = await show(office, code);
    assert.is(outcome(reply), expected, what);
    const check = () => {
      assert.equal(lines(office), [expected === "ok" ? ["T001"] : [], []], what);
      // In front only within the time for it.
      const returnedAt = office.state.waitingAppointments[0]?.returnedAt ?? null;
      assert.is(returnedAt !== null, expected === "ok" && after <= 15, what);
    };
    check();
    office.restart();
    check();
    office.close();
  }
});

test("a no-show who got a copy of his number while the hub was away waits again", async () => {
  for (const after of [10, 30]) {
    const { office, code } = await openWithAppointment();
    office.now = time - 15 * minuteMs;
    await letInAndEnd(office, code, "no-show");
    office.now += after * minuteMs;
    const copy = { ticket: `${monday}/T001`, outcome: "printed", sure: true };
    const reply = await office.ask("kiosk", "ticket.printed", copy, "copy");
    assert.is(outcome(reply), "ok");
    assert.equal(lines(office), [["T001"], []]);
    const returnedAt = office.state.waitingAppointments[0]?.returnedAt ?? null;
    assert.is(returnedAt !== null, after <= 15, "in front only within the time for it");
    await office.ask("clerk", "call.next", { desk: "1" });
    await office.ask("clerk", "ticket.no-show", { desk: "1", number: "T001" });
    await office.ask("kiosk", "ticket.printed", copy, "copy");
    assert.equal(lines(office), [[], []], "the same report once more is not another copy");
    office.close();
  }
});

test("a first paper that is told late, and a copy that staff asked for, bring nobody back", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time - 15 * minuteMs;
  await show(office, code);
  const says = { ticket: `${monday}/T001`, sure: true };
  await office.ask("clerk", "call.number", { desk: "1", number: "T001" });
  await office.ask("clerk", "call.again", { desk: "1", number: "T001" });
  await office.ask("clerk", "ticket.no-show", { desk: "1", number: "T001" });
  await office.ask("kiosk", "ticket.printed", { ...says, outcome: "printed" });
  assert.equal(lines(office), [[], []]);
  const { id, number, service } = { id: says.ticket, number: "T001", service: "id-card" };
  const copy = { type: "ticket.reprinted", ticket: id, number, service, terminal: "kiosk", by: "clerk" } as const;
  await office.submit({ decide: () => accept({ ...copy, command: "c-1" }), result: () => undefined });
  await office.ask("kiosk", "ticket.printed", { ...says, outcome: "printed" });
  assert.equal(lines(office), [[], []]);
  office.close();
});

/** How he comes in time after he had been too early, alone. */
const ways: Record<string, (office: AppointmentOffice, code: string, id: string) => Promise<unknown>> = {
  "with the hub": (office, code) => show(office, code),
  "at the same terminal": (office, code) => show(office, code, "terminal"),
  "alone elsewhere": (office, code) => bringOne(office, "T900", code, office.now, "kiosk"),
  "by birth date": (office) =>
    office.ask("kiosk", "appointment.check-in", { birthdate: "1984-03-09", at: iso(office.now) }),
  "late, with staff": (office, _, appointment) => {
    office.now = time + 10 * minuteMs;
    return byHand(office, appointment);
  },
};
for (const [way, comeInTime] of Object.entries(ways)) {
  test(`who was too early and was given a number alone is let in by that number: ${way}`, async () => {
    for (const state of ["waiting", "called", "parked", "finished"]) {
      const { office, id, code } = await openWithAppointment();
      const record = () => office.state.appointments.records.get(id);
      // The appointment was booked or moved since the terminal was cut off: it cannot tell that he is too early.
      office.now = time - 30 * minuteMs;
      await bringOne(office, "T950", code);
      assert.equal(lines(office), [[], ["T950"]]);
      assert.equal([record()?.state, record()?.ticket], ["confirmed", null]);
      const named = { desk: "1", number: "T950" };
      if (state !== "waiting") await office.ask("clerk", "call.next", { desk: "1" });
      if (state === "parked") await office.ask("clerk", "ticket.park", named);
      if (state === "finished") await office.ask("clerk", "ticket.finish", named);
      office.now = time - 10 * minuteMs;
      await comeInTime(office, code, id);
      // Who had been served before is another visitor of the same appointment.
      const expected = state === "finished" ? (way === "alone elsewhere" ? "T900" : "T001") : "T950";
      const waits = state === "waiting" || state === "finished";
      const check = () => {
        const ticket = office.state.tickets.get(`${monday}/${expected}`);
        assert.equal([record()?.state, record()?.ticket], ["checked-in", ticket?.id], state);
        assert.equal([ticket?.kind, ticket?.appointment, ticket?.appointmentAt], ["appointment", id, time], state);
        assert.is(ticket?.state, waits ? "waiting" : state);
        assert.equal(lines(office), [waits ? [expected] : [], []], state);
      };
      check();
      office.restart();
      check();
      assert.is(numberIn(await show(office, code)), expected);
      if (state === "waiting" && way === "alone elsewhere") {
        const shown = await office.ask("clerk", "ticket.show", { number: "T900" });
        assert.is(numberIn(shown), "T950");
      }
      office.close();
    }
  });
}

test("who was called in vain waits again when staff check him in; who has nothing more to come for is not let in", async () => {
  for (const [end, after, expected] of [
    ["no-show", 10, "ok"],
    ["no-show", 30, "ok"],
    ["no-show", 31, "too-late"],
    ["cancelled", 10, "cancelled"],
    ["finished", 10, "wrong-state"],
  ] as const) {
    const { office, id, code } = await openWithAppointment();
    office.now = time - 15 * minuteMs;
    await letInAndEnd(office, code, end);
    office.now += after * minuteMs;
    const what = `${end}, ${after} min`;
    for (const _ of ["once", "and again"]) assert.is(outcome(await byHand(office, id)), expected, what);
    const check = () => {
      assert.equal(lines(office), [expected === "ok" ? ["T001"] : [], []], what);
      assert.is(office.events.filter(({ type }) => type === "ticket.resumed").length, expected === "ok" ? 1 : 0);
    };
    check();
    office.restart();
    check();
    office.close();
  }
});

test("who was too early at two terminals that were alone has one number, the earlier one", async () => {
  for (const [first, second] of [
    [30, 25],
    [25, 30],
  ] as const) {
    // biome-ignore format: one line
    const { office, code } = await openWithAppointment();
    office.now = time - 20 * minuteMs;
    await bringOne(office, "T950", code, time - first * minuteMs);
    await bringOne(office, "T900", code, time - second * minuteMs, "kiosk");
    const counts = first > second ? "T950" : "T900";
    assert.equal(lines(office), [[], [counts]]);
    office.now = time - 10 * minuteMs;
    assert.is(numberIn(await show(office, code)), counts);
    assert.equal(lines(office), [[counts], []]);
    office.close();
  }
});

test.run();
