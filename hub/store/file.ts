import { accessSync, closeSync, constants, existsSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { migrate } from "./schema.ts";

/** What the write-ahead log has room for before it must grow, in bytes: some two hundred single commits. */
const logBytes = 8 * 1_048_576;
/** What it gets room for at least when it was emptied, in bytes: filling it wears the disk and takes the office's time. */
const emptiedLogBytesMin = 1_048_576;
/** A page in the log, with its header, in bytes. */
const logPageBytes = 4096 + 24;
/** A log of this many pages (64 MiB) is written back even within a commit: nobody works that fast for long. */
const logPagesMax = 16_384;
/** Nobody but the hub's user reads what was written last, whatever the process leaves to others. */
const ownerOnly = 0o600;
/** Somebody else's lock on the file is waited for so long, in milliseconds: the office stands still meanwhile. */
const lockedMs = 250;

/** The file could not be opened as the hub's own: the message says what to do. */
export class StoreError extends Error {
  /** There is nothing to go on with: the file is missing or damaged, and only a backup helps. */
  readonly isLost: boolean;
  constructor(message: string, isLost = false) {
    super(message);
    this.isLost = isLost;
  }
}

/** The hub's database within its folder. */
export const storePath = (folder: string) => join(folder, "hub.sqlite");

/** The hub's database and its write-ahead log. */
export interface StoreFile {
  readonly db: Database.Database;
  readonly path: string;
  /** Whether there was a log when it was opened: the last process was killed, and what it erased may still be in there. */
  readonly hadLog: boolean;
  /** Writes the log back into the file, as far as nobody still reads it. Waits for nobody. */
  writeBack(): void;
  /**
   * Writes all of the log back and takes everything out of it, so that what was deleted is in neither of the two.
   *
   * @returns false while somebody reads, the look through the file or a backup: then it is to be tried again.
   */
  emptyLog(): boolean;
  close(): void;
}

/**
 * Opens the file in a folder that exists, making it where it is missing.
 *
 * @throws StoreError when another hub has it open, when it is not a database, or when a newer version wrote it.
 */
export function openStoreFile(folder: string): StoreFile {
  const lock = holdFolder(folder);
  const path = storePath(folder);
  const log = `${path}-wal`;
  const hadLog = existsSync(log);
  let db: Database.Database;
  try {
    if (!existsSync(path)) openDatabase(path).close();
    if (!existsSync(log)) fillLog(log, "wx", logBytes);
    db = openDatabase(path);
  } catch (error) {
    lock.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(`${path} cannot be used: ${why}`, isDamage(error));
  }
  /** The most that has been in the log at once, in bytes: so much work there is between two quiet moments. */
  let mostUsed = 0;
  const checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  const writeBack = () => {
    const result = checkpoint.get() as { log: number } | undefined;
    mostUsed = Math.max(mostUsed, (result?.log ?? 0) * logPageBytes);
  };
  return {
    db,
    path,
    hadLog,
    writeBack,
    emptyLog() {
      writeBack();
      // A reader of the log would be waited for, with the office standing still.
      db.pragma("busy_timeout = 0");
      try {
        const [result] = db.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
        if (result?.busy !== 0) return false;
      } finally {
        db.pragma(`busy_timeout = ${lockedMs}`);
      }
      fillLog(log, "r+", Math.min(logBytes, Math.max(emptiedLogBytesMin, 2 * mostUsed)));
      return true;
    },
    close() {
      writeBack();
      db.close();
      lock.close();
    },
  };
}

/** What was read is no database, or one with parts that cannot be. */
export function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Returns when what is in a file or folder is on the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function openDatabase(path: string): Database.Database {
  const db = new Database(path, { timeout: lockedMs });
  db.pragma("journal_mode = WAL");
  // A file that is opened again would otherwise come up with NORMAL, which loses the last commits in a power cut.
  db.pragma("synchronous = FULL");
  // What is deleted is overwritten with zeros, or a name would stay in the file until something else needs its place.
  db.pragma("secure_delete = ON");
  // A checkpoint inside a commit is what makes the slowest ones; ours come in quiet moments (`tidy`).
  db.pragma(`wal_autocheckpoint = ${logPagesMax}`);
  migrate(db);
  return db;
}

/**
 * Gives a log that is missing or empty its size, in zeros. SQLite removes the log when it closes the file, and one that
 * grows makes each commit wait twice, for the data and for the file's new length. Zeros are not a log's header, so that
 * SQLite takes it as empty and writes over it from the start (SQLite, "Database File Format", section 4).
 *
 * That is safe while the database is open, too, if SQLite has just truncated the log: it then begins again with a header at
 * the start of the file, and nobody else writes, since this process alone has the folder and this thread alone writes.
 * SQLite's locks are not on the log, so that closing it here releases none.
 */
function fillLog(path: string, flags: "wx" | "r+", bytes: number): void {
  const file = openSync(path, flags, ownerOnly);
  try {
    writeSync(file, Buffer.alloc(bytes), 0, bytes, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * An exclusive lock that the system releases with the process, however it ends.
 *
 * @throws StoreError when another process has it, or the folder cannot be written to.
 */
export function holdFolder(folder: string): Database.Database {
  const path = join(folder, "hub.lock");
  let lock: Database.Database | undefined;
  try {
    // SQLite opens what it may not write to for reading alone, without a word.
    for (const each of [folder, storePath(folder)]) if (existsSync(each)) accessSync(each, constants.W_OK);
    lock = new Database(path, { timeout: 0 });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
      throw new StoreError(`${folder} is in use by another hub: stop that one or choose another folder`);
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(
      `${folder} cannot be written to (${why}): is it on a disk that is full or read-only, and does it belong to the hub's user?`,
    );
  }
}
