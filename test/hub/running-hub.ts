import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import { createSession } from "../../protocol/session.ts";
import { startHubProcess, temporaryFolder } from "./hub-process.ts";

const demoConfig = join(import.meta.dirname, "../../deploy/demo/hub.json");

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
  const folder = temporaryFolder();
  const demo = JSON.parse(readFileSync(demoConfig, "utf8"));
  const hub = await startHubProcess({ config: { ...demo, ...config }, environment, folder });
  const url = (config as { mqtt?: { url: string } }).mqtt?.url ?? `mqtt://127.0.0.1:${hub.mqttPort}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  session.start();

  return {
    pid: hub.pid,
    mqttPort: hub.mqttPort ?? 0,
    httpPort: hub.httpPort,
    folder,
    async ask(verb, args) {
      const answer = await session.request(verb, args);
      if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
      return answer.result;
    },
    signal: hub.signal,
    async stop() {
      hub.signal("SIGCONT");
      await session.stop();
      await hub.stop();
    },
  };
}
