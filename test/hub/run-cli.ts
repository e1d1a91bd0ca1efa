import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
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

/** As an administrator types it: without the hub's settings, and not where the hub was started. */
export function inAnotherShell(line: string): Promise<Ended> {
  const child = spawn("sh", ["-c", line], { cwd: "/", env: { PATH: "/usr/bin:/bin" } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part) => (said.out += part));
  child.stderr.on("data", (part) => (said.err += part));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...said })));
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
  return { said: () => out, end: (signal: NodeJS.Signals = "SIGTERM") => child.kill(signal), ended };
}

/** The words of a line; single quotes hold one together. */
const wordsOf = (line: string) => [...line.matchAll(/'([^']*)'|([^ ']+)/g)].map(([, a, b]) => a ?? b ?? "");

/** A command, what it prints or complains of (as a pattern), and how it ends. */
type Row = [line: string, says: string | RegExp, code?: number];

/** Runs one command after the other and looks at what each says. */
export async function inOrder(port: number, rows: Row[]): Promise<void> {
  for (const [line, says, code = 0] of rows) {
    const ended = await run(port, wordsOf(line));
    const said = code === 0 || code === 5 ? ended.out : ended.err;
    assert.is(ended.code, code, `${line}: ${ended.out}${ended.err}`);
    assert.match(said, says, `${line} says: ${said}`);
    if (code !== 0 && code !== 5) assert.is(ended.out, "", `${line} prints nothing on stdout`);
  }
}
