import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import Database from "better-sqlite3";
import type { Restored } from "../office/restored.ts";
import type { KeptBackup } from "./backups.ts";
import { listBackups } from "./backups.ts";
import { holdFolder, StoreError, storePath, syncPath } from "./file.ts";
import { findProblems } from "./integrity.ts";
import { migrate, schemaVersion } from "./schema.ts";
import { restoredKey } from "./store.ts";

/** A backup that was looked through. */
export interface JudgedBackup {
  path: string;
  /** When it was made, in milliseconds since the epoch. */
  at: number;
  bytes: number;
  /** Why it cannot be put in place; undefined for a good one. */
  problem?: string;
  epoch: number;
}

/** What was done, and what it means. Instants are milliseconds since the epoch. */
export interface RestoreReport {
  epoch: number;
  backup: string;
  /** Where the file that it replaces is kept now; null when there was none. */
  kept: string | null;
  /** What happened between these may be lost. */
  from: number;
  until: number;
  skip: number;
}

export interface RestoreOptions {
  /** The hub's data folder. */
  data: string;
  /** Where backups are. */
  folder: string;
  backup: JudgedBackup;
  /** See `Restored`. */
  skip: number;
  now: number;
}

const ownerOnly = 0o600;
/** Behind the database's name: its log, and the index of that. */
const companions = ["", "-wal", "-shm"];
/** The file that was replaced when an epoch began. Its name keeps that number from being used twice. */
const keptName = (epoch: number) => `hub-before-epoch-${epoch}.sqlite`;
const keptPattern = /^hub-before-epoch-(\d+)\.sqlite$/;

/** The backups that are finished, the newest first. None where there is no such folder. */
export function finishedBackups(folder: string): KeptBackup[] {
  if (!existsSync(folder)) return [];
  return listBackups(folder)
    .filter(({ finished }) => finished)
    .sort((a, b) => b.at - a.at);
}

/** Looks through a file as a whole: whether a hub of this version can go on with it. Writes nothing. */
export function judgeBackup(path: string, at = statSync(path).mtimeMs): JudgedBackup {
  const about = { path, at, bytes: statSync(path).size, epoch: 0 };
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const version = Number(db.pragma("user_version", { simple: true }));
    if (version === 0) return { ...about, problem: "it is not a database of a hub" };
    if (version > schemaVersion) return { ...about, problem: `a newer version wrote it (${version})` };
    const [problem] = findProblems(db, "integrity_check");
    if (problem !== undefined) return { ...about, problem: `it is damaged: ${problem}` };
    return { ...about, epoch: epochOf(db) };
  } catch (error) {
    return { ...about, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    db?.close();
  }
}

/** The newest backup that can be put in place. */
export function newestGoodBackup(folder: string): JudgedBackup | undefined {
  for (const { path, at } of finishedBackups(folder)) {
    const judged = judgeBackup(path, at);
    if (judged.problem === undefined) return judged;
  }
  return undefined;
}

/**
 * Why the folder must not be begun anew although it has no database: there was one. Undefined when all is as it should be.
 *
 * @param folder that of the backups.
 */
export function findLoss(data: string, folder: string): string | undefined {
  const path = storePath(data);
  if (existsSync(path) && statSync(path).size > 0) return undefined;
  const names = existsSync(data) ? readdirSync(data) : [];
  const kept = names.some((name) => keptPattern.test(name));
  if (finishedBackups(folder).length === 0 && !kept && !names.includes(`${basename(path)}-wal`)) return undefined;
  return existsSync(path) ? `${path} is empty` : `${path} is missing`;
}

/**
 * Puts a backup in the place of the hub's file, as the beginning of a new epoch. The file that was there is kept under
 * another name with its log. Whenever this is interrupted, either the old file is still in place, or the hub refuses to
 * start until it is done again.
 *
 * @throws StoreError when the hub runs, when the backup is not good, or when the disk does not take it.
 */
export function putInPlace({ data, folder, backup, skip, now }: RestoreOptions): RestoreReport {
  if (backup.problem !== undefined) throw new StoreError(`${backup.path} cannot be put in place: ${backup.problem}`);
  const lock = holdFolder(data);
  const path = storePath(data);
  const part = `${path}.part`;
  try {
    const old = readWhatCanBe(path);
    const epoch = 1 + Math.max(backup.epoch, old.epoch, ...usedEpochs(data, folder));
    const from = backup.at;
    const until = Math.max(from, old.until ?? now);
    const { series = {}, ranges, rangesKnown = ranges !== undefined } = old;
    rmSync(part, { force: true });
    closeSync(openSync(part, "wx", ownerOnly));
    copyFileSync(backup.path, part);
    beginEpoch(part, epoch, { from, until, skip, series, rangesKnown }, ranges ?? []);
    giveTo(statSync(data), [part, join(data, "hub.lock")]);
    syncPath(part);
    const kept = existsSync(path) ? join(data, keptName(epoch)) : null;
    for (const end of companions) {
      if (existsSync(path + end)) renameSync(path + end, join(data, keptName(epoch)) + end);
    }
    renameSync(part, path);
    syncPath(data);
    return { epoch, backup: backup.path, kept, from, until, skip };
  } finally {
    rmSync(part, { force: true });
    lock.close();
  }
}

function beginEpoch(path: string, epoch: number, restored: Restored, ranges: StoredRange[]): void {
  const db = new Database(path);
  try {
    migrate(db);
    const setMeta = db.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
    const addRange = db.prepare(
      "INSERT OR IGNORE INTO reserve VALUES (:day, :letter, :digits, :first, :last, :client, :lost)",
    );
    db.transaction(() => {
      setMeta.run("epoch", epoch);
      setMeta.run(restoredKey, JSON.stringify(restored));
      for (const range of ranges) addRange.run(range);
    })();
  } finally {
    db.close();
  }
}

/** Whoever repairs as root leaves nothing behind that the hub's user cannot open. */
function giveTo({ uid, gid }: { uid: number; gid: number }, paths: string[]): void {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) chownSync(path, uid, gid);
}

interface StoredRange {
  day: string;
  letter: string;
  digits: number;
  first: number;
  last: number;
  client: string;
  lost: number;
}

interface WhatWasRead {
  epoch: number;
  /** When something was last written; undefined when there is no file. */
  until?: number;
  series?: Record<string, Record<string, number>>;
  ranges?: StoredRange[];
  /** Set where `ranges` are not all of them. */
  rangesKnown?: boolean;
}

/** What the file that is to be replaced still tells, of which any part may be unreadable. */
function readWhatCanBe(path: string): WhatWasRead {
  const read: WhatWasRead = { epoch: 0 };
  const written = companions.filter((end) => existsSync(path + end)).map((end) => statSync(path + end).mtimeMs);
  if (written.length > 0) read.until = Math.round(Math.max(...written));
  let db: Database.Database | undefined;
  const attempt = (what: (from: Database.Database) => void) => {
    try {
      db ??= new Database(path, { readonly: true, fileMustExist: true });
      what(db);
    } catch {
      // What cannot be read is unknown: that is why a backup is put in place.
    }
  };
  attempt((from) => {
    read.epoch = epochOf(from);
  });
  attempt((from) => {
    const at = from.prepare("SELECT json_extract(body, '$.at') FROM event ORDER BY epoch DESC, seq DESC").pluck().get();
    if (typeof at === "number") read.until = at;
  });
  attempt((from) => {
    const rows = from.prepare("SELECT day, letter, last FROM series").all() as StoredSeries[];
    const series: NonNullable<WhatWasRead["series"]> = {};
    for (const { day, letter, last } of rows) series[day] = { ...series[day], [letter]: last };
    read.series = series;
  });
  attempt((from) => {
    read.ranges = from.prepare("SELECT * FROM reserve ORDER BY rowid").all() as StoredRange[];
  });
  attempt((from) => {
    // Put in place and never used: what is known is what was known of the file before.
    const text = from.prepare("SELECT value FROM meta WHERE key = ?").pluck().get(restoredKey);
    if (text === undefined) return;
    const { until, series, rangesKnown } = JSON.parse(String(text)) as Restored;
    Object.assign(read, { until, series, rangesKnown });
  });
  db?.close();
  return read;
}

type StoredSeries = { day: string; letter: string; last: number };

const epochOf = (db: Database.Database) =>
  Number(db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get() ?? 0);

/** Epochs that have been, as far as backups and the files that were kept tell. */
function usedEpochs(data: string, folder: string): number[] {
  const kept = readdirSync(data).map((name) => Number(keptPattern.exec(name)?.[1] ?? 0));
  const backups = finishedBackups(folder).map(({ path }) => {
    try {
      const db = new Database(path, { readonly: true, fileMustExist: true });
      try {
        return epochOf(db);
      } finally {
        db.close();
      }
    } catch {
      return 0;
    }
  });
  return [...kept, ...backups];
}
