import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PrintOutcome } from "../../device/ports.ts";
import { printerOptions } from "../../device/printer/options.ts";
import { createPrinter } from "../../device/printer/printer.ts";
import { receiptOf } from "../contract/printer.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { until } from "../until.ts";
import { tcpPrinter } from "./bench.ts";

/** Waiting for a confirmation that never comes takes ten seconds; here two and a half. */
const hurry = 4;

type Bench = Awaited<ReturnType<typeof tcpPrinter>>;

async function over(profile: string, speed: number, run: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = await tcpPrinter(profile, speed, { confirms: profile === "epson", asian: profile === "generic" });
  try {
    await run(bench);
    assert.equal(bench.emulator.errors, [], "the printer understood every command");
  } finally {
    await bench.end();
  }
}

const brief = ({ outcome, sure }: PrintOutcome) => `${outcome}${sure ? ", sure" : ""}`;
const longText = Array.from({ length: 20 }, (_, line) => `Zeile ${line} mit etwas mehr Text darin`);

// What is wrong before the job, what its outcome is, and what came out.
const before: [string, string, (bench: Bench) => void, string, string, number][] = [
  ["epson", "nothing", () => {}, "ready", "printed, sure", 1],
  ["epson", "low paper", ({ emulator }) => emulator.setPaper("low"), "paper-low", "printed, sure", 1],
  ["epson", "no paper", ({ emulator }) => emulator.setPaper("out"), "paper-out", "failed, sure", 0],
  ["epson", "open cover", ({ emulator }) => emulator.setCover(true), "cover-open", "failed, sure", 0],
  ["epson", "cutter", ({ emulator }) => emulator.fail("error"), "error", "failed, sure", 0],
  ["epson", "offline", ({ emulator }) => emulator.fail("offline"), "offline", "failed, sure", 0],
  ["epson", "slow", ({ emulator }) => emulator.fail("slow", 2_000), "ready", "printed, sure", 1],
  ["epson", "no answers", ({ emulator }) => emulator.fail("no-answer"), "unknown", "unknown", 1],
  ["epson", "garbage", ({ emulator }) => emulator.fail("garbage"), "unknown", "unknown", 1],
  ["generic", "nothing", () => {}, "ready", "printed", 1],
  ["generic", "no paper", ({ emulator }) => emulator.setPaper("out"), "paper-out", "failed, sure", 0],
  ["generic", "no answers", ({ emulator }) => emulator.fail("no-answer"), "unknown", "unknown", 1],
];
for (const [profile, title, happen, state, outcome, papers] of before) {
  test(`${profile}, ${title} before the job: ${state}, ${outcome}`, () =>
    over(profile, hurry, async (bench) => {
      happen(bench);
      bench.start();
      await until(state, () => bench.state() === state);
      assert.is(brief(await bench.printer.print(receiptOf("Größe 5 €"))), outcome);
      assert.equal(bench.texts(), Array(papers).fill("Größe 5 €"));
    }));
}

test("paper that ends in the middle of a job: unknown, and the printer forgets the rest before paper is back", () =>
  over("epson", hurry, async (bench) => {
    await bench.started();
    bench.emulator.fail("slow", 1_000);
    const job = bench.printer.print(receiptOf(...longText));
    const begun = bench.emulator.received;
    await until("the job arrives", () => bench.emulator.received > begun + 300);
    bench.emulator.setPaper("out");
    const outcome = await job;
    assert.is(brief(outcome), "unknown");
    assert.match(outcome.detail, "paper end");
    await until("the driver has given the connection up", () => bench.emulator.hangUps > 0);
    const told = bench.emulator.received;
    await until("greeted again", () => bench.emulator.received > told + 200);
    bench.emulator.heal();
    await until("ready", () => bench.state() === "ready");
    assert.is(brief(await bench.printer.print(receiptOf("neu"))), "printed, sure");
    assert.is(bench.texts().at(-1), "neu");
    assert.not(bench.texts().join("\n").includes("Zeile 19"));
  }));

test("stuck in the middle: unknown, and no byte of the old job once it works again", () =>
  over("epson", hurry, async (bench) => {
    await bench.started();
    bench.emulator.fail("stuck");
    assert.is(brief(await bench.printer.print(receiptOf("alt"))), "unknown");
    await until("the driver has given the connection up", () => bench.emulator.hangUps > 0);
    bench.emulator.heal();
    await until(
      "a new ticket",
      async () => brief(await bench.printer.print(receiptOf("neu"))) === "printed, sure",
      20_000,
    );
    assert.equal(bench.texts(), ["neu"]);
  }));

for (const fault of ["half-job", "cut-wire"] as const) {
  test(`${fault}: unknown, and the next ticket is whole and alone on its paper`, () =>
    over("epson", 1, async (bench) => {
      await bench.started();
      bench.emulator.fail(fault, 200);
      const outcome = await bench.printer.print(receiptOf(...longText));
      assert.is(brief(outcome), "unknown");
      assert.match(outcome.detail, "lost");
      bench.emulator.heal();
      await until("ready again", () => bench.state() === "ready");
      assert.is(brief(await bench.printer.print(receiptOf("neu"))), "printed, sure");
      assert.is(bench.texts().at(-1), "neu");
      assert.not(bench.texts().join("\n").includes("Zeile 19"));
    }));
}

test("a known good printer gets the first byte at once, without being asked before", () =>
  over("epson", hurry, async (bench) => {
    await bench.started();
    bench.emulator.fail("no-answer");
    const job = bench.printer.print(receiptOf("sofort"));
    await until("the paper comes out", () => bench.texts().length === 1);
    assert.is(brief(await job), "unknown");
  }));

test("an Epson tells at once that paper is out; polls are too far apart here to be the reason", () =>
  over("epson", 0.01, async (bench) => {
    await bench.started();
    bench.emulator.setPaper("out");
    await until("paper out", () => bench.state() === "paper-out");
    bench.emulator.heal();
    await until("ready", () => bench.state() === "ready");
    // Initialising the printer for a job must not end its telling.
    assert.is(brief(await bench.printer.print(receiptOf("x"))), "printed, sure");
    bench.emulator.setCover(true);
    await until("cover open", () => bench.state() === "cover-open");
  }));

test("a printer without automatic status is found out by polling", () =>
  over("generic", hurry, async (bench) => {
    await bench.started();
    bench.emulator.setPaper("low");
    await until("low paper", () => bench.state() === "paper-low");
  }));

test("one that answered and falls silent is away, though its line stands, until it answers again", () =>
  over("generic", hurry, async (bench) => {
    await bench.started();
    bench.emulator.fail("no-answer");
    await until("offline", () => bench.state() === "offline");
    assert.is(brief(await bench.printer.print(receiptOf("nein"))), "failed, sure");
    bench.emulator.heal();
    await until("ready", () => bench.state() === "ready");
    assert.is(brief(await bench.printer.print(receiptOf("ja"))), "printed");
    assert.equal(bench.texts(), ["ja"]);
  }));

test("one that is not there at the start is found when it comes", () =>
  over("epson", 1, async (bench) => {
    await bench.emulator.close();
    bench.start();
    await until("offline", () => bench.state() === "offline");
    assert.is(brief(await bench.printer.print(receiptOf("nein"))), "failed, sure");
    await bench.emulator.listen(bench.port);
    await until("ready", () => bench.state() === "ready");
    assert.is(brief(await bench.printer.print(receiptOf("ja"))), "printed, sure");
    assert.equal(bench.texts(), ["ja"]);
  }));

test("stopped in the middle of a job: it settles, as unknown", () =>
  over("epson", 1, async (bench) => {
    await bench.started();
    bench.emulator.fail("stuck");
    const job = bench.printer.print(receiptOf("x"));
    await until("on its way", () => new Promise((resolve) => setImmediate(resolve, true)));
    await bench.printer.stop();
    assert.is(brief(await job), "unknown");
  }));

test("a receipt that cannot be printed fails for sure, and the next one prints", () =>
  over("epson", 1, async (bench) => {
    await bench.started();
    assert.is(brief(await bench.printer.print({ lines: [{ kind: "qr", data: "" }] })), "failed, sure");
    assert.is(brief(await bench.printer.print(receiptOf("gut"))), "printed, sure");
  }));

test("into a file: written, and no more is promised", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-file-"));
  const path = join(folder, "paper.bin");
  const printer = createPrinter(printerOptions.parse({ connection: { kind: "file", path }, profile: "file" }));
  let state = "";
  printer.start(({ status }) => {
    state = status.state;
  });
  await until("ready", () => state === "ready");
  for (const text of ["eins", "zwei"]) assert.is(brief(await printer.print(receiptOf(text))), "printed");
  await printer.stop();
  assert.equal(
    decodeEscpos(readFileSync(path)).map(({ lines }) => lines.join()),
    ["eins", "zwei"],
  );
  rmSync(folder, { recursive: true });
});

test.run();
