import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { closedTouchesMax, createJournal, openDatabase } from "../../device/journal.ts";
import type { Touch } from "../../device/terminal/types.ts";
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
    for (let count = 0; count < 100; count += 1) full.store(openTouch({ request: `r${count}` }));
    full.close();
    const scribbled = readFileSync(path).fill(0xa5, 5_000, 9_000);
    for (const rubbish of [scribbled, "this is no database, and long enough to be looked at ".repeat(100)]) {
      writeFileSync(path, rubbish);
      const errors: string[] = [];
      const journal = createJournal(path, { warn() {}, error: (_fields, message) => void errors.push(message) });
      assert.equal(journal.open(), []);
      assert.is(journal.status().state, "error");
      assert.match(journal.status().detail, `${path}.broken`);
      assert.is(errors.length, 1);
      assert.ok(existsSync(`${path}.broken`));
      journal.store(openTouch());
      journal.close();
      const again = createJournal(path, silent);
      assert.equal(again.open(), [openTouch()]);
      assert.is(again.status().state, "ready");
      again.close();
      rmSync(path);
    }
  }),
);

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
    assert.equal(journal.open(), []);
    assert.is(journal.status().state, "error");
    assert.throws(() => journal.store(openTouch()));
    rmSync(folder);
    journal.store(openTouch());
    assert.is(journal.status().state, "ready");
    journal.close();
  }),
);

test.run();
