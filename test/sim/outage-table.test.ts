import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { faultRows } from "./faults.ts";

const root = join(import.meta.dirname, "../..");

/** The rows of the table in outage.md that stand for each row of "When something breaks", by their first column. */
const standFor: Record<string, readonly string[]> = {
  "hub, broker or network gone": [
    "hub killed",
    "no beat of the hub for 10 s (hub frozen, broker or network away)",
    "a board is switched on while the hub is away",
  ],
  "terminal loses power": ["power cut of the terminal before, while and after it prints, the printer runs on"],
  "printer out of paper, cover open, unplugged": [
    "the printer is without paper, open or unplugged while the office runs",
  ],
  "scanner unplugged": ["the scanner is unplugged"],
  "board unplugged": ["power cut at a board between any two steps"],
  "disk full at a terminal": ["the terminal's journal cannot be written, once or for long"],
  "a device's program ends": ["the program of a terminal or board ends and is started again"],
  "kill or power cut at the hub": ["hub killed", "power cut at the hub after any write"],
  "clock of a device wrong": [
    "a device's clock is more than 30 s off",
    "the terminal's clock is wrong or unset",
    "a board's clock is wrong, unset or set meanwhile",
  ],
  "disk full at the hub": ["the hub's disk is full"],
  "end of day": ["the day ends"],
  evacuation: ["the house is evacuated"],
  "a backup put in place": ["database damaged, missing or empty"],
  "next year's closures not entered": ["next year's closures are not entered"],
};

/** The table's rows: the fault, what visitors see, and the tests. */
function outageTable(): Map<string, string[]> {
  const text = readFileSync(join(root, "deploy/docs/outage.md"), "utf8");
  const [, table = ""] = text.split("| fault | what visitors see | test |\n| --- | --- | --- |\n");
  const lines = table.split("\n").filter((line) => line.startsWith("| "));
  return new Map(
    lines.map((line) => {
      const [fault = "", , tests = ""] = line.slice(2, -2).split(" | ");
      return [fault, [...tests.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path)];
    }),
  );
}

test("whatever may break has a row that says what visitors see, and tests that are there", () => {
  const table = outageTable();
  for (const row of Object.keys(faultRows)) {
    const faults = standFor[row] ?? [];
    assert.ok(faults.length > 0, `outage.md has no row for: ${row}`);
    for (const fault of faults) assert.ok(table.has(fault), `${row}: outage.md has no row "${fault}"`);
  }
  assert.equal(Object.keys(standFor).sort(), Object.keys(faultRows).sort());
  for (const [fault, tests] of table) {
    assert.ok(tests.length > 0, `${fault}: no test`);
    for (const path of tests) assert.ok(existsSync(join(root, path)), `${fault}: there is no ${path}`);
  }
});

test.run();
