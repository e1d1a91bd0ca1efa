import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { unknownHolder } from "../office/reserves.ts";
import type { Restored } from "../office/restored.ts";
import type { KeptBackup } from "./backups.ts";
import { listBackups } from "./backups.ts";
import { holdFolder, StoreError, storePath, syncPath } from "./file.ts";
import { findProblems } from "./integrity.ts";
import { migrate, schemaVersion } from "./schema.ts";
import { restoredKey } from "./store.ts";

/** How far a record of events goes: what is behind it came later, whatever the clocks said. */
interface Position {
  epoch: number;
  /** Of its last event; 0 where the epoch has none yet. */
  seq: number;
}

/** A backup that was looked through. */
export interface JudgedBackup extends Position {
  path: string;
  /** The instant of the last event that it holds, in milliseconds since the epoch; when it was written where it tells none. */
  at: number;
  bytes: number;
  /** Why it cannot be put in place; undefined for a good one. */
  problem?: string;
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
  /** What was recorded since the backup; unknown where the file that it replaces does not tell. */
  lost: "nothing" | "some" | "unknown";
  skip: number;
}

export interface RestoreOptions {
  /** The hub's data folder; made where it is missing, as on a new disk. */
  data: string;
  /** Where backups are. */
  folder: string;
  backup: JudgedBackup;
  /** See `Restored`. */
  skip: number;
  now: number;
}

const ownerOnly = 0o600;
const folderOwnerOnly = 0o700;
/** Of so many backups, the newest by name, it is looked which holds most. Each takes less than a millisecond. */
const backupsReadMax = 2_000;
/** No office has begun more epochs than this of which only a folder of backups could tell that cannot be read. */
const hiddenEpochsMax = 100;
/** Behind the database's name: its log, and the index of that. */
const companions = ["", "-wal", "-shm"];
/** The file that was replaced when an epoch began. Its name keeps that number from being used twice. */
const keptName = (epoch: number) => `hub-before-epoch-${epoch}.sqlite`;
const keptPattern = /^hub-before-epoch-(\d+)\.sqlite$/;

/** What becomes the database, and what SQLite may have left beside it when it was interrupted. */
const partPath = (data: string) => `${storePath(data)}.part`;
const partEnds = ["", "-journal", "-wal", "-shm"];

/**
 * The backups that are finished, the one that holds most first. None where there is no such folder.
 *
 * By their names they cannot be told apart: a clock that was ahead for a while makes one that seems the newest for long.
 *
 * @throws StoreError when the folder cannot be read.
 */
export function finishedBackups(folder: string): (KeptBackup & Position)[] {
  return backupFiles(folder)
    .sort((a, b) => b.at - a.at)
    .slice(0, backupsReadMax)
    .map((backup) => ({ ...backup, ...positionIn(backup.path) }))
    .sort((a, b) => b.epoch - a.epoch || b.seq - a.seq || b.at - a.at);
}

function backupFiles(folder: string): KeptBackup[] {
  try {
    return listBackups(folder).filter(({ finished }) => finished);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new StoreError(`backups cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Before all others for a file that cannot be read. */
function positionIn(path: string): Position {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    return positionOf(db);
  } catch {
    return { epoch: 0, seq: 0 };
  } finally {
    db?.close();
  }
}

/** Looks through a file as a whole: whether a hub of this version can go on with it. Writes nothing. */
export function judgeBackup(path: string): JudgedBackup {
  const { mtimeMs, size } = statSync(path);
  const about = { path, at: mtimeMs, bytes: size, epoch: 0, seq: 0 };
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const version = Number(db.pragma("user_version", { simple: true }));
    if (version === 0) return { ...about, problem: "it is not a database of a hub" };
    if (version > schemaVersion) return { ...about, problem: `a newer version wrote it (${version})` };
    const [problem] = findProblems(db, "integrity_check");
    if (problem !== undefined) return { ...about, problem: `it is damaged: ${problem}` };
    return { ...about, ...positionOf(db), at: lastInstant(db) ?? mtimeMs };
  } catch (error) {
    return { ...about, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    db?.close();
  }
}

/**
 * The backup that holds most of those that can be put in place.
 *
 * @throws StoreError when the folder cannot be read.
 */
export function newestGoodBackup(folder: string): JudgedBackup | undefined {
  for (const { path } of finishedBackups(folder)) {
    const judged = judgeBackup(path);
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
  const past = [`${basename(path)}-wal`, basename(partPath(data))];
  const isNew = !names.some((name) => keptPattern.test(name) || past.includes(name)) && !mayHoldBackups(folder);
  if (isNew) return undefined;
  return existsSync(path) ? `${path} is empty` : `${path} is missing`;
}

function mayHoldBackups(folder: string): boolean {
  try {
    return backupFiles(folder).length > 0;
  } catch {
    return true;
  }
}

/**
 * Puts a backup in the place of the hub's file, as the beginning of a new epoch. The file that was there is kept under
 * another name with its log. Whenever this is interrupted, either the old file is still in place, or the hub refuses to
 * start until it is done again; done again, it knows what it knew before.
 *
 * @throws StoreError when the hub runs, when the backup is not good, or when the disk does not take it.
 */
export function putInPlace({ data, folder, backup, skip, now }: RestoreOptions): RestoreReport {
  if (backup.problem !== undefined) throw new StoreError(`${backup.path} cannot be put in place: ${backup.problem}`);
  makeFolder(data);
  const lock = holdFolder(data);
  const path = storePath(data);
  const part = partPath(data);
  const owner = statSync(data);
  let isPrepared = false;
  try {
    giveTo(owner, [join(data, "hub.lock")]);
    finishInterrupted(data);
    const old = readWhatCanBe(path);
    const epoch = 1 + lastEpoch(data, folder, Math.max(backup.epoch, old.epoch));
    const until = old.until ?? now;
    const from = Math.min(backup.at, until);
    const { series = [], ranges = [], rangesKnown = old.ranges !== undefined } = old;
    removePart(part);
    copyBackup(backup.path, part);
    beginEpoch(part, epoch, { from, until, skip, rangesKnown }, { series, ranges });
    giveTo(owner, [part]);
    syncPath(part);
    isPrepared = true;
    const kept = exchange(data, epoch);
    return { epoch, backup: backup.path, kept, from, until, lost: lossOf(backup, old), skip };
  } finally {
    // With nothing in its place it is all there is, and what it knows of the file that was there nobody else does.
    if (!isPrepared || existsSync(path)) removePart(part);
    lock.close();
  }
}

/** Takes the old file away, then its log, and only then puts the new one there: SQLite takes any log for the file's own. */
function exchange(data: string, epoch: number): string | null {
  const path = storePath(data);
  const kept = existsSync(path) ? join(data, keptName(epoch)) : null;
  for (const end of companions) {
    if (existsSync(path + end)) renameSync(path + end, join(data, keptName(epoch)) + end);
  }
  syncPath(data);
  renameSync(partPath(data), path);
  syncPath(data);
  return kept;
}

/** Ends what was interrupted when the old file had been taken away and the new one was not yet there. */
function finishInterrupted(data: string): void {
  if (existsSync(storePath(data))) return;
  const { epoch, isUnused } = readWhatCanBe(partPath(data));
  if (isUnused) exchange(data, epoch);
}

const removePart = (part: string) => {
  for (const end of partEnds) rmSync(part + end, { force: true });
};

/** As a backup is made: with what is in its log, and whatever the file's own mode is, for the hub's user alone. */
function copyBackup(from: string, to: string): void {
  closeSync(openSync(to, "wx", ownerOnly));
  const db = new Database(from, { readonly: true, fileMustExist: true });
  try {
    db.prepare("VACUUM INTO ?").run(to);
  } finally {
    db.close();
  }
}

function lossOf(
  backup: JudgedBackup,
  { epoch, seq, until, rangesKnown, isUnused }: WhatWasRead,
): RestoreReport["lost"] {
  if (until === undefined || rangesKnown === false) return "unknown";
  if (isUnused || seq === undefined) return backup.at < until ? "some" : "nothing";
  return backup.epoch === epoch && backup.seq >= seq ? "nothing" : "some";
}

type StoredNumbers = Required<Pick<WhatWasRead, "series" | "ranges">>;

/** Numbers of every day are kept: which one it is when the hub begins nobody knows, for its clock may be wrong then. */
function beginEpoch(path: string, epoch: number, restored: Restored, { series, ranges }: StoredNumbers): void {
  const db = new Database(path);
  try {
    migrate(db);
    const setMeta = db.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
    const addSeries = db.prepare(
      "INSERT INTO series VALUES (:day, :letter, :last) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
    );
    // Of one that is told differently nobody knows whose it is, and what is lost in either stays lost.
    const addRange = db.prepare(
      `INSERT INTO reserve VALUES (:day, :letter, :digits, :first, :last, :client, :lost) ON CONFLICT DO UPDATE SET
        last = max(last, excluded.last), lost = max(lost, excluded.lost, client <> excluded.client),
        client = iif(client = excluded.client, client, '${unknownHolder}')`,
    );
    db.transaction(() => {
      setMeta.run("epoch", epoch);
      setMeta.run(restoredKey, JSON.stringify(restored));
      for (const each of series) addSeries.run(each);
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

/** Each folder on the way that is missing belongs to whom the one above it does. */
function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: folderOwnerOnly });
  if (first === undefined) return;
  const owner = statSync(dirname(first));
  for (let made = path; made.length >= first.length; made = dirname(made)) giveTo(owner, [made]);
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
  /** The number of its last event; undefined when that cannot be read. */
  seq?: number;
  /** The instant of its last event; undefined when that cannot be read. */
  until?: number;
  series?: StoredSeries[];
  ranges?: StoredRange[];
  /** Set where `ranges` are not all of them. */
  rangesKnown?: boolean;
  /** It was put in place and no hub has begun with it: what is known is what was known of the file before. */
  isUnused?: true;
}

/** What the file that is to be replaced still tells, of which any part may be unreadable. */
function readWhatCanBe(path: string): WhatWasRead {
  const read: WhatWasRead = { epoch: 0 };
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
    read.seq = positionOf(from).seq;
  });
  attempt((from) => {
    const at = lastInstant(from);
    if (at !== undefined) read.until = at;
  });
  attempt((from) => {
    read.series = from.prepare("SELECT day, letter, last FROM series").all() as StoredSeries[];
  });
  attempt((from) => {
    read.ranges = from.prepare("SELECT * FROM reserve ORDER BY rowid").all() as StoredRange[];
  });
  attempt((from) => {
    const text = from.prepare("SELECT value FROM meta WHERE key = ?").pluck().get(restoredKey);
    if (text === undefined) return;
    const { until, rangesKnown } = JSON.parse(String(text)) as Restored;
    Object.assign(read, { until, rangesKnown, isUnused: true });
  });
  db?.close();
  return read;
}

type StoredSeries = { day: string; letter: string; last: number };

const epochOf = (db: Database.Database) =>
  Number(db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get() ?? 0);

function positionOf(db: Database.Database): Position {
  const epoch = epochOf(db);
  const seq = db.prepare("SELECT coalesce(max(seq), 0) FROM event WHERE epoch = ?").pluck().get(epoch) as number;
  return { epoch, seq };
}

function lastInstant(db: Database.Database): number | undefined {
  const last = db.prepare("SELECT json_extract(body, '$.at') FROM event ORDER BY epoch DESC, seq DESC LIMIT 1");
  const at = last.pluck().get();
  return typeof at === "number" ? at : undefined;
}

/** The last epoch that has been, as far as backups and the files that were kept tell besides what is `known`. */
function lastEpoch(data: string, folder: string, known: number): number {
  const kept = readdirSync(data).map((name) => Number(keptPattern.exec(name)?.[1] ?? 0));
  const last = Math.max(known, ...kept);
  try {
    return Math.max(last, ...finishedBackups(folder).map(({ epoch }) => epoch));
  } catch (error) {
    // A folder that cannot be read may be why one that lies elsewhere is put in place.
    if (error instanceof StoreError) return last + hiddenEpochsMax;
    throw error;
  }
}
