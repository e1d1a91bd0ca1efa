import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, openAppointmentOffice } from "./appointment-office.ts";
import type { Placed, Week } from "./own-calendar.ts";
import { addDays, dateAt, desksAt, hourMs, instantOf, mayBePlaced, minuteMs, takenAt } from "./own-calendar.ts";
import { outcome } from "./test-office.ts";

/** Any sequence of what people and staff do with appointments, beside a reckoning of its own of what may come of it. */

const sequences = 25;
const actionsMax = 60;
/** Then no further sequence is begun, nor a failing one made shorter, in milliseconds. */
const timeLimitMs = 45_000;
const secondMs = 1000;
const toSecond = (at: number) => Math.floor(at / secondMs);
const serviceMinutes = { "id-card": 10, registration: 15, "pick-up": 3 } as const;
type Service = keyof typeof serviceMinutes;

interface Scene {
  now: string;
  config: object;
  week: Week;
}

const shares = { walkInShare: 0.25, telephoneShare: 0.1, unconfirmedShare: 0.05, perAddress: 100, perNetwork: 1000 };
const weekday = (date: string) => new Date(`${date}T00:00:00Z`).getUTCDay();

const scenes: Record<string, Scene> = {
  "two weeks of the model office": {
    now: "2026-11-22T18:00:00Z",
    config: {
      appointments: {
        ...shares,
        desks: 2,
        capacity: [
          { hours: "Mo 09:00-10:00", desks: 3 },
          { hours: "Tu 14:00-16:00", desks: 1 },
          { hours: "Th 12:00-13:00", desks: 0 },
        ],
      },
    },
    week: {
      open(date) {
        const hours: Record<number, [number, number]> = { 1: [480, 960], 2: [480, 960], 4: [480, 1080], 5: [480, 780] };
        const isFirstSaturday = weekday(date) === 6 && Number(date.slice(8)) <= 7;
        return isFirstSaturday ? [570, 720] : hours[weekday(date)];
      },
      desks(day, minute) {
        if (day === 1 && minute >= 540 && minute < 600) return 3;
        if (day === 2 && minute >= 840 && minute < 960) return 1;
        return day === 4 && minute >= 720 && minute < 780 ? 0 : 2;
      },
    },
  },
  "nights of Sunday, one of which has an hour twice": {
    now: "2026-10-24T16:00:00Z",
    config: {
      openingHours: "Su 00:00-08:00",
      appointments: { ...shares, desks: 1, capacity: [{ hours: "Su 04:00-06:00", desks: 3 }] },
    },
    week: {
      open: (date) => (weekday(date) === 0 ? [0, 480] : undefined),
      desks: (_day, minute) => (minute >= 240 && minute < 360 ? 3 : 1),
    },
  },
};

type Action =
  | { do: "book"; channel: "web" | "staff"; services: Service[]; day: number; slot: number }
  | { do: "move"; which: number; day: number; slot: number }
  | { do: "confirm" | "cancel" | "check-in"; which: number }
  | { do: "close"; day: number; cancel: boolean }
  | { do: "open"; day: number }
  | { do: "pass"; ms: number };

const day = fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(14) });
/** Few enough that appointments meet. */
const slot = fc.oneof({ weight: 4, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(44) });
const services = fc.array(fc.constantFrom<Service>("id-card", "registration", "pick-up"), {
  minLength: 1,
  maxLength: 5,
});
const which = fc.nat(30);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("book" as const),
      channel: fc.constantFrom("web" as const, "web" as const, "staff" as const),
      services,
      day,
      slot,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("confirm" as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("move" as const), which, day, slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "check-in" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), day, cancel: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("open" as const), day }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 2 * hourMs + secondMs, 13 * hourMs),
    }),
  },
);

interface Own extends Placed {
  id: string;
  state: "reserved" | "confirmed" | "checked-in" | "lapsed" | "cancelled";
  confirmBy: number;
  link: string;
  code: string;
}

const holds = ({ state }: Own) => state === "reserved" || state === "confirmed" || state === "checked-in";
const isOpen = ({ state, until }: Own, now: number) => (state === "reserved" || state === "confirmed") && now < until;

async function live(office: AppointmentOffice, { week }: Scene, actions: readonly Action[]): Promise<void> {
  const own = new Map<string, Own>();
  const closed = new Set<string>();
  let bookings = 0;
  const now = () => office.now;
  const placed = (except?: string) => [...own.values()].filter((one) => holds(one) && one.id !== except);
  const dateOf = (offset: number) => addDays(dateAt(now()), offset);
  /** A step of the grid, or of where it would be on a day that is not open. */
  const timeOf = (offset: number, step: number) => {
    const date = dateOf(offset);
    return instantOf(date, week.open(date)?.[0] ?? 480) + step * 15 * minuteMs;
  };
  const pick = (index: number) => [...own.values()][index % Math.max(1, own.size)];
  const lead = { web: hourMs, staff: 0 };

  /** What time alone brings about. */
  function pass(): void {
    const firstKept = addDays(dateAt(now()), -1);
    for (const one of own.values()) {
      if (one.state === "reserved" && toSecond(now()) > toSecond(one.confirmBy)) one.state = "lapsed";
      const lapses = one.at + 5 * minuteMs + 30 * secondMs;
      if (one.state === "confirmed" && toSecond(now()) > toSecond(lapses)) one.state = "lapsed";
      if (dateAt(one.at) < firstKept) own.delete(one.id);
    }
  }

  async function book({ channel, services: wanted, day: offset, slot: step }: Action & { do: "book" }): Promise<void> {
    const at = timeOf(offset, step);
    const until = at + wanted.reduce((sum, service) => sum + serviceMinutes[service], 0) * minuteMs;
    const isOffered = at >= now() + lead[channel];
    const expected = isOffered && mayBePlaced(week, closed, placed(), { at, until }, channel, channel === "web");
    bookings += 1;
    const person = { ...anna, email: `anna-${bookings}@example.org` };
    if (channel === "staff") {
      const args = { services: wanted, at: new Date(at).toISOString(), person };
      const reply = await office.ask("clerk", "appointment.book", args);
      assert.is(reply.ok, expected, `${outcome(reply)}: staff, ${wanted} at ${args.at}`);
      if (!reply.ok) return;
      const { id } = (reply.result as { appointment: { id: string } }).appointment;
      const { code = "", link = "" } = office.mail("confirmation", id);
      own.set(id, { id, at, until, state: "confirmed", isConfirmed: true, confirmBy: 0, link, code });
      return;
    }
    const persons = (service: Service) => wanted.filter((one) => one === service).length;
    const booked = [...new Set(wanted)].map((service) => ({ service, persons: persons(service) }));
    const answer = await office.reserve({ at, person, services: booked });
    const said = answer.ok ? "ok" : answer.error.code;
    assert.is(answer.ok, expected, `${said}: web, ${wanted} at ${new Date(at).toISOString()}`);
    if (!answer.ok) return;
    const { id } = answer.appointment;
    const confirmBy = Math.min(now() + 2 * hourMs, at);
    const { link = "" } = office.mail("activation", id);
    own.set(id, { id, at, until, state: "reserved", isConfirmed: false, confirmBy, link, code: "" });
  }

  async function move(one: Own, at: number): Promise<void> {
    const before = { ...one };
    const until = at + (one.until - one.at);
    const isFree = at >= now() && mayBePlaced(week, closed, placed(one.id), { at, until }, "staff", false);
    const expected = one.state === "confirmed" && now() < one.until && (at === one.at || isFree);
    const reply = await office.ask("clerk", "appointment.move", {
      appointment: one.id,
      at: new Date(at).toISOString(),
    });
    assert.is(reply.ok, expected, `${outcome(reply)}: move to ${new Date(at).toISOString()}`);
    if (!reply.ok || at === before.at) {
      const kept = office.state.appointments.records.get(one.id);
      assert.equal([kept?.at, kept?.until, kept?.state], [before.at, before.until, before.state], "as before the move");
      return;
    }
    Object.assign(one, { at, until });
    one.code = office.mail("moved", one.id).code ?? "";
    if (before.code === "") return;
    const args = { code: before.code, at: new Date(now()).toISOString() };
    assert.is(outcome(await office.ask("terminal", "appointment.check-in", args)), "moved");
  }

  async function act(what: Action): Promise<void> {
    if (what.do === "book") return book(what);
    if (what.do === "pass") {
      office.now += what.ms;
      return office.tick();
    }
    if (what.do === "close" || what.do === "open") {
      const date = dateOf(what.day);
      const closures = what.do === "close" ? { add: [{ date, reason: "Betriebsausflug" }] } : { remove: [date] };
      const cancelAppointments = what.do === "close" && what.cancel;
      assert.is(outcome(await office.ask("admin", "office.change", { closures, cancelAppointments })), "ok");
      if (what.do === "close") closed.add(date);
      else closed.delete(date);
      for (const one of own.values()) {
        const isHit = dateAt(one.at) === date && (one.state === "reserved" || one.state === "confirmed");
        if (cancelAppointments && isHit) one.state = "cancelled";
      }
      return;
    }
    const one = pick(what.which);
    if (!one) return;
    if (what.do === "move") return move(one, timeOf(what.day, what.slot));
    if (what.do === "confirm") {
      const answer = await office.booking.confirm(one.link);
      if (one.state !== "reserved") return;
      assert.ok(answer.ok);
      Object.assign(one, { state: "confirmed", isConfirmed: true });
      one.code = office.mail("confirmation", one.id).code ?? "";
      return;
    }
    if (what.do === "cancel") {
      const reply = await office.ask("clerk", "appointment.cancel", { appointment: one.id });
      assert.is(reply.ok, one.state === "cancelled" || isOpen(one, now()), outcome(reply));
      if (reply.ok) one.state = "cancelled";
      return;
    }
    // Whoever checks in does so when it is time, if that is still to come.
    const due = one.at - 10 * minuteMs;
    if (one.state === "confirmed" && now() < due) {
      office.now = due;
      await office.tick();
      pass();
    }
    const sinceTime = toSecond(now()) - toSecond(one.at);
    const isToday = dateAt(one.at) === dateAt(now());
    const isIn = one.state === "confirmed" && isToday && sinceTime >= -15 * 60 && sinceTime <= 5 * 60;
    const args = { code: one.code, at: new Date(now()).toISOString() };
    if (one.code === "") return;
    const reply = await office.ask("terminal", "appointment.check-in", args);
    assert.is(reply.ok, isIn || (one.state === "checked-in" && isToday), outcome(reply));
    if (isIn) one.state = "checked-in";
  }

  function check(): void {
    const records = office.state.appointments.records;
    const states = (all: Iterable<{ id: string; at: number; until: number; state: string }>) =>
      [...all].map(({ id, at, until, state }) => `${id} ${at} ${until} ${state}`).sort();
    assert.equal(states(records.values()), states(own.values()), "every appointment is where it was left");
    const all = placed();
    // The count changes where one begins.
    for (const { at } of all) {
      assert.ok(takenAt(all, at) <= desksAt(week, new Set(), at), `too many at ${new Date(at).toISOString()}`);
    }
    for (const one of own.values()) {
      const isErased = one.state === "cancelled" || (one.state === "lapsed" && !one.isConfirmed);
      assert.is(office.store.person(one.id) === undefined, isErased, `the person of ${one.id}, ${one.state}`);
    }
  }

  for (const what of actions) {
    await act(what);
    pass();
    check();
  }
  office.restart();
  check();
}

for (const [name, scene] of Object.entries(scenes)) {
  test(`${name}: never more than there are desks and shares, nothing lost by a move, nothing kept of what ended`, () =>
    fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: actionsMax }), async (actions) => {
        const office = openAppointmentOffice({ now: Date.parse(scene.now), config: scene.config });
        try {
          await live(office, scene, actions);
        } finally {
          office.close();
        }
      }),
      { numRuns: sequences, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: false },
    ));
}

test.run();
