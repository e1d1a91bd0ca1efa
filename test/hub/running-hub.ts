import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";

const root = join(import.meta.dirname, "../..");
const demoConfig = join(root, "deploy/demo/hub.json");

/** A hub as it is shipped, in a process and a folder of its own, on free ports. */
export interface RunningHub {
  readonly pid: number;
  readonly mqttPort: number;
  readonly httpPort: number;
  /** Where the process keeps what it writes. */
  readonly folder: string;
  /** Asks as the user `visitor-tools` and gives the result; throws at anything but a success. */
  ask<V extends Verb>(verb: V, args: Arguments<V>): Promise<Result<V>>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Changes to the demo office's configuration, and to the environment. */
export interface HubSetup {
  config?: object;
  environment?: Record<string, string>;
}

/** Starts the demo office's hub; resolves once it is ready. */
export async function runHub({ config = {}, environment = {} }: HubSetup = {}): Promise<RunningHub> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-hub-"));
  const path = join(folder, "hub.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(demoConfig, "utf8")), ...config }));
  const child = spawn(process.execPath, [join(root, "hub/main.ts"), "--config", path], {
    env: {
      ...process.env,
      WARTEMARKE_DATA: join(folder, "data"),
      WARTEMARKE_HTTP_PORT: "0",
      ...("mqtt" in config ? {} : { WARTEMARKE_MQTT_PORT: "0" }),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ready = await until(
    "the hub is ready",
    () => {
      if (child.exitCode !== null) throw new Error(`the hub ended: ${said}`);
      return said.split("\n").find((line) => line.includes('"ready":true'));
    },
    30_000,
  );
  const { mqtt = 0, http } = JSON.parse(ready) as { mqtt?: number; http: number };
  const url = (config as { mqtt?: { url: string } }).mqtt?.url ?? `mqtt://127.0.0.1:${mqtt}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  session.start();

  return {
    pid: child.pid ?? 0,
    mqttPort: mqtt,
    httpPort: http,
    folder,
    async ask(verb, args) {
      const answer = await session.request(verb, args);
      if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
      return answer.result;
    },
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill("SIGCONT");
      await session.stop();
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
