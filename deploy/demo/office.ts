import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSession } from "../../protocol/session.ts";
import type { Paper } from "../../test/emulators/escpos-paper.ts";
import { freePort } from "./listen.ts";
import type { Peripherals } from "./peripherals.ts";
import { deviceConfigs, plugIn } from "./peripherals.ts";
import type { OfficeProcess } from "./process.ts";
import { startProcess } from "./process.ts";

/** The password of every user and of all staff in the demo office. */
export const demoPassword = "demo";
/** How often it is looked whether everything is there, and for how long, in milliseconds. */
const lookMs = 50;
const readyMaxMs = 30_000;

/** What the demo needs to know of the hub's configuration; the hub itself checks the whole. */
export interface HubFile {
  site: string;
  services: { id: string; letter: string }[];
  desks: { id: string }[];
  [field: string]: unknown;
}

export interface OfficeSetup {
  hub: HubFile;
  /** Everything that is written lies in it. */
  folder: string;
  log: string;
  httpPort: number;
  screenPort: number;
  boardPort: number;
  /** The hub's own broker on this port, or one that runs elsewhere. */
  broker: { port: number } | { url: string; hubPassword: string };
  onPaper(paper: Paper): void;
  /** A process ended by itself and is started again. */
  restarted(name: string, how: string): void;
  /** Ends the start at whatever point it is. */
  signal?: AbortSignal;
}

export interface Office {
  peripherals: Peripherals;
  processes: OfficeProcess[];
  ports: { mqtt: number; http: number; screen: number; board: number };
  stop(): Promise<void>;
}

/**
 * Starts a whole office on this machine: the hub, one terminal, one board with screen and LED sign, a panel at every
 * desk, all as processes of their own with emulated peripherals. Resolves when everything serves and the desks are open.
 *
 * @throws Error that names the process which could not start, and why; the signal's reason when that ended the start.
 * Nothing of the office is left then.
 */
export async function startOffice(setup: OfficeSetup): Promise<Office> {
  const { hub, folder, broker, signal = new AbortController().signal } = setup;
  const configs = join(folder, "config");
  mkdirSync(configs, { recursive: true });
  const desks = hub.desks.map(({ id }) => id);
  const peripherals = await plugIn(hub.services, desks, setup.onPaper);
  const processes: OfficeProcess[] = [];
  const start = (name: string, program: string, config: object) => {
    signal.throwIfAborted();
    const path = join(configs, `${name}.json`);
    writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
    const { log: level, restarted } = setup;
    const started = startProcess({ name, program, config: path, folder, level, restarted });
    processes.push(started);
    return started;
  };
  const stop = async () => {
    await Promise.all(processes.map((each) => each.stop()));
    await peripherals.unplug();
  };

  const bringUp = async (): Promise<Office> => {
    // Chosen here, so that a process that is started again is where it was.
    const mqttPort = "url" in broker ? Number(new URL(broker.url).port) : broker.port || (await freePort());
    const httpPort = setup.httpPort || (await freePort());
    const screenPort = setup.screenPort || (await freePort());
    const boardPort = setup.boardPort || (await freePort());
    const url = "url" in broker ? broker.url : `mqtt://127.0.0.1:${mqttPort}`;
    const mqtt =
      "url" in broker
        ? { broker: "external", url, password: broker.hubPassword }
        : { broker: "embedded", port: mqttPort };
    const { site } = hub;
    await start("hub", "hub/main.ts", {
      ...hub,
      // Whoever tries something out sets the clock to see what happens then.
      clock: "trusted",
      mqtt,
      http: { port: httpPort },
      mail: { ...(hub.mail as object), folder: join(folder, "mail") },
      data: join(folder, "hub"),
    }).ready;
    const connection = { site, url, password: demoPassword, folder, screenPort, boardPort };
    const configured = deviceConfigs(hub.services, peripherals, connection);
    await Promise.all(Object.entries(configured).map(([name, config]) => start(name, "device/main.ts", config).ready));
    await openOffice(site, url, desks, Object.keys(configured), signal);
    const ports = { mqtt: mqttPort, http: httpPort, screen: screenPort, board: boardPort };
    return { peripherals, processes, ports, stop };
  };
  try {
    return await Promise.race([bringUp(), abortOf(signal)]);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A screen that serves is only ready once a browser looks at it. */
function isReady([name, { state }]: [string, { state: string }]): boolean {
  return state === "ready" || (name === "screen" && state === "offline");
}

/** Rejects with the signal's reason. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** Opens the desks and waits until every device says that all its peripherals are ready. */
async function openOffice(
  site: string,
  url: string,
  desks: string[],
  devices: string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const session = createSession({ url, user: "admin", password: demoPassword, site, daemon: false });
  session.start();
  try {
    for (const desk of desks) {
      const answer = await session.request("desk.open", { desk });
      if (answer.state !== "done") throw new Error(`desk ${desk} could not be opened: ${JSON.stringify(answer)}`);
    }
    const deadline = Date.now() + readyMaxMs;
    for (;;) {
      const answer = await session.request("device.list", {});
      const known = answer.state === "done" ? answer.result.devices : [];
      const missing = devices.flatMap((name) => {
        const status = known.find(({ client }) => client === name)?.status;
        if (status?.state !== "online") return `${name} is not online`;
        const parts = Object.entries(status.peripherals).filter((part) => !isReady(part));
        return parts.map(([part, { state, detail }]) => `${name}: ${part} is ${state} (${detail})`);
      });
      if (missing.length === 0) return;
      // Another program on a screen's port does not go away by waiting.
      const taken = missing.find((text) => text.includes("screen is error"));
      if (taken) throw new Error(taken);
      if (Date.now() > deadline) throw new Error(`not ready: ${missing.join(", ")}`);
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  } finally {
    await session.stop();
  }
}
