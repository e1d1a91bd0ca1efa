import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../device/config/json.ts";
import { loadConfig } from "../../device/config.ts";
import { createJournal } from "../../device/journal.ts";
import { readPageTouch } from "../../device/terminal/page-touch.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { fuzzRuns, hostileText, hostileValue, mutated } from "../fuzz.ts";

const folder = mkdtempSync(join(tmpdir(), "wartemarke-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const quiet = { warn() {}, error() {} };
const whole = {
  request: "whole",
  service: "id-card",
  language: "de",
  at: 1_764_000_000_000,
  step: "issued" as const,
  ticket: makeTicket("A017"),
  report: null,
  reserve: null,
  code: null,
  toDesk: false,
  left: false,
};

const examples = ["terminal", "board", "desk"].map((name): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../deploy/examples", `${name}.json`), "utf8")),
);

test("a configuration that is broken in depth is told where, not answered with an error of ours", () => {
  for (const text of ["[".repeat(100_000), '{"a":'.repeat(100_000), `${"[".repeat(50_000)}x`]) {
    const parsed = parseJson(text);
    assert.ok(!parsed.ok && parsed.line === 1);
  }
  assert.ok(parseJson(`${"[".repeat(99)}${"]".repeat(99)}`).ok);
});

test("any text and any change of a right configuration is taken or told, in one message that names the file", () => {
  const file = join(folder, "device.json");
  const right = fc.constantFrom(...examples);
  const texts = fc.oneof(
    hostileText,
    mutated(right).map((value) => JSON.stringify(value) ?? ""),
    fc.tuple(right, fc.nat(), hostileText).map(([value, at, text]) => {
      const whole = JSON.stringify(value, null, 2);
      const cut = at % whole.length;
      return whole.slice(0, cut) + text + whole.slice(cut + 1);
    }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      writeFileSync(file, text);
      const loaded = loadConfig(file, { WARTEMARKE_SCREEN_PORT: "8081", WARTEMARKE_LOG: "info" });
      assert.ok(loaded.ok || loaded.message.startsWith(file));
    }),
    fuzzRuns(400),
  );
});

test("whatever a page sends is one of its touches, or told why not", () => {
  const right = fc.constantFrom<object>(
    { id: "1", do: "choose", service: "id-card" },
    { id: "2", do: "language", language: "en" },
    { id: "3", do: "large", on: true },
    { id: "4", do: "digit", digit: "7" },
  );
  fc.assert(
    fc.property(fc.oneof(hostileValue, mutated(right)), (input) => {
      const read = readPageTouch(input);
      if (read.ok) assert.ok(read.value.id.length <= 64);
      else assert.ok(read.reason.length < 1_000, read.reason.slice(0, 200));
    }),
    fuzzRuns(500),
  );
});

test("a row of the journal that is no JSON costs nothing of what the others know", () => {
  const path = join(folder, "one-row.sqlite");
  const journal = createJournal(path, quiet);
  const range = { day: "2026-11-23", letter: "A", first: "A900", last: "A950", next: 900 };
  journal.open();
  journal.hold([range]);
  const reserve = { order: 7, clock: "sure" as const, contactAt: null, adopted: false };
  journal.store({ ...whole, ticket: makeTicket("A900"), reserve, code: "c0de" });
  const file = new Database(path);
  file.exec("INSERT INTO touches (request, step, touch) VALUES ('broken', 'closed', '{')");
  file.close();
  const { grants, order, admitted } = journal.recall();
  assert.equal(grants, [{ ...range, next: 901 }]);
  assert.equal([order, admitted.length], [7, 1]);
  assert.is(journal.status().state, "ready");
  journal.close();
});

test("whatever stands in a journal's rows, the terminal starts, and what was whole is still there", () => {
  const path = join(folder, "journal.sqlite");
  const first = createJournal(path, quiet);
  first.open();
  first.store(whole);
  first.close();
  const text = fc.oneof(
    hostileText.filter((given) => given.isWellFormed()),
    mutated(fc.constant({ ...whole, request: "broken" })).map((value) => JSON.stringify(value) ?? ""),
  );
  const number = fc.oneof(fc.integer(), fc.constantFrom(-1, 0, 2 ** 52, -(2 ** 52)));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), text, text, number, (touches, day, value, next) => {
      const file = new Database(path);
      file.exec("DELETE FROM touches WHERE request <> 'whole'; DELETE FROM reserve; DELETE FROM kept");
      const add = file.prepare("INSERT INTO touches (request, step, touch) VALUES (?, 'sent', ?)");
      for (const [index, touch] of touches.entries()) add.run(`broken-${index}`, touch);
      file.prepare("INSERT INTO reserve VALUES (?, 'A', 'A900', 'A950', ?)").run(day, next);
      for (const what of ["office", "clock", "list/2026-11-23"]) {
        file.prepare("INSERT INTO kept VALUES (?, ?)").run(what, value);
      }
      file.close();
      const journal = createJournal(path, quiet);
      const open = journal.open();
      assert.equal(open[0], whole);
      journal.recall();
      assert.is(journal.status().state, "ready");
      journal.store({ ...whole, step: "issued" });
      journal.close();
    }),
    fuzzRuns(100),
  );
});

test.run();
