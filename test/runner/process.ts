import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Ending } from "./verdict.ts";

/** Every process that a test starts inherits this variable, and so is found again wherever it went. */
const markVariable = "WARTEMARKE_TEST_MARK";
/** What a test stopped without waiting for it may take this long to end on a busy machine, in milliseconds. */
const farewellMs = 5_000;
const pollMs = 20;
/** Of a file's output the last part is kept, in characters. */
const outputCharactersMax = 1_000_000;

interface Marked {
  pid: number;
  command: string;
}

/** Processes that carry the mark, read from /proc (proc_pid_environ(5)); ones that just ended are passed over. */
function markedProcesses(mark: string): Marked[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark)) return [];
        const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        // A process that ended but was not waited for yet has no command line.
        return program === ""
          ? []
          : [{ pid: Number(pid), command: [basename(program), ...args.slice(0, 2)].join(" ") }];
      } catch {
        return [];
      }
    });
}

function killAll(mark: string, group: ChildProcess): void {
  const groups = group.pid ? [-group.pid] : [];
  for (const pid of [...groups, ...markedProcesses(mark).map((marked) => marked.pid)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** What still runs after a moment in which it may end. */
async function stillRunning(mark: string): Promise<Marked[]> {
  const deadline = Date.now() + farewellMs;
  for (;;) {
    const running = markedProcesses(mark);
    if (running.length === 0 || Date.now() > deadline) return running;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

const running = new Map<string, ChildProcess>();

/** Ends every test file that runs now, with all that it started. */
export function killRunning(): void {
  for (const [mark, child] of running) killAll(mark, child);
}

/** Runs one test file as a process of its own and leaves nothing of it behind. */
export async function runFile(root: string, path: string, timeLimitMs: number): Promise<Ending> {
  const { FORCE_COLOR: _, ...env } = process.env;
  const own = randomUUID();
  const outer = env[markVariable];
  const child = spawn(process.execPath, [path], {
    cwd: root,
    detached: true,
    env: { ...env, [markVariable]: outer ? `${outer} ${own}` : own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(own, child);
  let output = "";
  const keep = (part: string) => {
    output = (output + part).slice(-outputCharactersMax);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killAll(own, child);
  }, timeLimitMs);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on("exit", (...ending) => resolve(ending));
    child.on("error", (error) => {
      keep(`${error.message}\n`);
      resolve([null, null]);
    });
  });
  clearTimeout(timer);
  const left = timedOut ? [] : await stillRunning(own);
  killAll(own, child);
  // A process that is killed ends soon, not at once.
  await stillRunning(own);
  running.delete(own);
  await closed;
  return {
    output,
    code,
    signal,
    timedOut,
    leftovers: left.map(({ command }) => command.trim()),
  };
}
