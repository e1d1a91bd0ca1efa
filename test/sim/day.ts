import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planOf } from "../../hub/plan.ts";
import { bookAppointments } from "./appointments.ts";
import { checkStart, checks, type Evidence } from "./checks.ts";
import { type Parked, startClerk } from "./clerks.ts";
import { closureProblems, enterClosures } from "./closures.ts";
import { createBoardDevice, createTerminalDevice, openSession, type World } from "./devices.ts";
import { type FaultRecord, type FaultyWorld, faults } from "./faults.ts";
import { keepGongs } from "./gongs.ts";
import { createHubProcess, parseHubConfig } from "./hub-process.ts";
import { type Looks, startLooks } from "./looks.ts";
import { createNetwork } from "./network.ts";
import * as office from "./office.ts";
import { invite } from "./people.ts";
import type { Paper } from "./peripherals.ts";
import { planProgramFaults } from "./program-faults.ts";
import { createRandom } from "./random.ts";
import { isLost, type Lost, planRestore, wholeRecord } from "./restore.ts";
import { createRoom, waits } from "./room.ts";
import { noting, type Said } from "./said.ts";
import { createSchedule, type Life } from "./schedule.ts";
import { openSecondTab } from "./second-tab.ts";
import { createFoyer } from "./visitors.ts";

const minuteMs = 60_000;
/** Things that are to break on one day; some find nothing left to break, such as a hub that is away already. */
const faultsCount = [9, 15] as const;
const faultMs = [2_000, 90_000] as const;
/** Whether the hub's file is lost is drawn apart from everything else. */
const restoreSalt = 0x5eed;
/** So is what clocks of machines do. */
const clockSalt = 0xc6ba;
/** And whether the day is a harsh one, on which so many times as much breaks: faults meet each other then. */
const harshSalt = 0x12f0;
const harshShare = 0.2;
const harshTimes = 3;
/** And whether programs end. */
const programSalt = 0x9409;
/** After closing all must be served within this time, in milliseconds. */
const drainMs = 90 * minuteMs;
/** Within this, in milliseconds, a hub that runs through the night has looked at everything that it looks at hourly. */
const nightMs = 62 * minuteMs;
/** Everything is whole again so long before the end is looked at, in milliseconds. */
const calmMs = 2 * minuteMs;

const memoryFolder = "/dev/shm";
/** Free memory that is left to others, in bytes; a day takes some 20 MB. */
const memoryBytesMin = 256 * 1024 * 1024;

export interface DayReport {
  seed: number;
  problems: string[];
  faults: FaultRecord[];
  visitors: number;
  /** Visitors without a number, by what the terminal said. */
  sentAway: Record<string, number>;
  events: number;
  /** How often staff were answered what, by verb; visitors at the terminal; and what became of appointments. */
  answers: Record<string, number>;
  /** The same for the same seed, whatever the machine. */
  digest: string;
}

/**
 * Where a day's files lie: in memory, since a power cut is simulated and what the disk keeps is not asked, while waiting for a
 * disk is most of what a day would take.
 */
function fastFolder(): string {
  if (!existsSync(memoryFolder)) return tmpdir();
  const { bavail, bsize } = statfsSync(memoryFolder);
  return bavail * bsize >= memoryBytesMin ? memoryFolder : tmpdir();
}

/** One day of an office, from one seed: from before it opens until the day after begins. */
export async function simulateDay(seed: number): Promise<DayReport> {
  process.env.TZ = office.zone;
  const random = createRandom(seed);
  const day = random.pick(office.days);
  const schedule = createSchedule(day.openFrom - 20 * minuteMs, random.fork());
  const folder = mkdtempSync(join(fastFolder(), "wartemarke-day-"));
  try {
    return await liveThrough(seed);
  } finally {
    schedule.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function liveThrough(seed: number): Promise<DayReport> {
    const network = createNetwork(schedule, random.fork(), office.site);
    const clocks = createRandom(seed ^ clockSalt);
    /** How many terminals have a clock with a battery; boards have: others show nothing until somebody tells them the time. */
    const batteries = clocks.chance(0.5) ? 2 : 1;
    const world: World = { schedule, network, random: random.fork(), clocks, site: office.site, folder };
    const problems: string[] = [];
    let isOver = false;
    let looks: Looks | undefined;
    const papers: Paper[] = [];
    const room = createRoom(schedule, random.fork());
    const foyer = createFoyer(schedule, random.fork(), {
      enters: room.enters,
      isLate: (visitor) => room.asks(visitor, "late"),
    });
    const said = new Map<string, Said>();
    const embedded = random.chance(0.5);
    const hub = createHubProcess({
      schedule,
      network,
      config: office.officeConfig,
      folder: join(folder, "hub"),
      started({ state, store }) {
        // The new day has forgotten who came in the old one.
        if (isOver) return;
        const found = checkStart(wholeRecord(store, state.epoch), state);
        problems.push(...found.map((what) => `storedAsReplayed: ${what}`));
      },
      committed: (events) => looks?.committed(events),
    });
    const terminals = office.terminals.map((name, index) =>
      createTerminalDevice(world, name, index < batteries, {
        paper(paper) {
          papers.push(paper);
          foyer.paper(paper);
        },
        shown: (view) => foyer.shown(name, view),
      }),
    );
    const seen = new Set<string>();
    const wrong = (what: string) => {
      if (!seen.has(what)) problems.push(`whileItRuns: ${what} (${new Date(schedule.now()).toISOString()})`);
      seen.add(what);
    };
    const gongs = keepGongs(schedule, wrong);
    const boards = office.boards.map((name) => createBoardDevice(world, name, (view) => gongs.shown(name, view)));
    hub.start();
    for (const device of [...terminals, ...boards]) device.start();
    const config = parseHubConfig(office.officeConfig);
    // The calendar follows from the configuration and is not in the file; to make one takes longer than to load the rest.
    const load = () => hub.store.load(planOf(config), hub.service.state.calendar);
    looks = startLooks({ schedule, network, hub, boards, terminals, gongs, load, wrong });
    await schedule.run(day.openFrom - 19 * minuteMs);

    const { session: admin } = openSession(world, "admin", "admin", { name: "admin", alive: true });
    admin.start();
    const people = random.fork();
    const appointments = await bookAppointments({ day, schedule, random: people, session: admin, hub });
    const visitors = invite(people, day, appointments, (visitor, number) => {
      visitor.number = number;
      foyer.told(visitor, number);
      room.enters(visitor);
    });
    let coming = visitors.length;
    const life: Life = { name: "street", alive: true };
    for (const [index, visitor] of visitors.entries()) {
      const terminal = terminals[index % terminals.length];
      if (!terminal) continue;
      schedule.after(visitor.arrivesAt - schedule.now(), life, () => {
        coming -= 1;
        if (visitor.persons > 1) room.asks(visitor, "number");
        else foyer.visit(visitor, terminal);
      });
    }
    const isEmpty = () =>
      coming === 0 && foyer.standing === 0 && foyer.returning === 0 && !room.asking && !visitors.some(waits);
    // Now and then the clerks go home on time, and whoever is left waits in vain.
    const leavesAt = random.chance(0.25) ? day.closesAt + 5 * minuteMs : day.closesAt + drainMs - 5 * minuteMs;
    const parked: Parked[] = [];
    const holderOf = (number: string) => visitors.find((visitor) => visitor.number === number && waits(visitor));
    const clerks = office.desks.map((desk) => {
      const clerk: Life = { name: `clerk ${desk}`, alive: true };
      const others = office.desks.filter((other) => other !== desk);
      const connect = () => {
        const { session } = openSession(world, `desk-${desk}`, "desk", clerk);
        session.start();
        return noting(session, schedule, said);
      };
      const started = startClerk({
        schedule,
        random: random.fork(),
        desk,
        others,
        services: office.services,
        own: office.officeConfig.desks.find(({ id }) => id === desk)?.services ?? [],
        session: connect(),
        life: clerk,
        room,
        parked,
        holder(number) {
          const visitor = holderOf(number);
          return visitor?.away ? undefined : visitor;
        },
        isShown: (number) =>
          boards.some(
            ({ screen: { view } }) =>
              view?.current?.number === number || view?.last.some((call) => call.number === number),
          ),
        givenUp(number) {
          const visitor = holderOf(number);
          if (!visitor) return;
          visitor.givenUp = true;
          // Whoever is in the room says so himself, as from behind a board that was dark.
          if (!visitor.away) room.again({ kind: "back", visitor });
        },
        closesAt: day.closesAt,
        leavesAt,
        isEmpty,
      });
      const tab: Life = { name: `second tab ${desk}`, alive: true };
      openSecondTab({
        schedule,
        random: random.fork(),
        desk,
        others,
        services: office.services,
        session: connect(),
        life: tab,
        had: () => started.had,
        now: () => started.current,
      });
      schedule.after(day.closesAt - schedule.now(), tab, () => {
        tab.alive = false;
      });
      return started;
    });

    const records: FaultRecord[] = [];
    const note = (fault: string, state: string) => void records.push({ fault, state, at: schedule.now() });
    const faulty: FaultyWorld = {
      schedule,
      network,
      random: random.fork(),
      hub,
      embedded,
      terminals,
      boards,
      admin,
      users: [...office.terminals, ...office.boards, ...office.desks.map((desk) => `desk-${desk}`), "hub"],
      mood: () => (foyer.standing > 0 ? "people at the terminals" : "nobody at the terminals"),
    };
    if (day.date.slice(5) >= "10-01") {
      const isEntered = random.chance(0.5);
      note("closures not entered", isEntered ? "entered later" : "left so");
      const entersAt = day.openFrom + random.unit() * (day.closesAt - day.openFrom);
      if (isEntered) schedule.after(entersAt - schedule.now(), life, () => void enterClosures(schedule, admin, life));
    }
    const kinds = random.fork();
    const isHarsh = createRandom(seed ^ harshSalt).chance(harshShare);
    const count = kinds.whole(...faultsCount) * (isHarsh ? harshTimes : 1);
    for (let index = 0; index < count; index += 1) {
      const at = day.openFrom + kinds.unit() * (day.closesAt - day.openFrom);
      const fault = kinds.pick(faults);
      const lastsMs = kinds.whole(...faultMs);
      schedule.after(at - schedule.now(), life, () => fault(faulty, lastsMs, note));
    }

    planProgramFaults({ ...faulty, random: createRandom(seed ^ programSalt) }, day, note);

    let lost: Lost | undefined;
    planRestore(faulty, day, createRandom(seed ^ restoreSalt), note, (what) => {
      lost = what;
      looks?.restored();
      for (const visitor of visitors) {
        // Whom staff told a number since the copy was made is known to nobody: he asks again.
        const touch = visitor.touches.at(-1);
        if (!waits(visitor) || visitor.atDesk !== undefined) continue;
        if (touch?.kind !== "staff" || !isLost(lost, touch.at)) continue;
        visitor.number = undefined;
        room.asks(visitor, "number");
      }
    });

    await schedule.run(day.closesAt + faultMs[1]);
    const deadline = day.closesAt + drainMs;
    while (!clerks.every(({ done }) => done) && schedule.now() < deadline)
      await schedule.run(schedule.now() + minuteMs);
    await schedule.run(schedule.now() + calmMs);

    if (!clerks.every(({ done }) => done)) {
      const left = visitors
        .filter(waits)
        .map(({ number, atDesk }) => `${number}${atDesk === undefined ? "" : ` at desk ${atDesk}`}`);
      problems.push(
        `the clerks are still at work long after closing: ${coming} to come, ${foyer.standing} at the terminals, waiting ${left.join(", ")}`,
      );
    }
    const { state } = hub.service;
    const before: Evidence = {
      events: wholeRecord(hub.store, state.epoch),
      papers,
      touches: foyer.touches,
      said: [...said.values()],
      lost,
      boards: new Map(boards.map(({ name, screen }) => [name, screen.view])),
      state,
      loaded: load(),
    };
    // What is about the end of the day is looked at when the next one has begun.
    const { everyPaperEndsOnce, ...rest } = checks;
    for (const [name, check] of Object.entries(rest)) problems.push(...check(before).map((what) => `${name}: ${what}`));

    note(
      "end of day",
      state.waiting.length + state.waitingAppointments.length > 0 ? "some still wait" : "nobody waits",
    );
    const tellClosures = (date: string) => {
      const all = wholeRecord(hub.store, state.epoch);
      problems.push(...closureProblems(all, hub.service.state, { date }).map((what) => `warnedOfClosures: ${what}`));
    };
    tellClosures(day.date);
    for (const device of [...terminals, ...boards]) device.powerCut();
    for (const terminal of terminals) terminal.end();
    const yesterday = state.day;
    isOver = true;
    looks.stop();
    if (day.staysOn) await schedule.run(day.endsAt + nightMs);
    else {
      hub.stop();
      await schedule.run(day.endsAt + 30_000);
      hub.start();
      await schedule.run(schedule.now() + minuteMs);
    }
    tellClosures(hub.service.state.day);
    const events = wholeRecord(hub.store, state.epoch);
    const after = { ...before, events, state: { ...hub.service.state, day: yesterday } };
    problems.push(...(everyPaperEndsOnce?.(after) ?? []).map((what) => `everyPaperEndsOnce: ${what}`));
    if (hub.service.state.waiting.length > 0)
      problems.push("somebody waits in the new day with a number of the old one");
    hub.stop();
    hub.store.close();

    const sentAway: Record<string, number> = {};
    for (const { sentAway: why } of visitors) if (why !== undefined) sentAway[why] = (sentAway[why] ?? 0) + 1;
    const answers: Record<string, number> = {};
    for (const { verb, answer } of said.values()) {
      const what = answer?.state === "refused" ? answer.error.code : (answer?.state ?? "unknown");
      answers[`${verb} ${what}`] = (answers[`${verb} ${what}`] ?? 0) + 1;
    }
    for (const { kind, why, numbers, message } of foyer.touches) {
      if (kind === "staff") continue;
      const what = why ?? (numbers.size > 0 ? "number" : (message ?? "nothing"));
      answers[`terminal:${kind} ${what}`] = (answers[`terminal:${kind} ${what}`] ?? 0) + 1;
    }
    for (const event of events) {
      const isAdopted = event.type === "ticket.adopted";
      if (!isAdopted && !event.type.startsWith("appointment.")) continue;
      const how = isAdopted ? event.clock : "reason" in event && event.reason ? event.reason.code : "once";
      answers[`${event.type} ${how}`] = (answers[`${event.type} ${how}`] ?? 0) + 1;
    }
    const digest = createHash("sha256")
      .update(JSON.stringify([events, papers, problems]))
      .digest("hex")
      .slice(0, 16);
    return {
      seed,
      problems,
      faults: records,
      visitors: visitors.length,
      sentAway,
      events: events.length,
      answers,
      digest,
    };
  }
}
