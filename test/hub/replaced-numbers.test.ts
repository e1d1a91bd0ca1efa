import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import { bring, given, grants, monday } from "./bringing.ts";
import { openOffice, outcome } from "./test-office.ts";

test("a number that was called before the paper was known is called again by the number on the paper", async () => {
  const office = openOffice();
  await grants(office);
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
  await office.ask("clerk", "call.next", { desk: "1" });
  await bring(office, [given("A950", { request: "slow" })]);
  const check = () => {
    assert.is(office.state.desks.get("1")?.ticket, `${monday}/A950`);
    assert.is(office.state.tickets.get(`${monday}/A950`)?.state, "called");
    assert.is(office.state.tickets.get(`${monday}/A001`)?.state, "void");
    assert.is(office.state.waiting.length, 0);
    assert.equal(
      office.state.displays.get("all")?.calls.map(({ number, desk }) => [number, desk]),
      [["A950", "1"]],
    );
    assert.is(office.state.lastCalled.get("id-card")?.number, "A950");
  };
  check();
  office.restart();
  check();
  assert.match(JSON.stringify(office.events.find(({ type }) => type === "ticket.replaced")), /"desk":"1"/);
  assert.is(outcome(await office.ask("clerk", "ticket.finish", { desk: "1", number: "A950" })), "ok");
  office.close();
});

test("what staff did for a visitor under the number that came too late stays with the one on the paper", async () => {
  const done = {
    priority: ["ticket.priority", { number: "A001", priority: 30, reason: "crutches" }],
    transfer: ["ticket.transfer", { desk: "1", number: "A001", service: "pick-up", toDesk: "1" }],
    park: ["ticket.park", { desk: "1", number: "A001" }],
  } as const;
  for (const [what, [verb, args]] of Object.entries(done)) {
    const office = openOffice();
    await grants(office);
    await office.ask("clerk", "desk.open", { desk: "1" });
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
    if (what === "park") await office.ask("clerk", "call.next", { desk: "1" });
    office.now += 60_000;
    assert.is(outcome(await office.ask("admin", verb, args)), "ok", what);
    const pick = (number: string) => {
      const ticket = office.state.tickets.get(`${monday}/${number}`);
      return (
        ticket && [ticket.state, ticket.priority, ticket.service, ticket.services, ticket.boundTo, ticket.parkedAt]
      );
    };
    const before = pick("A001");
    await bring(office, [given("A950", { request: "slow" })]);
    const check = () => {
      assert.equal(pick("A950"), before, what);
      assert.is(office.state.waiting.length, what === "park" ? 0 : 1, what);
    };
    check();
    office.restart();
    check();
    const late = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
    assert.is((late as { result: { ticket: Ticket } }).result.ticket.number, "A950");
    assert.not.match(JSON.stringify(late), /crutches/, "what staff wrote stays with them");
    office.close();
  }
});

test("whoever asks for a copy by the number that was replaced is told which number comes out", async () => {
  const passwordHash = `$7$5000$c2FsdA==$${"x".repeat(86)}==`;
  const users = [{ name: "terminal", role: "terminal", passwordHash }];
  const office = openOffice({ config: { users } });
  const at = new Date(office.now).toISOString();
  const peripherals = { printer: { state: "ready" as const, detail: "" } };
  const status = { state: "online" as const, role: "terminal" as const, version: "1", at, session: "s", peripherals };
  office.devices.heard("terminal", status, office.now, false);
  await grants(office);
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
  await bring(office, [given("A950", { request: "slow" })]);
  const copied = await office.ask("clerk", "ticket.reprint", { number: "A001" });
  assert.is(outcome(copied), "ok");
  assert.is((copied as { result: { ticket: Ticket } }).result.ticket.number, "A950");
  office.close();
});

test("a call that goes on under the number on the paper can be taken back as long as before, and whoever was finished for it is back", async () => {
  for (const afterMs of [10_000, 10_001]) {
    const office = openOffice();
    await grants(office);
    await office.ask("clerk", "desk.open", { desk: "1" });
    await office.ask("terminal", "ticket.issue", { service: "id-card" });
    await office.ask("clerk", "call.next", { desk: "1" });
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
    office.now += 60_000;
    const first = `${monday}/A001`;
    await office.ask("clerk", "call.next", { desk: "1", current: first, finish: true });
    office.now += 6_000;
    await bring(office, [given("A950", { request: "slow" })]);
    office.now += afterMs - 6_000;
    office.restart();
    const undone = await office.ask("clerk", "call.undo", { desk: "1", number: "A950" });
    assert.is(outcome(undone), afterMs > 10_000 ? "too-late" : "ok");
    const isTooLate = afterMs > 10_000;
    assert.is(office.state.desks.get("1")?.ticket, isTooLate ? `${monday}/A950` : first);
    assert.is(office.state.tickets.get(first)?.state, isTooLate ? "finished" : "called");
    assert.equal(
      office.state.waiting.map(({ number }) => number),
      isTooLate ? [] : ["A950"],
    );
    assert.is(office.state.lastCalled.get("id-card")?.number, isTooLate ? "A950" : "A001");
    office.close();
  }
});

test("a call that is taken back after that leaves the visitor where he was, by the number on the paper", async () => {
  const minuteMs = 60_000;
  for (const what of ["sent to a desk", "parked", "came back", "in the queue"]) {
    const office = openOffice();
    const ask = async (verb: string, args: object, desk = "1") =>
      assert.is(outcome(await office.ask("admin", verb, { desk, ...args })), "ok", `${what}: ${verb}`);
    const [number, desk] = ["A001", what === "sent to a desk" ? "2" : "1"];
    const pick = (of: string) => {
      const ticket = office.state.tickets.get(`${monday}/${of}`);
      return ticket && [ticket.state, ticket.desk, ticket.boundTo, ticket.returnedAt, ticket.parkedAt];
    };
    const waited = (of: string) => {
      const { calledAt = null, earnedAt = 0 } = office.state.tickets.get(`${monday}/${of}`) ?? {};
      return (calledAt ?? office.now) - earnedAt;
    };
    await grants(office);
    for (const each of ["1", "2"]) await ask("desk.open", {}, each);
    await ask("ticket.issue", { service: "id-card" });
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
    await ask("call.next", {});
    await ask("ticket.finish", { number });
    const slow = "A002";
    office.now += minuteMs;
    if (what === "sent to a desk") await ask("ticket.transfer", { number: slow, toDesk: "2" });
    if (what === "parked" || what === "came back") await ask("call.next", {});
    if (what === "parked") await ask("ticket.park", { number: slow });
    if (what === "came back") {
      await ask("call.again", { number: slow });
      await ask("ticket.no-show", { number: slow });
      await ask("ticket.resume", { number: slow });
    }
    office.now += minuteMs;
    const before = pick(slow);
    const waitedBefore = waited(slow);
    if (what === "parked") await ask("ticket.resume", { number: slow });
    else await ask("call.next", {}, desk);
    await bring(office, [given("A950", { request: "slow" })]);
    assert.is(office.state.desks.get(desk)?.ticket, `${monday}/A950`, what);
    office.now += 2_000;
    await ask("call.undo", { number: "A950" }, desk);
    const check = () => {
      assert.equal(pick("A950"), before, what);
      assert.is(office.state.waiting.length, what === "parked" ? 0 : 1, what);
      assert.is(office.state.waitingBound.get("2") ?? 0, what === "sent to a desk" ? 1 : 0, what);
      if (what === "parked") assert.is(waited("A950"), waitedBefore, "as long as under the other number");
    };
    check();
    office.restart();
    check();
    office.close();
  }
});

test("whoever was finished and has another number on his paper does not come back with a call that is taken back", async () => {
  const office = openOffice();
  await grants(office);
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "slow");
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.issue();
  await office.ask("clerk", "call.next", { desk: "1", current: `${monday}/A001`, finish: true });
  await bring(office, [given("A950", { request: "slow" })]);
  office.restart();
  assert.is(outcome(await office.ask("clerk", "call.undo", { desk: "1", number: "A002" })), "ok");
  const check = () => {
    assert.is(office.state.desks.get("1")?.ticket, null);
    assert.is(office.state.tickets.get(`${monday}/A001`)?.state, "finished");
    assert.equal(
      office.state.waiting.map(({ number }) => number),
      ["A002", "A950"],
    );
  };
  check();
  office.restart();
  check();
  assert.match(JSON.stringify(office.events.filter(({ type }) => type === "ticket.undone")), /"finished":null/);
  office.close();
});

test.run();
