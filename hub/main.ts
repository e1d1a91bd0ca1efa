#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { OfficeClock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { HubConfig } from "./config.ts";
import { configExitCode, loadConfig, lostExitCode } from "./config.ts";
import { startHub } from "./hub.ts";
import { createLog } from "./log.ts";
import type { KnownTime } from "./steady-clock.ts";
import { createSteadyClock, knownTimeKey, machineClocks } from "./steady-clock.ts";
import { watchDamage } from "./store/damage.ts";
import { isDamage, StoreError, storePath } from "./store/file.ts";
import { findLoss, newestGoodBackup } from "./store/restore.ts";
import type { Store } from "./store/store.ts";
import { openStore } from "./store/store.ts";

const file = fileFromArguments();
const loaded = loadConfig(file, process.env);
if (!loaded.ok) refuse(loaded.message, configExitCode);
const { config } = loaded;
// Opening hours are reckoned in the time zone of the process: it must be the office's before anything asks.
process.env.TZ = config.timeZone;
const log = createLog(config.log);

try {
  const store = openFile(config);
  const hub = await startHub(config, store, clockFor(config, store), log);
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
  const message = error instanceof Error ? error.message : String(error);
  if ((error instanceof StoreError && error.isLost) || isDamage(error)) endLost(message);
  log.error({ error: message }, "hub cannot start");
  process.exit(1);
}

/** An office that has a past is never begun anew, and none goes on with a file in which damage was found. */
function openFile({ data, backup }: HubConfig): Store {
  const loss = findLoss(data, backup.folder);
  if (loss !== undefined) throw new StoreError(loss, true);
  return watchDamage(openStore(data), (error) => endLost(`${storePath(data)}: ${(error as Error).message}`));
}

function clockFor({ clock }: HubConfig, store: Store): OfficeClock {
  if (clock === "trusted") {
    let isNoted = false;
    return {
      ...systemClock,
      /** What was noted before may have been wrong, and is not to be held against a later start. */
      look() {
        if (isNoted) return;
        store.setMemo(knownTimeKey, { at: systemClock.now(), eraseFrom: 0 } satisfies KnownTime);
        isNoted = true;
      },
    };
  }
  return createSteadyClock({
    machine: machineClocks,
    timers: systemClock,
    known: store.memo(knownTimeKey) as KnownTime | undefined,
    isBusy: store.isBusy(),
    keep: (known) => store.setMemo(knownTimeKey, known),
  });
}

/** Nothing that was answered is lost: that was committed before. */
function endLost(message: string): never {
  refuse(wayBack(config, message), lostExitCode);
}

/** All that an administrator's shell needs: neither the configuration nor where the hub was started is known there. */
function wayBack({ data, backup: { folder } }: HubConfig, what: string): string {
  const program = [process.execPath, fileURLToPath(new URL("cli.ts", import.meta.url)), "restore"];
  const command = [...program, "--data", data, "--backups", folder].map(quoted).join(" ");
  return [
    `the database cannot be used: ${what}`,
    `Nothing in ${data} was overwritten, and the hub does not start without its past.`,
    ...adviceFor(folder, command),
  ].join("\n");
}

function adviceFor(folder: string, command: string): string[] {
  const another = ["One that is elsewhere is put in place, as root or the hub's user, by:", `  ${command} FILE`];
  try {
    const good = newestGoodBackup(folder);
    if (!good) return [`There is no good backup in ${folder}.`, ...another];
    return [
      `The last good backup is ${good.path}; the last that it knows is of ${new Date(good.at).toISOString()}.`,
      "To go on with it, as root or the hub's user:",
      `  ${command} latest`,
      "All backups, and what is good of them:",
      `  ${command}`,
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    return [`The ${why}`, "Whoever may read them sees by this what is good of them:", `  ${command}`, ...another];
  }
}

/** A word as a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function fileFromArguments(): string {
  try {
    const { values } = parseArgs({ options: { config: { type: "string", default: "/etc/wartemarke/hub.json" } } });
    return values.config;
  } catch (error) {
    refuse(`${error instanceof Error ? error.message : error}; use: main.ts --config FILE`, configExitCode);
  }
}

function refuse(message: string, exitCode: number): never {
  process.stderr.write(`wartemarke hub: ${message}\n`);
  process.exit(exitCode);
}
