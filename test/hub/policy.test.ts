import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { callPolicyOf, calls } from "../../hub/config/calls.ts";
import { callOrder, nextFor } from "../../hub/office/policy.ts";
import { comesBefore, dequeue, enqueue, groupsOf } from "../../hub/office/queue.ts";
import type { DeskRecord, OfficeState, Plan, TicketRecord } from "../../hub/office/state.ts";
import { emptyOffice } from "../../hub/office/state.ts";
import { frontPriority } from "../../protocol/requests.ts";

const test = suite("policy");
const minuteMs = 60_000;
const now = Date.parse("2026-11-23T10:00:00+01:00");

const plan: Plan = {
  name: "Office",
  languages: ["de"],
  timeZone: "Europe/Berlin",
  accent: "#000000",
  services: [
    { id: "a", letter: "A", names: { de: "a" }, minutes: 10, bookable: true },
    { id: "b", letter: "B", names: { de: "b" }, minutes: 10, bookable: true },
  ],
  desks: [{ id: "1", name: "1", services: ["a", "b"], groups: [] }],
  boards: [],
  users: [],
  numberDigits: 3,
  calls: callPolicyOf(calls.parse({})),
  intake: "off",
  reserveNumbers: 50,
  appointments: null,
};
const desk: DeskRecord = {
  ...{ id: "1", open: true, services: ["a", "b"], pausedAt: null, ticket: null, undo: null },
  afterRestore: false,
};

/** A ticket that waits; minutes before now, or an appointment so many minutes after it. */
function waits(state: OfficeState, number: string, waited: number, more: Partial<TicketRecord> = {}): TicketRecord {
  const ticket: TicketRecord = {
    id: `2026-11-23/${number}`,
    day: "2026-11-23",
    number,
    letter: number.slice(0, 1),
    service: "a",
    services: ["a"],
    state: "waiting",
    paper: "printed",
    origin: "hub",
    kind: "walk-in",
    issuedAt: now - waited,
    earnedAt: now - waited,
    priority: 0,
    persons: 1,
    language: "de",
    issuer: "terminal",
    desk: null,
    calledAt: null,
    call: null,
    calls: 0,
    callsThisTurn: 0,
    noShowAt: null,
    boundTo: null,
    returnedAt: null,
    parkedAt: null,
    unservedTold: false,
    endedAt: null,
    reason: null,
    appointment: null,
    appointmentAt: null,
    aliasOf: null,
    afterRestore: false,
    promised: { ahead: 0, minutes: null },
    ...more,
  };
  enqueue(state, ticket);
  return ticket;
}
const appointment = (inMs: number): Partial<TicketRecord> => ({ kind: "appointment", appointmentAt: now + inMs });
const office = () => emptyOffice(plan, [], 1);
/** As if the last call had been one of this kind. */
const lastWas = (state: OfficeState, kind: TicketRecord["kind"], groups = ["A"]) => {
  for (const group of groups) state.lastKind.set(group, { call: "c", kind });
};
const chosen = (state: OfficeState, of = desk) => {
  const turn = nextFor(state, of, now);
  return turn && `${turn.ticket.number} ${turn.reason.code}`;
};

for (const [what, fill, expected] of [
  ["nobody", () => {}, undefined],
  ["first come", (s) => [waits(s, "A002", 5), waits(s, "A001", 6)], "A001 first-come"],
  ["ties by number", (s) => [waits(s, "A002", 5), waits(s, "A001", 5)], "A001 first-come"],
  [
    "a due appointment before a walk-in",
    (s) => [waits(s, "A001", 44 * minuteMs), waits(s, "T001", 1, appointment(2 * minuteMs))],
    "T001 appointment-due",
  ],
  [
    "not yet due by a moment",
    (s) => [waits(s, "A001", 1), waits(s, "T001", 1, appointment(2 * minuteMs + 1))],
    "A001 first-come",
  ],
  ["nobody but an early one", (s) => waits(s, "T001", 1, appointment(14 * minuteMs)), "T001 appointment-early"],
  [
    "the earliest of two due",
    (s) => [waits(s, "T001", 9, appointment(minuteMs)), waits(s, "T002", 1, appointment(0))],
    "T002 appointment-due",
  ],
  [
    "a walk-in over the limit, after another kind of call or none",
    (s) => [waits(s, "A001", 45 * minuteMs + 1), waits(s, "T001", 1, appointment(0))],
    "T001 appointment-due",
  ],
  [
    "a walk-in over the limit, after an appointment",
    (s) => [waits(s, "A001", 45 * minuteMs + 1), waits(s, "T001", 1, appointment(0)), lastWas(s, "appointment")],
    "A001 walk-in-over",
  ],
  [
    "a walk-in at the limit, after an appointment",
    (s) => [waits(s, "A001", 45 * minuteMs), waits(s, "T001", 1, appointment(0)), lastWas(s, "appointment")],
    "T001 appointment-due",
  ],
  [
    "a head start of 30 min",
    (s) => [waits(s, "A001", 29 * minuteMs), waits(s, "A002", 0, { priority: 30 })],
    "A002 priority",
  ],
  [
    "a head start is no absolute rank",
    (s) => [waits(s, "A001", 31 * minuteMs), waits(s, "A002", 0, { priority: 30 })],
    "A001 first-come",
  ],
  [
    "a head start does not make a wait too long",
    (s) => [
      waits(s, "A001", 20 * minuteMs, { priority: 60 }),
      waits(s, "T001", 1, appointment(0)),
      lastWas(s, "appointment"),
    ],
    "T001 appointment-due",
  ],
  [
    "the longest real wait, whatever the head starts",
    (s) => [
      waits(s, "A001", 46 * minuteMs, { priority: 60 }),
      waits(s, "A002", 50 * minuteMs),
      waits(s, "T001", 1, appointment(0)),
      lastWas(s, "appointment"),
    ],
    "A002 walk-in-over",
  ],
  [
    "paper that may still come out",
    (s) => [waits(s, "A001", 9_999, { paper: "pending" }), waits(s, "A002", 1)],
    "A002 first-come",
  ],
  [
    "paper that should be out",
    (s) => [waits(s, "A001", 10_000, { paper: "pending" }), waits(s, "A002", 1)],
    "A001 first-come",
  ],
  ["nobody but one whose paper comes", (s) => waits(s, "A001", 1, { paper: "pending" }), "A001 first-come"],
  ["paper that failed", (s) => [waits(s, "A001", 2, { paper: "failed" }), waits(s, "A002", 1)], "A001 first-come"],
  [
    "an emergency before a due appointment",
    (s) => [waits(s, "A001", 1, { priority: frontPriority }), waits(s, "T001", 1, appointment(0))],
    "A001 emergency",
  ],
  [
    "an emergency with an appointment that is not due",
    (s) => [waits(s, "A001", 1), waits(s, "T001", 1, { ...appointment(60 * minuteMs), priority: frontPriority })],
    "T001 emergency",
  ],
  [
    "who came back before a due appointment",
    (s) => [waits(s, "A001", 1, { returnedAt: now }), waits(s, "T001", 1, appointment(0))],
    "A001 returned",
  ],
  [
    "an emergency before who came back",
    (s) => [waits(s, "A001", 9, { returnedAt: now }), waits(s, "A002", 1, { priority: frontPriority })],
    "A002 emergency",
  ],
  [
    "two who came back, by the time earned",
    (s) => [waits(s, "A001", 1, { returnedAt: now - 9 }), waits(s, "A002", 2, { returnedAt: now })],
    "A002 returned",
  ],
  [
    "an appointment with a head start is due earlier",
    (s) => [waits(s, "A001", 1), waits(s, "T001", 1, { ...appointment(12 * minuteMs), priority: 10 })],
    "T001 appointment-due",
  ],
  [
    "and not a moment before that",
    (s) => [waits(s, "A001", 1), waits(s, "T001", 1, { ...appointment(12 * minuteMs + 1), priority: 10 })],
    "A001 first-come",
  ],
  ["one that was sent here", (s) => [waits(s, "A001", 2, { boundTo: "1" }), waits(s, "A002", 1)], "A001 sent"],
  [
    "one that was sent here at its place in time",
    (s) => [waits(s, "A001", 1, { boundTo: "1" }), waits(s, "A002", 2)],
    "A002 first-come",
  ],
  [
    "one that was sent elsewhere",
    (s) => [waits(s, "A001", 2, { boundTo: "2" }), waits(s, "A002", 1)],
    "A002 first-come",
  ],
  ["nobody but one that was sent elsewhere", (s) => waits(s, "A001", 2, { boundTo: "2" }), undefined],
] as [string, (state: OfficeState) => unknown, string | undefined][]) {
  test(`${what}: ${expected ?? "nobody"}`, () => {
    const state = office();
    fill(state);
    assert.is(chosen(state), expected);
  });
}

test("only tickets all of whose services the desk serves", () => {
  const state = office();
  waits(state, "A001", 5, { services: ["a", "b"] });
  waits(state, "A002", 4);
  assert.is(chosen(state, { ...desk, services: ["a"] }), "A002 first-come");
  assert.is(chosen(state), "A001 first-come");
});

test("appointments and walk-ins who waited too long take turns, and neither starves", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (walkIns, appointments) => {
      const state = office();
      for (let index = 1; index <= walkIns; index += 1) {
        waits(state, `A${String(index).padStart(3, "0")}`, 60 * minuteMs - index);
      }
      for (let index = 1; index <= appointments; index += 1) {
        waits(state, `T${String(index).padStart(3, "0")}`, 1, appointment(-index));
      }
      const kinds: string[] = [];
      for (let turn = nextFor(state, desk, now); turn; turn = nextFor(state, desk, now)) {
        kinds.push(turn.ticket.kind);
        dequeue(state, turn.ticket);
        lastWas(state, turn.ticket.kind, groupsOf(state, turn.ticket, desk));
      }
      assert.is(kinds.length, walkIns + appointments);
      const both = 2 * Math.min(walkIns, appointments);
      for (let index = 1; index < both; index += 1) assert.is.not(kinds[index], kinds[index - 1]);
    }),
  );
});

test("one that was sent to a desk is called there, whatever that desk serves", () => {
  const state = office();
  waits(state, "A001", 5, { boundTo: "1" });
  assert.is(chosen(state, { ...desk, services: ["b"] }), "A001 sent");
  assert.is(chosen(state, { ...desk, id: "2" }), undefined);
});

test("the reason says of a paper that did not surely come out", () => {
  for (const [paper, said] of [
    ["failed", "failed"],
    ["unknown", "unknown"],
    ["printed", undefined],
    ["shown", undefined],
    ["pending", undefined],
  ] as const) {
    const state = office();
    waits(state, "A001", 5, { paper });
    assert.is(nextFor(state, desk, now)?.reason.paper, said, paper);
  }
});

/** Tickets at random: walk-ins and appointments, some with a head start, some whose paper is coming out. */
const crowd = fc.array(
  fc.record({
    isAppointment: fc.boolean(),
    letter: fc.constantFrom("a", "b"),
    agoMs: fc.constantFrom(
      0,
      1,
      9_999,
      10_000,
      minuteMs,
      30 * minuteMs,
      45 * minuteMs,
      45 * minuteMs + 1,
      90 * minuteMs,
    ),
    inMs: fc.integer({ min: -30, max: 15 }).map((minutes) => minutes * minuteMs),
    priority: fc.constantFrom(0, 0, 0, 30, frontPriority),
    paper: fc.constantFrom("printed" as const, "pending" as const, "failed" as const),
    isBack: fc.boolean(),
  }),
  { maxLength: 14 },
);

function fillWith(state: OfficeState, people: typeof crowd extends fc.Arbitrary<infer T> ? T : never): void {
  for (const [index, { isAppointment, letter, agoMs, inMs, priority, paper, isBack }] of people.entries()) {
    const number = (isAppointment ? "T" : letter.toUpperCase()) + String(index + 1).padStart(3, "0");
    const more = {
      service: letter,
      services: [letter],
      priority,
      paper,
      returnedAt: isBack && index % 4 === 0 ? now : null,
    };
    waits(state, number, agoMs, isAppointment ? { ...more, ...appointment(inMs) } : more);
  }
}

test("the order of the queue is that in which a desk for everything would call, one after the other", () => {
  fc.assert(
    fc.property(crowd, fc.constantFrom(undefined, "walk-in" as const, "appointment" as const), (people, last) => {
      const state = office();
      fillWith(state, people);
      if (last) lastWas(state, last, ["A", "B"]);
      const expected = [...callOrder(state, now)].map(({ number }) => number);
      const called: string[] = [];
      for (let turn = nextFor(state, desk, now); turn; turn = nextFor(state, desk, now)) {
        called.push(turn.ticket.number);
        dequeue(state, turn.ticket);
        lastWas(state, turn.ticket.kind, groupsOf(state, turn.ticket, desk));
      }
      assert.equal(expected, called);
      assert.is(called.length, people.length, "all of them");
    }),
    { numRuns: 500 },
  );
});

/** What happens in an office whose desks all serve everything, and how long after what was before. */
const dayOfEvents = fc.array(
  fc.record({
    what: fc.constantFrom("walk-in", "walk-in", "appointment", "call", "call", "call"),
    afterMs: fc.integer({ min: 0, max: 9 }).map((minutes) => minutes * minuteMs),
    inMs: fc.integer({ min: -5, max: 15 }).map((minutes) => minutes * minuteMs),
    priority: fc.constantFrom(0, 0, 0, 0, 30, frontPriority),
  }),
  { minLength: 20, maxLength: 120 },
);

test("bound: once over the limit, no more appointments pass a walk-in than walk-ins who stood before him, and one", () => {
  let past = 0;
  fc.assert(
    fc.property(dayOfEvents, (events) => {
      const state = office();
      const called: { ticket: TicketRecord; at: number }[] = [];
      let at = now;
      for (const [index, { what, afterMs, inMs, priority }] of events.entries()) {
        at += afterMs;
        const number = (what === "walk-in" ? "A" : "T") + String(index + 1).padStart(3, "0");
        const times = { issuedAt: at, earnedAt: at };
        if (what === "walk-in") waits(state, number, 0, { ...times, priority });
        else if (what === "appointment")
          waits(state, number, 0, { ...times, kind: "appointment", appointmentAt: at + inMs });
        else {
          const turn = nextFor(state, desk, at);
          if (!turn) continue;
          called.push({ ticket: turn.ticket, at });
          dequeue(state, turn.ticket);
          lastWas(state, turn.ticket.kind, groupsOf(state, turn.ticket, desk));
        }
      }
      const end = { ticket: undefined, at };
      for (const one of [...called.map(({ ticket }) => ticket), ...state.waiting]) {
        if (one.kind !== "walk-in" || one.priority !== 0) continue;
        const until = [...called, end].findIndex(({ ticket }) => ticket === one || ticket === undefined);
        const passing = called.slice(0, until).filter((call) => call.at >= one.issuedAt && call.ticket !== one);
        const walkIns = passing.filter(({ ticket }) => ticket.kind === "walk-in");
        for (const { ticket } of walkIns) assert.ok(comesBefore(ticket, one), "walk-ins pass him only from before him");
        const isLate = (call: { at: number }) => call.at - one.earnedAt > plan.calls.walkInMaxWaitMs;
        const appointments = passing.filter(({ ticket, at }) => ticket.kind === "appointment" && isLate({ at }));
        assert.ok(
          appointments.length <= walkIns.filter(isLate).length + 1,
          `${appointments.length} passed ${one.number}`,
        );
        past += appointments.length;
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(past > 20, "it came about");
});

test.run();
