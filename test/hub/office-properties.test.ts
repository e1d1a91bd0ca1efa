// time limit: 240 s
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { passTime } from "../../hub/office/clock.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import { evolve } from "../../hub/office/evolve.ts";
import { comesBefore, count } from "../../hub/office/queue.ts";
import type { OfficeState, TicketRecord, Waiting } from "../../hub/office/state.ts";
import { emptyOffice } from "../../hub/office/state.ts";
import type { Request } from "./random-office.ts";
import { eventsOf, requests } from "./random-office.ts";
import { openStored } from "./stored-office.ts";
import { mondayMorning } from "./test-office.ts";

const { plan, calendar, close } = openStored();
close();

const noPast = { series: () => ({}), visits: () => [] };

/** An office that is driven by hand, with all that is recorded of it. */
function openDay() {
  const state = emptyOffice(plan, structuredClone(calendar), 1);
  const events: RecordedEvent[] = [];
  const apply = (what: ReturnType<typeof eventsOf>, at: number) => {
    for (const event of what) {
      // As the store keeps it.
      const recorded = JSON.parse(JSON.stringify({ ...event, epoch: 1, seq: state.seq + 1, at })) as RecordedEvent;
      evolve(state, recorded);
      events.push(recorded);
    }
  };
  return { state, events, apply };
}

/** Plays a day; `look` is called after each step with what it began from. */
function play(steps: readonly Request[], look: (state: OfficeState, step: Request, before: Before) => void) {
  const day = openDay();
  let now = mondayMorning;
  day.apply(passTime(day.state, now, noPast, true), now);
  for (const step of steps) {
    now += step.afterMs;
    day.apply(passTime(day.state, now, noPast, true), now);
    const before = { now, waited: new Map([...day.state.tickets].map(([id, ticket]) => [id, waited(ticket, now)])) };
    const events = eventsOf(day.state, step, now);
    day.apply(events, now);
    look(day.state, step, before);
  }
  return { ...day, now };
}

interface Before {
  now: number;
  /** How long each had waited, in milliseconds. */
  waited: Map<string, number | undefined>;
}

/** Undefined when it is over. */
function waited({ state, earnedAt, calledAt }: TicketRecord, now: number): number | undefined {
  if (state === "waiting") return now - earnedAt;
  const mayWaitAgain = state === "called" || state === "parked" || state === "no-show";
  return mayWaitAgain ? (calledAt ?? Number.NaN) - earnedAt : undefined;
}

/** What must hold of an office at any time. */
function checkOffice(state: OfficeState): void {
  const at = new Map<string, string>();
  for (const desk of state.desks.values()) {
    if (desk.ticket === null) continue;
    assert.not.ok(at.has(desk.ticket), `${desk.ticket} is at two desks`);
    at.set(desk.ticket, desk.id);
  }
  const counts = new Map<string, Waiting>();
  const bound = new Map<string, number>();
  for (const ticket of state.tickets.values()) {
    assert.is(ticket.state === "called", at.has(ticket.id), `${ticket.number} is ${ticket.state}`);
    if (ticket.state === "called") assert.is(at.get(ticket.id), ticket.desk);
    if (ticket.state !== "waiting") continue;
    count(counts, ticket, 1);
    if (ticket.boundTo !== null) bound.set(ticket.boundTo, (bound.get(ticket.boundTo) ?? 0) + 1);
  }
  const line = [...state.waiting, ...state.waitingAppointments];
  const waiting = [...state.tickets.values()].filter((ticket) => ticket.state === "waiting");
  assert.equal(line.map(({ id }) => id).sort(), waiting.map(({ id }) => id).sort()); // biome-ignore format: one thought
  for (const [index, ticket] of state.waiting.slice(1).entries()) {
    assert.ok(comesBefore(state.waiting[index] as TicketRecord, ticket), "the line is in order");
  }
  const some = (all: ReadonlyMap<string, Waiting>) => [...all].filter(([, { persons }]) => persons > 0).sort();
  assert.equal(some(state.waitingCounts), some(counts));
  assert.equal([...state.waitingBound].filter(([, sent]) => sent > 0).sort(), [...bound].sort());
}

test("one visitor at a desk, one desk for a visitor, and the queue is who waits, whatever is asked for", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(requests, (steps) => {
      const { events } = play(steps, checkOffice);
      for (const { type } of events) reached.add(type);
    }),
    { numRuns: 200 },
  );
  for (const type of [
    "parked",
    "resumed",
    "transferred",
    "undone",
    "no-show",
    "prioritized",
    "cancelled",
    "recalled",
  ]) {
    assert.ok(reached.has(`ticket.${type}`), `${type} never came about: this proves nothing about it`);
  }
});

test("nothing that is done with a ticket takes waiting time from it, and being served or parked adds none", () => {
  let moved = 0;
  fc.assert(
    fc.property(requests, (steps) => {
      play(steps, (state, { verb }, before) => {
        for (const [id, was] of before.waited) {
          const ticket = state.tickets.get(id);
          const is = ticket && waited(ticket, before.now);
          if (was === undefined || is === undefined) continue;
          // Whose call is taken back has waited all the time.
          if (verb === "call.undo") assert.ok(is >= was, `${id} after ${verb}`);
          else assert.is(is, was, `${id} after ${verb}`);
        }
        if (verb === "ticket.transfer" || verb === "ticket.resume") moved += 1;
      });
    }),
    { numRuns: 200 },
  );
  assert.ok(moved > 100);
});

test("the recorded events alone lead to the same office", () => {
  fc.assert(
    fc.property(requests, (steps) => {
      const { state, events } = play(steps, () => {});
      const again = openDay();
      for (const event of events) evolve(again.state, event);
      assert.equal(again.state, state);
    }),
    { numRuns: 100 },
  );
});

test("an office that is read back from its file is the same in everything", () => {
  fc.assert(
    fc.property(requests, (steps) => {
      const stored = openStored();
      stored.now = mondayMorning;
      const pass = () => stored.commit(passTime(stored.state, stored.now, noPast, true));
      pass();
      for (const step of steps) {
        stored.now += step.afterMs;
        pass();
        stored.commit(eventsOf(stored.state, step, stored.now));
      }
      const picture = () => {
        const {
          plan: _,
          calendar: __,
          tickets,
          waitingCounts,
          waitingBound,
          series,
          ...rest
        } = structuredClone(stored.state);
        const some = [...waitingCounts].filter(([, { persons }]) => persons > 0).sort();
        const sent = [...waitingBound].filter(([, tickets]) => tickets > 0).sort();
        return { ...rest, tickets: [...tickets].sort(), series: [...series].sort(), some, sent };
      };
      const before = picture();
      stored.reopen();
      assert.equal(picture(), before);
      stored.close();
    }),
    { numRuns: 15 },
  );
});

test.run();
