import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OfficeClock } from "../clock.ts";
import type { Store } from "./store.ts";

/** How often it is looked whether a backup is due, in milliseconds. */
const lookMs = 60_000;
/** One that failed is tried again after so long, in milliseconds. */
const retryMs = 10 * 60_000;
const ownerOnly = 0o700;

/** A backup that was made. */
export interface Backup {
  path: string;
  bytes: number;
}

export interface Backups {
  /** Makes one now, or waits for the one that is being made. Rejects with the reason when that is not possible. */
  now(): Promise<Backup>;
  /** When the newest that there is was made, in milliseconds since the epoch; null when there is none. */
  newestAt(): number | null;
  /** Makes them regularly; the result ends that. */
  start(): () => void;
}

export interface BackupOptions {
  store: Pick<Store, "backup">;
  clock: Pick<OfficeClock, "now" | "every" | "mayErase">;
  /** Made where it is missing. Files in it that are not backups are left alone. */
  folder: string;
  everyMs: number;
  /** Older ones are deleted, and with them what they hold of persons; the newest stays until there is a newer one. */
  keptMs: number;
  /** One that was due could not be made: told once until one succeeds. */
  failed(why: string): void;
  /** One was made. */
  made(): void;
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

/** Backups in a folder, each named after the instant at which it was made. */
export function createBackups({ store, clock, folder, everyMs, keptMs, failed, made }: BackupOptions): Backups {
  let running: Promise<Backup> | undefined;
  let retryAt = 0;
  let failing = false;

  const list = () => listBackups(folder);

  /** Deletes what is too old, before a new one too, so that it finds room. */
  function prune(): void {
    const all = list();
    const newest = Math.max(...all.filter(({ finished }) => finished).map(({ at }) => at));
    for (const { path, at, finished } of all) {
      const isOld = at < newest && at < clock.now() - keptMs && clock.mayErase();
      if (!finished || isOld) rmSync(path, { force: true });
    }
  }

  async function make(): Promise<Backup> {
    mkdirSync(folder, { recursive: true, mode: ownerOnly });
    prune();
    const path = join(folder, nameAt(clock.now()));
    const bytes = await store.backup(path);
    prune();
    made();
    return { path, bytes };
  }

  function now(): Promise<Backup> {
    running ??= make().finally(() => {
      running = undefined;
    });
    return running;
  }

  /** A clock that was set back makes the newest one lie ahead: then it says nothing. */
  function isDue(): boolean {
    const at = clock.now();
    mkdirSync(folder, { recursive: true, mode: ownerOnly });
    return !list().some((each) => each.finished && each.at <= at && at < each.at + everyMs);
  }

  async function look(): Promise<void> {
    if (running || (failing && clock.now() < retryAt)) return;
    try {
      if (isDue()) await now();
      else prune();
      failing = false;
    } catch (error) {
      retryAt = clock.now() + retryMs;
      if (!failing) failed(error instanceof Error ? error.message : String(error));
      failing = true;
    }
  }

  function newestAt(): number | null {
    const finished = existsSync(folder) ? list().filter((each) => each.finished) : [];
    return finished.length === 0 ? null : Math.max(...finished.map(({ at }) => at));
  }

  return { now, newestAt, start: () => clock.every(lookMs, () => void look()) };
}
