import { test } from "uvu";
import * as assert from "uvu/assert";
import { displayView } from "../../hub/office/views.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { Desk, Display, Ticket } from "../../protocol/messages.ts";
import type { TestOffice } from "./test-office.ts";
import { modelOffice, openOffice, outcome } from "./test-office.ts";

const ticketOf = (reply: OutgoingReply) => (reply as { result: { ticket: Ticket | null } }).result.ticket;

/** Desk 1 is open, and A001, A002 and C001 wait. */
async function deskWithQueue(): Promise<TestOffice> {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  for (const service of ["id-card", "id-card", "pick-up"]) {
    await office.issue(service);
    office.now += 60_000;
  }
  return office;
}

const a001 = "2026-11-23/A001";

test("first come, first served among the services of the desk", async () => {
  const office = await deskWithQueue();
  await office.ask("admin", "desk.open", { desk: "2" });
  assert.is(
    ticketOf(await office.ask("admin", "call.next", { desk: "2" }))?.number,
    "C001",
    "desk 2 serves pick-up only",
  );
  assert.is(ticketOf(await office.ask("clerk", "call.next", { desk: "1" }))?.number, "A001");
  const next = await office.ask("clerk", "call.next", { desk: "1", current: a001, finish: true });
  assert.is(ticketOf(next)?.number, "A002");
  assert.is(office.state.tickets.get(a001)?.state, "finished");
  assert.is(office.state.tickets.get(a001)?.endedAt, office.now, "how long it took stands in the ticket");
  const none = await office.ask("clerk", "call.next", { desk: "1", current: "2026-11-23/A002", finish: true });
  assert.is(ticketOf(none), null, "nobody waits: the visit is finished all the same");
  assert.is(office.state.desks.get("1")?.ticket, null);
  office.close();
});

test("calling never throws a visitor out", async () => {
  const cases: [string, object, string][] = [
    ["no current", {}, "desk-busy"],
    ["no current, finish", { finish: true }, "desk-busy"],
    ["the right current, not finished", { current: a001 }, "desk-busy"],
    ["the right current, finish false", { current: a001, finish: false }, "desk-busy"],
    ["another current", { current: "2026-11-23/A002", finish: true }, "wrong-state"],
    ["nobody", { current: null, finish: true }, "wrong-state"],
  ];
  const office = await deskWithQueue();
  await office.ask("clerk", "call.next", { desk: "1" });
  for (const [what, args, expected] of cases) {
    const reply = await office.ask("clerk", "call.next", { desk: "1", ...args });
    assert.is(outcome(reply), expected, what);
    if (!reply.ok && expected === "wrong-state") assert.is(reply.error.current, a001, what);
    if (!reply.ok && expected === "desk-busy") assert.is(reply.error.number, "A001", what);
    assert.is(office.state.desks.get("1")?.ticket, a001, what);
  }
  office.close();
});

test("what a desk may do from each state of a ticket", async () => {
  const office = await deskWithQueue();
  const by = (verb: string, args: object) => office.ask("clerk", verb, { desk: "1", ...args });
  const steps: [string, string, object, string][] = [
    ["recalling who waits", "call.again", { number: "A001" }, "wrong-state"],
    ["finishing who waits", "ticket.finish", { number: "A001" }, "wrong-state"],
    ["a number nobody has", "call.number", { number: "A999" }, "unknown-ticket"],
    ["no ticket named", "call.number", {}, "bad-request"],
    ["named twice", "call.number", { number: "A001", ticket: a001 }, "bad-request"],
    ["calling a number", "call.number", { number: "A002" }, "ok"],
    ["calling it twice", "call.number", { number: "A002" }, "wrong-state"],
    ["calling another meanwhile", "call.number", { number: "A001" }, "desk-busy"],
    ["closing meanwhile", "desk.close", {}, "desk-busy"],
    ["a no-show after one call", "ticket.no-show", { number: "A002" }, "wrong-state"],
    ["calling again", "call.again", { number: "A002" }, "ok"],
    ["a no-show after two", "ticket.no-show", { number: "A002" }, "ok"],
    ["a no-show twice", "ticket.no-show", { number: "A002" }, "wrong-state"],
    ["cancelling a no-show", "ticket.cancel", { number: "A002" }, "wrong-state"],
    ["who returns is called by number", "call.number", { number: "A002" }, "ok"],
    ["finishing", "ticket.finish", { ticket: "2026-11-23/A002" }, "ok"],
    ["finishing twice", "ticket.finish", { number: "A002" }, "wrong-state"],
    ["cancelling who waits", "ticket.cancel", { number: "C001" }, "ok"],
    ["calling who gave up", "call.number", { number: "C001" }, "wrong-state"],
    ["closing", "desk.close", {}, "ok"],
    ["closing twice", "desk.close", {}, "ok"],
    ["calling at a closed desk", "call.number", { number: "A001" }, "desk-closed"],
    ["the next at a closed desk", "call.next", {}, "desk-closed"],
    ["opening for an unknown service", "desk.open", { services: ["passports"] }, "unknown-service"],
    ["opening for one service", "desk.open", { services: ["pick-up"] }, "ok"],
  ];
  for (const [what, verb, args, expected] of steps) assert.is(outcome(await by(verb, args)), expected, what);
  assert.is(ticketOf(await by("call.next", {})), null, "A001 wants what this desk does not serve now");
  assert.is(outcome(await office.ask("clerk", "desk.open", { desk: "2" })), "forbidden");
  assert.is(outcome(await office.ask("clerk", "desk.open", { desk: "9" })), "unknown-desk");
  assert.is(outcome(await office.ask("admin", "desk.open", { desk: "2" })), "ok");
  office.close();
});

test("a no-show may return for 15 minutes", async () => {
  for (const [minutes, extra, expected] of [
    [15, 0, "ok"],
    [15, 1, "wrong-state"],
  ] as const) {
    const office = await deskWithQueue();
    await office.ask("clerk", "call.next", { desk: "1" });
    await office.ask("clerk", "call.again", { desk: "1", number: "A001" });
    office.now += 600_000;
    await office.ask("clerk", "ticket.no-show", { desk: "1", number: "A001" });
    office.now += minutes * 60_000 + extra;
    const reply = await office.ask("clerk", "call.number", { desk: "1", number: "A001" });
    assert.is(outcome(reply), expected, `${minutes} min + ${extra} ms`);
    if (reply.ok) {
      const noShow = await office.ask("clerk", "ticket.no-show", { desk: "1", number: "A001" });
      assert.is(outcome(noShow), "wrong-state", "called anew, so called again before being given up");
    }
    office.close();
  }
});

test("the boards: newest first, a recall counts up and comes to the top, at least 20 stay", async () => {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  const display = (group: string): Display => displayView(office.state, group);
  for (let n = 0; n < 25; n += 1) {
    const { number } = await office.issue();
    await office.ask("clerk", "call.number", { desk: "1", number });
    if (n < 24) await office.ask("clerk", "ticket.finish", { desk: "1", number });
  }
  assert.is(display("all").calls.length, 20);
  assert.equal(
    display("all")
      .calls.slice(0, 2)
      .map(({ number, deskName, count }) => [number, deskName, count]),
    [
      ["A025", "Platz 1", 1],
      ["A024", "Platz 1", 1],
    ],
  );
  assert.equal(display("hall").calls, [], "desk 1 does not call in the hall");
  await office.ask("admin", "desk.open", { desk: "2" });
  await office.issue("pick-up");
  await office.ask("admin", "call.next", { desk: "2" });
  assert.is(display("hall").calls[0]?.number, "C001");
  const { revision } = display("all");
  const [call] = display("all").calls.filter(({ number }) => number === "A025");
  office.now += 60_000;
  await office.ask("clerk", "call.again", { desk: "1", number: "A025" });
  const [top] = display("all").calls;
  assert.equal([top?.call, top?.number, top?.count], [call?.call, "A025", 2]);
  assert.is(top?.calledAt, new Date(office.now).toISOString(), "a board that was away for a moment announces it");
  assert.is(display("all").calls.length, 20);
  assert.is(display("all").revision, revision + 1);
  office.close();
});

test("a recall is on the boards even if the call has left them", async () => {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.ask("admin", "desk.open", { desk: "2" });
  await office.issue();
  await office.ask("clerk", "call.next", { desk: "1" });
  for (let n = 0; n < 20; n += 1) {
    await office.issue("pick-up");
    const current = office.state.desks.get("2")?.ticket ?? null;
    await office.ask("admin", "call.next", { desk: "2", current, finish: true });
  }
  assert.not.ok(displayView(office.state, "all").calls.some(({ number }) => number === "A001"));
  await office.ask("clerk", "call.again", { desk: "1", number: "A001" });
  const [top] = displayView(office.state, "all").calls;
  assert.equal([top?.number, top?.deskName, top?.count], ["A001", "Platz 1", 2]);
  office.close();
});

test("nobody but its own clerk takes a visitor from a desk", async () => {
  const office = openOffice();
  await office.ask("admin", "desk.open", { desk: "2" });
  await office.issue("pick-up");
  await office.ask("admin", "call.next", { desk: "2" });
  assert.is(outcome(await office.ask("clerk", "ticket.cancel", { number: "C001" })), "forbidden");
  assert.is(office.state.desks.get("2")?.ticket, "2026-11-23/C001");
  assert.is(outcome(await office.ask("admin", "ticket.cancel", { number: "C001" })), "ok");
  office.close();
});

test("a desk follows the configuration: new services, lost ones, and a desk that is gone", async () => {
  const office = openOffice();
  const parking = { id: "parking", letter: "P", names: { de: "Parkausweis" }, minutes: 5 };
  const services = [...modelOffice.services, parking];
  const [one, two] = modelOffice.desks;
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.ask("admin", "desk.open", { desk: "2" });
  await office.issue("pick-up");
  await office.ask("admin", "call.next", { desk: "2" });
  office.restart({ services, desks: [{ ...one, services: services.map(({ id }) => id) }, two] });
  await office.issue("parking");
  await office.ask("clerk", "desk.open", { desk: "1" });
  assert.is(ticketOf(await office.ask("clerk", "call.next", { desk: "1" }))?.number, "P001");
  office.restart({ desks: [one] });
  assert.equal(office.state.desks.get("1")?.services, ["id-card", "registration", "pick-up"]);
  assert.is(office.state.desks.get("2")?.open, false, "closed, while the visitor there can still be finished");
  assert.is(outcome(await office.ask("admin", "desk.open", { desk: "2" })), "desk-closed");
  assert.is(outcome(await office.ask("admin", "ticket.finish", { desk: "2", number: "C001" })), "ok");
  office.close();
});

test("an event says when in words, and nothing that staff wrote about a visitor", async () => {
  const office = openOffice();
  await office.ask("clerk", "ticket.issue", { service: "id-card", priority: 30, reason: "Frau Müller, krank" });
  const reply = await office.ask("clerk", "event.list");
  const text = JSON.stringify(reply);
  assert.not.match(text, /Müller/);
  assert.match(text, '"issuedAt":"2026-11-23T08:00:00.000Z"');
  assert.match(text, '"reason":{"code":"priority"}');
  office.close();
});

test("numbers: one series a letter, and full at the end", async () => {
  const office = openOffice();
  // One client may have a thousand requests waiting.
  await Promise.all(Array.from({ length: 999 }, (_, n) => office.issue(n % 2 ? "registration" : "id-card")));
  await Promise.all(Array.from({ length: 499 }, () => office.issue("id-card")));
  await office.issue("pick-up");
  const numbers = [...office.state.tickets.values()].map(({ number }) => number);
  assert.is(new Set(numbers).size, numbers.length);
  assert.is(office.state.series.get("A"), 999);
  assert.is(office.state.series.get("B"), 499);
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" })), "full");
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "registration" })), "ok");
  office.close();
});

/** Whether it is within the range, and this is not so wide that anything would be. */
const holds = (range: [number, number] | null | undefined, minutes: number) =>
  range !== null && range !== undefined && range[0] <= minutes && minutes <= range[1] && range[1] <= 2 * minutes;

test("the queue in pages, ahead and estimates by what the desks take", async () => {
  const office = await deskWithQueue();
  const list = async (args: object) =>
    (await office.ask("admin", "queue.list", args)) as { result: { tickets: Ticket[]; next: string | null } };
  const first = (await list({ limit: 2 })).result;
  assert.equal(first.tickets.map(({ number, ahead }) => [number, ahead]), [["A001", 0], ["A002", 1]]); // biome-ignore format: rows
  const rest = (await list({ limit: 2, after: first.next })).result;
  assert.equal(
    rest.tickets.map(({ number, ahead }) => [number, ahead]),
    [["C001", 2]],
  );
  assert.is(rest.next, null);
  assert.ok(holds(rest.tickets[0]?.estimateMinutes, 20), "two visits of 10 minutes at one desk");
  assert.equal(
    (await list({ service: "pick-up" })).result.tickets.map(({ number }) => number),
    ["C001"],
  );
  const gone = await office.ask("clerk", "call.number", { desk: "1", number: "A002" });
  assert.is(outcome(gone), "ok");
  const behind = (await list({ limit: 2, after: first.next })).result;
  assert.equal(behind.tickets.map(({ number }) => number), ["C001"], "the place of a ticket that was called stays"); // biome-ignore format: one thought
  assert.is(outcome(await office.ask("admin", "queue.list", { after: "2026-11-23/A999" })), "unknown-ticket");
  assert.is(outcome(await office.ask("admin", "queue.list", { service: "passports" })), "unknown-service");
  await office.ask("terminal", "ticket.issue", { service: "registration", persons: 4 });
  const { estimateMinutes } = await office.issue("registration");
  assert.ok(holds(estimateMinutes, 73), "10 for A001, 3 for C001 and four times 15 at one desk");
  for (let n = 0; n < 300; n += 1) void office.issue("id-card");
  await office.issue();
  const page = await office.ask("admin", "queue.list", { limit: 100 });
  assert.ok(Buffer.byteLength(JSON.stringify(page)) <= 65_536);
  office.close();
});

test("paper: pending until the terminal that issued it reports; staff's tickets have none", async () => {
  const office = openOffice();
  const { id } = await office.issue();
  assert.is(office.state.tickets.get(id)?.paper, "pending");
  const report = (client: string, result: string) =>
    office.ask(client, "ticket.printed", { ticket: id, outcome: result, sure: false });
  assert.is(outcome(await report("kiosk", "printed")), "forbidden");
  for (const result of ["printed", "shown", "failed", "unknown"] as const) {
    assert.is(outcome(await report("terminal", result)), "ok");
    assert.is(office.state.tickets.get(id)?.paper, result);
  }
  const staff = ticketOf(
    await office.ask("clerk", "ticket.issue", { service: "id-card", priority: 30, reason: "crutches" }),
  );
  assert.equal([staff?.paper, staff?.priority], ["none", 30]);
  const cases: [string, string, object, string][] = [
    ["a terminal gives no priority", "terminal", { service: "id-card", priority: 1, reason: "x" }, "forbidden"],
    ["a priority has a reason", "clerk", { service: "id-card", priority: 1 }, "bad-request"],
    ["an unknown service", "clerk", { service: "passports" }, "unknown-service"],
    ["a board takes no ticket", "board", { service: "id-card" }, "forbidden"],
  ];
  for (const [what, client, args, expected] of cases) {
    assert.is(outcome(await office.ask(client, "ticket.issue", args)), expected, what);
  }
  office.close();
});

test("a restart changes nothing", async () => {
  const office = await deskWithQueue();
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.ask("clerk", "call.again", { desk: "1", number: "A001" });
  const picture = () => {
    const { tickets, waiting, series, desks, displays, lastCalled, seq, day, open } = office.state;
    return JSON.parse(
      JSON.stringify({
        tickets: [...tickets].sort(),
        waiting,
        series: [...series],
        desks: [...desks],
        displays: [...displays],
        lastCalled: [...lastCalled],
        seq,
        day,
        open,
      }),
    ) as object;
  };
  const before = picture();
  office.restart();
  assert.equal(picture(), before);
  const desk = await office.ask("clerk", "desk.open", { desk: "1" });
  assert.equal((desk as { result: { desk: Desk } }).result.desk.number, "A001");
  office.close();
});

test.run();
