import { test } from "uvu";
import * as assert from "uvu/assert";
import { displayView } from "../../hub/office/views.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { Desk, Ticket } from "../../protocol/messages.ts";
import { frontPriority } from "../../protocol/requests.ts";
import type { TestOffice } from "./test-office.ts";
import { modelOffice, openOffice, outcome } from "./test-office.ts";

const minuteMs = 60_000;
const day = "2026-11-23";
const resultOf = <T>(reply: OutgoingReply) => {
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  return reply.result as T;
};
const ticketOf = (reply: OutgoingReply) => resultOf<{ ticket: Ticket }>(reply).ticket;
const at = (office: TestOffice, number: string) => office.state.tickets.get(`${day}/${number}`);

/** Desks 1 and 2 are open; A001, A002, B001 and C001 wait, a minute after each other. */
async function office(config: object = {}): Promise<TestOffice> {
  const open = openOffice({ config });
  await open.ask("admin", "desk.open", { desk: "1" });
  await open.ask("admin", "desk.open", { desk: "2" });
  for (const service of ["id-card", "id-card", "registration", "pick-up"]) {
    await open.issue(service);
    open.now += minuteMs;
  }
  return open;
}

/** Asks as the admin, at a desk. */
const by = (open: TestOffice, verb: string, args: object, desk = "1") => open.ask("admin", verb, { desk, ...args });
const order = async (open: TestOffice) => {
  const { tickets } = resultOf<{ tickets: Ticket[] }>(await open.ask("admin", "queue.list"));
  return tickets.map(({ number }) => number).join(" ");
};
const deskOf = async (open: TestOffice, verb: string, desk = "1") =>
  resultOf<{ desk: Desk }>(await open.ask("admin", verb, { desk })).desk;

test("who is parked frees the desk, is called back to any desk that is free, and has lost no time", async () => {
  const open = await office();
  await by(open, "call.next", {});
  open.now += 5 * minuteMs;
  const parked = ticketOf(await by(open, "ticket.park", { number: "A001" }));
  assert.equal([parked.state, parked.desk], ["parked", "1"]);
  assert.is(open.state.desks.get("1")?.ticket, null);
  assert.is(ticketOf(await by(open, "call.next", {})).number, "A002");
  const refusals: [string, object, string, string][] = [
    ["call.number", { number: "A001" }, "2", "wrong-state"],
    ["call.again", { number: "A001" }, "1", "wrong-state"],
    ["ticket.finish", { number: "A001" }, "1", "wrong-state"],
    ["ticket.park", { number: "A001" }, "1", "wrong-state"],
    ["ticket.resume", { number: "A001" }, "1", "desk-busy"],
    ["ticket.resume", { number: "B001" }, "2", "wrong-state"],
    ["ticket.resume", { number: "A009" }, "2", "unknown-ticket"],
    ["ticket.resume", { number: "A001" }, "9", "unknown-desk"],
  ];
  for (const [verb, args, desk, expected] of refusals) {
    assert.is(outcome(await by(open, verb, args, desk)), expected, `${verb} at ${desk}`);
  }
  open.now += 10 * minuteMs;
  const resumed = ticketOf(await by(open, "ticket.resume", { number: "A001" }, "2"));
  assert.equal([resumed.state, resumed.desk, resumed.reason?.code], ["called", "2", "resumed"]);
  assert.is(displayView(open.state, "hall").calls[0]?.number, "A001", "the boards show it");
  assert.is(Date.parse(resumed.calledAt ?? "") - Date.parse(resumed.earnedAt), 4 * minuteMs, "what he waited before");
  await by(open, "ticket.finish", { number: "A001" }, "2");
  open.close();
});

test("parked tickets and no-shows are listed", async () => {
  const open = await office();
  for (const [number, leave] of [
    ["A001", "park"],
    ["A002", "park"],
    ["B001", "no-show"],
  ] as const) {
    await by(open, "call.number", { number });
    await by(open, "call.again", { number });
    assert.is(outcome(await by(open, `ticket.${leave}`, { number })), "ok");
  }
  const list = async (args: object) => {
    const { tickets, next } = resultOf<{ tickets: Ticket[]; next: string | null }>(
      await open.ask("admin", "queue.list", args),
    );
    return [tickets.map(({ number }) => number).join(" "), next];
  };
  assert.equal(await list({ state: "parked" }), ["A001 A002", null]);
  assert.equal(await list({ state: "parked", limit: 1 }), ["A001", `${day}/A001`]);
  assert.equal(await list({ state: "parked", after: `${day}/A001` }), ["A002", null]);
  assert.equal(await list({ state: "no-show" }), ["B001", null]);
  assert.equal(await list({ state: "no-show", service: "pick-up" }), ["", null]);
  assert.equal(await list({ state: "waiting" }), ["C001", null]);
  assert.is(outcome(await open.ask("clerk", "ticket.cancel", { number: "A001" })), "ok", "who is parked may give up");
  assert.equal(await list({ state: "parked" }), ["A002", null]);
  open.close();
});

test("a transfer keeps the time that was waited, from the desk, parked, and waiting", async () => {
  for (const way of ["called", "parked", "waiting"]) {
    const open = await office();
    if (way !== "waiting") await by(open, "call.number", { number: "A001" });
    open.now += 7 * minuteMs;
    if (way === "parked") await by(open, "ticket.park", { number: "A001" });
    open.now += 7 * minuteMs;
    const moved = ticketOf(await by(open, "ticket.transfer", { number: "A001", service: "registration" }));
    assert.equal([moved.state, moved.service, moved.services, moved.desk], ["waiting", "registration", ["registration"], null], way); // biome-ignore format: one thought
    const waited = way === "waiting" ? 18 : 4;
    assert.is(
      open.now - Date.parse(moved.earnedAt),
      waited * minuteMs,
      `${way}: being served or parked does not count`,
    );
    assert.is(open.state.desks.get("1")?.ticket, null);
    // A002 waits for 17 minutes, B001 for 16 and C001 for 15.
    assert.is(await order(open), way === "waiting" ? "A001 A002 B001 C001" : "A002 B001 C001 A001", way);
    assert.equal(open.state.waitingCounts.get("registration"), { tickets: 2, persons: 2 });
    assert.equal(open.state.waitingCounts.get("id-card"), { tickets: 1, persons: 1 });
    open.close();
  }
});

test("what is sent to a desk waits for that desk, whatever it serves", async () => {
  const open = await office();
  await by(open, "call.number", { number: "A001" });
  const sent = ticketOf(await by(open, "ticket.transfer", { number: "A001", toDesk: "2" }));
  assert.equal([sent.boundTo, sent.service, sent.state], ["2", "id-card", "waiting"]);
  assert.is(ticketOf(await by(open, "call.next", {})).number, "A002", "not at this desk");
  const next = ticketOf(await by(open, "call.next", {}, "2"));
  assert.equal([next.number, next.reason?.code, next.boundTo], ["A001", "sent", undefined]);
  const refusals: [object, string, string][] = [
    [{ number: "A001" }, "2", "bad-request"],
    [{ number: "A001", service: "passports" }, "2", "unknown-service"],
    [{ number: "A001", toDesk: "9" }, "2", "unknown-desk"],
    [{ number: "A001", toDesk: "2" }, "1", "wrong-state"],
    [{ number: "A009", toDesk: "2" }, "1", "unknown-ticket"],
  ];
  for (const [args, desk, expected] of refusals) {
    assert.is(outcome(await by(open, "ticket.transfer", args, desk)), expected, JSON.stringify(args));
  }
  assert.is(
    outcome(await open.ask("clerk", "ticket.transfer", { desk: "2", number: "A001", toDesk: "1" })),
    "forbidden",
  );
  await by(open, "ticket.finish", { number: "A002" });
  await deskOf(open, "desk.close");
  assert.is(outcome(await by(open, "ticket.transfer", { number: "A001", toDesk: "1" }, "2")), "desk-closed");
  open.close();
});

test("what was sent to a desk waits for any when that closes, or pauses for more than 10 minutes", async () => {
  for (const [what, leave, extra, released] of [
    ["a desk that closes", "desk.close", 0, true],
    ["a pause of 10 minutes", "desk.pause", 10 * minuteMs, false],
    ["a moment longer", "desk.pause", 10 * minuteMs + 1, true],
  ] as const) {
    const open = await office();
    await by(open, "ticket.transfer", { number: "B001", toDesk: "1" });
    const before = at(open, "B001")?.earnedAt;
    await deskOf(open, leave);
    open.now += extra;
    await open.tick();
    assert.is(at(open, "B001")?.boundTo, released ? null : "1", what);
    assert.is(at(open, "B001")?.earnedAt, before);
    assert.is(open.state.waitingBound.get("1"), released ? 0 : 1);
    if (released) assert.is(open.events.filter(({ type }) => type === "ticket.transferred").length, 2, what);
    open.close();
  }
});

test("a paused desk calls nobody, and keeps its visitor and the boards", async () => {
  const open = await office();
  await by(open, "call.next", {});
  const boards = displayView(open.state, "all");
  assert.is((await deskOf(open, "desk.pause")).state, "paused");
  assert.is((await deskOf(open, "desk.pause")).state, "paused", "twice is once");
  assert.equal(displayView(open.state, "all"), boards);
  const refusals: [string, object][] = [
    ["call.next", {}],
    ["call.next", { current: `${day}/A001`, finish: true }],
    ["call.number", { number: "A002" }],
  ];
  for (const [verb, args] of refusals) assert.is(outcome(await by(open, verb, args)), "desk-closed", verb);
  assert.is(open.state.desks.get("1")?.ticket, `${day}/A001`);
  assert.is(outcome(await by(open, "call.again", { number: "A001" })), "ok", "he may still be called again");
  assert.is(outcome(await by(open, "ticket.finish", { number: "A001" })), "ok");
  assert.is((await deskOf(open, "desk.resume")).state, "open");
  assert.is((await deskOf(open, "desk.resume")).state, "open");
  assert.is(ticketOf(await by(open, "call.next", {})).number, "A002");
  await by(open, "ticket.finish", { number: "A002" });
  await deskOf(open, "desk.pause");
  assert.is((await deskOf(open, "desk.open")).state, "open", "opening ends a break too");
  await deskOf(open, "desk.pause");
  assert.is((await deskOf(open, "desk.close")).state, "closed");
  for (const verb of ["desk.pause", "desk.resume"]) {
    assert.is(outcome(await open.ask("admin", verb, { desk: "1" })), "desk-closed");
  }
  assert.is((await deskOf(open, "desk.open")).state, "open", "a break does not outlast the closing");
  open.close();
});

test("a no-show who has come back within 15 minutes waits in front of all others", async () => {
  for (const [extra, expected] of [
    [0, "ok"],
    [1, "wrong-state"],
  ] as const) {
    const open = await office();
    await by(open, "call.number", { number: "B001" });
    await by(open, "call.again", { number: "B001" });
    await by(open, "ticket.no-show", { number: "B001" });
    open.now += 15 * minuteMs + extra;
    const reply = await by(open, "ticket.resume", { number: "B001" });
    assert.is(outcome(reply), expected);
    if (expected === "ok") {
      assert.equal([ticketOf(reply).state, ticketOf(reply).desk], ["waiting", null]);
      assert.is(await order(open), "B001 A001 A002 C001");
      assert.is(ticketOf(await by(open, "call.next", {})).reason?.code, "returned");
      assert.is(outcome(await by(open, "ticket.transfer", { number: "B001", service: "pick-up" })), "ok");
      assert.is(await order(open), "A001 A002 C001 B001", "in front only until he was called; he had waited 2 minutes");
    }
    open.close();
  }
});

test("a priority is a head start, and an emergency goes to the front", async () => {
  const open = await office();
  const give = (args: object, client = "clerk") => open.ask(client, "ticket.priority", args);
  const cases: [object, string, string][] = [
    [{ number: "C001", reason: "small child" }, "ok", "C001 A001 A002 B001"],
    [{ number: "C001", priority: 0, reason: "a mistake" }, "ok", "A001 A002 B001 C001"],
    [{ number: "C001", priority: 3, reason: "small child" }, "ok", "A001 C001 A002 B001"],
    [{ number: "B001", priority: 240, reason: "crutches" }, "ok", "B001 A001 C001 A002"],
    [{ number: "A002", priority: frontPriority, reason: "feels faint" }, "ok", "A002 B001 A001 C001"],
    [{ number: "A001", priority: 241, reason: "in a hurry" }, "bad-request", "A002 B001 A001 C001"],
    [{ number: "A001", priority: -1, reason: "in a hurry" }, "bad-request", "A002 B001 A001 C001"],
    [{ number: "A001", priority: 30 }, "bad-request", "A002 B001 A001 C001"],
    [{ number: "A009", reason: "x" }, "unknown-ticket", "A002 B001 A001 C001"],
  ];
  for (const [args, expected, then] of cases) {
    assert.is(outcome(await give(args)), expected, JSON.stringify(args));
    assert.is(await order(open), then, JSON.stringify(args));
  }
  assert.is(outcome(await give({ number: "A001", reason: "x" }, "terminal")), "forbidden");
  assert.equal(at(open, "A002")?.reason, { code: "emergency", text: "feels faint" }, "on record");
  const events = JSON.stringify(await open.ask("clerk", "event.list", { limit: 100 }));
  assert.match(events, '"priority":1440,"reason":{"code":"emergency"}');
  assert.not.match(events, /faint|crutches|child/);
  assert.is(ticketOf(await by(open, "call.next", {})).reason?.code, "emergency");
  assert.is(outcome(await give({ number: "A002", reason: "x" })), "wrong-state", "he is at a desk");
  await by(open, "ticket.park", { number: "A002" });
  assert.is(outcome(await give({ number: "A002", reason: "x" })), "ok");
  open.close();
});

test("the head start that is given without a number is the office's", async () => {
  const open = await office({ calls: { priorityMinutes: 1 } });
  await open.ask("clerk", "ticket.priority", { number: "C001", reason: "small child" });
  assert.is(at(open, "C001")?.priority, 1);
  assert.is(await order(open), "A001 A002 B001 C001", "now as long as B001, and of a higher number");
  open.close();
});

test("at the end of the day all who wait or are parked are expired, and staff are asked to close the desks", async () => {
  const open = await office();
  await by(open, "call.number", { number: "A001" });
  await by(open, "ticket.park", { number: "A001" });
  await by(open, "call.number", { number: "A002" });
  await by(open, "ticket.transfer", { number: "B001", toDesk: "2" }, "2");
  open.now = Date.parse("2026-11-24T00:00:00+01:00");
  await open.tick();
  const expired = open.events.flatMap((event) => (event.type === "ticket.expired" ? [event.number] : []));
  assert.equal(expired.sort(), ["A001", "B001", "C001"]);
  assert.is(open.state.waiting.length, 0);
  assert.is(open.state.waitingBound.get("2"), 0);
  const alarm = open.events.find(({ type }) => type === "device.alarm");
  assert.match(JSON.stringify(alarm), '"alarm":"desks-open","detail":"the day is over: close desks 1, 2"');
  assert.is(open.state.desks.get("1")?.ticket, `${day}/A002`, "whoever is at a desk is still served");
  const moves: [string, object][] = [
    ["ticket.park", {}],
    ["ticket.transfer", { toDesk: "2" }],
  ];
  for (const [verb, args] of moves) {
    assert.is(outcome(await by(open, verb, { ticket: `${day}/A002`, ...args })), "wrong-state", verb);
  }
  assert.is(outcome(await by(open, "ticket.finish", { number: "A002" })), "ok");
  open.close();
  const allNight = openOffice({ config: { openingHours: "24/7" } });
  await allNight.ask("admin", "desk.open", { desk: "1" });
  allNight.now = Date.parse("2026-11-24T00:00:00+01:00");
  await allNight.tick();
  assert.not.ok(
    allNight.events.some(({ type }) => type === "device.alarm"),
    "this office is open all night",
  );
  allNight.close();
});

test("a family takes one ticket and its time, wherever it is sent", async () => {
  const open = openOffice();
  await open.ask("admin", "desk.open", { desk: "1" });
  const group = ticketOf(await open.ask("clerk", "ticket.issue", { service: "id-card", persons: 4 }));
  assert.is(group.persons, 4);
  const behind = await open.issue("id-card");
  assert.is(behind.ahead, 1);
  const single = openOffice();
  await single.ask("admin", "desk.open", { desk: "1" });
  await single.issue("id-card");
  const [, longest = 0] = behind.estimateMinutes ?? [];
  const [, longestBehindOne = 0] = (await single.issue("id-card")).estimateMinutes ?? [];
  assert.ok(longest >= 2 * longestBehindOne, `${longest} minutes behind four, ${longestBehindOne} behind one`);
  await by(open, "call.next", {});
  const sent = ticketOf(await by(open, "ticket.transfer", { number: group.number, service: "registration" }));
  assert.is(sent.persons, 4);
  assert.equal(open.state.waitingCounts.get("registration"), { tickets: 1, persons: 4 });
  single.close();
  open.close();
});

test("a desk that is sent tickets and then leaves the office lets them go", async () => {
  const open = await office();
  await by(open, "ticket.transfer", { number: "B001", toDesk: "2" });
  open.restart({ desks: [modelOffice.desks[0]] });
  await open.tick();
  assert.is(at(open, "B001")?.boundTo, null);
  open.close();
});

test("a restart finds the desk free from which a visitor was sent on", async () => {
  const open = await office();
  await by(open, "call.next", {});
  await by(open, "ticket.transfer", { number: "A001", service: "registration" });
  open.restart();
  assert.is(open.state.desks.get("1")?.ticket, null);
  assert.is(ticketOf(await by(open, "call.next", {})).number, "A001");
  open.close();
});

test.run();
