import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../until.ts";

/** The demo office's configuration, as its file gives it. */
export const demoConfig = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../deploy/demo/hub.json"), "utf8"));

const mainFile = join(import.meta.dirname, "../../hub/main.ts");
/** Starting takes a second at most; a machine that runs other tests beside it may take longer, in milliseconds. */
const readyMs = 30_000;

export interface HubProcessSetup {
  /** The whole configuration; `data` and the ports for pages are set here, the port for MQTT is free unless named. */
  config: object;
  /** Added to this process's own environment. */
  environment?: Record<string, string>;
  /** A program, with its arguments, that becomes the hub. */
  under?: string[];
  /** Where it keeps what it writes; a hub that is started in the folder of an earlier one goes on with its file. */
  folder: string;
}

/** The hub as it is shipped, `hub/main.ts`, in a process of its own. */
export interface HubProcess {
  readonly pid: number;
  /** The embedded broker's port, if it runs one. */
  readonly mqttPort: number | undefined;
  readonly httpPort: number;
  isRunning(): boolean;
  /** Its log, as the lines of JSON that it wrote. */
  lines(): Record<string, unknown>[];
  signal(name: NodeJS.Signals): void;
  /** Asks it to stop and gives its exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

const folders: string[] = [];
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-hub-"));
  folders.push(folder);
  return folder;
}

/** Resolves once the hub says that it is ready; rejects with what it wrote when it ends instead. */
export async function startHubProcess(setup: HubProcessSetup): Promise<HubProcess> {
  const { config, environment = {}, under = [], folder } = setup;
  const path = join(folder, "hub.json");
  writeFileSync(path, JSON.stringify(config));
  const [program = "", ...args] = [...under, process.execPath, mainFile, "--config", path];
  const child = spawn(program, args, {
    env: {
      ...process.env,
      WARTEMARKE_DATA: join(folder, "data"),
      WARTEMARKE_HTTP_PORT: "0",
      ...("mqtt" in config ? {} : { WARTEMARKE_MQTT_PORT: "0" }),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (part) => {
    out += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part) => {
    errors += part;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const lines = () =>
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ready = await until(
    "the hub is ready",
    () => {
      if (!isRunning()) throw new Error(`the hub ended: ${out}${errors}`);
      return out.includes('"ready":true') && lines().find((line) => line.ready === true);
    },
    readyMs,
  ).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    mqttPort: ready.mqtt as number | undefined,
    httpPort: ready.http as number,
    isRunning,
    lines,
    signal: (name) => void child.kill(name),
    stop() {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
