import type { Session } from "../../protocol/session.ts";
import type { BoardDevice, TerminalDevice } from "./devices.ts";
import type { HubProcess } from "./hub-process.ts";
import type { Network, Weather } from "./network.ts";
import { fairWeather } from "./network.ts";
import type { PrinterFault } from "./peripherals.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** What can break in an office day. */
export interface FaultyWorld {
  schedule: Schedule;
  network: Network;
  random: Random;
  hub: HubProcess;
  /** Whether the broker lives in the hub's process, and forgets with it. */
  embedded: boolean;
  terminals: readonly TerminalDevice[];
  boards: readonly BoardDevice[];
  /** MQTT users whose line may go dead. */
  users: readonly string[];
  /** Of whoever runs the office. */
  admin: Session;
  /** Whether the office takes tickets or calls people at the moment, for the report. */
  mood(): string;
}

/** What happened, and in which state it met the world. */
export interface FaultRecord {
  fault: string;
  state: string;
  at: number;
}

/** The rows of "When something breaks" that a day can show, each with the faults that stand for it. */
export const faultRows: Record<string, readonly string[]> = {
  "hub, broker or network gone": ["hub away", "broker away", "line dead", "bad network"],
  "terminal loses power": ["terminal power cut", "terminal power cut within a step", "terminal power cut while alone"],
  "printer out of paper, cover open, unplugged": ["paper-out", "cover-open", "offline", "jammed"],
  "scanner unplugged": ["scanner unplugged"],
  "board unplugged": ["board power cut"],
  "a device's program ends": ["program ended"],
  "disk full at a terminal": ["terminal's disk full"],
  "kill or power cut at the hub": ["hub dies before a commit", "hub dies after a commit", "power of the house"],
  "clock of a device wrong": ["clock stepped"],
  "disk full at the hub": ["disk full"],
  "end of day": ["end of day"],
  evacuation: ["evacuation"],
  "a backup put in place": ["file damaged", "file lost"],
  "next year's closures not entered": ["closures not entered"],
};

type Fault = (world: FaultyWorld, lastsMs: number, note: (fault: string, state: string) => void) => void;

export const screenName = (terminal: TerminalDevice) => terminal.screen.view?.screen.name ?? "dark";

const stormy = (random: Random): Weather => ({
  delayMs: random.pick([5, 50, 400, 1_200]),
  loss: random.pick([0, 0.002, 0.02]),
  repeat: random.pick([0, 0.1, 0.5]),
  reorder: random.pick([0, 0.1, 0.4]),
});

function restartLater(world: FaultyWorld, ms: number): void {
  const { schedule, hub, network, embedded } = world;
  const life: Life = { name: "systemd", alive: true };
  if (embedded) network.brokerDown(false);
  schedule.after(ms, life, () => {
    if (embedded) network.brokerUp();
    if (!hub.running) hub.start();
  });
}

/** The hub is killed by its store: the process that watches over it sees that it is gone. */
function dieByStore(what: "dies-before-commit" | "dies-after-commit", name: string): Fault {
  return (world, lastsMs, note) => {
    if (!world.hub.running) return;
    world.hub.fault(what);
    note(name, world.mood());
    const watch = () => {
      if (world.hub.running) world.schedule.after(100, { name: "systemd", alive: true }, watch);
      else restartLater(world, Math.min(lastsMs, 10_000));
    };
    watch();
  };
}

function printer(what: PrinterFault): Fault {
  return ({ random, terminals, schedule }, lastsMs, note) => {
    const terminal = random.pick(terminals);
    const { printer } = terminal;
    note(String(what), screenName(terminal));
    printer.fault = what;
    schedule.after(lastsMs, { name: "staff", alive: true }, () => {
      if (printer.fault === what) printer.fault = undefined;
    });
  };
}

export const faults: readonly Fault[] = [
  (world, lastsMs, note) => {
    if (!world.hub.running) return;
    note("hub away", world.mood());
    world.hub.kill();
    restartLater(world, lastsMs);
  },
  // The power of the whole house: everything comes back at its own time.
  (world, lastsMs, note) => {
    const { hub, schedule, random, terminals, boards } = world;
    if (!hub.running) return;
    note("power of the house", world.mood());
    hub.kill();
    restartLater(world, lastsMs);
    for (const device of [...terminals, ...boards]) {
      if (!device.powered) continue;
      device.powerCut();
      schedule.after(random.whole(500, 20_000), { name: "staff", alive: true }, () => {
        if (!device.powered) device.start();
      });
    }
  },
  // Cut off, and then without power while it gives numbers alone.
  ({ network, random, terminals, schedule }, lastsMs, note) => {
    const terminal = random.pick(terminals);
    if (!terminal.powered || network.isCut(terminal.name)) return;
    network.cut(terminal.name);
    schedule.after(60_000 + lastsMs, { name: "line", alive: true }, () => network.mend(terminal.name));
    schedule.after(60_000, { name: "staff", alive: true }, () => {
      if (!terminal.powered) return;
      note("terminal power cut while alone", screenName(terminal));
      terminal.powerCut();
      schedule.after(3_000, { name: "staff", alive: true }, () => {
        if (!terminal.powered) terminal.start();
      });
    });
  },
  dieByStore("dies-before-commit", "hub dies before a commit"),
  dieByStore("dies-after-commit", "hub dies after a commit"),
  (world, lastsMs, note) => {
    if (world.embedded) return;
    note("broker away", world.mood());
    world.network.brokerDown(world.random.chance(0.25));
    world.schedule.after(lastsMs, { name: "systemd", alive: true }, () => world.network.brokerUp());
  },
  ({ network, random, users, schedule, mood }, lastsMs, note) => {
    const user = random.pick(users);
    note("line dead", `${user.replace(/-.*/, "")} ${mood()}`);
    network.cut(user);
    schedule.after(lastsMs, { name: "line", alive: true }, () => network.mend(user));
  },
  ({ network, random, schedule, mood }, lastsMs, note) => {
    note("bad network", mood());
    const weather = stormy(random);
    network.weather = weather;
    schedule.after(lastsMs, { name: "weather", alive: true }, () => {
      if (network.weather === weather) network.weather = fairWeather;
    });
  },
  ({ random, terminals, schedule }, lastsMs, note) => {
    const terminal = random.pick(terminals);
    if (!terminal.powered) return;
    note("terminal power cut", screenName(terminal));
    terminal.powerCut();
    schedule.after(Math.min(lastsMs, 20_000), { name: "staff", alive: true }, () => {
      if (!terminal.powered) terminal.start();
    });
  },
  ({ random, terminals, schedule }, lastsMs, note) => {
    const terminal = random.pick(terminals);
    if (!terminal.powered || terminal.dieAfter !== undefined) return;
    const what = random.pick(["write", "request", "request"] as const);
    terminal.dieAfter = { what, times: what === "write" ? random.whole(1, 4) : 1 };
    const watch = () => {
      // Another cut may come before the one that is meant.
      if (terminal.powered || terminal.dieAfter !== undefined) {
        schedule.after(200, { name: "staff", alive: true }, watch);
        return;
      }
      note("terminal power cut within a step", what === "write" ? "writing" : "asking");
      schedule.after(Math.min(lastsMs, 20_000), { name: "staff", alive: true }, () => {
        if (!terminal.powered) terminal.start();
      });
    };
    watch();
  },
  printer("paper-out"),
  printer("cover-open"),
  printer("offline"),
  printer("jammed"),
  ({ random, terminals, schedule }, lastsMs, note) => {
    const { scanner } = random.pick(terminals);
    note("scanner unplugged", "plugged");
    scanner.plugged = false;
    schedule.after(lastsMs, { name: "staff", alive: true }, () => {
      scanner.plugged = true;
    });
  },
  ({ random, boards, schedule, mood }, lastsMs, note) => {
    const board = random.pick(boards);
    if (!board.powered) return;
    note("board power cut", mood());
    board.powerCut();
    schedule.after(lastsMs, { name: "staff", alive: true }, () => {
      if (!board.powered) board.start();
    });
  },
  ({ random, terminals, boards }, _lastsMs, note) => {
    const device = random.pick([...terminals, ...boards]);
    const stepMs = random.pick([-90_000, -20_000, 20_000, 45_000, 3_600_000]);
    note("clock stepped", stepMs < 0 ? "back" : "ahead");
    device.clock.offMs += stepMs;
  },
  ({ admin, schedule, mood }, lastsMs, note) => {
    note("evacuation", mood());
    const life: Life = { name: "admin", alive: true };
    const say = async (emergency: { message: string } | null) => {
      for (;;) {
        const answer = await admin.request("office.change", { emergency });
        if (answer.state === "done") return;
        await schedule.sleep(2_000, life);
      }
    };
    void say({ message: "Bitte verlassen Sie das Gebäude" }).then(async () => {
      await schedule.sleep(lastsMs, life);
      await say(null);
    });
  },
  ({ hub, schedule, mood }, lastsMs, note) => {
    if (!hub.running) return;
    note("disk full", mood());
    hub.fault("full");
    schedule.after(lastsMs, { name: "staff", alive: true }, () => hub.clearFault());
  },
];
