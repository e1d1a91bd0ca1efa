import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

/** A floor is opened once and sampled in every round, so that it is taken under the load of that moment. */
export interface Floor {
  /** Milliseconds of each of at most `count` repetitions, within `maxMs` milliseconds. */
  sample(count: number, maxMs: number): number[];
  close(): void;
}

const blockBytes = 4_096;
/** So many commits make the log as long as it will be. */
const warmUpCommits = 500;
const warmUpMaxMs = 2_000;
/** As a log that is overwritten and not growing, in blocks. */
const blocks = 1_024;

/** Writing one block and waiting until the disk has it: what "durable" costs at least. */
export function diskFloor(folder: string): Floor {
  const file = openSync(join(folder, "blocks"), "w");
  ftruncateSync(file, 0);
  const block = Buffer.alloc(blockBytes, 1);
  for (let index = 0; index < blocks; index += 1) writeSync(file, block);
  fdatasyncSync(file);
  let next = 0;
  return {
    sample: (count, maxMs) =>
      timed(count, maxMs, () => {
        writeSync(file, block, 0, blockBytes, (next++ % blocks) * blockBytes);
        fdatasyncSync(file);
      }),
    close: () => closeSync(file),
  };
}

/**
 * A transaction such as issuing a ticket needs, with nothing around it: 5 statements on 3 tables with 2 indexes besides
 * their keys, bodies of the usual size, write-ahead log, every commit durable.
 */
export function transactionFloor(folder: string): Floor {
  const db = new Database(join(folder, "floor.sqlite"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("wal_autocheckpoint = 0");
  db.exec(`
    CREATE TABLE series (letter TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE ticket (id TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX ticket_state ON ticket (state);
    CREATE TABLE reply (client TEXT, id TEXT, at INTEGER, body TEXT, PRIMARY KEY (client, id));
    CREATE INDEX reply_age ON reply (at);
    INSERT INTO series VALUES ('A', 0);
  `);
  const known = db.prepare("SELECT body FROM reply WHERE client = ? AND id = ?");
  const count = db.prepare("UPDATE series SET last = ? WHERE letter = 'A'");
  const last = db.prepare("SELECT last FROM series WHERE letter = 'A'");
  const addTicket = db.prepare("INSERT INTO ticket VALUES (?, 'waiting', ?)");
  const addReply = db.prepare("INSERT INTO reply VALUES ('terminal', ?, ?, ?)");
  const body = JSON.stringify({ ticket: "x".repeat(500) });
  const issue = db.transaction((id: string) => {
    known.get("terminal", id);
    const { last: number } = last.get() as { last: number };
    count.run(number + 1);
    addTicket.run(`2026-11-23/A${String(number + 1).padStart(6, "0")}`, body);
    addReply.run(id, number, body);
  });
  let requests = 0;
  const sample = (times: number, maxMs: number) => {
    // A log that is overwritten is as fast as can be; one that grows makes each commit wait twice.
    db.pragma("wal_checkpoint(PASSIVE)");
    return timed(times, maxMs, () => {
      requests += 1;
      issue(`request-${requests}`);
    });
  };
  sample(warmUpCommits, warmUpMaxMs);
  return {
    sample,
    close: () => db.close(),
  };
}

function timed(count: number, maxMs: number, act: () => void): number[] {
  const samples: number[] = [];
  const until = performance.now() + maxMs;
  while (samples.length < count && performance.now() < until) {
    const from = performance.now();
    act();
    samples.push(performance.now() - from);
  }
  return samples;
}
