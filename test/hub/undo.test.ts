import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { displayView } from "../../hub/office/views.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { TestOffice } from "./test-office.ts";
import { openOffice, outcome } from "./test-office.ts";

const secondMs = 1_000;
const minuteMs = 60_000;
const day = "2026-11-23";
const id = (number: string) => `${day}/${number}`;

/** Everything of the office but its place in the record, how calls can be taken back, and how often boards changed. */
function picture(office: TestOffice) {
  const { plan: _, calendar: __, seq: ___, desks, displays, ...rest } = structuredClone(office.state);
  return {
    ...rest,
    desks: [...desks].map(([key, desk]) => [key, { ...desk, undo: null }]),
    boards: [...displays.keys()].map((group) => ({ ...displayView(office.state, group), revision: 0 })),
  };
}

const by = (office: TestOffice, verb: string, args: object, desk = "1") => office.ask("admin", verb, { desk, ...args });
const okay = (reply: OutgoingReply, what?: string) => assert.is(outcome(reply), "ok", what);

/** Desks 1 and 2 are open; A001, A002 and C001 wait. */
async function openDesks(): Promise<TestOffice> {
  const office = openOffice();
  for (const desk of ["1", "2"]) okay(await by(office, "desk.open", {}, desk));
  for (const service of ["id-card", "id-card", "pick-up"]) {
    await office.issue(service);
    office.now += minuteMs;
  }
  return office;
}

/** What can lead to a call, each with the call itself and whom it calls. */
const calls: Record<string, (office: TestOffice) => Promise<[verb: string, args: object, number: string]>> = {
  "the next": async () => ["call.next", {}, "A001"],
  "a number": async () => ["call.number", { number: "A002" }, "A002"],
  "the next, with the one before finished": async (office) => {
    okay(await by(office, "call.next", {}));
    return ["call.next", { current: id("A001"), finish: true }, "A002"];
  },
  "a no-show by number": async (office) => {
    okay(await by(office, "call.next", {}));
    okay(await by(office, "call.again", { number: "A001" }));
    okay(await by(office, "ticket.no-show", { number: "A001" }));
    office.now += minuteMs;
    return ["call.number", { number: "A001" }, "A001"];
  },
  "a no-show who waited again": async (office) => {
    okay(await by(office, "call.next", {}));
    okay(await by(office, "call.again", { number: "A001" }));
    okay(await by(office, "ticket.no-show", { number: "A001" }));
    okay(await by(office, "ticket.resume", { number: "A001" }));
    office.now += minuteMs;
    return ["call.next", {}, "A001"];
  },
  "a parked one": async (office) => {
    okay(await by(office, "call.next", {}));
    okay(await by(office, "ticket.park", { number: "A001" }));
    office.now += minuteMs;
    return ["ticket.resume", { number: "A001" }, "A001"];
  },
  "one that was sent here": async (office) => {
    okay(await by(office, "ticket.transfer", { number: "C001", toDesk: "1" }));
    return ["call.number", { number: "C001" }, "C001"];
  },
  "one with a priority": async (office) => {
    okay(await office.ask("admin", "ticket.priority", { number: "A002", priority: 60, reason: "crutches" }));
    return ["call.next", {}, "A002"];
  },
};

for (const [what, prepare] of Object.entries(calls)) {
  test(`taking back ${what} leaves the office exactly as it was`, async () => {
    const office = await openDesks();
    const [verb, args, number] = await prepare(office);
    office.now += secondMs;
    const before = picture(office);
    okay(await by(office, verb, args));
    assert.is(office.state.desks.get("1")?.ticket, id(number));
    okay(await by(office, "call.again", { number }), "called again meanwhile");
    office.now += 10 * secondMs;
    const revision = office.state.displays.get("all")?.revision ?? 0;
    okay(await by(office, "call.undo", { number }));
    assert.equal(picture(office), before);
    assert.is(office.state.displays.get("all")?.revision, revision + 1, "boards take it back");
    assert.is(outcome(await by(office, "call.undo", { number })), "wrong-state");
    office.close();
  });
}

test("a call can be taken back for 10 seconds, also after a restart", async () => {
  for (const restart of [false, true]) {
    for (const [late, expected] of [
      [0, "ok"],
      [1, "too-late"],
    ] as const) {
      const office = await openDesks();
      okay(await by(office, "call.next", {}));
      office.now += 5 * secondMs;
      const before = picture(office);
      okay(await by(office, "call.next", { current: id("A001"), finish: true }));
      if (restart) office.restart();
      office.now += 10 * secondMs + late;
      const reply = await by(office, "call.undo", { number: "A002" });
      assert.is(outcome(reply), expected);
      if (reply.ok) {
        assert.equal(picture(office), before, "also whose turn it is");
        const after = picture(office);
        office.restart();
        assert.equal(picture(office), after, "and so it is stored");
      }
      office.close();
    }
  }
});

test("only the last call of a desk, while its visitor is there", async () => {
  const office = await openDesks();
  const undo = async (number: string, desk = "1", client = "admin") =>
    outcome(await office.ask(client, "call.undo", { desk, number }));
  assert.is(await undo("A001"), "wrong-state", "never called");
  okay(await by(office, "call.next", {}));
  assert.is(await undo("A001", "2"), "wrong-state", "another desk");
  assert.is(await undo("A002"), "wrong-state", "another visitor");
  assert.is(await undo("A001", "2", "clerk"), "forbidden");
  okay(await by(office, "ticket.finish", { number: "A001" }));
  assert.is(await undo("A001"), "wrong-state", "he is gone");
  okay(await by(office, "call.next", {}));
  assert.is(await undo("A002"), "ok");
  assert.is(office.state.desks.get("1")?.ticket, null, "the visitor before had been finished by a step of its own");
  okay(await by(office, "call.number", { number: "C001" }));
  okay(await by(office, "call.next", { current: id("C001"), finish: true }));
  assert.is(await undo("A002"), "ok");
  assert.is(await undo("C001"), "too-late", "one step back, and no further");
  office.close();
});

test("a paper that comes out meanwhile stays out", async () => {
  const office = await openDesks();
  okay(await by(office, "call.next", {}));
  okay(await office.ask("terminal", "ticket.printed", { ticket: id("A001"), outcome: "failed", sure: true }));
  okay(await by(office, "call.undo", { number: "A001" }));
  assert.is(office.state.tickets.get(id("A001"))?.paper, "failed");
  office.close();
});

test("a call that others have followed is taken out from between them", async () => {
  const office = await openDesks();
  const { lastCalled, lastKind } = office.state;
  okay(await by(office, "call.number", { number: "A001" }));
  okay(await by(office, "call.number", { number: "A002" }, "2"));
  okay(await by(office, "call.undo", { number: "A001" }));
  assert.is(lastCalled.get("id-card")?.number, "A002");
  assert.is(lastKind.get("A")?.call, office.state.tickets.get(id("A002"))?.call);
  assert.equal(displayView(office.state, "all").calls.map(({ number }) => number), ["A002"]); // biome-ignore format: one thought
  okay(await by(office, "call.undo", { number: "A002" }, "2"));
  assert.is(lastCalled.size, 0);
  assert.is(lastKind.size, 0);
  office.close();
});

test("the name of a call is never given to another, so that boards announce each", async () => {
  const office = await openDesks();
  const names = new Set<string>();
  for (let n = 0; n < 3; n += 1) {
    okay(await by(office, "call.number", { number: "A001" }));
    names.add(displayView(office.state, "all").calls[0]?.call ?? "");
    okay(await by(office, "call.undo", { number: "A001" }));
  }
  assert.is(names.size, 3);
  office.close();
});

test("20 calls stay on the boards, however often calls are taken back", async () => {
  const office = await openDesks();
  for (let n = 0; n < 25; n += 1) {
    const { number } = await office.issue("pick-up");
    okay(await by(office, "call.number", { number }, "2"));
    okay(await by(office, "ticket.finish", { number }, "2"));
  }
  const before = displayView(office.state, "all").calls;
  assert.is(before.length, 20);
  for (let n = 0; n < 30; n += 1) {
    okay(await by(office, "call.next", {}));
    okay(await by(office, "call.undo", { number: "A001" }));
  }
  assert.equal(displayView(office.state, "all").calls, before);
  office.close();
});

test("past midnight the visitor who was finished comes back, and yesterday's call cannot be taken back", async () => {
  const office = openOffice({ config: { openingHours: "24/7" } });
  okay(await by(office, "desk.open", {}));
  office.now = Date.parse("2026-11-23T23:59:56+01:00");
  await office.issue();
  await office.issue();
  okay(await by(office, "call.next", {}));
  office.now += 5 * secondMs;
  await office.tick();
  assert.is(outcome(await by(office, "call.undo", { number: "A001" })), "too-late");
  await office.issue();
  const reply = await by(office, "call.next", { current: id("A001"), finish: true });
  assert.match(JSON.stringify(reply), "2026-11-24/A001");
  await office.tick();
  office.restart();
  okay(await by(office, "call.undo", { ticket: "2026-11-24/A001" }));
  assert.is(office.state.desks.get("1")?.ticket, id("A001"));
  assert.is(office.state.tickets.get(id("A001"))?.state, "called");
  office.close();
});

/** Requests at random, between a call and its taking back. */
const meanwhile = fc.array(
  fc.oneof(
    fc.constantFrom("id-card", "pick-up").map((service) => ["terminal", "ticket.issue", { service }] as const),
    fc.constant(["admin", "call.next", { desk: "2" }] as const),
    fc.constant(["admin", "desk.pause", { desk: "1" }] as const),
    fc.constant(["admin", "desk.pause", { desk: "2" }] as const),
    fc.constant(["admin", "desk.close", { desk: "2" }] as const),
    fc.constant(["admin", "ticket.priority", { number: "A002", reason: "crutches" }] as const),
  ),
  { maxLength: 5 },
);

test("whatever else happens meanwhile, taking back is as if it had not been called", async () => {
  await fc.assert(
    fc.asyncProperty(meanwhile, async (steps) => {
      const results: unknown[] = [];
      for (const withCall of [true, false]) {
        const office = await openDesks();
        // Desk 2 serves what only C001 waits for, so that the other desk's call changes nobody's turn there.
        if (withCall) okay(await by(office, "call.number", { number: "A001" }));
        for (const [client, verb, args] of steps) await office.ask(client, verb, args);
        if (withCall) okay(await by(office, "call.undo", { number: "A001" }));
        const shot = picture(office);
        // Names of calls hold their place in the record, and promises who waited then.
        const text = JSON.stringify([
          ...shot.waiting,
          shot.desks,
          shot.boards,
          [...shot.lastCalled],
          [...shot.lastKind],
        ]);
        results.push(text.replace(/"(call|promised)":("[^"]*"|\{[^}]*\})/g, ""));
        office.close();
      }
      assert.equal(results[0], results[1]);
    }),
    { numRuns: 12 },
  );
});

test.run();
