import { mkdirSync, rmSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evolve } from "../../hub/office/evolve.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import type { RestoreReport } from "../../hub/store/restore.ts";
import { judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import { openStore } from "../../hub/store/store.ts";
import type { Grant } from "../../protocol/reserve.ts";
import { bring, given, grants, monday } from "./bringing.ts";
import { demoConfig } from "./hub-process.ts";
import { openOffice, outcome } from "./test-office.ts";

const [{ passwordHash } = { passwordHash: "" }] = demoConfig().users as { passwordHash: string }[];
const users = ["terminal", "kiosk"].map((name) => ({ name, role: "terminal", passwordHash }));

/** An office that goes back to backups, with the file that was there as it is or unreadable. */
function openOld(changes: Parameters<typeof openOffice>[0] = {}) {
  const office = openOffice({ config: { users }, ...changes });
  const data = dirname(office.file);
  const folder = join(data, "backups");
  mkdirSync(folder);
  let backups = 0;
  return {
    office,
    async backup(): Promise<string> {
      backups += 1;
      const path = join(folder, `hub-20261123T08000${backups}Z.sqlite`);
      await office.store.backup(path);
      return path;
    },
    /** @param meanwhile what happens after the command and before the hub is started. */
    restore(path: string, { readable = true, meanwhile = () => {} } = {}): RestoreReport {
      let report: RestoreReport | undefined;
      office.restart({}, () => {
        if (!readable) {
          rmSync(`${office.file}-wal`, { force: true });
          truncateSync(office.file, 5000);
        }
        report = putInPlace({ data, folder, backup: judgeBackup(path), skip: 50, now: office.now });
        meanwhile();
      });
      if (!report) throw new Error("nothing was put in place");
      return report;
    },
    /** What a terminal's journal says that it holds. */
    async tell(client: string, held: readonly Grant[] = []): Promise<void> {
      const { epoch } = office.state;
      const reply = await office.ask(client, "journal.report", { epoch, tickets: [], grants: held, done: true });
      assert.is(outcome(reply), "ok");
    },
  };
}

const ofA = (all: readonly Grant[], of = monday) =>
  all.filter(({ day, letter }) => day === of && letter === "A").map(({ first, last }) => `${first}-${last}`);

for (const readable of [true, false]) {
  const what = readable ? "can be read" : "cannot be read";
  test(`the file that was lost ${what}: a range that a terminal lost with its journal is never named to it again`, async () => {
    const { office, backup, restore, tell } = openOld();
    const first = await grants(office);
    assert.equal(ofA(first), ["A950-A999"]);
    const path = await backup();
    await bring(office, [given("A950")]);
    const anew = await grants(office, "terminal", { anew: true });
    assert.equal(ofA(anew), ["A900-A949"]);
    restore(path, { readable });
    await tell("kiosk");
    await tell("terminal", anew);
    for (const day of new Set(anew.map(({ day }) => day))) {
      assert.equal(ofA(await grants(office), day), ["A900-A949"], day);
    }
    office.restart();
    assert.equal(ofA(await grants(office)), ["A900-A949"]);
    assert.equal((await bring(office, [given("A951")])).refused, [], "a paper of before is still taken");
    office.close();
  });
}

test("a terminal keeps what it says that it holds, and who does not say it has others, which are nobody else's", async () => {
  const { office, backup, restore, tell } = openOld();
  const held = await grants(office);
  assert.equal(ofA(await grants(office, "kiosk")), ["A900-A949"]);
  const path = await backup();
  restore(path, { readable: false });
  await tell("kiosk");
  await tell("terminal", held);
  assert.equal(await grants(office), held, "it goes on from where it stands");
  assert.equal(ofA(await grants(office, "kiosk")), ["A750-A799"], "below what two terminals may have been granted");
  const numbers = Array.from({ length: 26 }, (_, index) => given(`A${950 + index}`));
  assert.equal((await bring(office, numbers)).refused, []);
  assert.equal(ofA(await grants(office)), ["A950-A999", "A700-A749"], "there are fresh ones when few are left");
  office.close();
});

test("who holds a range was told only after the backup: it is his, and one of two who are told to hold it must say so", async () => {
  const { office, backup, restore, tell } = openOld();
  const path = await backup();
  const held = await grants(office);
  restore(path, { readable: false });
  const unsaid = await backup();
  await tell("kiosk");
  await tell("terminal", held);
  restore(unsaid);
  await tell("kiosk");
  await tell("terminal", held);
  assert.equal(await grants(office), held);
  const numbers = Array.from({ length: 26 }, (_, index) => given(`A${950 + index}`));
  await bring(office, numbers);
  assert.equal(ofA(await grants(office)).length, 2, "and what was given of it is counted");

  const another = await backup();
  const db = new Database(another);
  db.prepare("UPDATE reserve SET client = 'kiosk', last = 979 WHERE first = 950").run();
  db.close();
  restore(another);
  const disputed = office.state.reserves.get(monday)?.filter(({ letter, first }) => letter === "A" && first === 950);
  assert.equal(disputed, [{ letter: "A", digits: 3, first: 950, last: 999, client: "", lost: true }]);
  await tell("kiosk");
  await tell("terminal", held);
  assert.is(ofA(await grants(office)).includes("A950-A999"), true);
  office.close();
});

const tuesday = "2026-11-24";
const at = (day: string, time: string) => Date.parse(`${day}T${time}:00+01:00`);

for (const readable of [true, false]) {
  const what = readable ? "can be read" : "cannot be read";
  test(`the file that was lost ${what}, and the clock is wrong at the start: no number of the real day is given again`, async () => {
    // What is tried: a clock that is behind, one that is ahead, and the right one.
    for (const begun of [at(monday, "09:05"), at("2026-11-25", "09:00"), at(tuesday, "09:11")]) {
      const { office, backup, restore } = openOld({ config: {} });
      await office.issue();
      const path = await backup();
      office.now = at(tuesday, "09:00");
      await office.tick();
      for (let n = 0; n < 5; n += 1) await office.issue();
      office.now = at(tuesday, "09:10");
      restore(path, { readable, meanwhile: () => (office.now = begun) });
      const onMonday = office.state.day === monday && { A: 51, B: 50, C: 50 };
      if (onMonday) assert.equal(Object.fromEntries(office.state.series), onMonday);
      office.now = at(tuesday, "09:12");
      await office.tick();
      assert.is(office.state.day, tuesday);
      const series = Object.fromEntries(office.state.series);
      assert.equal(series, { A: readable ? 55 : 50, B: 50, C: 50 }, new Date(begun).toISOString());
      office.restart();
      assert.equal(Object.fromEntries(office.state.series), series, "it is in the file");
      assert.is((await office.issue()).number, readable ? "A056" : "A051");
      // It is the right day for certain: the next one begins anew.
      office.now = at("2026-11-25", "00:00");
      await office.tick();
      office.now = at("2026-11-26", "09:00");
      await office.tick();
      assert.is((await office.issue()).number, "A001");
      office.close();
    }
  });
}

test("numbers are left out on every day that may be the real one, until one begins by a clock that is to be relied on", async () => {
  let isSure = false;
  const { office, backup, restore } = openOld({ config: {}, mayErase: () => isSure });
  const path = await backup();
  office.now = at("2026-12-03", "09:00");
  await office.tick();
  await office.issue();
  restore(path, { readable: false, meanwhile: () => (office.now = at(monday, "23:59")) });
  office.now = at(tuesday, "08:00");
  await office.tick();
  assert.is((await office.issue()).number, "A051");
  office.restart();
  isSure = true;
  office.now = at("2026-12-01", "09:00");
  await office.tick();
  assert.is((await office.issue()).number, "A051");
  // The clock of whoever put the backup in place was ahead.
  office.now = at("2026-12-03", "08:00");
  await office.tick();
  assert.is((await office.issue()).number, "A001");
  office.close();
});

test("events lead to the numbers that the file says", async () => {
  const { office, backup, restore } = openOld();
  await grants(office);
  const path = await backup();
  office.now = at(tuesday, "09:00");
  await office.tick();
  let begun: OfficeState | undefined;
  restore(path, {
    readable: false,
    meanwhile() {
      office.now = at(monday, "10:00");
      const store = openStore(dirname(office.file));
      begun = store.load(office.state.plan, office.state.calendar);
      store.close();
    },
  });
  office.now = at(tuesday, "09:00");
  await office.tick();
  if (!begun) throw new Error("it was not begun");
  for (const event of office.store.events(2, 0, 1000)) evolve(begun, event);
  const numbers = ({ series, reserves, recovery }: OfficeState) => [[...series].sort(), [...reserves], recovery];
  assert.equal(numbers(begun), numbers(office.state));
  office.restart();
  assert.equal(numbers(begun), numbers(office.state));
  office.close();
});

test.run();
