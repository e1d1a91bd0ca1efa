import { setImmediate as turn } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { confirmationIdOf, encodeMark, marksOf, presenceMark } from "../../device/printer/marks.ts";
import { receiptOf } from "../contract/printer.ts";
import { createEscposPrinter, type EscposPrinter, type EscposPrinterOptions } from "../emulators/escpos-printer.ts";
import { createCable, startLife } from "./cable.ts";

const lastLine = "letzte Zeile";
const receipt = {
  lines: [
    ...receiptOf("A 002", "erste Zeile").lines,
    { kind: "qr", data: "https://dorsten.example/t/3Jx8kQpLm2Zt7Vw9" } as const,
    ...receiptOf(lastLine).lines,
  ],
};
/** More bytes than the job has. */
const bytesMax = 1_000;

const isCutOff = (emulator: EscposPrinter) => emulator.papers.some(({ text }) => text.includes(lastLine));

/** Prints a ticket, then another, and loses the terminal's power after so many bytes of it. */
async function dieWhilePrinting(bytes: number, options: EscposPrinterOptions = {}, first = true) {
  const emulator = createEscposPrinter(options);
  const cable = createCable(emulator);
  const life = startLife(cable);
  await life.ready();
  if (first) await life.result(life.printer.print(receiptOf("vorher"), "first"));
  const before = cable.sent();
  cable.cutAfter(bytes);
  const job = life.printer.print(receipt, "second");
  await life.result(job);
  await life.printer.stop();
  const isWhole = cable.sent() - before < bytes;
  cable.heal();
  return { emulator, cable, isWhole };
}

async function askAfterwards(cable: ReturnType<typeof createCable>, job = "second") {
  const life = startLife(cable);
  const asked = life.printer.outcomeOf(job);
  life.start();
  return { life, ...(await life.result(asked)) };
}

/** For each number of bytes that arrived: what the printer had cut off, and what it said when it was asked. */
async function askAfterEachByte(happen: (emulator: EscposPrinter) => void, first = true) {
  const rows: { cut: boolean; outcome: string; sure: boolean; detail: string }[] = [];
  for (let bytes = 0; bytes <= bytesMax; bytes += 1) {
    const { emulator, cable, isWhole } = await dieWhilePrinting(bytes, {}, first);
    happen(emulator);
    const { life, outcome, sure, detail } = await askAfterwards(cable);
    await life.printer.stop();
    rows.push({ cut: isCutOff(emulator), outcome, sure, detail });
    if (isWhole) return rows;
  }
  throw new Error("the job has more bytes than expected");
}

for (const first of [true, false]) {
  test(`${first ? "a later" : "the first"} job, cut off after every byte, at a printer that ran on: it tells, and never wrongly`, async () => {
    const rows = await askAfterEachByte(() => {}, first);
    for (const [bytes, { cut, outcome, sure }] of rows.entries()) {
      assert.is(sure, outcome !== "unknown", `${outcome} after ${bytes} bytes`);
      if (outcome === "printed") assert.ok(cut, `printed and not cut off, after ${bytes} bytes`);
      if (outcome === "failed") assert.not(cut, `failed and cut off, after ${bytes} bytes`);
    }
    const told = rows.map(({ outcome }) => outcome).filter((outcome, at, all) => outcome !== all[at - 1]);
    assert.equal(told, ["failed", "unknown", "failed", "unknown", "printed"], "nothing, begun, half, whole, cut off");
    assert.is(rows[0]?.detail, "nothing of it reached the printer");
    const unsure = rows.filter(({ outcome }) => outcome === "unknown").length;
    assert.ok(unsure < 50, `${unsure} of ${rows.length} bytes leave it open`);
  });
}

const fates: [string, (emulator: EscposPrinter) => void, RegExp][] = [
  ["whose power went too", (emulator) => emulator.powerCycle(), /was off or reset/],
  ["without paper", (emulator) => emulator.setPaper("out"), /paper end/],
  ["with its cover open", (emulator) => emulator.setCover(true), /cover open/],
  ["with an error", (emulator) => emulator.fail("error"), /error/],
  ["that says nothing", (emulator) => emulator.fail("no-answer"), /does not answer/],
  ["that babbles", (emulator) => emulator.fail("garbage"), /does not answer/],
  ["that takes nothing", (emulator) => emulator.fail("stuck"), /does not answer/],
];
for (const [title, happen, why] of fates) {
  test(`a printer ${title}: unknown, whatever had arrived`, async () => {
    for (const bytes of [0, 1, 60, 150, bytesMax]) {
      const { emulator, cable } = await dieWhilePrinting(bytes);
      happen(emulator);
      const { life, outcome, sure, detail } = await askAfterwards(cable);
      await life.printer.stop();
      assert.equal([outcome, sure], ["unknown", false], `after ${bytes} bytes`);
      assert.match(detail, why);
    }
  });
}

test("a printer that is not there: unknown after a while, and the next ticket is printed when it is", async () => {
  const { emulator, cable } = await dieWhilePrinting(100);
  cable.setPlugged(false);
  const { life, outcome, detail } = await askAfterwards(cable);
  assert.is(outcome, "unknown");
  assert.match(detail, "not asked: no printer");
  cable.setPlugged(true);
  await life.until("ready", () => life.state() === "ready");
  assert.is((await life.result(life.printer.print(receiptOf("danach"), "third"))).outcome, "printed");
  assert.is(emulator.papers.at(-1)?.text, "danach");
  await life.printer.stop();
});

/** A printer without memory for marks prints a job when nobody is at the cable any more. */
async function printUnheard() {
  const emulator = createEscposPrinter({ remembers: false });
  const cable = createCable(emulator);
  const life = startLife(cable);
  await life.ready();
  emulator.fail("stuck");
  const before = cable.sent();
  void life.printer.print(receipt, "second");
  await life.until("the job is under way", () => cable.sent() > before + 100);
  cable.letGo();
  await life.printer.stop();
  emulator.heal();
  assert.ok(isCutOff(emulator));
  return cable;
}

test("a confirmation that the printer kept back until somebody heard it: printed, if it is the job's own", async () => {
  for (const [job, outcome] of [
    ["second", "printed"],
    ["third", "unknown"],
  ] as const) {
    const { life, ...told } = await askAfterwards(await printUnheard(), job);
    await life.printer.stop();
    assert.equal([told.outcome, told.sure], [outcome, outcome === "printed"]);
  }
  const heard = await dieWhilePrinting(bytesMax, { remembers: false });
  const { life, outcome } = await askAfterwards(heard.cable);
  await life.printer.stop();
  assert.is(outcome, "unknown", "what was said once is not said again");
});

test("asked again after another power cut, before anybody was told: it says the same", async () => {
  for (const [bytes, outcome] of [
    [0, "failed"],
    [100, "failed"],
    [bytesMax, "printed"],
  ] as const) {
    const { cable } = await dieWhilePrinting(bytes);
    for (const time of ["first", "second", "third"]) {
      const { life, ...told } = await askAfterwards(cable);
      await life.until("greeted and ready", () => life.state() === "ready");
      await life.printer.stop();
      assert.is(told.outcome, outcome, `after ${bytes} bytes, asked the ${time} time`);
    }
  }
});

test("a job that printed while nobody could ask is not said to have failed by a later start", async () => {
  const { emulator, cable } = await dieWhilePrinting(bytesMax);
  assert.ok(isCutOff(emulator));
  cable.setPlugged(false);
  const { life } = await askAfterwards(cable);
  cable.setPlugged(true);
  // The printer is greeted, which wipes out what it remembered.
  await life.until("ready", () => life.state() === "ready");
  await life.printer.stop();
  const { life: next, outcome } = await askAfterwards(cable);
  await next.printer.stop();
  assert.is(outcome, "unknown");
});

test("the ticket after half a ticket is whole and alone on its paper, and none is wasted where nothing had arrived", async () => {
  for (const [bytes, scraps] of [
    [0, 0],
    [100, 1],
    [bytesMax, 0],
  ] as const) {
    const { emulator, cable } = await dieWhilePrinting(bytes);
    const before = emulator.papers.length;
    const { life } = await askAfterwards(cable);
    await life.until("ready", () => life.state() === "ready");
    assert.is((await life.result(life.printer.print(receiptOf("danach"), "third"))).outcome, "printed");
    await life.printer.stop();
    assert.is(emulator.papers.length, before + scraps + 1, `after ${bytes} bytes`);
    assert.is(emulator.papers.at(-1)?.text, "danach");
    // A command that was ended by force is none that the printer knows.
    assert.ok(emulator.errors.length <= scraps, emulator.errors.join());
  }
});

test("a printer that confirms nothing is not waited for: unknown, and a half ticket is cut apart from the next", async () => {
  const { emulator, cable } = await dieWhilePrinting(100, { confirms: false, remembers: false });
  const life = startLife(cable, "generic");
  const asked = life.printer.outcomeOf("second");
  const told = await asked;
  assert.equal([told.outcome, told.sure], ["unknown", false]);
  await life.ready();
  assert.is((await life.result(life.printer.print(receiptOf("danach"), "third"))).outcome, "printed");
  await life.printer.stop();
  assert.is(emulator.papers.at(-1)?.text, "danach");
});

test("asked after it was greeted: unknown, and stopped while it is asked: unknown", async () => {
  const { cable } = await dieWhilePrinting(bytesMax);
  const late = startLife(cable);
  await late.ready();
  const { outcome, detail } = await late.result(late.printer.outcomeOf("second"));
  assert.equal([outcome, detail], ["unknown", "asked too late"]);
  await late.printer.stop();
  const other = await dieWhilePrinting(bytesMax);
  other.emulator.fail("no-answer");
  const life = startLife(other.cable);
  const asked = life.printer.outcomeOf("second");
  life.start();
  for (let turns = 0; turns < 5; turns += 1) await turn();
  await life.printer.stop();
  assert.is((await asked).outcome, "unknown");
});

test("marks and ids are of printable letters, each job's its own, and no real-time command is hidden in one", () => {
  const seen = new Set<string>([presenceMark]);
  for (let job = 0; job < 500; job += 1) {
    const { begun, whole, cut } = marksOf(`0199b1c2-7f00-7000-8000-${String(job).padStart(12, "0")}`);
    assert.is(new Set([begun, whole, cut, presenceMark]).size, 4);
    for (const text of [begun, whole, cut, confirmationIdOf(String(job))]) assert.match(text, /^[\x20-\x7e]{2,4}$/);
    seen.add(begun + whole + cut);
    assert.not(encodeMark(begun).includes(0x10));
  }
  assert.is(seen.size, 501);
  // By the command reference: GS ( L pL pH m fn a kc1 kc2 b xL xH yL yH c d.
  assert.is(encodeMark("aB").toString("hex"), "1d284c0c003053306142010800010031" + "00");
});

test.run();
