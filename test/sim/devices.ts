import { join } from "node:path";
import Database from "better-sqlite3";
import pino from "pino";
import type { BoardView } from "../../device/board/view.ts";
import { createBoardMemory } from "../../device/board-memory.ts";
import { createBoardRole } from "../../device/board-role.ts";
import { createHubClock } from "../../device/hub-clock.ts";
import { createJournal, type Journal } from "../../device/journal.ts";
import { loadLanguages } from "../../device/languages.ts";
import type { Clock } from "../../device/ports.ts";
import { createPresence } from "../../device/presence.ts";
import type { Report } from "../../device/role.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import type { View } from "../../device/terminal/view.ts";
import { createTerminalRole } from "../../device/terminal-role.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { clockOf } from "./hub-process.ts";
import { createMachineClock, type MachineClock } from "./machine-clock.ts";
import type { Network } from "./network.ts";
import type { Paper } from "./peripherals.ts";
import { createPrinterDevice, createScannerDevice, createScreenDevice } from "./peripherals.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** A board looks at the time this often here, in milliseconds: a day of it would otherwise be nothing but looking. */
const boardTickMs = 1_000;

/** From a request to the power cut after it, in milliseconds. */
const onItsWayMs = [2, 6] as const;

export interface World {
  schedule: Schedule;
  network: Network;
  random: Random;
  /** For the clocks of machines. */
  clocks: Random;
  site: string;
  /** Where devices keep what must survive. */
  folder: string;
}

/** What any device has: power that may go, and a clock that may be wrong. */
export interface Device {
  readonly name: string;
  /** Whether its program runs. */
  readonly powered: boolean;
  /** It is switched on, or its program is started again. */
  start(): void;
  powerCut(): void;
  /** Its program ends at once; the machine, and what is connected to it, runs on. */
  kill(): void;
  readonly clock: MachineClock;
}

const silent = pino({ level: "silent" });

/** Names a user's connection: the daemon of a device, or a tool with a random client id. */
export function openSession(
  { schedule, network, site }: World,
  user: string,
  role: "terminal" | "board" | "desk" | "admin",
  life: Life,
  clock: Clock = { ...clockOf(schedule, life), uptime: schedule.now },
  machine?: MachineClock,
) {
  const presence = machine && role !== "admin" ? createPresence(role, [], clock) : undefined;
  const session: Session = createSession({
    url: "mqtt://127.0.0.1",
    user,
    password: "",
    site,
    daemon: presence !== undefined,
    connect: network.connector({ user, role }, life),
    ...(presence ? { presence } : {}),
  });
  const report: Report = (peripheral, status) => {
    if (presence?.report(peripheral, status)) session.announce();
  };
  const hubClock = createHubClock(session, clock, (status) => report("clock", status), machine?.boot);
  return { session, report, hubClock };
}

interface DeviceParts {
  name: string;
  hasBattery: boolean;
  start(life: Life, clock: Clock, machine: MachineClock): void;
  /** Its program has ended, and perhaps with the power. */
  ended(withPower: boolean): void;
}

function device(world: World, { name, hasBattery, start, ended }: DeviceParts): Device {
  const { schedule, network, clocks: random } = world;
  const isConnected = () => !network.isCut(name);
  const heardAt = () => network.heardAt(name);
  const clock = createMachineClock({ schedule, random, hasBattery, isConnected, heardAt });
  let life: Life = { name, alive: false };
  let starts = 0;
  let isOn = false;
  function end(withPower: boolean): void {
    if (withPower && isOn) clock.switchOff();
    if (withPower) isOn = false;
    if (!life.alive) return;
    life.alive = false;
    network.ended(life);
    ended(withPower);
  }
  const self: Device = {
    name,
    clock,
    get powered() {
      return life.alive;
    },
    start() {
      starts += 1;
      life = { name: `${name} ${starts}`, alive: true };
      if (!isOn) clock.switchOn(life.name);
      isOn = true;
      start(life, clock.clockFor(life), clock);
    },
    powerCut: () => end(true),
    kill: () => end(false),
  };
  return self;
}

export interface TerminalDevice extends Device {
  readonly printer: ReturnType<typeof createPrinterDevice>;
  readonly scanner: ReturnType<typeof createScannerDevice>;
  readonly screen: ReturnType<typeof createScreenDevice<View>>;
  /** After so many writes of the journal, or requests, the power goes, in the middle of what the machine is doing. */
  dieAfter: { what: "write" | "request"; times: number } | undefined;
  /** Whether its disk has no room for what its journal is to write. */
  isFull: boolean;
  disk(is: "full" | "free"): void;
  /** The day is over: its journal is closed. */
  end(): void;
}

export interface TerminalWatch {
  paper(paper: Paper): void;
  shown(view: View | undefined): void;
}

export function createTerminalDevice(
  world: World,
  name: string,
  hasBattery: boolean,
  watch: TerminalWatch,
): TerminalDevice {
  const { schedule, random } = world;
  const printer = createPrinterDevice(schedule, random.fork(), name, watch.paper);
  const scanner = createScannerDevice(schedule);
  const screen = createScreenDevice<View>(schedule, watch.shown);
  let journal: Journal | undefined;

  /** Counts towards the power cut that is to come. A message that was sent is on its way. */
  function done(what: "write" | "request"): void {
    const { dieAfter } = self;
    if (dieAfter?.what !== what) return;
    dieAfter.times -= 1;
    if (dieAfter.times > 0) return;
    self.dieAfter = undefined;
    if (what === "write") self.powerCut();
    // What was sent arrives, and its answer does not.
    else schedule.after(random.whole(...onItsWayMs), { name: "power", alive: true }, self.powerCut);
  }

  const path = join(world.folder, `journal-${name}.sqlite`);
  const start = (life: Life, clock: Clock, machine: MachineClock) => {
    journal?.close();
    const written = createJournal(path, silent);
    journal = written;
    const { session, report, hubClock } = openSession(world, name, "terminal", life, clock, machine);
    const dying: Journal = {
      ...written,
      store(touch) {
        // What the machine still had in mind when the power went is not written.
        if (!life.alive) throw new Error("no power");
        written.store(touch);
        done("write");
      },
    };
    const asking: typeof session = {
      ...session,
      request(verb, args, options) {
        const answer = session.request(verb, args, options);
        if (verb === "ticket.issue" || verb === "appointment.check-in") done("request");
        return answer;
      },
    };
    const role = createTerminalRole({
      settings: { client: name, isPrivate: true, keys: [], languages: loadLanguages(), limits: usualLimits },
      session: asking,
      journal: dying,
      printer: printer.port(life),
      scanner: scanner.port(life),
      screen: screen.port(life),
      clock,
      hubClock,
      log: silent,
      report,
    });
    hubClock.start();
    role.start();
    session.start();
  };
  const ended = (withPower: boolean) => {
    printer.cutOff(withPower);
    scanner.cutOff();
    screen.cutOff();
  };
  const self: TerminalDevice = Object.assign(device(world, { name, hasBattery, start, ended }), {
    printer,
    scanner,
    screen,
    dieAfter: undefined,
    isFull: false,
    disk(is: "full" | "free") {
      self.isFull = is === "full";
      letWrite(path, is === "free");
    },
    end: () => journal?.close(),
  });
  return self;
}

/** Whatever is written into these tables of the file fails, whoever has it open. */
function letWrite(path: string, may: boolean): void {
  const file = new Database(path);
  for (const table of ["touches", "reserve", "kept"]) {
    for (const what of ["INSERT", "UPDATE"]) {
      const name = `full_${table}_${what}`;
      if (may) file.exec(`DROP TRIGGER IF EXISTS ${name}`);
      else {
        file.exec(`CREATE TRIGGER IF NOT EXISTS ${name} BEFORE ${what} ON ${table}
          BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`);
      }
    }
  }
  file.close();
}

export interface BoardDevice extends Device {
  readonly screen: ReturnType<typeof createScreenDevice<BoardView>>;
}

export function createBoardDevice(
  world: World,
  name: string,
  shown: (view: BoardView | undefined) => void,
): BoardDevice {
  const screen = createScreenDevice<BoardView>(world.schedule, shown);
  const start = (life: Life, clock: Clock, machine: MachineClock) => {
    const slow: Clock = { ...clock, after: (ms, then) => clock.after(Math.max(ms, boardTickMs), then) };
    const { session, report, hubClock } = openSession(world, name, "board", life, slow, machine);
    const role = createBoardRole({
      boot: machine.boot,
      memory: createBoardMemory(join(world.folder, `${name}.json`), silent),
      group: "all",
      screen: screen.port(life),
      sign: undefined,
      session,
      clock: slow,
      report,
    });
    hubClock.start();
    role.start();
    session.start();
  };
  return Object.assign(device(world, { name, hasBattery: true, start, ended: screen.cutOff }), { screen });
}
