import type { ChildProcess } from "node:child_process";
import { fork, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrokerKind, TestBroker } from "../brokers.ts";
import { startBroker } from "../brokers.ts";
import { until } from "../until.ts";
import { boardUser, deskUser, officeConfig, password, site, terminalUsers } from "./office.ts";

/** Something that answers requests over MQTT: the hub, or the responder that is its floor. */
export interface Server {
  host: string;
  port: number;
  stop(): Promise<void>;
}

export interface HubServer extends Server {
  /** From the start of the process until the broker knows the state, in milliseconds. */
  startMs: number;
  pid: number;
  /** Memory of the process now, in MiB. */
  rssMiB(): number;
  database: string;
  /** Where its pages are. */
  pagesPort: number;
}

const running = new Set<ChildProcess>();
/** However the measurement ends, what it started ends too. */
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function watch(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** How long a process may take to end, in milliseconds. */
const stopMaxMs = 15_000;

async function hasEnded(what: string, child: ChildProcess): Promise<void> {
  await until(`${what} ends`, () => child.exitCode !== null || child.signalCode !== null, stopMaxMs);
}

/** How long a process may take to come up, in milliseconds. */
const startMaxMs = 30_000;

export async function startResponder(kind: BrokerKind, terminals: number): Promise<Server> {
  const child = fork(join(import.meta.dirname, "responder.ts"), [kind, String(terminals)]);
  watch(child);
  let url: string | undefined;
  child.once("message", (said: { url: string }) => {
    ({ url } = said);
  });
  const { hostname, port } = new URL(await until("the responder answers", () => url, startMaxMs));
  return {
    host: hostname,
    port: Number(port),
    async stop() {
      child.disconnect();
      await hasEnded("the responder", child);
    },
  };
}

/** Starts a process whose every page is this one. */
export async function startBarePage(page: string): Promise<Server & { pid: number }> {
  const child = fork(join(import.meta.dirname, "bare-page.ts"));
  watch(child);
  let port: number | undefined;
  child.once("message", (said: { port: number }) => {
    ({ port } = said);
  });
  child.send(page);
  return {
    host: "127.0.0.1",
    port: await until("the bare page is there", () => port, startMaxMs),
    pid: child.pid ?? 0,
    async stop() {
      child.disconnect();
      await hasEnded("the bare page", child);
    },
  };
}

/** Starts the hub as it is shipped, on its own broker or with a Mosquitto beside it, with its data in `folder`. */
export async function startHub(kind: BrokerKind, terminals: number, folder: string, changes = {}): Promise<HubServer> {
  mkdirSync(folder, { recursive: true });
  const broker = kind === "mosquitto" ? await startMosquitto(terminals) : undefined;
  const mqtt = broker
    ? { broker: "external", url: broker.url, password: broker.hubPassword }
    : { broker: "embedded", port: 0 };
  const path = join(folder, "hub.json");
  writeFileSync(path, JSON.stringify({ ...(await officeConfig(terminals, folder, mqtt)), ...changes }));
  const from = performance.now();
  const child = spawn(process.execPath, ["hub/main.ts", "--config", path], { stdio: ["ignore", "pipe", "inherit"] });
  watch(child);
  let said = "";
  child.stdout.on("data", (part) => {
    if (!said.includes('"ready":true')) said += part;
  });
  const ready = await until(
    "the hub is ready",
    () => {
      if (child.exitCode !== null) throw new Error(`the hub ended: ${said}`);
      return said.split("\n").find((line) => line.includes('"ready":true'));
    },
    startMaxMs,
  );
  const startMs = performance.now() - from;
  const { mqtt: ownPort, http: pagesPort = 0 } = JSON.parse(ready) as { mqtt?: number; http?: number };
  return {
    host: broker?.host ?? "127.0.0.1",
    port: broker?.port ?? ownPort ?? 0,
    startMs,
    pid: child.pid ?? 0,
    rssMiB: () => rssMiBOf(child.pid ?? 0),
    pagesPort,
    database: join(folder, "hub.sqlite"),
    async stop() {
      child.kill("SIGTERM");
      await hasEnded("the hub", child);
      await broker?.stop();
    },
  };
}

/** Memory of a process now, in MiB. */
export function rssMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

/** Time of a processor that a process has used up to now, in milliseconds, to a hundredth of a second (proc_pid_stat(5)). */
export function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  // `utime` and `stime` are the 14th and 15th field, and two are gone; Linux counts a hundred ticks a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Starts the device daemon as it is shipped; the result is its process, which ends with this one. */
export function startDaemon(server: Server, user: string, folder: string, role: object): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "device.json");
  const mqtt = { url: `mqtt://${server.host}:${server.port}`, user, password };
  writeFileSync(path, JSON.stringify({ site, mqtt, data: folder, ...role }));
  const child = spawn(process.execPath, ["device/main.ts", "--config", path], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  watch(child);
  return child;
}

async function startMosquitto(terminals: number): Promise<TestBroker> {
  const accounts = [
    ...terminalUsers(terminals).map((name) => ({ name, role: "terminal" as const })),
    { name: deskUser, role: "desk" as const, desks: ["1"] },
    { name: boardUser, role: "board" as const },
  ];
  return startBroker("mosquitto", accounts, { site });
}
