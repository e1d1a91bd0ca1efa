import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashCheckInCode, makeCheckInCode } from "../../protocol/check-in-code.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { bring, lines, monday, openWithAppointment, record, show, time } from "./alone-check-ins.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { minuteMs } from "./appointment-office.ts";
import { outcome } from "./test-office.ts";

test("a check-in without the hub is one like any other, also when the appointment has lapsed meanwhile", async () => {
  const { office, id, code } = await openWithAppointment();
  office.now = time + 60 * minuteMs;
  await office.tick();
  assert.is(record(office, id)?.state, "lapsed");
  await bring(office, "terminal", "T950", time + 5 * minuteMs, { code });
  assert.is(record(office, id)?.state, "checked-in");
  assert.is(record(office, id)?.ended, null);
  assert.equal(lines(office), [["T950"], []]);
  const { kind, appointmentAt, services, origin } = await show(office, "T950");
  assert.equal([kind, appointmentAt, services, origin], ["appointment", new Date(time).toISOString(), ["id-card"], "reserve"]); // biome-ignore format: one line
  office.restart();
  assert.equal(lines(office), [["T950"], []]);
  assert.is(record(office, id)?.ticket, `${monday}/T950`);
  const again = await office.ask("kiosk", "appointment.check-in", { code, at: new Date(office.now).toISOString() });
  assert.is((again as { result: { ticket: Ticket } }).result.ticket.number, "T950");
  office.close();
});

test("two terminals gave numbers: the earlier scan counts, the other number stands for it and is never called", async () => {
  for (const [first, second] of [
    [-5, -2],
    [-2, -5],
  ] as const) {
    // biome-ignore format: one line
    const { office, id, code } = await openWithAppointment();
    office.now = time;
    await bring(office, "terminal", "T950", time + first * minuteMs, { code });
    const later = await bring(office, "kiosk", "T900", time + second * minuteMs, { code: hashCheckInCode(code) });
    const counts = first < second ? "T950" : "T900";
    const other = first < second ? "T900" : "T950";
    assert.is(later?.state, first < second ? "void" : "waiting");
    const check = async () => {
      assert.equal(lines(office), [[counts], []]);
      assert.is(record(office, id)?.ticket, `${monday}/${counts}`);
      assert.is((await show(office, other)).number, counts);
    };
    await check();
    office.restart();
    await check();
    const called = await office.ask("clerk", "call.number", { desk: "1", number: other });
    assert.is((called as { result: { ticket: Ticket } }).result.ticket.number, counts);
    assert.equal(lines(office), [[], []]);
    const printed = { ticket: `${monday}/${other}`, outcome: "printed", sure: true };
    const client = other === "T950" ? "terminal" : "kiosk";
    assert.is(outcome(await office.ask(client, "ticket.printed", printed)), "ok");
    assert.equal([other, counts].map((number) => office.state.tickets.get(`${monday}/${number}`)?.paper), ["printed", "pending"]); // biome-ignore format: one line
    assert.is(outcome(await office.ask("clerk", "ticket.finish", { desk: "1", number: other })), "ok");
    office.close();
  }
});

test("whoever was called by his number keeps it, whenever he showed his code elsewhere", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time;
  await bring(office, "terminal", "T950", time - 2 * minuteMs, { code });
  await office.ask("clerk", "call.next", { desk: "1" });
  const alias = await bring(office, "kiosk", "T900", time - 9 * minuteMs, { code });
  assert.is(alias?.state, "void");
  assert.is((await show(office, "T900")).number, "T950");
  assert.is(office.state.desks.get("1")?.ticket, `${monday}/T950`);
  office.close();
});

test("a first number that came out nowhere gives way to the one that he has, also when it was called in vain", async () => {
  const outcomes = ["printed", "shown", "failed", "unknown", undefined] as const;
  for (const outcome of outcomes) {
    const isOut = outcome === "printed" || outcome === "shown";
    for (const state of ["waiting", "called", "no-show", "parked"]) {
      const { office, id, code } = await openWithAppointment();
      office.now = time;
      // The terminal loses power before it has the answer, and gives a number alone when the code is shown again.
      const at = new Date(time).toISOString();
      await office.ask("terminal", "appointment.check-in", { code, at }, "lost");
      const report = { ticket: `${monday}/T001`, outcome, sure: true };
      if (outcome !== undefined) await office.ask("terminal", "ticket.printed", report);
      if (state !== "waiting") await office.ask("clerk", "call.next", { desk: "1" });
      if (state === "no-show") {
        await office.ask("clerk", "call.again", { desk: "1", number: "T001" });
        await office.ask("clerk", "ticket.no-show", { desk: "1", number: "T001" });
      }
      if (state === "parked") await office.ask("clerk", "ticket.park", { desk: "1", number: "T001" });
      office.now += minuteMs;
      const brought = await bring(office, "terminal", "T950", office.now, { code });
      // Whoever is parked has been at the desk.
      const isKnown = isOut || state === "parked";
      const [counts, other] = isKnown ? ["T001", "T950"] : ["T950", "T001"];
      const what = `${outcome}, ${state}`;
      const check = async () => {
        assert.is(record(office, id)?.ticket, `${monday}/${counts}`, what);
        assert.is((await show(office, other)).number, counts, what);
        const atDesk = office.state.desks.get("1")?.ticket ?? null;
        assert.is(atDesk, state === "called" ? `${monday}/${counts}` : null, what);
      };
      await check();
      const now = state === "called" ? "called" : "waiting";
      assert.is(brought?.state, isKnown ? "void" : now, what);
      office.restart();
      await check();
      office.close();
    }
  }
});

test("whoever is checked in keeps that number when he shows his code alone, in whatever time", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time;
  await office.ask("kiosk", "appointment.check-in", { code, at: new Date(time).toISOString() });
  await office.ask("kiosk", "ticket.printed", { ticket: `${monday}/T001`, outcome: "printed", sure: true });
  office.now = time + 6 * minuteMs;
  await bring(office, "terminal", "T950", office.now, { code });
  assert.equal(lines(office), [["T001"], []]);
  assert.is((await show(office, "T950")).number, "T001");
  office.close();
});

test("a no-show who shows his code again is there: he waits again, whether the hub hears of it at once or later", async () => {
  for (const isAlone of [true, false]) {
    const { office, code } = await openWithAppointment();
    office.now = time - 10 * minuteMs;
    const checkIn = (client: string) =>
      office.ask(client, "appointment.check-in", { code, at: new Date(office.now).toISOString() });
    await checkIn("terminal");
    await office.ask("terminal", "ticket.printed", { ticket: `${monday}/T001`, outcome: "printed", sure: true });
    await office.ask("clerk", "call.next", { desk: "1" });
    await office.ask("clerk", "call.again", { desk: "1", number: "T001" });
    await office.ask("clerk", "ticket.no-show", { desk: "1", number: "T001" });
    assert.equal(lines(office), [[], []]);
    office.now = time;
    if (isAlone) await bring(office, "kiosk", "T900", time, { code });
    else assert.is(outcome(await checkIn("kiosk")), "ok");
    assert.equal(lines(office), [["T001"], []], isAlone ? "alone" : "with the hub");
    office.restart();
    assert.equal(lines(office), [["T001"], []]);
    office.close();
  }
});

test("a family that is checked in alone counts as many as with the hub", async () => {
  const { office, code } = await openWithAppointment({ services: [{ service: "id-card", persons: 3 }] });
  office.now = time;
  await bring(office, "terminal", "T950", time, { code });
  assert.is((await show(office, "T950")).persons, 3);
  office.restart();
  assert.is((await show(office, "T950")).persons, 3);
  office.close();
});

test("the hub checked him in after all, under the same request: the number on the paper counts", async () => {
  const { office, id, code } = await openWithAppointment();
  office.now = time;
  const at = new Date(office.now).toISOString();
  await office.ask("terminal", "appointment.check-in", { code, at }, "slow");
  await office.ask("clerk", "call.next", { desk: "1" });
  await bring(office, "terminal", "T950", time, { code, request: "slow" });
  assert.is(office.state.tickets.get(`${monday}/T001`)?.state, "void");
  assert.is(office.state.desks.get("1")?.ticket, `${monday}/T950`);
  assert.is(record(office, id)?.ticket, `${monday}/T950`);
  const late = await office.ask("terminal", "appointment.check-in", { code, at }, "slow");
  assert.is((late as { result: { ticket: Ticket } }).result.ticket.number, "T950");
  office.close();
});

test("whom the hub let in at the last second stays in with the number that the terminal gave a second later", async () => {
  const { office, id, code } = await openWithAppointment();
  const last = time + 5 * minuteMs;
  office.now = last + 2_000;
  await office.ask("terminal", "appointment.check-in", { code, at: new Date(last).toISOString() }, "slow");
  await bring(office, "terminal", "T950", last + 1_000, { code, request: "slow" });
  assert.is(office.state.tickets.get(`${monday}/T001`)?.state, "void");
  assert.is(record(office, id)?.ticket, `${monday}/T950`);
  assert.equal(lines(office), [["T950"], []]);
  office.restart();
  assert.equal(lines(office), [["T950"], []]);
  office.close();
});

test("cancelled or moved meanwhile, out of time, or unknown: a walk-in at the time of the scan", async () => {
  type Case = [
    string,
    (office: AppointmentOffice, link: string) => Promise<unknown>,
    number,
    string | undefined,
    string,
  ];
  const unknown = makeCheckInCode({ site: 1, day: monday });
  const cases: Case[] = [
    ["cancelled", (office, link) => office.booking.cancel(link), time, undefined, "id-card"],
    ["moved", (office, link) => office.booking.move(link, time + 60 * minuteMs), time, undefined, "id-card"],
    ["a second late", async () => {}, time + 5 * minuteMs + 1_000, undefined, "id-card"],
    ["a second early", async () => {}, time - 15 * minuteMs - 1_000, undefined, "id-card"],
    ["unknown", async () => {}, time, unknown, "pick-up"],
  ];
  for (const [what, change, scannedAt, shown, service] of cases) {
    const { office, code, link } = await openWithAppointment();
    await change(office, link);
    office.now = time + 10 * minuteMs;
    await bring(office, "terminal", "T950", scannedAt, { code: shown ?? code });
    assert.equal(lines(office), [[], ["T950"]], what);
    const ticket = await show(office, "T950");
    assert.equal([ticket.kind, ticket.service], ["walk-in", service], what);
    assert.is(Date.parse(ticket.earnedAt), Math.min(scannedAt, office.now), what);
    office.close();
  }
});

test("with an unsure clock he is let in if he may have come in time", async () => {
  for (const [contact, kind] of [
    [time - minuteMs, "appointment"],
    [time + 6 * minuteMs, "walk-in"],
  ] as const) {
    // biome-ignore format: one line
    const { office, code } = await openWithAppointment();
    office.now = time + 60 * minuteMs;
    const unsure = { code, clock: "unsure", contact: new Date(contact).toISOString() };
    await bring(office, "terminal", "T950", 0, unsure);
    assert.is((await show(office, "T950")).kind, kind);
    office.close();
  }
});

test("his time is judged by when his code was read, wherever that puts him in the queue", async () => {
  const until = time + 5 * minuteMs;
  const contact = new Date(time - 60 * minuteMs).toISOString();
  for (const [what, before, readAt, kind] of [
    ["behind somebody", until + 2_000, until, "appointment"],
    ["the clock was set back meanwhile", time + 30 * minuteMs, time + 2 * minuteMs, "appointment"],
    ["a second late", until + 2_000, until + 1_000, "walk-in"],
    ["a second early", time - 14 * minuteMs, time - 15 * minuteMs - 1_000, "walk-in"],
  ] as const) {
    // biome-ignore format: one line
    const { office, code } = await openWithAppointment();
    office.now = time + 60 * minuteMs;
    const items = [["A950", before], ["T950", readAt, code]] as const; // biome-ignore format: rows
    const tickets = items.map(([number, at, shown], order) => {
      const item = {
        request: `scan-${number}`,
        number,
        day: monday,
        service: "id-card",
        order,
        clock: "sure",
        contact,
      };
      return { ...item, issuedAt: new Date(at).toISOString(), ...(shown ? { code: shown } : {}) };
    });
    assert.is(outcome(await office.ask("terminal", "ticket.adopt", { tickets })), "ok");
    const ticket = await show(office, "T950");
    assert.is(ticket.kind, kind, what);
    assert.is(Date.parse(ticket.earnedAt), before + 1, what);
    const checkedIn = office.events.find((event) => event.type === "appointment.checked-in");
    assert.is(checkedIn?.readAt, kind === "appointment" ? readAt : undefined, what);
    office.close();
  }
});

test("no code is in an event, an answer or the file", async () => {
  const { office, code } = await openWithAppointment();
  office.now = time;
  await bring(office, "terminal", "T950", time, { code });
  const events = JSON.stringify(await office.ask("admin", "event.list", { limit: 100 }));
  assert.not.match(events, code);
  assert.not.match(JSON.stringify([...office.state.tickets.values()]), hashCheckInCode(code));
  office.close();
});

test.run();
