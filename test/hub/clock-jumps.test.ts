import { test } from "uvu";
import * as assert from "uvu/assert";
import type { KnownTime } from "../../hub/steady-clock.ts";
import { createSteadyClock, leapMs, settleMs } from "../../hub/steady-clock.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, hourMs, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { outcome } from "./test-office.ts";

const dayMs = 24 * hourMs;
const beatMs = 3_000;
const begin = Date.parse("2026-11-23T10:00:00+01:00");
/** Jumps of a clock in both directions: over the limit of a reservation, over midnight, over what is kept. */
const jumps = [-begin, -40 * dayMs, -dayMs, -3 * hourMs, -10 * minuteMs, 10 * minuteMs, 3 * hourMs, dayMs, 40 * dayMs];

/** An office on a machine whose clock a test sets: at a start, and while it runs. */
function openWorld() {
  const machine = { wall: begin, running: 0, syncedAt: undefined as number | undefined };
  let kept: KnownTime | undefined;
  const makeClock = (isBusy: boolean) =>
    createSteadyClock({
      machine: { wall: () => machine.wall, running: () => machine.running, syncedAt: () => machine.syncedAt },
      timers: { every: () => () => {}, after: () => () => {} },
      known: kept,
      isBusy,
      keep: (known) => {
        kept = known;
      },
    });
  let clock = makeClock(false);
  const office = openAppointmentOffice({
    now: begin,
    config: { openingHours: "24/7", appointments: { desks: 4, keptDays: 1 } },
    mayErase: () => clock.mayErase(),
  });
  const world = {
    office,
    clock: () => clock,
    async beat() {
      office.now = clock.now();
      await office.tick();
      clock.look();
    },
    async pass(ms: number) {
      machine.wall += ms;
      machine.running += ms;
      await world.beat();
    },
    async jump(ms: number) {
      machine.wall += ms;
      await world.beat();
    },
    async sync(wall: number) {
      machine.wall = wall;
      machine.syncedAt = wall;
      await world.beat();
    },
    /** Stops the hub, does something to the clock, and starts it on a machine that was started too. */
    async restart(wall: number) {
      clock.look();
      const isBusy = office.store.isBusy();
      Object.assign(machine, { wall, running: 0, syncedAt: undefined });
      clock = makeClock(isBusy);
      office.now = clock.now();
      office.restart();
      await world.beat();
    },
  };
  return world;
}

type World = ReturnType<typeof openWorld>;

/** What must be left as it is. */
interface Bookings {
  reserved: string;
  confirmed: string;
}

/** One at a desk, two who wait, one who is parked, a reservation, an appointment, and numbers in a terminal. */
async function fill({ office }: World): Promise<Bookings> {
  const ask = async (client: string, verb: string, args: object) => {
    assert.is(outcome(await office.ask(client, verb, args)), "ok", verb);
  };
  await ask("terminal", "reserve.get", { anew: true });
  await ask("clerk", "desk.open", { desk: "1" });
  for (let n = 0; n < 4; n += 1) await office.issue();
  await ask("clerk", "call.next", { desk: "1" });
  await ask("clerk", "ticket.park", { desk: "1", number: "A001" });
  await ask("clerk", "call.next", { desk: "1" });
  const confirmed = await office.bookFor(begin + 2 * hourMs);
  const reserved = await office.reserve({ person: { ...anna, email: "berta@example.org" } });
  if (!reserved.ok) throw new Error(reserved.error.message);
  return { confirmed: confirmed.id, reserved: reserved.appointment.id };
}

function pictureOf({ state, store }: AppointmentOffice, { reserved, confirmed }: Bookings) {
  return structuredClone({
    day: state.day,
    tickets: [...state.tickets.values()],
    waiting: state.waiting.map(({ number }) => number),
    desk: state.desks.get("1"),
    reserves: state.reserves,
    appointments: [reserved, confirmed].map((id) => state.appointments.records.get(id)?.state),
    persons: [reserved, confirmed].map((id) => store.person(id)),
    mails: store.dueMails(begin + 400 * dayMs, 100).length,
  });
}

for (const jump of jumps) {
  const days = (jump / dayMs).toFixed(2);
  test(`the clock jumps by ${days} days and is put right within moments: the office does not notice`, async () => {
    const world = openWorld();
    const { office } = world;
    const bookings = await fill(world);
    const before = pictureOf(office, bookings);
    const { seq } = office.state;
    await world.jump(jump);
    assert.ok(world.clock().doubt());
    for (let beat = 0; beat < 40; beat += 1) await world.pass(beatMs);
    assert.is((await office.issue()).number, "A005", "numbers go on meanwhile");
    await world.jump(-jump);
    assert.is(world.clock().doubt(), undefined);
    assert.is((await office.issue()).number, "A006");
    const added = office.events.filter((event) => event.seq > seq).map(({ type }) => type);
    assert.equal(added, ["ticket.issued", "ticket.issued"]);
    const after = pictureOf(office, bookings);
    assert.equal(after.waiting, [...before.waiting, "A005", "A006"]);
    assert.equal({ ...after, waiting: [], tickets: after.tickets.slice(0, 4) }, { ...before, waiting: [] });
    const times = office.events.map(({ at }) => at);
    assert.equal(times, times.toSorted((a, b) => a - b), "events are in the order of their times"); // biome-ignore format: one thought
    office.close();
  });
}

test("a clock that stays a month ahead is followed, and erases nothing until a day has passed; put right, all is there", async () => {
  const world = openWorld();
  const { office } = world;
  const bookings = await fill(world);
  const before = pictureOf(office, bookings);
  await world.jump(30 * dayMs);
  await world.pass(settleMs);
  assert.is(office.state.day, "2026-12-23");
  assert.is((await office.issue()).id, "2026-12-23/A001");
  await world.pass(hourMs);
  const meanwhile = pictureOf(office, bookings);
  const left = ({ appointments, persons, mails }: typeof before) => ({ appointments, persons, mails });
  assert.equal(left(meanwhile), left(before));
  await world.jump(-30 * dayMs);
  await world.pass(settleMs);
  assert.is(office.state.day, "2026-11-23");
  assert.equal(left(pictureOf(office, bookings)), left(before));
  assert.is((await office.issue()).id, "2026-11-23/A005", "no number twice");
  office.close();
});

test("a clock that stays a month ahead and is right: what is over is erased a day later", async () => {
  const world = openWorld();
  const { office } = world;
  const { reserved, confirmed } = await fill(world);
  await world.jump(30 * dayMs);
  await world.pass(settleMs);
  await world.pass(leapMs - 1);
  assert.ok(office.store.person(reserved) && office.store.person(confirmed));
  await world.pass(1);
  await world.beat();
  assert.equal([office.store.person(reserved), office.store.person(confirmed)], [undefined, undefined]);
  assert.is(office.state.appointments.records.size, 0);
  office.close();
});

/** Where the clock stands when the hub is started again a minute later, as seen from what is right. */
const starts: [what: string, off: number][] = [
  ["in 1970", -begin],
  ["at the hour of an earlier stop", -20 * minuteMs],
  ["at the day of an earlier stop", -3 * dayMs],
  ["a year ahead", 365 * dayMs],
];

for (const [what, off] of starts) {
  test(`the hub is started with a clock ${what}, which is set by the network later: nobody is lost`, async () => {
    const world = openWorld();
    const { office } = world;
    const bookings = await fill(world);
    await world.pass(minuteMs);
    const before = pictureOf(office, bookings);
    const right = office.now + minuteMs;
    await world.restart(right + off);
    assert.ok(world.clock().doubt(), "staff are told");
    assert.is((await office.issue()).id, "2026-11-23/A005");
    for (let beat = 0; beat < 20; beat += 1) await world.pass(beatMs);
    await world.sync(right + 20 * beatMs);
    assert.is(office.now, right + 20 * beatMs);
    assert.is(world.clock().doubt(), undefined);
    const after = pictureOf(office, bookings);
    assert.equal(after.waiting, [...before.waiting, "A005"]);
    assert.equal([after.appointments, after.persons, after.mails], [before.appointments, before.persons, before.mails]);
    assert.is((await office.issue()).id, "2026-11-23/A006");
    office.close();
  });
}

test("a clock that was a day ahead and is put right: whoever was checked in is answered with his number", async () => {
  const office = openAppointmentOffice({ now: begin, config: { openingHours: "24/7", appointments: { desks: 2 } } });
  const { id, code } = await office.bookFor(begin + 2 * hourMs);
  office.now += 2 * hourMs;
  const checkIn = () =>
    office.ask("terminal", "appointment.check-in", { code, at: new Date(office.now).toISOString() });
  assert.is(outcome(await checkIn()), "ok");
  for (const ms of [dayMs, -dayMs]) {
    office.now += ms;
    await office.tick();
  }
  assert.is(office.state.tickets.size, 0, "it expired with the day");
  const again = await checkIn();
  const byHand = await office.ask("clerk", "appointment.late-check-in", { appointment: id, reason: "asks again" });
  for (const reply of [again, byHand]) assert.match(JSON.stringify(reply), '"ok":true,"result":{"ticket":{"id":"2026-11-23/T001"'); // biome-ignore format: one thought
  office.close();
});

test("a hub that was away over a weekend goes by the clock, and begins the new day", async () => {
  const world = openWorld();
  const { office } = world;
  await fill(world);
  await world.restart(begin + 3 * dayMs);
  assert.is(office.state.day, "2026-11-26");
  assert.is((await office.issue()).id, "2026-11-26/A001");
  office.close();
});

for (const [night, from, hours] of [
  ["the hour that comes twice", "2026-10-25T00:30:00+02:00", 4],
  ["the hour that is missing", "2027-03-28T00:30:00+01:00", 4],
] as const) {
  test(`an office that is open over ${night}: one day, numbers and order go on, and nothing expires`, async () => {
    const office = openAppointmentOffice({ now: Date.parse(from), config: { openingHours: "24/7" } });
    const day = from.slice(0, 10);
    await office.ask("clerk", "desk.open", { desk: "1" });
    const reply = await office.ask("terminal", "reserve.get", { anew: true });
    assert.is(outcome(reply), "ok");
    const { id } = await office.bookFor(Date.parse(from) + (hours + 1) * hourMs);
    const { seq } = office.state;
    const given: string[] = [];
    for (let quarter = 0; quarter < 4 * hours; quarter += 1) {
      given.push((await office.issue()).id);
      office.now += 15 * minuteMs;
      await office.tick();
    }
    assert.equal(
      given,
      given.map((_, index) => `${day}/A${String(index + 1).padStart(3, "0")}`),
    );
    assert.equal(
      office.state.waiting.map((ticket) => ticket.id),
      given,
    );
    assert.ok(office.events.filter((event) => event.seq > seq).every(({ type }) => type === "ticket.issued"));
    assert.is(office.state.appointments.records.get(id)?.state, "confirmed");
    office.close();
  });
}

test.run();
