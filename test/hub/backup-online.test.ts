// time limit: 240 s
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { storePath } from "../../hub/store/file.ts";
import { judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import { ask, openOfficeProcess } from "./office-process.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const backups = 4;
/** What the file has before, so that a copy takes its time: replies of about 1 KB. */
const oldReplies = 40_000;
/** Bookings that are made without a backup, to know how long they take. */
const floorBookings = 100;
/** A booking may take so many times as long while a backup is made: there are two at work on one disk. */
const slowerMax = 10;
const config = {
  appointments: { desks: 200, walkInShare: 0, telephoneShare: 0.5, slotMinutes: 5, daysAhead: 60 },
  backup: { everyMinutes: 10_080 },
};

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A booking that the hub has acknowledged, with the instants of its request and of its answer. */
interface Booked {
  id: string;
  from: number;
  until: number;
}

test(`${backups} backups while bookings come: each is whole, has all that was acknowledged before, and holds up nobody`, async () => {
  const office = await openOfficeProcess("embedded", { config });
  try {
    await office.hub.stop();
    const file = new Database(storePath(office.data));
    const add = file.prepare("INSERT INTO reply VALUES ('x', ?, ?, 'v', NULL, ?)");
    file.transaction(() => {
      for (let n = 0; n < oldReplies; n += 1) add.run(String(n), Date.now(), "y".repeat(1_000));
    })();
    file.close();
    await office.startHub();
    const clerk = await office.connect("admin-1");
    const admin = await office.connect("admin-1");
    const tomorrow = Math.ceil(Date.now() / dayMs) * dayMs + dayMs;
    const booked: Booked[] = [];
    let begun = 0;
    const book = async () => {
      const n = begun;
      begun += 1;
      const person = {
        name: `Visitor ${n}`,
        email: `visitor-${n}@example.org`,
        phone: "02362 1",
        birthdates: ["1970-01-01"],
      };
      const at = new Date(tomorrow + (n % 5_000) * 5 * minuteMs).toISOString();
      const from = performance.now();
      const { appointment } = await ask(
        clerk,
        "appointment.book",
        { services: ["pick-up"], at, person },
        { timeoutMs: 30_000 },
      );
      booked.push({ id: appointment.id, from, until: performance.now() });
    };
    for (let n = 0; n < floorBookings; n += 1) await book();
    const floorMs = median(booked.map(({ from, until }) => until - from));

    const made: { path: string; from: number; until: number }[] = [];
    let goOn = true;
    const booking = (async () => {
      while (goOn) await book();
    })();
    booking.catch(() => {});
    for (let n = 0; n < backups; n += 1) {
      const from = performance.now();
      const { path } = await ask(admin, "backup.now", {}, { timeoutMs: 60_000 });
      made.push({ path, from, until: performance.now() });
      // Backups are named by the second.
      const next = Math.floor(Date.now() / 1_000) * 1_000 + 1_000;
      while (Date.now() < next) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    goOn = false;
    await booking;
    await office.hub.stop();

    const during = booked.filter(({ from, until }) => made.some((each) => from > each.from && until < each.until));
    const duringMs = median(during.map(({ from, until }) => until - from));
    const longestMs = Math.max(...during.map(({ from, until }) => until - from));
    const shortestBackupMs = Math.min(...made.map(({ from, until }) => until - from));
    console.log(
      `\n${during.length} bookings during ${made.length} backups of at least ${shortestBackupMs.toFixed(0)} ms: ` +
        `median ${duringMs.toFixed(1)} ms (without ${floorMs.toFixed(1)} ms), longest ${longestMs.toFixed(0)} ms`,
    );
    assert.ok(during.length > 4 * backups, "bookings went on meanwhile");
    assert.ok(duringMs < slowerMax * floorMs, `${duringMs} ms instead of ${floorMs} ms`);

    assert.is(new Set(made.map(({ path }) => path)).size, backups);
    for (const { path, from, until } of made) {
      assert.is(judgeBackup(path).problem, undefined, path);
      const copy = new Database(path, { readonly: true });
      const ids = new Set(copy.prepare("SELECT id FROM appointment").pluck().all() as string[]);
      const count = (table: string) => copy.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
      for (const each of booked) {
        if (each.until < from) assert.ok(ids.has(each.id), `${each.id} was acknowledged before ${path} was begun`);
        if (each.from > until) assert.not.ok(ids.has(each.id), `${each.id} was booked only after ${path} was made`);
      }
      assert.is(count("person"), ids.size, "each with its person");
      copy.close();
    }

    // The last one is put in place, and the office goes on with what is in it.
    const last = made.at(-1);
    if (!last) throw new Error("no backup was made");
    putInPlace({
      data: office.data,
      folder: join(office.data, "backups"),
      backup: judgeBackup(last.path),
      skip: 50,
      now: Date.now(),
    });
    await office.startHub();
    for (const { id } of booked.filter(({ until }) => until < last.from).slice(-20)) {
      const { appointment } = await ask(admin, "appointment.show", { appointment: id });
      assert.is(appointment.state, "confirmed", id);
    }
  } finally {
    await office.close();
  }
});

test.run();
