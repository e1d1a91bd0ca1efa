import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectMs } from "../../hub/office/collecting.ts";
import { hashCheckInCode } from "../../protocol/check-in-code.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, hourMs } from "./appointment-office.ts";
import { known, openWithBackup, tell, time } from "./backup-office.ts";
import { outcome } from "./test-office.ts";

const line = ({ state }: AppointmentOffice) => [...state.waitingAppointments, ...state.waiting].map(({ number }) => number); // biome-ignore format: one line

const checkIn = (office: AppointmentOffice, client: string, code: string) =>
  office.ask(client, "appointment.check-in", { code, at: new Date(office.now).toISOString() });

/** Checks somebody in who must be let in, and gives his ticket. */
async function letIn(office: AppointmentOffice, client: string, code: string): Promise<Ticket> {
  const reply = await checkIn(office, client, code);
  if (!reply.ok) throw new Error(reply.error.message);
  return (reply.result as { ticket: Ticket }).ticket;
}

test("check-ins: by code, by birth date, and of appointments that the backup does not know", async () => {
  const booked: { id: string; code: string }[] = [];
  const second = await openWithBackup(async (it) => {
    booked.push(await it.bookFor(time));
    booked.push(await it.bookFor(time + hourMs / 4, { person: { ...anna, email: "b@example.org" } }));
  });
  const it = second.office;
  const [byCode, byDate] = booked as [{ id: string; code: string }, { id: string; code: string }];
  const first = await letIn(it, "terminal", byCode.code);
  it.now += hourMs / 4;
  const dated = await letIn(it, "terminal", byDate.code);
  const since = await it.bookFor(time + hourMs / 2, { person: { ...anna, email: "c@example.org" } });
  it.now += hourMs / 4;
  const unknown = await letIn(it, "terminal", since.code);
  second.restore();
  const record = (id: string) => it.state.appointments.records.get(id);
  assert.equal(
    [record(byCode.id)?.state, record(byDate.id)?.state, record(since.id)],
    ["lapsed", "confirmed", undefined],
  );
  const items = [
    { ...known(first), code: hashCheckInCode(byCode.code) },
    known(dated),
    { ...known(unknown), code: hashCheckInCode(since.code) },
  ];
  const told = await tell(it, "terminal", items);
  assert.equal(told.refused, []);
  await tell(it, "kiosk", []);
  assert.equal([record(byCode.id)?.ticket, record(byDate.id)?.ticket], [first.id, dated.id]);
  assert.equal([record(byCode.id)?.state, record(byDate.id)?.state], ["checked-in", "checked-in"]);
  const ways = it.events.flatMap((event) => (event.epoch === 2 && event.type === "appointment.checked-in" ? [event.reason.code] : [])); // biome-ignore format: one line
  assert.equal(ways, ["code", "birthdate"]);
  const alone = it.state.tickets.get(unknown.id);
  assert.equal([alone?.kind, alone?.appointment, alone?.appointmentAt], ["appointment", null, Date.parse(unknown.appointmentAt ?? "")]); // biome-ignore format: one line
  assert.equal(line(it), ["T001", "T002", "T003"]);
  assert.is((await letIn(it, "terminal", byCode.code)).number, "T001", "shown again it has the same number");
  it.restart();
  assert.equal(line(it), ["T001", "T002", "T003"]);
  it.close();
});

test("who came after his appointment was moved is nobody else of the same time, and his new code still counts", async () => {
  const moved = time + hourMs / 4;
  for (const isByCode of [true, false]) {
    const ids: string[] = [];
    const { office, restore } = await openWithBackup(async (it) => {
      ids.push((await it.bookFor(time)).id);
      ids.push((await it.bookFor(moved, { person: { ...anna, email: "b@example.org" } })).id);
    });
    const [id = "", other = ""] = ids;
    await office.ask("clerk", "appointment.move", { appointment: id, at: new Date(moved).toISOString() });
    const { code = "" } = office.mail("moved");
    office.now = moved;
    const ticket = await letIn(office, "terminal", code);
    restore();
    await tell(office, "terminal", [{ ...known(ticket), ...(isByCode ? { code: hashCheckInCode(code) } : {}) }]);
    await tell(office, "kiosk", []);
    const check = () => {
      const records = [id, other].map((each) => office.state.appointments.records.get(each));
      assert.equal(records.map((each) => [each?.state, each?.at, each?.ticket]), [["checked-in", moved, ticket.id], ["confirmed", moved, null]]); // biome-ignore format: one line
      assert.is(office.state.tickets.get(ticket.id)?.appointmentAt, moved);
    };
    check();
    office.restart();
    check();
    const again = await checkIn(office, "terminal", code);
    assert.is(outcome(again), isByCode ? "ok" : "bad-code");
    if (again.ok) assert.is((again.result as { ticket: Ticket }).ticket.number, ticket.number);
    office.close();
  }
});

/** As the journal of the terminal has a number from its reserve. */
const alone = (number: string, at: number, more: object) => {
  const issuedAt = new Date(at).toISOString();
  return { request: `alone-${number}`, number, day: "2026-11-23", service: "id-card", issuedAt, ...more };
};
const kept = { services: ["id-card"], kind: "appointment" as const, persons: 1 };

test("a copy of another terminal's number of the reserve uses up no series, and that terminal is heard too", async () => {
  const codes: string[] = [];
  const { office, restore } = await openWithBackup(async (it) => {
    for (const client of ["terminal", "kiosk"]) await it.ask(client, "reserve.get");
    for (const email of ["a@example.org", "b@example.org"]) {
      codes.push((await it.bookFor(time, { person: { ...anna, email } })).code);
    }
  });
  const [code = "", other = ""] = codes;
  office.now = time;
  const own = alone("T950", time, { code: hashCheckInCode(code) });
  await office.ask("terminal", "ticket.adopt", { tickets: [{ ...own, order: 1, clock: "sure" }] });
  const ticket = await letIn(office, "kiosk", code);
  restore();
  await tell(office, "kiosk", [{ ...known(ticket), code: hashCheckInCode(code) }]);
  const reserve = { order: 1, clock: "sure" as const };
  const told = await tell(office, "terminal", [{ ...own, ...kept, earnedAt: own.issuedAt, reserve }]);
  assert.equal(told.refused, []);
  assert.equal(line(office), ["T950"]);
  assert.is(outcome(await checkIn(office, "kiosk", other)), "ok");
  office.close();
});

test("a number that a terminal without a clock gave comes back once, in whatever order it and its copies are told", async () => {
  for (const isKnown of [true, false]) {
    for (const order of ["own first", "copy first"]) {
      const codes: string[] = [];
      const book = async (it: AppointmentOffice) => codes.push((await it.bookFor(time)).code);
      const { office, restore } = await openWithBackup(async (it) => {
        await it.ask("terminal", "reserve.get");
        if (isKnown) await book(it);
      });
      if (!isKnown) await book(office);
      const [shown = ""] = codes;
      const code = hashCheckInCode(shown);
      office.now = time;
      const own = alone("T950", 0, { code });
      const reserve = { order: 1, clock: "unsure" as const };
      await office.ask("terminal", "ticket.adopt", { tickets: [{ ...own, ...reserve }] });
      office.now += 1_000;
      const copies = [await letIn(office, "terminal", shown), await letIn(office, "kiosk", shown)];
      restore();
      const [copy, elsewhere] = copies.map((ticket) => ({ ...known(ticket), code }));
      if (!copy || !elsewhere) throw new Error("no copies");
      const first = { ...own, ...kept, earnedAt: own.issuedAt, reserve };
      const reports = [
        ["terminal", [first, copy]],
        ["kiosk", [elsewhere]],
      ] as const;
      const refused = [];
      for (const [client, items] of order === "own first" ? reports : reports.toReversed()) {
        refused.push(...(await tell(office, client, [...items])).refused);
      }
      const what = `${isKnown ? "known" : "booked after the backup"}, ${order}`;
      assert.equal(refused, [], what);
      const isFalse = office.events.some((event) => event.type === "device.alarm" && event.alarm === "reserve number");
      assert.not.ok(isFalse, `${what}: staff were told that a number was not taken`);
      assert.equal(line(office), ["T950"], what);
      office.close();
    }
  }
});

test("a move since the restore stands when a terminal is heard late that had let him in", async () => {
  for (const isByCode of [true, false]) {
    const booked: { id: string; code: string }[] = [];
    const { office, restore } = await openWithBackup(async (it) => booked.push(await it.bookFor(time)));
    const [{ id, code }] = booked as [{ id: string; code: string }];
    office.now = time;
    const ticket = await letIn(office, "kiosk", code);
    restore();
    await tell(office, "terminal", []);
    office.now += collectMs;
    const tomorrow = time + 24 * hourMs;
    const move = { appointment: id, at: new Date(tomorrow).toISOString() };
    assert.is(outcome(await office.ask("clerk", "appointment.move", move)), "ok");
    office.restart();
    await tell(office, "kiosk", [{ ...known(ticket), ...(isByCode ? { code: hashCheckInCode(code) } : {}) }]);
    const record = office.state.appointments.records.get(id);
    assert.equal([record?.state, record?.at], ["confirmed", tomorrow], isByCode ? "by code" : "by birth date");
    assert.equal(line(office), [ticket.number]);
    office.now = tomorrow;
    await office.tick();
    assert.is(outcome(await checkIn(office, "kiosk", office.mail("moved").code ?? "")), "ok");
    office.close();
  }
});

test("one that was confirmed after the backup is checked in again, and his code counts", async () => {
  const booked: { id: string; link: string }[] = [];
  const { office, restore } = await openWithBackup(async (it) => {
    const { appointment } = (await it.reserve({ at: time })) as { appointment: { id: string } };
    booked.push({ id: appointment.id, link: it.mail("activation", appointment.id).link ?? "" });
  });
  const [{ id, link }] = booked as [{ id: string; link: string }];
  assert.ok((await office.booking.confirm(link)).ok);
  const { code = "" } = office.mail("confirmation", id);
  office.now = time;
  const ticket = await letIn(office, "kiosk", code);
  restore();
  await tell(office, "kiosk", [{ ...known(ticket), code: hashCheckInCode(code) }]);
  await tell(office, "terminal", []);
  const record = office.state.appointments.records.get(id);
  assert.equal([record?.state, record?.ticket], ["checked-in", ticket.id]);
  assert.is(outcome(await checkIn(office, "kiosk", code)), "ok");
  office.close();
});

test("booked after the backup and checked in alone he is called at his time", async () => {
  const { office, restore } = await openWithBackup((it) => it.ask("terminal", "reserve.get"));
  const at = time + hourMs;
  const wanted = ["id-card", "registration"];
  const { code } = await office.bookFor(at, { services: wanted.map((service) => ({ service, persons: 1 })) });
  office.now = at - hourMs / 6;
  const own = alone("T950", office.now, { code: hashCheckInCode(code) });
  await office.ask("terminal", "ticket.adopt", { tickets: [{ ...own, order: 1, clock: "sure" }] });
  restore();
  const more = { ...kept, services: wanted, earnedAt: own.issuedAt, appointmentAt: new Date(at).toISOString() };
  const told = await tell(office, "terminal", [{ ...own, ...more, reserve: { order: 1, clock: "sure" } }]);
  assert.equal(told.refused, []);
  const ticket = office.state.tickets.get("2026-11-23/T950");
  assert.equal([ticket?.kind, ticket?.appointmentAt, ticket?.services], ["appointment", at, wanted]);
  // A desk that does not serve all of it does not call him.
  await office.ask("clerk", "desk.open", { desk: "1", services: ["id-card"] });
  office.now = at;
  const called = await office.ask("clerk", "call.next", { desk: "1" });
  assert.is((called as { result: { ticket: Ticket | null } }).result.ticket, null);
  office.close();
});

test("whoever was given another number meanwhile has the earlier one, and the other leads to it", async () => {
  const booked: { id: string; code: string }[] = [];
  const { office, restore } = await openWithBackup(async (it) => booked.push(await it.bookFor(time)));
  const [{ id, code }] = booked as [{ id: string; code: string }];
  const first = await letIn(office, "kiosk", code);
  restore();
  await tell(office, "terminal", []);
  office.now += collectMs;
  const second = await letIn(office, "terminal", code);
  assert.is(second.number, "T051");
  // The first terminal was switched off until now.
  await tell(office, "kiosk", [{ ...known(first), code: hashCheckInCode(code) }]);
  assert.equal(line(office), ["T001"]);
  assert.is(office.state.appointments.records.get(id)?.ticket, first.id);
  const shown = (await office.ask("clerk", "ticket.show", { number: "T051" })) as { result: { ticket: Ticket } };
  assert.is(shown.result.ticket.number, "T001");
  office.close();
});

test.run();
