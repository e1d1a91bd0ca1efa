import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutants } from "./mutants.ts";
import { findFault } from "./put-in-fault.ts";

const root = join(import.meta.dirname, "../..");

test("each mutant is of the product as it is now, and each of its texts is there once", () => {
  assert.ok(mutants.length >= 30);
  for (const { also, ...first } of mutants) {
    for (const { file = first.file, text, instead } of [first, ...(also ? [also] : [])]) {
      const source = readFileSync(join(root, file), "utf8");
      assert.is(source.split(text).length - 1, 1, `${file}: ${text}`);
      assert.is.not(text, instead);
    }
  }
});

test("a product that does not start, or is killed, is not taken for a fault that a check found", async () => {
  const [file, text] = ["hub/office/alarms.ts", "const firstMonth = 10;"];
  const ways: [instead: string, said: RegExp][] = [
    ["const firstMonth = ;", /the days ended with 1: .*SyntaxError/s],
    ["throw new Error('no');", /the days ended with 1: .*Error: no/s],
    ["process.kill(process.pid, 'SIGKILL');", /the days ended with SIGKILL: without a word/],
    ["process.exit(1);", /the days ended with 1: without a word/],
  ];
  for (const [instead, said] of ways) {
    const what = await findFault({ file, text, instead }, 1, 1).catch((error: Error) => error);
    assert.instance(what, Error, `${instead}: ${what}`);
    assert.match((what as Error).message, said);
  }
});

test.run();
