// time limit: 300 s
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { topicNames } from "../../protocol/topics.ts";
import { brokersHere, startBroker } from "../brokers.ts";
import { booking } from "./appointments.ts";
import type { BenchOptions, Part } from "./bench.ts";
import { calling, issuing, withThePast } from "./bench.ts";
import { connectBoards } from "./boards.ts";
import { tableOf } from "./figures.ts";
import { connectLight } from "./light-client.ts";
import { boardUser, site } from "./office.ts";
import { mistakesIn } from "./verify.ts";

// Whether the measurements run and the answers under load are right; how fast they are is no matter here.

async function measured(part: (options: BenchOptions) => Promise<Part>, rounds = 1): Promise<Part["figures"]> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-bench-"));
  const past = { old: 2_000, waiting: 200 };
  try {
    const { figures, mistakes } = await part({
      folder,
      terminals: 10,
      boards: 20,
      calls: 6,
      past,
      bookings: 300,
      rounds,
      requests: 30,
      ms: 300,
    });
    assert.equal(mistakes, []);
    assert.not.match(tableOf(figures), "NaN");
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const kind of brokersHere()) {
  test(`issuing is measured, and each number is given once: ${kind}`, async () => {
    await measured((options) => issuing(kind, options));
  });
}

test("calls are measured, and the boards show the numbers that were called", async () => {
  await measured(calling);
});

test("a call counts once each board shows its number; a board that shows another is found out", async () => {
  const broker = await startBroker("embedded", [{ name: boardUser, role: "board" }], { site });
  const boards = await connectBoards(broker, 3);
  const { host, port, hubPassword } = broker;
  const hub = await connectLight({ host, port, user: "hub", password: hubPassword });
  const display = topicNames(site).topic("display", { group: "all" });
  const show = (number: string) => hub.publish(display, JSON.stringify({ calls: [{ number }] }));
  show("B000003");
  await boards.showing("B000003");
  const wrong = await boards.showing("A000003", 1).catch(String);
  assert.is(wrong, "Error: called A000003, and 3 of 3 boards show B000003");
  // One from before may come late.
  for (const number of ["B000003", "A000003"]) show(number);
  await boards.showing("A000003");
  await hub.close();
  await boards.close();
  await broker.stop();
});

test("a hub with a past is measured, and goes on with its numbers", async () => {
  await measured(withThePast);
});

/** Of the pages that a bare Fastify sends of the same length in the same processor time; a twentieth to a tenth is usual. */
const pagesRatioMin = 0.015;
/** Processor time is told in hundredths of a second; on a busy machine one round has too few of them. */
const ratioRounds = 5;

test("bookings are measured, and no time is booked twice; a page of times costs what it must", async () => {
  const figures = await measured(booking, ratioRounds);
  const ratios = figures.flatMap(({ what, ratio }) => (what.includes("booking page, times") ? [ratio ?? 0] : []));
  assert.is(ratios.length, 1);
  assert.ok(Math.min(...ratios) >= pagesRatioMin, ratios.join(", "));
});

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
