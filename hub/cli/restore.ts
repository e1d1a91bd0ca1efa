import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "../config.ts";
import { StoreError } from "../store/file.ts";
import type { JudgedBackup, RestoreReport } from "../store/restore.ts";
import { finishedBackups, judgeBackup, newestGoodBackup, putInPlace } from "../store/restore.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes, Failure, usageFailure } from "./outcome.ts";
import { dayAndTime } from "./print.ts";

export interface RestoreArguments {
  /** The hub's configuration. */
  config: string;
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
export function restore(backup: string | undefined, { config: file, skip }: RestoreArguments): Outcome {
  const loaded = loadConfig(file, process.env);
  if (!loaded.ok)
    throw usageFailure(`${loaded.message}\nThis is done on the hub's machine, with --config and its file.`);
  const {
    data,
    backup: { folder },
  } = loaded.config;
  process.env.TZ = loaded.config.timeZone;
  if (backup === undefined) return list(folder);
  const chosen = choose(backup, folder);
  try {
    const report = putInPlace({ data, folder, backup: chosen, skip, now: Date.now() });
    return { json: { ...report, from: iso(report.from), until: iso(report.until) }, text: told(report) };
  } catch (error) {
    if (error instanceof StoreError) throw failure(error.message);
    throw failure(`nothing was put in place: ${error instanceof Error ? error.message : error}`);
  }
}

const iso = (at: number) => new Date(at).toISOString();
const when = (at: number) => dayAndTime(iso(at));

function list(folder: string): Outcome {
  const all = finishedBackups(folder).map(({ path, at }) => judgeBackup(path, at));
  const lines = all.map(({ path, at, problem }) => `${when(at)}  ${path}  ${problem ?? "good"}`);
  const next = all.some(({ problem }) => problem === undefined)
    ? "Stop the hub, then: wartemarke restore latest (or one of these files). Nothing was changed."
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
  return judgeBackup(path, finishedBackups(folder).find((each) => each.path === path)?.at);
}

function told({ backup, kept, epoch, from, until, skip }: RestoreReport): string {
  const lost =
    until > from
      ? `What happened between ${when(from)} and ${when(until)} may be lost: calls, bookings, moves, cancellations, changes of users, and tickets of which no terminal knows.`
      : "Nothing was recorded after the backup was made.";
  return [
    `${backup} is in place; the hub begins epoch ${epoch}.`,
    kept === null ? "There was no file to keep." : `The file that was there is kept: ${kept}`,
    lost,
    `Numbers go on ${skip} behind the highest one that is known here or to a terminal. If more may have been given, do this again with a larger --skip before the hub is started.`,
    "Start the hub with all terminals switched on: it asks them first what they have given today. Then look through desks, boards and the queue: staff have the alarm `restored`, and the boards say so.",
  ].join("\n");
}
