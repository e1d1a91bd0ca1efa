import type { BootFacts } from "../../device/boot.ts";
import type { Clock } from "../../device/ports.ts";
import { clockOf } from "./hub-process.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** From when a machine is switched on until the network tells it the time, in milliseconds; and again where it does not. */
const networkTimeMs = [10_000, 300_000] as const;

/** What a machine's clock is made of. */
export interface ClockParts {
  schedule: Schedule;
  /** Draws for clocks alone, so that they change nothing else of a day. */
  random: Random;
  /** Whether it runs on while the machine is off, right or wrong; else the network sets it some time later. */
  hasBattery: boolean;
  /** Whether the network reaches the machine at the moment. */
  isConnected(): boolean;
  /** When it last heard the hub, which tells it the time. */
  heardAt(): number | undefined;
}

/** The clock of a device's machine: it may be set wrong, and lose the time with the power. */
export interface MachineClock {
  /** How far it is ahead, in milliseconds. */
  offMs: number;
  /** Whether it is wrong, and the hub, which alone can know, was not heard since the machine was switched on. */
  readonly misleads: boolean;
  /** The machine is switched on; its boot has this name. */
  switchOn(name: string): void;
  switchOff(): void;
  /** For a program that runs on the machine, as long as it lives. */
  clockFor(program: Life): Clock;
  boot(): BootFacts;
}

export function createMachineClock({ schedule, random, hasBattery, isConnected, heardAt }: ClockParts): MachineClock {
  let boot: BootFacts = { id: "", clockIsSet: false };
  let offSince: number | undefined;
  let bootedAt = 0;
  let power: Life = { name: "", alive: false };

  /** What it shows when it has power again: what the battery kept, the time of the cut, or the beginning of all time. */
  function offAtStart(): number {
    if (hasBattery || offSince === undefined) return self.offMs;
    return random.chance(0.5) ? offSince - schedule.now() : -schedule.now();
  }

  function askNetwork(): void {
    schedule.after(random.whole(...networkTimeMs), power, () => {
      if (!isConnected()) return askNetwork();
      boot = { ...boot, clockIsSet: true };
      self.offMs = 0;
    });
  }

  const self: MachineClock = {
    offMs: 0,
    get misleads() {
      return boot.clockIsSet && self.offMs !== 0 && (heardAt() ?? 0) < bootedAt;
    },
    switchOn(name) {
      power = { name, alive: true };
      bootedAt = schedule.now();
      boot = { id: name, clockIsSet: hasBattery };
      self.offMs = offAtStart();
      if (!hasBattery) askNetwork();
    },
    switchOff() {
      power.alive = false;
      offSince = schedule.now();
    },
    clockFor(program) {
      const since = bootedAt;
      return { ...clockOf(schedule, program, () => self.offMs), uptime: () => schedule.now() - since };
    },
    boot: () => boot,
  };
  return self;
}
