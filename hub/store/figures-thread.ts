/**
 * A thread that reckons figures (`FiguresTask`), with a connection of its own, which in WAL mode neither waits for the
 * office nor makes it wait. Days that are over are read as they were counted, all that came later from the events.
 */
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import type { DayCells } from "../insight/cells.ts";
import { addEncoded, encodeDay } from "../insight/cells.ts";
import { createReport } from "../insight/report.ts";
import type { TalliedEvent, Tally } from "../insight/tally.ts";
import { createTally } from "../insight/tally.ts";
import type { Counted, FiguresAnswer, FiguresTask } from "./figures-task.ts";
import { countedKey, nothingCounted } from "./figures-task.ts";

/** Days counted at a time, so that the events of years fit into memory. */
const daysMax = 100;

type StoredEvent = TalliedEvent & { epoch: number; seq: number; what?: string };

const task = workerData as FiguresTask;
const db = new Database(task.path, { readonly: true });
// One moment of the file for all that is read.
db.exec("BEGIN");
const meta = db.prepare("SELECT value FROM meta WHERE key = ?").get(countedKey) as { value: string } | undefined;
const counted = meta ? (JSON.parse(meta.value) as Counted) : nothingCounted;
const tally = createTally(task.timeZone, counted.open);

/** Events behind a place in the record, in order; those whose text matches `like`, as a first sieve. */
function* eventsSince({ epoch, seq }: Counted, like = "%"): Generator<StoredEvent> {
  const rows = db.prepare("SELECT body FROM event WHERE (epoch, seq) > (?, ?) AND body LIKE ? ORDER BY epoch, seq");
  for (const row of rows.iterate(epoch, seq, like)) yield JSON.parse((row as { body: string }).body) as StoredEvent;
}

const changesDay = ({ type, what }: StoredEvent) => type === "office.changed" && what === "day";

/** Counts up to the last change of the day, or to that after the most days that are counted at once. */
function settle(): FiguresAnswer {
  const last = lastDayChange();
  if (!last) return { nothing: true };
  for (const event of eventsSince(counted)) {
    tally.take(event);
    if (event.epoch === last.epoch && event.seq === last.seq) break;
  }
  const { days, open } = tally.settle(last.at);
  const stored = db.prepare("SELECT body FROM figure WHERE day = ?");
  const bodies = [...days].map(([day, cells]) => {
    const before = stored.get(day) as { body: string } | undefined;
    if (before) addEncoded(cells, before.body);
    return { day, body: encodeDay(cells) };
  });
  return { days: bodies, counted: { epoch: last.epoch, seq: last.seq, day: last.day, open }, more: last.more };
}

function lastDayChange(): { epoch: number; seq: number; day: string; at: number; more: boolean } | undefined {
  let changes = 0;
  let last: StoredEvent | undefined;
  for (const event of eventsSince(counted, '%"office.changed"%')) {
    if (!changesDay(event)) continue;
    changes += 1;
    last = event;
    if (changes === daysMax) break;
  }
  return last && { epoch: last.epoch, seq: last.seq, day: last.day ?? "", at: last.at, more: changes === daysMax };
}

function report(from: string, to: string): FiguresAnswer {
  const builder = createReport();
  const rows = db.prepare("SELECT day, body FROM figure WHERE day BETWEEN ? AND ? ORDER BY day").iterate(from, to);
  for (const row of rows) {
    const { day, body } = row as { day: string; body: string };
    builder.addStored(day, body);
  }
  addOpen(tally, (day, cells) => {
    if (from <= day && day <= to) builder.add(day, cells);
  });
  return { report: builder.report(from, to) };
}

/** What is not yet counted into days. */
function addOpen(to: Tally, each: (day: string, cells: DayCells) => void): void {
  for (const event of eventsSince(counted)) to.take(event);
  for (const [day, cells] of to.days()) each(day, cells);
}

const answer = task.do === "settle" ? settle() : report(task.from, task.to);
db.close();
parentPort?.postMessage(answer);
