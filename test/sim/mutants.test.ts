import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutants } from "./mutants.ts";

const root = join(import.meta.dirname, "../..");

test("each mutant is of the product as it is now, and each of its texts is there once", () => {
  assert.ok(mutants.length >= 30);
  for (const { file, also, ...first } of mutants) {
    const source = readFileSync(join(root, file), "utf8");
    for (const { text, instead } of [first, ...(also ? [also] : [])]) {
      assert.is(source.split(text).length - 1, 1, `${file}: ${text}`);
      assert.is.not(text, instead);
    }
  }
});

test.run();
