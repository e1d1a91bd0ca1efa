#!/usr/bin/env node
import { parseArgs } from "node:util";
import { systemClock } from "./clock.ts";
import type { CommandMemory, CommandOutcome } from "./commands.ts";
import { configExitCode, loadConfig } from "./config.ts";

/** The whole stop, with the process's end, takes no longer than this, in milliseconds. */
const stopMaxMs = 900;

const configFile = fileFromArguments();
const loaded = loadConfig(configFile, process.env);
if (!loaded.ok) refuse(loaded.message);

// Not before here: whoever mistyped a line should not wait for the drivers to load.
const { createLog } = await import("./log.ts");
const { createDaemon } = await import("./daemon.ts");

const log = await createLog(loaded.config.log, loaded.config.mqtt.user);
process.on("uncaughtException", (error) => {
  log.fatal({ error: error instanceof Error ? error.stack : String(error) }, "unforeseen error, the device ends");
  process.exit(1);
});

const memory: CommandMemory = new Map();
const clock = systemClock();
let stopping = false;
const create = (config: typeof loaded.config) => createDaemon({ config, clock, log, memory, commands: { reload } });
let daemon = await create(loaded.config);
/** Reloads come one after the other: two at a time would leave a daemon behind that nobody stops. */
let reloaded = Promise.resolve();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "device stops");
    setTimeout(() => process.exit(0), stopMaxMs);
    void daemon.stop().then(() => process.exit(0));
  });
}
daemon.start();
log.info({ ready: true, config: configFile, rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20) }, "device ready");

/** Reads the configuration anew; a wrong one changes nothing but the answer. */
function reload(): CommandOutcome {
  const next = loadConfig(configFile, process.env);
  if (!next.ok) return { ok: false, detail: next.message };
  const again = async () => {
    if (stopping) return;
    await daemon.stop();
    daemon = await create(next.config);
    if (!stopping) daemon.start();
  };
  const afterwards = () => {
    reloaded = reloaded.then(again);
    return reloaded;
  };
  return { ok: true, detail: "the configuration is read, the device starts again", afterwards };
}

function fileFromArguments(): string {
  try {
    const { values } = parseArgs({ options: { config: { type: "string", default: "/etc/wartemarke/device.json" } } });
    return values.config;
  } catch (error) {
    refuse(`${error instanceof Error ? error.message : error}; use: main.ts --config FILE`);
  }
}

function refuse(message: string): never {
  process.stderr.write(`wartemarke device: ${message}\n`);
  process.exit(configExitCode);
}
