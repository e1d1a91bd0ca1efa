import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import type { BoardDevice, TerminalDevice, World } from "./devices.ts";
import { createBoardDevice, createTerminalDevice, openSession } from "./devices.ts";
import type { HubProcess } from "./hub-process.ts";
import { createHubProcess } from "./hub-process.ts";
import type { Network } from "./network.ts";
import { createNetwork } from "./network.ts";
import * as office from "./office.ts";
import type { Paper } from "./peripherals.ts";
import { createRandom } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";
import { createSchedule } from "./schedule.ts";

export interface CalmOffice {
  schedule: Schedule;
  network: Network;
  hub: HubProcess;
  terminal: TerminalDevice;
  board: BoardDevice;
  /** The connection of a desk or of the administrator, started. */
  connect(user: string, role: Extract<Role, "desk" | "admin">, life: Life): Session;
}

export interface CalmOfficeParts {
  seed: number;
  /** Milliseconds since the epoch. */
  from: number;
  config?: object;
  paper?(paper: Paper): void;
  /** Called before anything connects. */
  prepare?(network: Network): void;
}

/** A hub, one terminal and one board in simulated time, with nothing broken; gone when `work` is done. */
export async function inCalmOffice(parts: CalmOfficeParts, work: (office: CalmOffice) => Promise<void>): Promise<void> {
  process.env.TZ = office.zone;
  const random = createRandom(parts.seed);
  const schedule = createSchedule(parts.from, random.fork());
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-calm-"));
  const network = createNetwork(schedule, random.fork(), office.site);
  parts.prepare?.(network);
  const world: World = {
    ...{ schedule, network, site: office.site, folder },
    ...{ random: random.fork(), clocks: createRandom(parts.seed) },
  };
  const hub = createHubProcess({
    schedule,
    network,
    config: { ...office.officeConfig, ...parts.config },
    folder: join(folder, "hub"),
    started: () => {},
  });
  const terminal = createTerminalDevice(world, office.terminals[0], true, {
    paper: (paper) => parts.paper?.(paper),
    shown: () => {},
  });
  const board = createBoardDevice(world, office.boards[0], () => {});
  try {
    hub.start();
    terminal.start();
    board.start();
    await work({
      schedule,
      network,
      hub,
      terminal,
      board,
      connect(user, role, life) {
        const { session } = openSession(world, user, role, life);
        session.start();
        return session;
      },
    });
    terminal.powerCut();
    board.powerCut();
    hub.stop();
    hub.store.close();
  } finally {
    schedule.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
