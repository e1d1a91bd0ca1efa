// time limit: 300 s
import { cpSync, mkdirSync, rmSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectMs, isCollecting } from "../../hub/office/collecting.ts";
import { evolve } from "../../hub/office/evolve.ts";
import type { OfficeState, ReserveRange } from "../../hub/office/state.ts";
import { judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import { openStore } from "../../hub/store/store.ts";
import { demoConfig, temporaryFolder } from "../hub/hub-process.ts";
import type { TestOffice } from "../hub/test-office.ts";
import { openOffice } from "../hub/test-office.ts";
import { createTerminal, exchange, settle, type TerminalInWorld } from "./reserve-world.ts";
import { type Action, act, action } from "./world-actions.ts";

const runs = 40;
const eventsMax = 100_000;

const [{ passwordHash } = { passwordHash: "" }] = demoConfig().users as { passwordHash: string }[];
const users = ["terminal", "kiosk"].map((name) => ({ name, role: "terminal", passwordHash }));

/** A day with a disaster: what happened before the backup, what it does not know, and what comes afterwards. */
interface Day {
  before: Happening[];
  lost: Happening[];
  /** Visitors who come while there is no hub, by the terminal that they touch. */
  alone: number[];
  /** The terminals that are heard while the hub waits, in this order, and what happens meanwhile. */
  heard: number[];
  meanwhile: Happening[];
  after: Happening[];
  /** Who is switched on again at all. */
  comeBack: number[];
  readable: boolean;
  skewMs: number;
}

/** Somebody takes a number while all is well, or anything else happens. */
type Happening = Action | { do: "visit"; terminal: number; service: string };
const visit = fc.record({
  do: fc.constant("visit" as const),
  terminal: fc.nat(1),
  service: fc.constantFrom("id-card", "registration"),
});
const some = (max: number) =>
  fc.array(
    fc.oneof<fc.MaybeWeightedArbitrary<Happening>[]>({ weight: 1, arbitrary: visit }, { weight: 3, arbitrary: action }),
    {
      maxLength: max,
      size: "max",
    },
  );

async function happen(office: TestOffice, terminals: readonly TerminalInWorld[], what: Happening): Promise<void> {
  if (what.do !== "visit") return act(office, terminals, what);
  const one = terminals[what.terminal] as TerminalInWorld;
  await exchange(one);
  // Whoever was there before has gone; while the hub waits there is less time.
  office.now += isCollecting(office.state) ? 7_000 : 61_000;
  one.feed({ type: "tick" });
  one.reconnect();
  one.touch(what.service);
  await exchange(one);
  const job = one.jobs.shift();
  if (job) one.feed({ type: "paper", job: job.job, outcome: { outcome: "printed", sure: true, detail: "" } });
  await exchange(one);
}
const day: fc.Arbitrary<Day> = fc.record({
  before: some(40),
  lost: some(40),
  alone: fc.array(fc.nat(1), { maxLength: 4 }),
  heard: fc.constantFrom([0, 1], [1, 0], [0], [1], []),
  meanwhile: some(10),
  after: some(40),
  comeBack: fc.constantFrom([0, 1], [0, 1], [0], [1]),
  readable: fc.boolean(),
  skewMs: fc.constantFrom(0, -40_000),
});

/** All that a file says, in an order that does not depend on how it came about. */
function picture({ plan: _, calendar: __, waitingCounts: ___, waitingBound: ____, ...state }: OfficeState) {
  const { tickets, series, reserves, ...rest } = structuredClone(state);
  const words = (range: ReserveRange) => Object.entries(range).sort().join();
  const ranges = [...reserves].map(([of, held]) => [of, held.map(words).sort()]);
  return { ...rest, tickets: [...tickets].sort(), series: [...series].sort(), ranges: ranges.sort() };
}

/** What is under way when the hub dies arrives nowhere. */
function cutOff(terminal: TerminalInWorld): void {
  terminal.onTheWay = [];
  terminal.replies = [];
  terminal.feed({ type: "link", up: false });
  while (terminal.awaited.length > 0) terminal.giveUp(0);
}

/** Puts the backup in place of a file that can be read, or cannot; gives the office as the new epoch begins with it. */
function restore(office: TestOffice, path: string, readable: boolean, skip: number): OfficeState {
  const data = dirname(office.file);
  const copy = temporaryFolder();
  office.restart({}, () => {
    if (!readable) {
      rmSync(`${office.file}-wal`, { force: true });
      truncateSync(office.file, 5000);
    }
    putInPlace({ data, folder: dirname(path), backup: judgeBackup(path), skip, now: office.now });
    cpSync(office.file, join(copy, "hub.sqlite"));
  });
  const store = openStore(copy);
  const begun = store.load(office.state.plan, office.state.calendar);
  store.close();
  return begun;
}

async function play(given: Day) {
  const office = openOffice({ config: { users, reserve: { numbers: 20 }, openingHours: "24/7" } });
  try {
    await office.ask("clerk", "desk.open", { desk: "1" });
    const terminals = [createTerminal(office, "terminal", given.skewMs), createTerminal(office, "kiosk", 0)];
    for (const one of terminals) await exchange(one);
    for (const each of given.before) await happen(office, terminals, each);
    const folder = join(dirname(office.file), "backups");
    mkdirSync(folder);
    const path = join(folder, "hub-20261123T080000Z.sqlite");
    await office.store.backup(path);
    const known = new Map([...office.state.tickets].map(([id, ticket]) => [id, ticket.state]));
    for (const each of given.lost) await happen(office, terminals, each);
    const places = new Map(
      [...office.state.tickets].map(([id, { earnedAt, calledAt }]) => [id, { earnedAt, calledAt }]),
    );
    office.now += 60_000;
    for (const one of terminals) cutOff(one);
    for (const which of given.alone) {
      office.now += 4_000;
      terminals[which]?.feed({ type: "tick" });
      terminals[which]?.touch("id-card");
    }

    // With everybody heard there is no need to leave out many numbers.
    const begun = restore(office, path, given.readable, given.heard.length === 2 ? 1 : 50);
    assert.ok(isCollecting(office.state));
    for (const [id, state] of known) assert.is(office.state.tickets.get(id)?.state, state, `${id} keeps its state`);
    office.linked(true);
    for (const which of given.heard) {
      const one = terminals[which] as TerminalInWorld;
      await exchange(one);
      for (const each of given.meanwhile) {
        // Who is not heard is switched off all the time.
        if (!("terminal" in each) || given.heard.includes(each.terminal)) await happen(office, terminals, each);
        if (each.do === "restart-hub") office.linked(true);
      }
      if (isCollecting(office.state)) {
        assert.not.ok(office.events.some(({ epoch, type }) => epoch === 2 && type === "ticket.issued"));
      }
    }
    const waited = isCollecting(office.state);
    office.now += collectMs;
    await office.tick();
    assert.not.ok(isCollecting(office.state), "it does not wait for ever");
    assert.equal(
      [...office.state.alarms.keys()].filter((key) => key === "hub/collecting"),
      [],
    );
    const back = terminals.filter((_, index) => given.comeBack.includes(index));
    for (const each of given.after) {
      if (!("terminal" in each) || given.comeBack.includes(each.terminal)) await happen(office, terminals, each);
    }
    await settle(office, back);
    check(office, terminals, back, places);

    const replayed = structuredClone({ ...begun, plan: null }) as unknown as OfficeState;
    Object.assign(replayed, { plan: office.state.plan });
    for (const event of office.store.events(2, 0, eventsMax)) evolve(replayed, event);
    assert.equal(picture(replayed), picture(office.state), "the events lead to the same office");
    const before = picture(office.state);
    office.restart();
    assert.equal(picture(office.state), before, "so does the file");
    return { waited, recovered: office.events.filter(({ type }) => type === "ticket.recovered").length };
  } finally {
    office.close();
  }
}

type Places = Map<string, { earnedAt: number; calledAt: number | null }>;

function check(
  office: TestOffice,
  terminals: readonly TerminalInWorld[],
  back: readonly TerminalInWorld[],
  places: Places,
): void {
  const holders = new Map<string, string>();
  for (const one of terminals) {
    const { client, seen, state } = one;
    const isBack = back.includes(one);
    if (isBack) assert.equal(state().touches, [], `${client} has nothing left to say`);
    for (const { touch, number } of seen) {
      assert.is(holders.get(number) ?? touch, touch, `${number} was given twice`);
      holders.set(number, touch);
      if (!isBack) continue;
      const ticket = office.state.tickets.get(`${office.state.day}/${number}`);
      assert.ok(ticket && ticket.state !== "void", `${number} of ${client} is ${ticket?.state ?? "lost"}`);
    }
  }
  for (const ticket of office.state.tickets.values()) {
    const isHeld = holders.has(ticket.number) || ticket.state === "void" || ticket.state === "finished";
    assert.ok(isHeld || ticket.afterRestore, `${ticket.number} is ${ticket.state} and nobody has it`);
    const place = places.get(ticket.id);
    // Who had been called waits for as long as he had when he came.
    if (place && ticket.afterRestore && ticket.origin === "hub" && place.calledAt === null) {
      assert.is(ticket.state === "waiting" ? ticket.earnedAt : place.earnedAt, place.earnedAt, ticket.number);
    }
  }
  const refused = office.events.filter((event) => event.type === "device.alarm" && event.alarm === "reserve number");
  assert.equal(refused, []);
}

test("a backup is put in place on any day: no number twice, and none lost that a terminal knows, whenever it is heard", async () => {
  let recovered = 0;
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(day, async (given) => {
      const done = await play(given);
      recovered += done.recovered;
      waited += done.waited ? 1 : 0;
    }),
    { numRuns: runs, endOnFailure: true, includeErrorInReport: true },
  );
  assert.ok(recovered > runs / 2 && waited > 3, `${recovered} came back, ${waited} were waited for: too few to tell`);
});

test.run();
