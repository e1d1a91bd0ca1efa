import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { judgeBackup } from "../../hub/store/restore.ts";
import { openStore } from "../../hub/store/store.ts";
import { dayMs, minuteMs, scheduled, written } from "./scheduled-backups.ts";
import { erika, erikasTraces, monday, openStored } from "./stored-office.ts";
import { openOffice, outcome } from "./test-office.ts";

test("a backup is the whole file as it was, can be opened as one, and only its owner may read it", async () => {
  const office = openStored();
  office.book("aaaaaaaaaa", monday);
  const to = join(office.folder, "copy", "hub.sqlite");
  await office.store.backup(join(office.folder, "one.sqlite"));
  assert.is(statSync(join(office.folder, "one.sqlite")).mode & 0o077, 0);
  const folder = join(office.folder, "copy");
  openStore(folder).close();
  const bytes = await office.store.backup(to);
  assert.is(statSync(to).size, bytes);
  office.book("bbbbbbbbbb", monday);
  const restored = openStore(folder);
  assert.equal((await restored.check()).problems, []);
  assert.equal(restored.person("aaaaaaaaaa"), erika);
  assert.is(restored.person("bbbbbbbbbb"), undefined, "what came later is not in it");
  assert.equal(restored.key, office.store.key);
  assert.equal(restored.load(office.plan, office.calendar).appointments.records.size, 1);
  restored.close();
  office.close();
});

test("what was erased is in no backup that is made afterwards", async () => {
  const office = openStored();
  office.book("aaaaaaaaaa", monday);
  for (const mail of ["confirmation", "reminder"]) office.store.mailSent(`aaaaaaaaaa-${mail}`);
  const path = join(office.folder, "one.sqlite");
  const found = async () => {
    await office.store.backup(path);
    return readFileSync(path, "latin1").includes(erika.name);
  };
  assert.is(await found(), true);
  office.commit([], { persons: [{ do: "erase", appointment: "aaaaaaaaaa" }] });
  assert.is(await found(), false, "without any tidying");
  office.close();
});

test("a person is in no file and no backup any more three days after he was erased from the office", async () => {
  const office = openStored();
  office.changeDay(monday);
  office.book("aaaaaaaaaa", monday);
  const it = scheduled((path) => office.store.backup(path));
  const holders = () => {
    const files = [office.folder, it.folder].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
    );
    const held = (path: string) =>
      statSync(path).isFile() && erikasTraces.some((text) => readFileSync(path, "latin1").includes(text));
    return files.filter(held);
  };
  const halfDay = dayMs / 2;
  await it.pass(0);
  assert.ok(holders().some((path) => path.startsWith(it.folder)), "backups hold him while the office does"); // biome-ignore format: one thought
  for (const day of ["2026-11-24", "2026-11-25"]) {
    for (let half = 0; half < 2; half += 1) await it.pass(halfDay);
    office.now = it.now;
    office.changeDay(day);
  }
  office.store.tidy(0);
  const left = holders();
  assert.ok(left.length > 0 && left.every((path) => path.startsWith(it.folder)), "erased here, and not yet in backups");
  for (let half = 0; half < 6; half += 1) await it.pass(halfDay);
  await it.pass(60 * minuteMs);
  assert.equal(holders(), []);
  assert.ok(it.list().length >= 6, "there are backups, without him");
  it.remove();
  office.close();
});

test("bookings go on while a large file is copied, and the copy is of one moment", async () => {
  const office = openStored();
  const file = new Database(join(office.folder, "hub.sqlite"));
  const add = file.prepare("INSERT INTO reply VALUES ('x', ?, 1, 'v', NULL, ?)");
  file.transaction(() => {
    for (let n = 0; n < 60_000; n += 1) add.run(String(n), "y".repeat(1000));
  })();
  file.close();
  const to = join(office.folder, "one.sqlite");
  let done = false;
  const copying = office.store.backup(to).finally(() => {
    done = true;
  });
  let booked = 0;
  while (!done) {
    office.book(String(booked).padStart(10, "0"), monday);
    booked += 1;
    if (booked % 20 === 0) office.store.tidy(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok((await copying) > 60_000_000);
  assert.ok(booked > 10, `${booked} bookings meanwhile`);
  const copy = new Database(to, { readonly: true });
  const count = (table: string) => (copy.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
  assert.equal([count("person"), count("mail")], [count("appointment"), 2 * count("appointment")]);
  copy.close();
  office.store.tidy(0);
  office.reopen();
  assert.is(office.state.appointments.records.size, booked, "and none is lost");
  office.close();
});

test("a backup that cannot be made leaves nothing behind, and the file as it was", async () => {
  const office = openStored();
  const error = await office.store.backup(join(office.folder, "missing", "one.sqlite")).then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.match(String(error?.message), /ENOENT/);
  const taken = join(office.folder, "taken.sqlite");
  writeFileSync(taken, "an older backup");
  const other = openStored();
  other.store.close();
  writeFileSync(join(other.folder, "hub.sqlite"), Buffer.alloc(8192, 1));
  assert.ok(
    await other.store.backup(taken).then(
      () => false,
      () => true,
    ),
    "the source is no database any more",
  );
  assert.is(readFileSync(taken, "utf8"), "an older backup");
  assert.equal(
    readdirSync(office.folder).filter((name) => name.includes(".part")),
    [],
  );
  rmSync(other.folder, { recursive: true });
  office.close();
});

test("one is made at the start and then every hour, also by a hub that is restarted all the time", async () => {
  const it = scheduled(written);
  await it.pass(0);
  assert.equal(it.list(), ["hub-20261123T080000Z.sqlite"]);
  await it.pass(59 * minuteMs);
  assert.is(it.begun(), 1);
  await it.pass(minuteMs);
  assert.equal(it.list(), ["hub-20261123T080000Z.sqlite", "hub-20261123T090000Z.sqlite"]);
  it.now -= 2 * 60 * minuteMs;
  await it.pass(0);
  assert.is(it.begun(), 3, "a clock that was set back does not stop them");
  it.remove();
});

test("old ones are deleted, the newest never, and nothing else in the folder", async () => {
  let fail = false;
  const it = scheduled((path) => (fail ? Promise.reject(new Error("the disk is full")) : written(path)));
  for (let hour = 0; hour < 3; hour += 1) await it.pass(60 * minuteMs);
  for (const name of ["hub.sqlite", "hub-20200101.sqlite", "notes.txt"]) writeFileSync(join(it.folder, name), "");
  writeFileSync(join(it.folder, "hub-20261123T095959Z.sqlite.part"), "of a hub that was killed");
  fail = true;
  await it.pass(4 * dayMs);
  const others = ["hub-20200101.sqlite", "hub.sqlite", "notes.txt"];
  assert.equal(it.list(), [...others, "hub-20261123T110000Z.sqlite"].sort(), "none newer could be made");
  fail = false;
  await it.pass(10 * minuteMs);
  assert.equal(it.list(), [...others, "hub-20261127T111000Z.sqlite"].sort());
  it.remove();
});

test("whatever else lies in the folder, old backups are deleted and new ones made", async () => {
  const it = scheduled(written);
  await it.pass(0);
  for (const name of ["hub-99999999T999999Z.sqlite", "hub-20261340T080000Z.sqlite"])
    writeFileSync(join(it.folder, name), "");
  // Old enough to be deleted, and unfinished, were they backups.
  const folders = ["hub-20200101T080000Z.sqlite", "hub-20200101T080000Z.sqlite.part"];
  for (const name of folders) mkdirSync(join(it.folder, name));
  await it.pass(4 * dayMs);
  assert.equal([it.alarms, it.over()], [[], 2]);
  assert.is(it.backups.newestAt(), it.now);
  assert.not.ok(it.list().includes("hub-20261123T080000Z.sqlite"), "the old one is deleted");
  for (const name of [...folders, "hub-99999999T999999Z.sqlite"]) assert.ok(it.list().includes(name), name);
  it.remove();
});

test("a clock that leaps ahead deletes no backup before it is believed", async () => {
  const it = scheduled(written);
  await it.pass(0);
  const [first = ""] = it.list();
  it.isSure = false;
  await it.pass(30 * dayMs);
  assert.is(it.list().length, 2);
  assert.ok(it.list().includes(first));
  it.isSure = true;
  await it.pass(minuteMs);
  assert.not.ok(it.list().includes(first));
  it.remove();
});

test("staff are told once when none can be made, it is tried again, and told again the next time", async () => {
  let fail = true;
  const it = scheduled((path) => (fail ? Promise.reject(new Error("the disk is full")) : written(path)));
  await it.pass(0);
  for (let minute = 0; minute < 25; minute += 1) await it.pass(minuteMs);
  assert.equal(it.alarms, ["the disk is full"]);
  assert.equal([it.begun(), it.over()], [3, 0], "every ten minutes");
  fail = false;
  await it.pass(10 * minuteMs);
  assert.equal([it.list().length, it.over()], [1, 1], "they are told that it is over");
  fail = true;
  await it.pass(60 * minuteMs);
  assert.equal(it.alarms, ["the disk is full", "the disk is full"]);
  it.remove();
});

test("a clock that was ahead holds up no backup, and lets none seem new", async () => {
  let fail = false;
  const it = scheduled((path) => (fail ? Promise.reject(new Error("the disk is full")) : written(path)));
  const right = it.now;
  it.now += 365 * dayMs;
  await it.pass(0);
  fail = true;
  await it.pass(60 * minuteMs);
  assert.equal(it.alarms, ["the disk is full"]);
  fail = false;
  it.now = right;
  assert.is(it.backups.newestAt(), null, "of the year to come");
  await it.pass(minuteMs);
  assert.equal([it.list().length, it.over()], [2, 2], "made, and staff are told that it is over");
  assert.is(it.backups.newestAt(), it.now);
  it.remove();
});

test("one every minute while bookings come: each is whole, and holds all that were booked before it was begun", async () => {
  const office = openStored();
  const it = scheduled((path) => office.store.backup(path), minuteMs);
  let booked = 0;
  const book = () => {
    office.book(String(booked).padStart(10, "0"), monday);
    booked += 1;
  };
  const before: number[] = [];
  for (let minute = 0; minute < 5; minute += 1) {
    for (let n = 0; n < 10; n += 1) book();
    before.push(booked);
    let done = false;
    const passed = it.pass(minuteMs).finally(() => {
      done = true;
    });
    while (!done) {
      book();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await passed;
    office.store.tidy(0);
  }
  assert.is(it.list().length, 5);
  for (const [index, name] of it.list().entries()) {
    const path = join(it.folder, name);
    assert.is(judgeBackup(path).problem, undefined, name);
    const copy = new Database(path, { readonly: true });
    const count = (table: string) => (copy.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
    assert.ok(count("appointment") >= (before[index] ?? 0), `${name}: ${count("appointment")} of ${before[index]}`);
    assert.equal([count("person"), count("mail")], [count("appointment"), 2 * count("appointment")], "of one moment");
    copy.close();
  }
  it.remove();
  office.close();
});

test("two who ask at once get the same backup", async () => {
  const it = scheduled(written);
  const [one, other] = await Promise.all([it.backups.now(), it.backups.now()]);
  assert.equal(one, other);
  assert.is(it.begun(), 1);
  assert.equal(one, { path: join(it.folder, "hub-20261123T080000Z.sqlite"), bytes: 8 });
  it.remove();
});

test("backup.now is for admins and answers with the path and the size", async () => {
  const office = openOffice();
  await office.issue();
  assert.is(outcome(await office.ask("clerk", "backup.now")), "forbidden");
  const reply = await office.ask("admin", "backup.now");
  if (!reply.ok) throw new Error(reply.error.message);
  const { path, bytes } = reply.result as { path: string; bytes: number };
  assert.is(statSync(path).size, bytes);
  const copy = new Database(path, { readonly: true });
  assert.is((copy.prepare("SELECT count(*) AS n FROM ticket").get() as { n: number }).n, 1);
  copy.close();
  office.close();
});

test.run();
