import { mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { OfficeClock } from "../clock.ts";
import type { Store } from "./store.ts";
import { runThread } from "./thread.ts";

/** How often it is looked whether a backup is due, in milliseconds. */
const lookMs = 60_000;
/** One that failed is tried again after so long, in milliseconds. */
const retryMs = 10 * 60_000;
/** So long the folder may take to be listed and tidied, in seconds; a disk that sleeps needs about ten. */
export const answerMaxSeconds = 30;
/** So long a backup may take, in minutes; that of a large office takes a few seconds on a slow disk. */
export const backupMaxMinutes = 15;
const ownerOnly = 0o700;

/** A backup that was made. */
export interface Backup {
  path: string;
  bytes: number;
}

export interface Backups {
  /** Makes one now, or waits for the one that is being made. Rejects with the reason when that is not possible. */
  now(): Promise<Backup>;
  /**
   * When the newest was made, in milliseconds since the epoch, as it was last seen; null when none was. One that lies ahead
   * is of a clock that was wrong, and says nothing.
   */
  newestAt(): number | null;
  /** Room for more of them, in bytes, as it was last seen; undefined when the folder has not answered yet. */
  freeBytes(): number | undefined;
  /** Makes them regularly; the result ends that. */
  start(): () => void;
}

/** What is to be done in the folder. */
export interface FolderTask {
  folder: string;
  /** Backups from before are deleted, but never the newest. */
  oldBefore: number;
}

/** What is left in the folder. */
export interface FolderReport {
  /** When the finished backups were made. */
  finished: number[];
  freeBytes: number;
}

export interface BackupOptions {
  store: Pick<Store, "backup">;
  clock: Pick<OfficeClock, "now" | "every" | "after" | "mayErase">;
  /** Made where it is missing. Files in it that are not backups are left alone. */
  folder: string;
  /** Does it, and may take for ever: the folder can be on a network drive that answers no more. */
  tend(task: FolderTask): Promise<FolderReport>;
  everyMs: number;
  /** Older ones are deleted, and with them what they hold of persons; the newest stays until there is a newer one. */
  keptMs: number;
  /** One that was due could not be made: told once until `over`. */
  failed(why: string): void;
  /** None is due any more. */
  over(): void;
  /** Whether a thread waits for a drive that does not answer: told when it begins and when it is over. */
  stuck(isStuck: boolean): void;
}

/** The time of its making, and the ending of one that was never finished. */
const namePattern = /^hub-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.sqlite(\.part.*)?$/;

const nameAt = (at: number) => `hub-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}.sqlite`;

/** A backup in a folder, or what is left of one that was never finished. */
export interface KeptBackup {
  path: string;
  /** When it was begun, in milliseconds since the epoch. */
  at: number;
  finished: boolean;
}

/** What is in a folder of backups; names that tell no time are others'. Throws what the file system throws. */
export function listBackups(folder: string): KeptBackup[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ name }) => {
    const [, year, month, day, hour, minute, second, part] = namePattern.exec(name) ?? [];
    if (year === undefined) return [];
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    return Number.isNaN(at) ? [] : [{ path: join(folder, name), at, finished: part === undefined }];
  });
}

/** Deletes what is too old or was never finished, and tells what is left. Throws what the file system throws. */
export function tendFolder({ folder, oldBefore }: FolderTask): FolderReport {
  mkdirSync(folder, { recursive: true, mode: ownerOnly });
  const all = listBackups(folder);
  const newest = Math.max(...all.filter(({ finished }) => finished).map(({ at }) => at));
  const isLeft = ({ at, finished }: KeptBackup) => finished && (at >= oldBefore || at === newest);
  for (const each of all) if (!isLeft(each)) rmSync(each.path, { force: true });
  const { bavail, bsize } = statfsSync(folder);
  return { finished: all.filter(isLeft).map(({ at }) => at), freeBytes: bavail * bsize };
}

/** As `tendFolder`, in a thread of its own: a drive that does not answer keeps that one, and nobody else. */
export const tendInThread = (task: FolderTask) => runThread<FolderReport>("backup-folder-thread.ts", task);

/**
 * Backups in a folder, each named after the instant at which it was made. Nothing here touches the folder in the thread
 * of the office, and nothing is begun in it while something else is not finished.
 */
export function createBackups(options: BackupOptions): Backups {
  const { store, clock, folder, everyMs, keptMs, tend, failed, over } = options;
  const silent = `${folder} has not answered for ${answerMaxSeconds} s: see to its drive or network; no backup is made until it does`;
  const slow = `the backup into ${folder} is not finished after ${backupMaxMinutes} min: see to its drive or network; no other is begun until it is`;
  let seen: FolderReport | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let making: Promise<Backup> | undefined;
  let isLooking = false;
  /** Why nothing can be begun in the folder: what was begun has not come back. */
  let stuck: string | undefined;
  let retryAt = 0;
  let failing = false;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  /** Rejects when the work takes longer than `ms`. It cannot be broken off then, and once it ends all goes on. */
  function within<T>(ms: number, why: string, work: () => Promise<T>): Promise<T> {
    if (stuck !== undefined) return Promise.reject(new Error(stuck));
    return new Promise((resolve, reject) => {
      const cancel = clock.after(ms, () => {
        stuck = why;
        options.stuck(true);
        reject(new Error(why));
      });
      const ended = () => {
        cancel();
        if (stuck === undefined) return;
        stuck = undefined;
        retryAt = 0;
        options.stuck(false);
      };
      work().finally(ended).then(resolve, reject);
    });
  }

  async function lookThrough(): Promise<FolderReport> {
    const oldBefore = clock.mayErase() ? clock.now() - keptMs : 0;
    seen = await within(answerMaxSeconds * 1_000, silent, () => tend({ folder, oldBefore }));
    return seen;
  }

  async function make(): Promise<Backup> {
    // Before a new one too, so that it finds room.
    await lookThrough();
    const path = join(folder, nameAt(clock.now()));
    const bytes = await within(backupMaxMinutes * 60_000, slow, () => store.backup(path));
    await lookThrough();
    over();
    return { path, bytes };
  }

  function now(): Promise<Backup> {
    making ??= inTurn(make).finally(() => {
      making = undefined;
    });
    return making;
  }

  /** A clock that was set back makes the newest one lie ahead: then it says nothing. */
  function isDue({ finished }: FolderReport): boolean {
    const now = clock.now();
    return !finished.some((at) => at <= now && now < at + everyMs);
  }

  /** A clock that was set back meanwhile makes nobody wait for its return. */
  function isWaiting(): boolean {
    const wait = retryAt - clock.now();
    return failing && 0 < wait && wait <= retryMs;
  }

  async function look(): Promise<void> {
    if (isLooking || making || isWaiting()) return;
    isLooking = true;
    try {
      if (isDue(await inTurn(lookThrough))) await now();
      else over();
      failing = false;
    } catch (error) {
      retryAt = clock.now() + retryMs;
      if (!failing) failed(error instanceof Error ? error.message : String(error));
      failing = true;
    } finally {
      isLooking = false;
    }
  }

  return {
    now,
    newestAt() {
      const past = (seen?.finished ?? []).filter((at) => at <= clock.now());
      return past.length > 0 ? Math.max(...past) : null;
    },
    freeBytes: () => seen?.freeBytes,
    start() {
      // What is wrong with it is told when it is next looked at.
      inTurn(lookThrough).catch(() => {});
      return clock.every(lookMs, look);
    },
  };
}
