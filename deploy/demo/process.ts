import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process that has not ended this long after it was asked to is killed, in milliseconds. */
const stopMs = 1_500;
const root = join(import.meta.dirname, "../..");

/** One process of the office: the hub or a device daemon. */
export interface OfficeProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, with what it said last. */
  readonly ended: Promise<string>;
  /** Resolves with the fields of its log line that has `ready`; rejects when it ends before. */
  readonly ready: Promise<Record<string, unknown>>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface ProcessSetup {
  name: string;
  /** Below the root of the repository. */
  program: string;
  config: string;
  /** Where its log goes, one file a process. */
  logs: string;
  level: string;
  environment?: Record<string, string>;
}

/** Starts a program of the product as a unit of the system would; its settings are in its file, not inherited. */
export function startProcess({ name, program, config, logs, level, environment }: ProcessSetup): OfficeProcess {
  mkdirSync(logs, { recursive: true });
  const inherited = Object.entries(process.env).filter(([variable]) => !variable.startsWith("WARTEMARKE_"));
  const child = spawn(process.execPath, [join(root, program), "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), WARTEMARKE_LOG: level, ...environment },
  });
  const log = createWriteStream(join(logs, `${name}.log`), { flags: "a" });
  log.on("error", (error) => process.stderr.write(`wartemarke: the log of ${name} is not kept: ${error.message}\n`));
  let lastWords = "";
  let tellReady: (fields: Record<string, unknown>) => void = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (!log.destroyed) log.write(`${line}\n`);
      lastWords = line;
      if (line.includes('"ready":true')) tellReady(JSON.parse(line) as Record<string, unknown>);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => {
      log.end();
      resolve(lastWords);
    });
  });
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    tellReady = resolve;
    void ended.then((words) => reject(new Error(`${name} ended: ${words}`)));
  });
  ready.catch(() => {});
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    ready,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await ended;
      clearTimeout(late);
    },
  };
}
