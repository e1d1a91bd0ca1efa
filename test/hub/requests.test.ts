import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeId } from "../../protocol/ids.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { mondayMorning, openOffice, outcome } from "./test-office.ts";

const day = 24 * 3_600_000;

test("a repeat gets the reply it had and has no second effect, also after a restart", async () => {
  const office = openOffice();
  const first = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "touch-1");
  const again = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "touch-1");
  assert.equal(again, first);
  office.restart();
  assert.equal(await office.ask("terminal", "ticket.issue", { service: "id-card" }, "touch-1"), first);
  assert.is(office.state.waiting.length, 1);
  office.close();
});

test("a request and its repeat in the same commit have one effect", async () => {
  const office = openOffice();
  const replies = await Promise.all(
    [1, 2, 3].map(() => office.ask("terminal", "ticket.issue", { service: "id-card" }, "touch-1")),
  );
  assert.equal(replies[1], replies[0]);
  assert.equal(replies[2], replies[0]);
  assert.is(office.state.waiting.length, 1);
  office.close();
});

test("a refusal is kept like any reply: what was closed then stays so for that request", async () => {
  const office = openOffice({ now: mondayMorning - 2 * 3_600_000 });
  const refused = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "early");
  assert.is(outcome(refused), "closed");
  assert.is(!refused.ok && refused.error.opensAt, "2026-11-23T07:00:00.000Z");
  office.now = mondayMorning;
  assert.equal(await office.ask("terminal", "ticket.issue", { service: "id-card" }, "early"), refused);
  assert.is(office.state.waiting.length, 0);
  office.close();
});

test("the same id for anything else does nothing", async () => {
  const office = openOffice();
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "x");
  await office.ask("admin", "queue.list", {}, "q");
  const cases: [string, string, object, string, string][] = [
    ["terminal", "ticket.issue", { service: "registration" }, "x", "id-reused"],
    ["terminal", "ticket.withdraw", { request: "y" }, "x", "id-reused"],
    ["admin", "ticket.issue", { service: "id-card" }, "q", "id-reused"],
    ["admin", "queue.list", {}, "q", "ok"],
    ["kiosk", "ticket.issue", { service: "id-card" }, "x", "ok"],
    ["terminal", "ticket.issue", { service: "id-card", unknown: 1 }, "x", "ok"],
    ["terminal", "ticket.issue", { service: 5 }, "x", "id-reused"],
    ["terminal", "queue.list", {}, "x", "id-reused"],
    ["terminal", "no.verb", {}, "x", "id-reused"],
  ];
  for (const [client, verb, args, id, expected] of cases) {
    assert.is(outcome(await office.ask(client, verb, args, id)), expected, `${client} ${verb} ${id}`);
  }
  assert.is(office.state.waiting.length, 2, "the terminal's and the kiosk's, which has ids of its own");
  office.close();
});

test("a question that is repeated gets the reply it had; asked anew it gets the present one", async () => {
  const office = openOffice();
  for (const verb of ["queue.list", "hub.check", "office.show"]) {
    const before = await office.ask("admin", verb, {}, `same ${verb}`);
    await office.issue();
    assert.equal(await office.ask("admin", verb, {}, `same ${verb}`), before, verb);
    assert.not.equal((await office.ask("admin", verb, {}, `new ${verb}`)) as object, before);
  }
  office.close();
});

test("time limits of a request: validUntil, and the age of an id that holds its time", async () => {
  const office = openOffice();
  const at = (ms: number) => new Date(mondayMorning + ms).toISOString();
  const cases: [string, object, string, string][] = [
    ["just in time", { validUntil: at(0) }, "a", "ok"],
    ["a millisecond late", { validUntil: at(-1) }, "b", "expired"],
    ["with an offset", { validUntil: "2026-11-23T09:00:01+01:00" }, "c", "ok"],
    ["an id of 7 days ago", {}, makeId(mondayMorning - 7 * day), "ok"],
    ["an older id", {}, makeId(mondayMorning - 7 * day - 1), "expired"],
    ["an older id in capitals", {}, makeId(mondayMorning - 8 * day).toUpperCase(), "expired"],
    ["an id of any other form", {}, "0000", "ok"],
  ];
  for (const [what, frame, id, expected] of cases) {
    const reply = await office.ask("terminal", "ticket.issue", { service: "id-card", ...frame }, id);
    assert.is(outcome(reply), expected, what);
  }
  const late = { service: "id-card", validUntil: at(0) };
  office.now += 1;
  assert.is(outcome(await office.ask("terminal", "ticket.issue", late, "a")), "ok", "a repeat still gets its reply");
  office.close();
});

test("withdrawing: a ticket becomes void, and a request that arrives later gets none", async () => {
  const office = openOffice();
  const issued = await office.ask("terminal", "ticket.issue", { service: "id-card" }, "t1");
  const { id } = (issued as { result: { ticket: Ticket } }).result.ticket;
  assert.is(outcome(await office.ask("terminal", "ticket.withdraw", { request: "t1" })), "ok");
  assert.is(office.state.tickets.get(id)?.state, "void");
  assert.is(office.state.waiting.length, 0);
  const cases: [string, string, object, string, string][] = [
    ["the withdrawn request again", "ticket.issue", { service: "id-card" }, "t1", "withdrawn"],
    ["withdrawn before it arrived", "ticket.withdraw", { request: "t2" }, "w2", "ok"],
    ["then it arrives", "ticket.issue", { service: "pick-up" }, "t2", "withdrawn"],
    ["withdrawing twice", "ticket.withdraw", { request: "t2" }, "w3", "ok"],
    ["not an issue request", "ticket.withdraw", { request: "w3" }, "w4", "bad-request"],
  ];
  for (const [what, verb, args, request, expected] of cases) {
    assert.is(outcome(await office.ask("terminal", verb, args, request)), expected, what);
  }
  assert.is((await office.issue()).number, "A002", "the number of a void ticket is not given again");
  office.restart();
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" }, "t1")), "withdrawn");
  office.close();
});

test("withdrawing a ticket that was called frees the desk; one that ended stays as it ended", async () => {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  const withdraw = (request: string) => office.ask("terminal", "ticket.withdraw", { request });
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "t1");
  await office.ask("clerk", "call.next", { desk: "1" });
  await withdraw("t1");
  assert.is(office.state.desks.get("1")?.ticket, null);
  await office.ask("terminal", "ticket.issue", { service: "id-card" }, "t2");
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.ask("clerk", "ticket.finish", { desk: "1", number: "A002" });
  await withdraw("t2");
  assert.is(office.state.tickets.get("2026-11-23/A002")?.state, "finished");
  office.close();
});

test("when the store fails, everybody is told that nothing happened, and nothing has", async () => {
  let broken = false;
  const office = openOffice({
    wrapStore: (store) => ({
      ...store,
      commit(changes) {
        if (broken) throw new Error("database or disk is full");
        store.commit(changes);
      },
    }),
  });
  const before = await office.issue();
  broken = true;
  const replies = await Promise.all(
    [1, 2].map((n) => office.ask("terminal", "ticket.issue", { service: "id-card" }, `f${n}`)),
  );
  assert.equal(replies.map(outcome), ["unavailable", "unavailable"]);
  assert.equal(
    replies.map(({ id }) => id),
    ["f1", "f2"],
  );
  assert.is(office.state.waiting.length, 1);
  const named = Buffer.from(JSON.stringify({ id: "f3", reply: "tool", service: "id-card" }));
  const places: (string | undefined)[] = [];
  await new Promise<void>((done) => {
    office.receive({
      client: "terminal",
      verb: "ticket.issue",
      payload: named,
      respond(_reply, to) {
        places.push(to);
        done();
      },
    });
  });
  assert.equal(places, ["tool"], "the refusal goes where the reply was wanted");
  broken = false;
  await office.tick();
  const alarms = office.events.filter(({ type }) => type === "device.alarm");
  assert.equal(
    alarms.map((alarm) => "detail" in alarm && alarm.detail),
    ["database or disk is full"],
    "told once",
  );
  const [after, again] = [
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "f1"),
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "f1"),
  ];
  assert.is(before.number, "A001");
  assert.is(after.ok && (after.result as { ticket: Ticket }).ticket.number, "A002");
  assert.equal(again, after);
  office.close();
});

test("whoever cannot be answered costs the others nothing", async () => {
  const office = openOffice();
  const payload = Buffer.from(JSON.stringify({ id: "bad", service: "id-card" }));
  office.receive({
    client: "terminal",
    verb: "ticket.issue",
    payload,
    respond() {
      throw new Error("no way to answer");
    },
  });
  assert.is(outcome(await office.ask("kiosk", "ticket.issue", { service: "id-card" })), "ok");
  assert.is(office.state.waiting.length, 2);
  office.close();
});

test("what is no request gets an error that says what is wrong", async () => {
  const office = openOffice();
  const cases: [string, string | Buffer, string | null, RegExp][] = [
    ["not JSON", "nonsense", null, /not JSON/],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), null, /not JSON in UTF-8/],
    ["not an object", "[1]", null, /not a JSON object/],
    ["nothing", "", null, /not JSON/],
    ["no id", "{}", null, /id/],
    ["an id that is too long", JSON.stringify({ id: "x".repeat(65) }), null, /id/],
    ["an id that is no text", JSON.stringify({ id: 7 }), null, /id/],
    ["a bad reply name", JSON.stringify({ id: "a", reply: "../hub" }), "a", /reply/],
    ["a bad validUntil", JSON.stringify({ id: "b", validUntil: "soon" }), "b", /validUntil/],
    ["no service", JSON.stringify({ id: "c" }), "c", /service/],
    ["too large", Buffer.alloc(65_537, 0x20), null, /65537 bytes, at most 65536/],
    ["a deep nest", `{"id":"d","x":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, "d", /service/],
  ];
  for (const [what, payload, id, message] of cases) {
    const reply = await office.send("terminal", "ticket.issue", Buffer.from(payload));
    assert.is(outcome(reply), "bad-request", what);
    assert.is(reply.id, id, what);
    assert.match(reply.ok ? "" : reply.error.message, message, what);
  }
  for (const verb of ["constructor", "__proto__", "ticket.", "", "x".repeat(60_000)]) {
    assert.is(outcome(await office.ask("terminal", verb)), "unknown-verb", verb.slice(0, 20));
  }
  assert.is(outcome(await office.ask("stranger", "queue.list")), "forbidden");
  assert.is(office.state.tickets.size, 0);
  office.close();
});

test.run();
