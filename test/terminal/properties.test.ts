import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { firstState } from "../../device/terminal/machine.ts";
import { touchesOfEffect } from "../../device/terminal/touches.ts";
import type { Effect, News, Touch } from "../../device/terminal/types.ts";
import { refuse } from "../../protocol/errors.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { choose, type Drive, driveMachine, scan } from "./drive.ts";
import { makeOffice } from "./terminal.ts";

const runsMax = 400;
const actionsMax = 120;

/**
 * A world around the machine that does whatever the seed says, in any order: visitors, a hub that answers, refuses or
 * is silent, a printer that may say anything, a journal that may refuse, and power that may go.
 */
interface World {
  drive: Drive;
  /** Requests that the session has and has not answered, and jobs that the printer has. */
  requests: Extract<Effect, { type: "request" }>[];
  jobs: { job: string }[];
  /** What the journal holds. */
  stored: Map<string, Touch>;
  /** Everything that ever happened. */
  issues: string[];
  tickets: Map<string, string>;
  withdrawn: Set<string>;
  reported: Set<string>;
  papers: { request: string; number: string; copy: boolean }[];
  /** Names under which the printer was given a job. */
  names: Set<string>;
}

type Action =
  | { do: "feed"; input: News }
  | { do: "answer"; how: "done" | "refused" | "unavailable" | "silent"; which: number; hubFirst: boolean }
  | { do: "paper"; outcome: "printed" | "failed" | "unknown"; which: number }
  | { do: "visitor"; service: string }
  | { do: "pass"; ms: number }
  | { do: "power-cut" };

const services = ["id-card", "registration", "pick-up", "none-such"];

const touchInput = fc.record({
  id: fc.integer({ min: 0, max: 60 }).map((id) => `t${id}`),
  do: fc.constantFrom("choose", "choose", "choose", "done", "again", "language", "large", "odd"),
  service: fc.constantFrom(...services),
  language: fc.constantFrom("de", "en", "xx"),
  on: fc.boolean(),
});

/** A live hub with an open office, as a terminal finds it. */
const live: News[] = [
  { type: "link", up: true },
  { type: "beat" },
  { type: "office", office: makeOffice() },
  { type: "status", peripheral: "printer", status: { state: "ready", detail: "" } },
];

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("visitor" as const), service: fc.constantFrom("id-card", "registration") }),
  },
  { weight: 4, arbitrary: touchInput.map((input): Action => ({ do: "feed", input: { type: "touch", input } })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<News>(
        { type: "button", button: "one", action: "press" },
        { type: "button", button: "two", action: "press" },
        { type: "button", button: "one", action: "release" },
        scan(),
        scan("no code of ours"),
        { type: "link", up: false },
        { type: "link", up: true },
        { type: "hub", online: false },
        { type: "beat" },
        { type: "beat" },
        { type: "identify" },
        { type: "office", office: makeOffice({ open: false }) },
        { type: "office", office: makeOffice() },
        { type: "status", peripheral: "printer", status: { state: "ready", detail: "" } },
        { type: "status", peripheral: "printer", status: { state: "paper-out", detail: "" } },
        { type: "status", peripheral: "screen", status: { state: "offline", detail: "" } },
      )
      .map((input): Action => ({ do: "feed", input })),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      how: fc.constantFrom(
        "done" as const,
        "done" as const,
        "refused" as const,
        "unavailable" as const,
        "silent" as const,
      ),
      which: fc.nat(5),
      hubFirst: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("paper" as const),
      outcome: fc.constantFrom("printed" as const, "failed" as const, "unknown" as const),
      which: fc.nat(3),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 500, 2_000, 3_000, 6_000, 31_000, 61_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ do: "power-cut" }) },
);

function newWorld(): World {
  const drive = driveMachine().open();
  return {
    drive,
    requests: [],
    jobs: [],
    stored: new Map(),
    issues: [],
    tickets: new Map(),
    withdrawn: new Set(),
    reported: new Set(),
    papers: [],
    names: new Set(),
  };
}

/** What goes wrong within a step: the journal refuses, or the power goes after so many effects. */
type Fault = "none" | "store" | 0 | 1 | 2;

/** Feeds an input and lets the effects happen as the role does: what relies on a store that failed is left out. */
function feed(world: World, input: News, fault: Fault): void {
  const before = world.drive.effects.length;
  world.drive.feed(input);
  let unstored: Touch | undefined;
  for (const [index, effect] of world.drive.effects.slice(before).entries()) {
    if (index === fault) {
      cutPower(world);
      return;
    }
    if (unstored && touchesOfEffect(effect).includes(unstored.request)) continue;
    if (effect.type === "store" && fault === "store" && !unstored) unstored = effect.touch;
    else happen(world, effect);
  }
  if (!unstored) return;
  const { request, step } = unstored;
  feed(world, { type: "store-failed", request, step, reason: "full" }, "none");
}

function happen(world: World, effect: Effect): void {
  if (effect.type === "store") world.stored.set(effect.touch.request, effect.touch);
  if (effect.type === "request") {
    if (effect.verb === "ticket.issue") {
      assert.is(world.stored.get(effect.request)?.step, "sent", "a request is stored before it is sent");
      world.issues.push(effect.request);
    }
    world.requests.push(effect);
  }
  if (effect.type === "ask-printer") {
    const newest = [...world.stored.keys()].at(-1);
    assert.is(effect.name, newest, "the printer knows the last job alone");
    assert.is(world.stored.get(effect.name)?.step, "issued", "what is known is not asked");
    world.jobs.push(effect);
  }
  if (effect.type === "print") {
    const text = JSON.stringify(effect.receipt);
    const number = /"([A-Z]\d{3})"/.exec(text)?.[1] ?? "";
    const request = effect.job.replace(/\.\d+$/, "");
    assert.is(world.stored.get(request)?.ticket?.number, number, "a ticket is stored before it is printed");
    if (effect.name !== undefined) {
      assert.is(world.stored.get(effect.name)?.step, "issued", "what has a name is stored as under way");
      assert.not(world.names.has(effect.name), "no name is given twice");
      world.names.add(effect.name);
    }
    world.papers.push({ request, number, copy: text.includes("KOPIE") });
    world.jobs.push(effect);
  }
}

/** Nothing is left but the journal; ids of the life before never come again. */
function cutPower(world: World): void {
  world.requests = [];
  world.jobs = [];
  const open = [...world.stored.values()].filter(({ step }) => step !== "closed");
  const now = world.drive.now();
  world.drive.set(firstState(world.drive.state().settings, now));
  feed(world, { type: "journal", touches: open, last: [...world.stored.values()].at(-1) }, "none");
  for (const input of live) feed(world, input, "none");
}

/** The hub's side of a request: one ticket a request, none for a withdrawn one. */
function hubTakes(world: World, request: World["requests"][number]) {
  if (request.verb === "ticket.withdraw") world.withdrawn.add(request.args.request);
  if (request.verb === "ticket.printed") world.reported.add(request.args.ticket);
  if (request.verb !== "ticket.issue") return { state: "done", result: {} } as const;
  if (world.withdrawn.has(request.request)) return { state: "refused", error: refuse("withdrawn", "") } as const;
  const number = world.tickets.get(request.request) ?? `A${String(world.tickets.size + 1).padStart(3, "0")}`;
  world.tickets.set(request.request, number);
  return { state: "done", result: { ticket: makeTicket(number, { service: request.args.service }) } } as const;
}

function act(world: World, action: Action, fault: Fault): void {
  if (action.do === "feed") feed(world, action.input, fault);
  if (action.do === "visitor") {
    for (const input of live) feed(world, input, "none");
    feed(world, choose(action.service), fault);
  }
  if (action.do === "pass") {
    world.drive.pass(action.ms);
    feed(world, { type: "tick" }, fault);
  }
  if (action.do === "paper") {
    const job = world.jobs.splice(action.which % Math.max(1, world.jobs.length), 1)[0];
    if (!job) return;
    const outcome = { outcome: action.outcome, sure: true, detail: "" };
    feed(world, { type: "paper", job: job.job, outcome }, fault);
  }
  if (action.do === "answer") {
    const request = world.requests.splice(action.which % Math.max(1, world.requests.length), 1)[0];
    if (!request) return;
    // The answer may get lost after the hub has done it: then nobody knows.
    const done = action.how === "done" || action.hubFirst ? hubTakes(world, request) : undefined;
    const code = action.how === "refused" ? "full" : "unavailable";
    const answer =
      action.how === "done" && done
        ? done
        : action.how === "silent" || done
          ? ({ state: "unknown", why: "" } as const)
          : ({ state: "refused", error: refuse(code, "") } as const);
    // Only a ticket can be refused for good; the hub takes every report.
    if (answer.state === "refused" && code === "full" && request.verb !== "ticket.issue") hubTakes(world, request);
    feed(world, { type: "answer", request: request.request, answer }, fault);
  }
  if (action.do === "power-cut") cutPower(world);
}

/** The hub comes back and answers everything, and nobody touches anything any more. */
function settle(world: World): void {
  for (let round = 0; round < 30; round += 1) {
    while (world.jobs.length > 0) act(world, { do: "paper", outcome: "printed", which: 0 }, "none");
    while (world.requests.length > 0) act(world, { do: "answer", how: "done", which: 0, hubFirst: true }, "none");
    act(world, { do: "pass", ms: 31_000 }, "none");
  }
}

const fault = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Fault>("none") },
  { weight: 2, arbitrary: fc.constant<Fault>("store") },
  { weight: 1, arbitrary: fc.constantFrom<Fault>(0, 1, 2) },
);
const step = fc.record({ action, fault });

test("whatever happens: one touch one request, one number, and every ticket ends reported or withdrawn", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: actionsMax, size: "max" }), (steps) => {
      const world = newWorld();
      for (const { action, fault } of steps) act(world, action, fault);
      assert.is(new Set(world.issues).size, world.issues.length, "never two requests for one touch");
      const numbers = new Map<string, string>();
      for (const { request, number, copy } of world.papers) {
        assert.is(numbers.get(request) ?? number, number, "never two numbers for one touch");
        assert.ok(copy || !numbers.has(request), "every paper but the first is marked as a copy");
        numbers.set(request, number);
      }
      settle(world);
      assert.equal(world.drive.state().touches, []);
      assert.is(world.drive.state().phase.name, "choose");
      for (const [request, number] of world.tickets) {
        const ended = world.withdrawn.has(request) || world.reported.has(`2026-11-23/${number}`);
        assert.ok(ended, `${number} of ${request} is neither reported nor withdrawn`);
      }
      for (const { request } of world.papers) {
        assert.not(world.withdrawn.has(request) && !world.reported.has(`2026-11-23/${numbers.get(request)}`));
      }
    }),
    { numRuns: runsMax },
  );
});

test("the state stays small, however long it runs", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 600, size: "max" }), (steps) => {
      const world = newWorld();
      for (const { action, fault } of steps) act(world, action, fault);
      const { seenIds, taken, inFlight, touches } = world.drive.state();
      assert.ok(seenIds.length <= 100);
      for (const instants of Object.values(taken)) assert.ok(instants.length <= 20);
      assert.ok(inFlight.length <= touches.length + 1);
    }),
    { numRuns: 20 },
  );
});

test.run();
