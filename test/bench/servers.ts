import type { ChildProcess } from "node:child_process";
import { fork, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrokerKind, TestBroker } from "../brokers.ts";
import { startBroker } from "../brokers.ts";
import { until } from "../until.ts";
import { boardUser, deskUser, officeConfig, site, terminalUsers } from "./office.ts";

/** Something that answers requests over MQTT: the hub, or the responder that is its floor. */
export interface Server {
  host: string;
  port: number;
  stop(): Promise<void>;
}

export interface HubServer extends Server {
  /** From the start of the process until the broker knows the state, in milliseconds. */
  startMs: number;
  /** Memory of the process now, in MiB. */
  rssMiB(): number;
  database: string;
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

/** Starts the hub as it is shipped, on its own broker or with a Mosquitto beside it, with its data in `folder`. */
export async function startHub(kind: BrokerKind, terminals: number, folder: string): Promise<HubServer> {
  mkdirSync(folder, { recursive: true });
  const broker = kind === "mosquitto" ? await startMosquitto(terminals) : undefined;
  const mqtt = broker
    ? { broker: "external", url: broker.url, password: broker.hubPassword }
    : { broker: "embedded", port: 0 };
  const path = join(folder, "hub.json");
  writeFileSync(path, JSON.stringify(await officeConfig(terminals, folder, mqtt)));
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
  const { mqtt: ownPort } = JSON.parse(ready) as { mqtt?: number };
  return {
    host: broker?.host ?? "127.0.0.1",
    port: broker?.port ?? ownPort ?? 0,
    startMs,
    rssMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
    },
    database: join(folder, "hub.sqlite"),
    async stop() {
      child.kill("SIGTERM");
      await hasEnded("the hub", child);
      await broker?.stop();
    },
  };
}

async function startMosquitto(terminals: number): Promise<TestBroker> {
  const accounts = [
    ...terminalUsers(terminals).map((name) => ({ name, role: "terminal" as const })),
    { name: deskUser, role: "desk" as const, desks: ["1"] },
    { name: boardUser, role: "board" as const },
  ];
  return startBroker("mosquitto", accounts, { site });
}
