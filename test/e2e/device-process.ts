import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { testSite } from "../brokers.ts";
import { temporaryFolder } from "../hub/hub-process.ts";

const mainFile = join(import.meta.dirname, "../../device/main.ts");

/** The device daemon as it is shipped, in a process of its own. */
export interface DeviceProcess {
  readonly pid: number;
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

export interface DeviceSetup {
  environment?: Record<string, string>;
  /** Where it keeps what must survive; a new one when left out. */
  folder?: string;
}

/** @param parts the roles in its configuration. */
export function startDevice(
  url: string,
  user: string,
  parts: object,
  { environment = {}, folder = temporaryFolder() }: DeviceSetup = {},
): DeviceProcess {
  const path = join(folder, "device.json");
  writeFileSync(
    path,
    JSON.stringify({ site: testSite, mqtt: { url, user, password: "demo" }, data: folder, ...parts }),
  );
  const child = spawn(process.execPath, [mainFile, "--config", path], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { pid: child.pid ?? 0, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
