import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import { bring, lines, monday, openWithAppointment, record, show, time } from "./alone-check-ins.ts";
import { minuteMs } from "./appointment-office.ts";

test("a late answer that names another terminal's number of the reserve: the number on the paper leads to it", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time;
  await bring(office, "terminal", "T950", time, { code });
  const at = new Date(time).toISOString();
  await office.ask("kiosk", "appointment.check-in", { code, at }, "slow");
  await bring(office, "kiosk", "T900", time, { code, request: "slow" });
  assert.is((await show(office, "T900")).number, "T950");
  assert.equal(lines(office), [["T950"], []]);
  office.close();
});

test("a late answer that names a number of the same terminal, given at another touch: both papers lead to one ticket", async () => {
  const { office, id, code } = await openWithAppointment();
  office.now = time;
  await bring(office, "terminal", "T950", time, { code, request: "first" });
  // Its journal is lost, and the code is shown once more.
  await office.ask("terminal", "reserve.get", { anew: true });
  const at = new Date(time).toISOString();
  const late = await office.ask("terminal", "appointment.check-in", { code, at }, "second");
  assert.is((late as { result: { ticket: Ticket } }).result.ticket.number, "T950");
  office.now += 5_000;
  for (const time of ["first", "again"]) {
    const alias = await bring(office, "terminal", "T850", office.now, { code, request: "second" });
    assert.is(alias?.state, "void", time);
  }
  assert.is((await show(office, "T850")).number, "T950");
  assert.is(record(office, id)?.ticket, `${monday}/T950`);
  assert.equal(lines(office), [["T950"], []]);
  office.restart();
  assert.equal(lines(office), [["T950"], []]);
  office.close();
});

test("a second number of one touch that is not let in with an appointment is refused", async () => {
  const { office, code, link } = await openWithAppointment();
  await office.booking.cancel(link);
  office.now = time;
  const given = { request: "touch", day: monday, service: "pick-up", clock: "sure", code };
  const issuedAt = new Date(time).toISOString();
  const adopted: string[] = [];
  for (const [order, number] of ["T950", "T951"].entries()) {
    const tickets = [{ ...given, number, order, issuedAt }];
    const { result } = (await office.ask("terminal", "ticket.adopt", { tickets })) as {
      result: Result<"ticket.adopt">;
    };
    adopted.push(...result.adopted.map((ticket) => ticket.number));
  }
  assert.equal(adopted, ["T950"]);
  assert.equal(lines(office), [[], ["T950"]]);
  office.close();
});

test("a second number that comes after midnight stands for the one that was served", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time;
  await office.ask("terminal", "appointment.check-in", { code, at: new Date(time).toISOString() });
  await office.ask("terminal", "ticket.printed", { ticket: `${monday}/T001`, outcome: "printed", sure: true });
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.ask("clerk", "ticket.finish", { desk: "1", number: "T001" });
  office.now += 24 * 60 * minuteMs;
  await office.tick();
  assert.not(office.state.tickets.has(`${monday}/T001`));
  const alias = await bring(office, "kiosk", "T900", time + minuteMs, { code });
  assert.is(alias?.state, "void");
  await office.tick();
  office.restart();
  const { state, aliasOf } = office.store.ticket(`${monday}/T900`) ?? {};
  assert.equal([state, aliasOf], ["void", `${monday}/T001`]);
  const shown = await office.ask("clerk", "ticket.show", { ticket: `${monday}/T900` });
  assert.match(JSON.stringify(shown), /"number":"T001".*"state":"finished"/);
  office.close();
});

test("a first number that expired as a clock was a day ahead gives way to the one that he has now", async () => {
  const { office, id, code } = await openWithAppointment();
  office.now = time;
  await office.ask("terminal", "appointment.check-in", { code, at: new Date(time).toISOString() });
  await office.ask("terminal", "ticket.printed", { ticket: `${monday}/T001`, outcome: "printed", sure: true });
  for (const days of [1, -1]) {
    office.now += days * 24 * 60 * minuteMs;
    await office.tick();
  }
  await bring(office, "kiosk", "T900", time + minuteMs, { code });
  const check = async () => {
    assert.equal(lines(office), [["T900"], []]);
    assert.is(record(office, id)?.ticket, `${monday}/T900`);
    assert.is((await show(office, "T001")).number, "T900");
  };
  await check();
  office.restart();
  await check();
  office.close();
});

test.run();
