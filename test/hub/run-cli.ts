import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import type { RunningHub } from "./running-hub.ts";
import { runHub } from "./running-hub.ts";

const cli = join(import.meta.dirname, "../../hub/cli.ts");

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

const environmentFor = (port: number, more: Record<string, string> = {}) => ({
  PATH: process.env.PATH ?? "",
  TZ: "Europe/Berlin",
  WARTEMARKE_MQTT_PORT: String(port),
  ...more,
});

/** Runs `wartemarke …` as a process of its own. */
export function run(port: number, args: string[], { input = "", environment = {} } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { env: environmentFor(port, environment) });
  let out = "";
  let err = "";
  child.stdout.on("data", (part) => (out += part));
  child.stderr.on("data", (part) => (err += part));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

export async function withHub(work: (hub: RunningHub, cli: (...args: string[]) => Promise<Ended>) => Promise<void>) {
  const hub = await runHub();
  try {
    await work(hub, (...args) => run(hub.mqttPort, args));
  } finally {
    await hub.stop();
  }
}

/** A process that goes on until it is ended. */
export function follow(port: number, args: string[], terminal?: { path: string }) {
  // Not as the terminal of this process: it would get a SIGHUP when the pseudo-terminal is unplugged.
  const fd = terminal ? openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY) : undefined;
  const stdio: ("ignore" | "pipe" | number)[] = fd === undefined ? ["ignore", "pipe", "pipe"] : [fd, fd, fd];
  const child = spawn(process.execPath, [cli, ...args], { env: environmentFor(port, { TERM: "xterm" }), stdio });
  if (fd !== undefined) closeSync(fd);
  let out = "";
  child.stdout?.on("data", (part) => (out += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { said: () => out, end: () => child.kill("SIGTERM"), ended };
}
