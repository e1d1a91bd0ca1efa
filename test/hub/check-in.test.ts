import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ticketForTerminal } from "../../hub/office/views.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { outcome } from "./test-office.ts";

const test = suite("check-in");
const secondMs = 1000;
const at = Date.parse("2026-11-24T10:00:00+01:00");
const iso = (time: number) => new Date(time).toISOString();
const ticketIn = (reply: OutgoingReply) => (reply as { result: { ticket: Ticket } }).result.ticket;
const errorIn = (reply: OutgoingReply) => (reply as { error: Record<string, unknown> }).error;

async function inOffice(use: (office: AppointmentOffice) => Promise<void>, options = {}): Promise<void> {
  const office = openAppointmentOffice(options);
  try {
    await use(office);
  } finally {
    office.close();
  }
}

const byCode = (office: AppointmentOffice, code: string, readAt = office.now, client = "terminal") =>
  office.ask(client, "appointment.check-in", { code, at: iso(readAt) });
const byBirthdate = (office: AppointmentOffice, birthdate: string, more: object = {}, client = "terminal") =>
  office.ask(client, "appointment.check-in", { birthdate, at: iso(office.now), ...more });

for (const [offset, code, birthdate] of [
  [-15 * minuteMs - secondMs, "too-early", "no-match"],
  [-15 * minuteMs, "ok", "ok"],
  [0, "ok", "ok"],
  [5 * minuteMs, "ok", "ok"],
  [5 * minuteMs + 999, "ok", "ok"],
  [5 * minuteMs + secondMs, "too-late", "no-match"],
  [30 * minuteMs, "too-late", "no-match"],
] as const) {
  test(`${offset / secondMs} s from the time: ${code} by code, ${birthdate} by birth date`, async () => {
    for (const way of ["code", "birthdate"] as const) {
      await inOffice(async (office) => {
        const { code: digits } = await office.bookFor(at);
        office.now = at + offset;
        const reply = way === "code" ? await byCode(office, digits) : await byBirthdate(office, "1984-03-09");
        assert.is(outcome(reply), way === "code" ? code : birthdate);
        if (!reply.ok) return assert.is(office.state.tickets.size, 0);
        const ticket = ticketIn(reply);
        assert.equal([ticket.number, ticket.kind, ticket.paper], ["T001", "appointment", "pending"]);
        assert.is(ticket.appointmentAt, iso(at));
      });
    }
  });
}

test("too early says from when it works", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    office.now = at - 60 * minuteMs;
    assert.is(errorIn(await byCode(office, code)).from, iso(at - 15 * minuteMs));
  }));

test("the code counts from when it was read, at most 30 s back", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    office.now = at + 5 * minuteMs + 30 * secondMs;
    assert.is(outcome(await byCode(office, code, at + 5 * minuteMs)), "ok");
  }));

test("a reading said to be older than 30 s is judged as 30 s old", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    office.now = at + 5 * minuteMs + 31 * secondMs;
    assert.is(outcome(await byCode(office, code, at)), "too-late");
  }));

test("whoever is checked in gets the same number again, at any terminal and after the window", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    office.now = at - 10 * minuteMs;
    const first = ticketIn(await byCode(office, code));
    await office.ask("terminal", "ticket.printed", { ticket: first.id, outcome: "printed", sure: true });
    office.now = at + 20 * minuteMs;
    const again = ticketIn(await byCode(office, code, office.now, "kiosk"));
    assert.equal([again.id, again.paper], [first.id, "printed"]);
    assert.is(office.state.waitingAppointments.length, 1);
    const reported = { ticket: again.id, outcome: "printed", sure: true };
    assert.is(outcome(await office.ask("kiosk", "ticket.printed", reported)), "ok");
  }));

test("what staff wrote about a visitor is told to staff, and to no terminal: that keeps what it is told", () =>
  inOffice(async (office) => {
    const { id, code } = await office.bookFor(at);
    office.now = at;
    const { number } = ticketIn(await byCode(office, code));
    await office.ask("clerk", "ticket.priority", { number, priority: 30, reason: "Anna, Schlaganfall" });
    const again = await byCode(office, code, office.now, "kiosk");
    assert.equal(ticketIn(again).reason, { code: "priority" });
    for (const [verb, args] of [
      ["appointment.check-in", { code, at: iso(office.now) }],
      ["appointment.late-check-in", { appointment: id, reason: "asks again" }],
      ["ticket.show", { number }],
    ] as const) {
      const { reason } = ticketIn(await office.ask("clerk", verb, args));
      assert.equal(reason, { code: "priority", text: "Anna, Schlaganfall" }, verb);
    }
    const ticket = office.state.tickets.get(`2026-11-24/${number}`);
    assert.ok(ticket);
    assert.not.match(JSON.stringify(ticketForTerminal(office.state, ticket, office.now)), /Anna/, "as for a copy");
  }));

test("each wrong code has its own answer", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    const today = { site: 1, day: "2026-11-23" };
    const damaged = code.slice(0, 20) + ((Number(code[20]) + 1) % 10) + code.slice(21);
    for (const [text, expected] of [
      ["hello", "bad-code"],
      [damaged, "bad-code"],
      [makeCheckInCode(today), "bad-code"],
      [makeCheckInCode({ ...today, site: 2 }), "other-site"],
      [code, "other-day"],
      [makeCheckInCode({ site: 1, day: "2026-11-22" }), "other-day"],
    ] as const) {
      assert.is(outcome(await byCode(office, text)), expected, text);
    }
    assert.is(errorIn(await byCode(office, code)).date, "2026-11-24");
  }));

test("two persons with one birth date are told apart by the time, which nobody is told", () =>
  inOffice(async (office) => {
    await office.bookFor(at);
    await office.bookFor(at + 15 * minuteMs, { person: { ...anna, email: "twin@example.org" } });
    office.now = at;
    const asked = await byBirthdate(office, "1984-03-09");
    assert.is(outcome(asked), "ambiguous");
    assert.not.ok(JSON.stringify(asked).includes("10:"));
    assert.is(outcome(await byBirthdate(office, "1984-03-09", { time: "11:00" })), "no-match");
    const reply = await byBirthdate(office, "1984-03-09", { time: "10:15" });
    assert.is(ticketIn(reply).appointmentAt, iso(at + 15 * minuteMs));
  }));

test("two persons with one birth date and one time have a number each, in whichever order they come", () =>
  inOffice(async (office) => {
    for (const email of ["one@example.org", "two@example.org"])
      await office.bookFor(at, { person: { ...anna, email } });
    office.now = at;
    assert.is(outcome(await byBirthdate(office, "1984-03-09")), "ambiguous");
    const numbers: string[] = [];
    for (let entry = 0; entry < 3; entry += 1) {
      numbers.push(ticketIn(await byBirthdate(office, "1984-03-09", { time: "10:00" })).number);
    }
    assert.equal(numbers, ["T001", "T002", "T001"]);
    assert.ok(office.events.every(({ type }) => type !== "appointment.no-match"));
  }));

test("wrong birth dates pause the entry at this terminal, never the scanner, and staff may unlock it", () =>
  inOffice(async (office) => {
    const { code } = await office.bookFor(at);
    office.now = at;
    for (let entry = 0; entry < 5; entry += 1) {
      assert.is(outcome(await byBirthdate(office, `1990-01-0${entry + 1}`)), "no-match");
      office.now += secondMs;
    }
    const locked = await byBirthdate(office, "1984-03-09");
    assert.is(outcome(locked), "locked");
    office.restart();
    assert.is(outcome(await byBirthdate(office, "1984-03-09")), "locked", "a restart forgets nothing");
    assert.is(outcome(await byBirthdate(office, "1990-01-01", {}, "kiosk")), "no-match", "another terminal goes on");
    assert.ok(office.events.some((event) => event.type === "device.alarm" && event.alarm === "birthdates"));
    assert.is(outcome(await office.ask("clerk", "appointment.unlock", { terminal: "terminal" })), "ok");
    assert.is(outcome(await byBirthdate(office, "1984-03-09")), "ok");
    assert.is(outcome(await byCode(office, code)), "ok");
  }));

test("the pause ends by itself, ten minutes after the entries that caused it", () =>
  inOffice(async (office) => {
    for (let entry = 0; entry < 5; entry += 1) await byBirthdate(office, `1990-01-0${entry + 1}`);
    const until = Date.parse(String(errorIn(await byBirthdate(office, "1990-01-01")).until));
    assert.is(until, office.now + 10 * minuteMs);
    office.now = until - 1;
    assert.is(outcome(await byBirthdate(office, "1990-01-01")), "locked");
    office.now = until;
    assert.is(outcome(await byBirthdate(office, "1990-01-01")), "no-match");
  }));

test("fifteen wrong entries pause the whole site", () =>
  inOffice(async (office) => {
    for (let entry = 0; entry < 15; entry += 1) {
      const client = ["terminal", "kiosk", "clerk", "admin"][entry % 4];
      assert.is(outcome(await byBirthdate(office, "1990-01-01", {}, client)), "no-match", `${entry}`);
    }
    assert.is(outcome(await byBirthdate(office, "1990-01-01", {}, "admin")), "locked");
  }));

for (const [offset, expected] of [
  [-15 * minuteMs - secondMs, "too-early"],
  [6 * minuteMs, "ok"],
  [15 * minuteMs, "ok"],
  [15 * minuteMs + secondMs, "too-late"],
] as const) {
  test(`by hand ${offset / secondMs} s from the time: ${expected}`, () =>
    inOffice(async (office) => {
      const { id } = await office.bookFor(at);
      office.now = at + offset;
      await office.tick();
      const args = { appointment: id, reason: "stand im Stau" };
      const reply = await office.ask("clerk", "appointment.late-check-in", args);
      assert.is(outcome(reply), expected);
      if (reply.ok) assert.is(ticketIn(reply).number, "T001");
    }));
}

test("by hand on another day: said so, and whoever asks at the same moment has his answer", () =>
  inOffice(
    async (office) => {
      const { id, code } = await office.bookFor(at);
      office.now = at;
      assert.is(outcome(await byCode(office, code)), "ok");
      office.now += 24 * 60 * minuteMs;
      await office.tick();
      const [late, issued] = await Promise.all([
        office.ask("clerk", "appointment.late-check-in", { appointment: id, reason: "stand im Stau" }),
        office.ask("terminal", "ticket.issue", { service: "id-card" }),
      ]);
      assert.equal([outcome(late), outcome(issued)], ["other-day", "ok"]);
      assert.is(errorIn(late).date, "2026-11-24");
    },
    { config: { openingHours: "24/7" } },
  ));

test("a reservation that nobody confirmed is nobody's appointment", () =>
  inOffice(async (office) => {
    await office.reserve({ at });
    office.now = at;
    assert.is(outcome(await byBirthdate(office, "1984-03-09")), "no-match");
  }));

test.run();
