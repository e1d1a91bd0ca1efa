import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { brokersHere } from "../brokers.ts";
import type { BenchOptions, Part } from "./bench.ts";
import { calling, issuing, withThePast } from "./bench.ts";
import { tableOf } from "./figures.ts";
import { mistakesIn } from "./verify.ts";

// Whether the measurements run and the answers under load are right; how fast they are is no matter here.

async function measured(part: (options: BenchOptions) => Promise<Part>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-bench-"));
  const past = { old: 2_000, waiting: 200 };
  try {
    const { figures, mistakes } = await part({
      folder,
      terminals: 10,
      boards: 20,
      calls: 6,
      past,
      rounds: 1,
      requests: 30,
      ms: 300,
    });
    assert.equal(mistakes, []);
    assert.not.match(tableOf(figures), "NaN");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const kind of brokersHere()) {
  test(`issuing is measured, and each number is given once: ${kind}`, () =>
    measured((options) => issuing(kind, options)));
}

test("calls are measured, and the boards show the numbers that were called", () => measured(calling));

test("a hub with a past is measured, and goes on with its numbers", () => measured(withThePast));

test("a reply that is not in the file is found out", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-bench-"));
  const { openStore } = await import("../../hub/store/store.ts");
  openStore(folder).close();
  const payload = Buffer.from(JSON.stringify({ id: "a", verb: "ticket.issue", ok: false, error: {} }));
  const mistakes = mistakesIn(join(folder, "hub.sqlite"), [{ client: "terminal-0", id: "a", payload }]);
  rmSync(folder, { recursive: true });
  assert.is(mistakes.length, 2, mistakes.join("; "));
});

test.run();
