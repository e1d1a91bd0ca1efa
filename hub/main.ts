#!/usr/bin/env node
import { parseArgs } from "node:util";
import { systemClock } from "./clock.ts";
import { configExitCode, loadConfig } from "./config.ts";
import { startHub } from "./hub.ts";
import { createLog } from "./log.ts";
import { openStore } from "./store/store.ts";

const loaded = loadConfig(fileFromArguments(), process.env);
if (!loaded.ok) refuse(loaded.message);
const { config } = loaded;
// Opening hours are reckoned in the time zone of the process: it must be the office's before anything asks.
process.env.TZ = config.timeZone;
const log = createLog(config.log);

try {
  const hub = await startHub(config, openStore(config.data), systemClock, log);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "hub stops");
    hub.stop().then(
      () => process.exit(0),
      (error) => {
        log.error({ error: String(error) }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  await hub.ready;
  log.info({ ready: true, ...hub.ports }, "hub ready");
} catch (error) {
  log.error({ error: error instanceof Error ? error.message : String(error) }, "hub cannot start");
  process.exit(1);
}

function fileFromArguments(): string {
  try {
    const { values } = parseArgs({ options: { config: { type: "string", default: "/etc/wartemarke/hub.json" } } });
    return values.config;
  } catch (error) {
    refuse(`${error instanceof Error ? error.message : error}; use: main.ts --config FILE`);
  }
}

function refuse(message: string): never {
  process.stderr.write(`wartemarke hub: ${message}\n`);
  process.exit(configExitCode);
}
