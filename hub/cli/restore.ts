import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadConfig } from "../config.ts";
import { StoreError } from "../store/file.ts";
import type { JudgedBackup, RestoreReport } from "../store/restore.ts";
import { finishedBackups, judgeBackup, newestGoodBackup, putInPlace } from "../store/restore.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes, Failure, usageFailure } from "./outcome.ts";
import { dayAndTime } from "./print.ts";

export interface RestoreArguments {
  /** The hub's configuration, which says where both folders are. */
  config: string;
  /** The hub's data folder: with it no configuration is read. */
  data?: string;
  /** The folder of the backups; else it is that of the configuration, or `backups` in `data`. */
  backups?: string;
  /** Numbers of each series that are left out. */
  skip: number;
}

/** As `backup` on the command line: the newest one that is good. */
const latest = "latest";

const failure = (message: string) => new Failure(exitCodes.refused, message, { error: { message } });

/**
 * Puts a backup in place of the hub's database on this machine, or lists what there is.
 *
 * @param backup a file, or its name in the folder of backups, or `latest`; without it they are listed and nothing is done.
 */
export function restore(backup: string | undefined, given: RestoreArguments): Outcome {
  const { data, folder } = foldersOf(given);
  try {
    if (backup === undefined) return list(folder);
    const chosen = choose(backup, folder);
    const report = putInPlace({ data, folder, backup: chosen, skip: given.skip, now: Date.now() });
    return { json: { ...report, from: iso(report.from), until: iso(report.until) }, text: told(report, data) };
  } catch (error) {
    if (error instanceof StoreError) throw failure(error.message);
    if (error instanceof Failure) throw error;
    throw failure(`nothing was put in place: ${error instanceof Error ? error.message : error}`);
  }
}

function foldersOf({ config: file, data, backups }: RestoreArguments): { data: string; folder: string } {
  if (data !== undefined) return { data: resolve(data), folder: resolve(backups ?? join(data, "backups")) };
  const loaded = loadConfig(file, process.env);
  const advice = "This is done on the hub's machine, with --config and its file, or with --data and its data folder.";
  if (!loaded.ok) throw usageFailure(`${loaded.message}\n${advice}`);
  const { config } = loaded;
  // The hub may have been started elsewhere, or with other settings in its environment.
  if (!existsSync(config.data)) throw usageFailure(`there is no folder ${config.data}\n${advice}`);
  process.env.TZ = config.timeZone;
  return { data: config.data, folder: backups === undefined ? config.backup.folder : resolve(backups) };
}

const iso = (at: number) => new Date(at).toISOString();
/** With the offset, for the machine's clock may hang in another zone than the office's: `2026-11-23 09:00 GMT+0100`. */
const when = (at: number) => `${dayAndTime(iso(at))} ${/GMT\S+/.exec(new Date(at).toTimeString())?.[0] ?? ""}`;

function list(folder: string): Outcome {
  const all = finishedBackups(folder).map(({ path }) => judgeBackup(path));
  const lines = all.map(({ path, at, problem }) => `${when(at)}  ${path}  ${problem ?? "good"}`);
  const next = all.some(({ problem }) => problem === undefined)
    ? "Each with the instant of the last that it knows. Nothing was changed. Stop the hub, then do the same with latest, or one of these files, behind it."
    : "None of them can be put in place.";
  return {
    json: { backups: all.map(({ at, ...rest }) => ({ at: iso(at), ...rest })) },
    text: all.length > 0 ? [...lines, next].join("\n") : `There is no backup in ${folder}.`,
  };
}

function choose(backup: string, folder: string): JudgedBackup {
  if (backup === latest) {
    const newest = newestGoodBackup(folder);
    if (!newest) throw failure(`there is no good backup in ${folder}`);
    return newest;
  }
  const paths = [resolve(backup), resolve(folder, backup)];
  const path = paths.find((each) => existsSync(each));
  if (!path) throw failure(`there is no file ${paths.join(" or ")}: see wartemarke restore`);
  return judgeBackup(path);
}

const mayBeLost = "calls, bookings, moves, cancellations, changes of users, and tickets of which no terminal knows";

function lossIn({ lost, from, until }: RestoreReport): string {
  if (lost === "nothing") return "Nothing was recorded after the backup was made.";
  if (lost === "some") return `What happened between ${when(from)} and ${when(until)} may be lost: ${mayBeLost}.`;
  return `Nothing here tells what was recorded last: it is unknown how much was lost of what happened after ${when(from)}: ${mayBeLost}.`;
}

function told(report: RestoreReport, data: string): string {
  const { backup, kept, epoch, skip } = report;
  return [
    `${backup} is in place in ${data}; the hub begins epoch ${epoch}.`,
    kept === null ? "There was no file to keep." : `The file that was there is kept: ${kept}`,
    lossIn(report),
    `Numbers go on ${skip} behind the highest one that is known here or to a terminal. If more may have been given, do this again with a larger --skip before the hub is started.`,
    "Start the hub with all terminals switched on: it asks them first what they have given today. Then look through desks, boards and the queue: staff have the alarm `restored`, and the boards say so.",
  ].join("\n");
}
