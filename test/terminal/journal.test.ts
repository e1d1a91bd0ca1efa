import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { closedTouchesMax, createJournal } from "../../device/journal.ts";
import { openDatabase } from "../../device/journal-file.ts";
import type { Touch } from "../../device/terminal/types.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { openTouch, ticket } from "./drive.ts";

const silent = { warn() {}, error() {} };

function withFile(run: (path: string) => void | Promise<void>) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "wartemarke-journal-"));
    try {
      await run(join(folder, "deeper", "journal.sqlite"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

const report = { attempt: 2, outcome: "unknown", sure: false, detail: "Papier: ä ß €" } as const;
const life: Touch[] = [
  openTouch(),
  openTouch({ step: "issued", ticket }),
  openTouch({ step: "reporting", ticket, report }),
  openTouch({ step: "withdrawing" }),
];

test(
  "a touch comes back as it was stored last, after every step of its life",
  withFile((path) => {
    for (const touch of life) {
      const journal = createJournal(path, silent);
      journal.open();
      journal.store(touch);
      journal.close();
      const again = createJournal(path, silent);
      assert.equal(again.open(), [touch]);
      assert.equal(again.status(), { state: "ready", detail: "" });
      again.close();
    }
    const journal = createJournal(path, silent);
    journal.store(openTouch({ step: "closed", ticket }));
    journal.close();
    assert.equal(createJournal(path, silent).open(), []);
  }),
);

test(
  "the touch that came last is known, closed or not, whatever is stored of an earlier one afterwards",
  withFile((path) => {
    const journal = createJournal(path, silent);
    assert.is(journal.last(), undefined);
    journal.store(openTouch({ request: "first" }));
    journal.store(openTouch({ request: "second" }));
    journal.store(openTouch({ request: "first", step: "issued", ticket }));
    assert.is(journal.last()?.request, "second");
    journal.store(openTouch({ request: "second", step: "closed", ticket, report }));
    journal.close();
    const again = createJournal(path, silent);
    assert.equal(again.last(), openTouch({ request: "second", step: "closed", ticket, report }));
    again.close();
    writeFileSync(path, "rubbish that is long enough to be looked at ".repeat(100));
    rmSync(`${path}-wal`, { force: true });
    assert.is(createJournal(path, silent).last(), undefined);
  }),
);

test(
  "what was stored is there after the process was killed in the next instant",
  withFile(async (path) => {
    for (const [index, touch] of life.entries()) {
      const child = fork(join(import.meta.dirname, "journal-writer.ts"), [path, JSON.stringify(touch)]);
      await new Promise<void>((resolve) => child.once("message", () => resolve()));
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      const journal = createJournal(path, silent);
      assert.equal(journal.open(), [touch], `step ${index}`);
      journal.close();
    }
  }),
);

test(
  "every connection waits for the disk, the first and the later ones",
  withFile((path) => {
    for (const opening of ["first", "second"]) {
      const database = openDatabase(path);
      assert.equal([opening, database.pragma("synchronous", { simple: true })], [opening, 2]);
      assert.is(database.pragma("journal_mode", { simple: true }), "wal");
      database.close();
    }
  }),
);

test(
  "closed touches are bounded; open ones stay, however old",
  withFile((path) => {
    const journal = createJournal(path, silent);
    journal.open();
    journal.store(openTouch({ request: "open" }));
    const database = new Database(path);
    const insert = database.prepare("INSERT INTO touches (request, step, touch) VALUES (?, 'closed', '{}')");
    database.transaction(() => {
      for (let count = 0; count < closedTouchesMax + 500; count += 1) insert.run(`closed-${count}`);
    })();
    journal.store(openTouch({ request: "newest", step: "closed" }));
    assert.is(database.prepare("SELECT count(*) FROM touches").pluck().get(), closedTouchesMax + 1);
    database.close();
    assert.equal(
      journal.open().map(({ request }) => request),
      ["open"],
    );
    journal.close();
  }),
);

test(
  "a broken file is moved aside, said, and a new journal works",
  withFile((path) => {
    const full = createJournal(path, silent);
    const requests = Array.from({ length: 100 }, (_, count) => `r${count}`);
    for (const request of requests) full.store(openTouch({ request }));
    full.close();
    const scribbled = readFileSync(path).fill(0xa5, 5_000, 9_000);
    for (const rubbish of [scribbled, "this is no database, and long enough to be looked at ".repeat(100)]) {
      writeFileSync(path, rubbish);
      const errors: string[] = [];
      const journal = createJournal(path, { warn() {}, error: (_fields, message) => void errors.push(message) });
      const rescued = journal.open().map(({ request }) => request);
      assert.equal(rescued, rubbish === scribbled ? requests.slice(-rescued.length) : []);
      assert.ok(rescued.length > 0 || rubbish !== scribbled, "what comes behind the damage can be read");
      assert.is(journal.status().state, "error");
      assert.match(journal.status().detail, `${path}.broken`);
      assert.is(errors.length, 1);
      assert.ok(existsSync(`${path}.broken`));
      journal.store(openTouch());
      journal.close();
      const again = createJournal(path, silent);
      assert.equal(again.open().slice(rescued.length), [openTouch()]);
      assert.is(again.status().state, "ready");
      again.close();
      rmSync(path);
    }
  }),
);

/** As after a write of the index that the card lost: what the tables have it does not. */
function damageIndex(path: string, request: string): void {
  const database = new Database(path);
  database.pragma("wal_checkpoint(TRUNCATE)");
  const pageBytes = Number(database.pragma("page_size", { simple: true }));
  const bytes = readFileSync(path);
  let changed = 0;
  for (let at = bytes.indexOf(request); at >= 0; at = bytes.indexOf(request, at + 1)) {
    const indexLeaf = 0x0a;
    if (bytes[at - (at % pageBytes)] !== indexLeaf) continue;
    bytes.write("x", at + request.length - 1);
    changed += 1;
  }
  assert.is(changed, 1);
  writeFileSync(path, bytes);
  // Whoever has the file open reads it anew.
  database.prepare("INSERT INTO kept (what, value) VALUES ('list/2020-01-01', '{}')").run();
  database.close();
}

const day = "2026-11-23";
const heldRange = { day, letter: "A", first: "A950", last: "A999", next: 950 };
const given = (number: string, changes: Partial<Touch> = {}) =>
  openTouch({
    request: `given-${number}`,
    ticket: makeTicket(number),
    reserve: { order: Number(number.slice(1)), clock: "sure", contactAt: null, adopted: false },
    ...changes,
  });

/** A journal with three numbers of its own, two of them open, behind so many closed touches that the next store removes one. */
function fillJournal(path: string) {
  const journal = createJournal(path, silent);
  journal.open();
  journal.recall();
  journal.hold([heldRange]);
  journal.keep("epoch", { epoch: 7 });
  const database = new Database(path);
  const insert = database.prepare("INSERT INTO touches (request, step, touch) VALUES (?, 'closed', ?)");
  database.transaction(() => {
    for (let count = 10_000; count < 10_000 + closedTouchesMax; count += 1) {
      insert.run(`closed-${count}`, JSON.stringify(openTouch({ request: `closed-${count}`, step: "closed" })));
    }
  })();
  database.close();
  for (const number of ["A950", "A951", "A952"]) journal.store(given(number, { step: "issued" }));
  journal.store(given("A950", { step: "closed" }));
  return journal;
}

const inOrder = (touches: readonly Touch[]) => touches.map(({ request, step }) => `${request} ${step}`);

test(
  "an index that was damaged is found at the start: its touches are known, and the hub is asked for other numbers",
  withFile((path) => {
    fillJournal(path).close();
    damageIndex(path, "closed-10005");
    const journal = createJournal(path, silent);
    assert.equal(inOrder(journal.open()), ["given-A951 issued", "given-A952 issued"]);
    assert.match(journal.status().detail, `${path}.broken`);
    assert.is(journal.last()?.request, "given-A952");
    assert.equal([journal.recall().grants, journal.recall().epoch, journal.recall().order], [[], 7, 952]);
    assert.is(journal.given(day, 0).touches.length, 3);
    // What is still to be said of a number is stored without its range; a new number is not.
    journal.store(given("A951", { step: "reporting", report }));
    journal.store(given("A951", { step: "closed", report }));
    assert.throws(() => journal.store(given("A953", { step: "issued" })), /no range with A953/);
    journal.close();
    const again = createJournal(path, silent);
    assert.equal(inOrder(again.open()), ["given-A952 issued"]);
    assert.equal(again.status(), { state: "ready", detail: "" });
    again.close();
  }),
);

test(
  "damage that shows while the terminal works costs no touch and no number",
  withFile((path) => {
    const errors: string[] = [];
    fillJournal(path).close();
    const journal = createJournal(path, { warn() {}, error: (_fields, message) => void errors.push(message) });
    assert.is(journal.open().length, 2);
    journal.recall();
    damageIndex(path, "closed-10004");
    for (const number of ["A953", "A954"]) journal.store(given(number, { step: "issued" }));
    journal.store(given("A951", { step: "closed" }));
    assert.match(journal.status().detail, `${path}.broken`);
    assert.equal(errors, ["journal broken, begun anew with what is known of it"]);
    assert.is(journal.given(day, 0).touches.length, 5);
    journal.close();
    const again = createJournal(path, silent);
    assert.equal(inOrder(again.open()), ["given-A952 issued", "given-A953 issued", "given-A954 issued"]);
    assert.equal(again.recall().grants, [{ ...heldRange, next: 955 }]);
    assert.is(again.status().state, "ready");
    again.close();
  }),
);

test(
  "whichever page of the file is an older one, touches are stored and found again",
  withFile((path) => {
    const journal = fillJournal(path);
    const older = settledBytes(path);
    for (const number of ["A953", "A954", "A955"]) journal.store(given(number, { step: "issued" }));
    journal.close();
    const newer = settledBytes(path);
    const pageBytes = 4096;
    for (let at = 0; at < older.length; at += pageBytes) {
      if (older.subarray(at, at + pageBytes).equals(newer.subarray(at, at + pageBytes))) continue;
      const mixed = Buffer.from(newer);
      older.copy(mixed, at, at, at + pageBytes);
      for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
      writeFileSync(path, mixed);
      const started = createJournal(path, silent);
      started.open();
      started.recall();
      for (let count = 0; count < 20; count += 1) started.store(openTouch({ request: `later-${at}-${count}` }));
      started.close();
      const again = createJournal(path, silent);
      assert.is(again.open().filter(({ request }) => request.startsWith("later-")).length, 20);
      again.close();
    }
  }),
);

function settledBytes(path: string): Buffer {
  const database = new Database(path);
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
  return readFileSync(path);
}

test(
  "a journal of a later version is not touched up, but moved aside",
  withFile((path) => {
    const journal = createJournal(path, silent);
    journal.open();
    journal.close();
    const database = new Database(path);
    database.pragma("user_version = 99");
    database.close();
    const again = createJournal(path, silent);
    again.open();
    assert.match(again.status().detail, "version 99");
    again.close();
  }),
);

test(
  "one touch that cannot be read does not take the others with it",
  withFile((path) => {
    const journal = createJournal(path, silent);
    journal.open();
    journal.store(openTouch({ request: "bad" }));
    journal.store(openTouch({ request: "good" }));
    journal.close();
    const database = new Database(path);
    database.prepare("UPDATE touches SET touch = '{' WHERE request = 'bad'").run();
    database.close();
    const again = createJournal(path, silent);
    assert.equal(
      again.open().map(({ request }) => request),
      ["good"],
    );
    again.close();
  }),
);

test(
  "a place that cannot be written: said at start, every store throws, and it works once it can",
  withFile((path) => {
    const folder = join(path, "..");
    writeFileSync(folder, "a file where the folder should be");
    const journal = createJournal(path, silent);
    assert.throws(() => journal.open());
    assert.is(journal.status().state, "error");
    assert.throws(() => journal.store(openTouch()));
    rmSync(folder);
    journal.store(openTouch());
    assert.is(journal.status().state, "ready");
    journal.close();
  }),
);

test.run();
