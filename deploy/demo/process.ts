import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process that has not ended this long after it was asked to is killed, in milliseconds. */
const stopMs = 1_500;
/** A process that ended by itself is started again after so long, in milliseconds. */
const restartMs = 200;
/** What the units in deploy/systemd give to a device, so that it takes little memory. */
const deviceFlags = ["--max-semi-space-size=1"];
const root = join(import.meta.dirname, "../..");

/** One process of the office: the hub or a device daemon. */
export interface OfficeProcess {
  readonly name: string;
  /** That of the present process: another one after each restart. */
  readonly pid: number;
  /** Resolves with the fields of its log line that has `ready`; rejects when it ends before. */
  readonly ready: Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface ProcessSetup {
  name: string;
  /** Below the root of the repository. */
  program: string;
  config: string;
  /** Where logs and Node's compiled code go. */
  folder: string;
  level: string;
  /** It ended by itself, after it had been ready, and is started again. */
  restarted(name: string, how: string): void;
}

/**
 * Starts a program of the product as a unit of the system would: its settings are in its file, not inherited, and when
 * it ends by itself it is started again.
 */
export function startProcess(setup: ProcessSetup): OfficeProcess {
  const { name, program, config, folder, level } = setup;
  const logs = join(folder, "log");
  mkdirSync(logs, { recursive: true });
  const log = createWriteStream(join(logs, `${name}.log`), { flags: "a" });
  log.on("error", (error) => process.stderr.write(`wartemarke: the log of ${name} is not kept: ${error.message}\n`));
  const inherited = Object.entries(process.env).filter(([variable]) => !variable.startsWith("WARTEMARKE_"));
  const env = {
    ...Object.fromEntries(inherited),
    WARTEMARKE_LOG: level,
    NODE_COMPILE_CACHE: join(folder, "cache"),
    MALLOC_ARENA_MAX: "2",
  };
  const flags = program.startsWith("device/") ? deviceFlags : [];
  const { promise: ready, resolve: tellReady, reject: tellFailure } = Promise.withResolvers<Record<string, unknown>>();
  ready.catch(() => {});
  let child: ChildProcess;
  let ended: Promise<void>;
  let wasReady = false;
  let stopping = false;

  function run(): void {
    let lastWords = "";
    child = spawn(process.execPath, [...flags, join(root, program), "--config", config], {
      stdio: ["ignore", "pipe", "pipe"],
      env,
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (!log.destroyed) log.write(`${line}\n`);
        lastWords = line;
        if (!line.includes('"ready":true')) return;
        wasReady = true;
        tellReady(JSON.parse(line) as Record<string, unknown>);
      });
    }
    ended = new Promise((resolve) => {
      // What could not even be started closes nothing.
      child.once("error", (error) => {
        tellFailure(error);
        resolve();
      });
      child.once("close", (code, signal) => {
        resolve();
        if (stopping) return;
        if (!wasReady) return tellFailure(new Error(`${name} ended: ${lastWords}`));
        setup.restarted(name, signal ?? `exit code ${code}`);
        setTimeout(() => {
          if (!stopping) run();
        }, restartMs);
      });
    });
  }
  run();

  return {
    name,
    get pid() {
      return child.pid ?? 0;
    },
    ready,
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await ended;
      clearTimeout(late);
      log.end();
    },
  };
}
