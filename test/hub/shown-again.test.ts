import { test } from "uvu";
import * as assert from "uvu/assert";
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

test.run();
