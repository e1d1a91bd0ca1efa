import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Receipt, ReceiptLine } from "../../device/ports.ts";
import {
  encodeGreeting,
  encodeReceipt,
  encodeSeparation,
  qrBytesMax,
  ReceiptError,
} from "../../device/printer/encoder.ts";
import { fitText } from "../../device/printer/layout.ts";
import { toPaperLetters } from "../../device/printer/letters.ts";
import { printerOptions, profileOf } from "../../device/printer/options.ts";
import { printerProfiles } from "../../device/printer/profiles.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { createEscposPrinter, type EscposPrinterOptions } from "../emulators/escpos-printer.ts";

const text = (content: string, scale = 1, bold = false): ReceiptLine => ({
  kind: "text",
  text: content,
  align: "center",
  scale,
  bold,
});

/** Prints on the emulator, which refuses what it does not know. */
function printOn(options: EscposPrinterOptions, bytes: Buffer) {
  const printer = createEscposPrinter(options);
  printer.attach({ write() {}, onData: (listener) => listener(bytes) });
  assert.equal(printer.errors, []);
  return printer.papers;
}

const letters: [string, string][] = [
  ["Bürgerbüro, Größe, Äußerung, ÖÜ", "Bürgerbüro, Größe, Äußerung, ÖÜ"],
  ["5,00 €", "5,00 €"],
  ["Timișoara, Łódź, İstanbul, Ağaç", "Timisoara, Lódz, Istanbul, Agaç"],
  ["20–30 Minuten … „jetzt“", '20-30 Minuten ... "jetzt"'],
  ["u\u0308ber", "über"],
  ["Щорс, Київ", "Shchors, Kiiv"],
  ["STRAẞE ﬁx", "STRASSE fix"],
  ["👍🏽 中文", "? ??"],
  ["\u001b@\u0000\u0010\u0004\u0001x\ty", "?@????x y"],
];
for (const [given, paper] of letters) {
  test(`letters: ${JSON.stringify(given)}`, () => {
    assert.is(toPaperLetters(given), paper);
    const [receipt] = decodeEscpos(encodeReceipt({ lines: [text(given)] }, printerProfiles.epson, 48));
    assert.equal(receipt?.lines, [paper]);
  });
}

test("letters: every one that is let through is in the code page", () => {
  for (let code = 0x20; code < 0x2600; code++) {
    const letter = String.fromCodePoint(code);
    const paper = toPaperLetters(letter).trim();
    if (paper === "") continue;
    const [receipt] = decodeEscpos(encodeReceipt({ lines: [text(paper)] }, printerProfiles.epson, 48));
    assert.equal(receipt?.lines, [paper], `U+${code.toString(16)}`);
  }
});

const fits: [string, number, number, string[], number][] = [
  ["A017", 6, 48, ["A017"], 6],
  ["A 0 1 7", 6, 48, ["A 0 1 7"], 6],
  ["A 0 1 7", 6, 32, ["A 0 1 7"], 4],
  ["A000017", 8, 32, ["A000017"], 4],
  ["An- oder Ummelden", 2, 32, ["An- oder", "Ummelden"], 2],
  ["Staatsangehörigkeitsausweis", 2, 48, ["Staatsangehörigkeitsausweis"], 1],
  ["Telefon 02362 66 1234 oder mehr", 1, 16, ["Telefon", "02362 66 1234", "oder mehr"], 1],
  ["Mo 23.11.2026   10:21", 1, 48, ["Mo 23.11.2026   10:21"], 1],
  ["a".repeat(20), 1, 16, ["a".repeat(16), "aaaa"], 1],
  ["", 3, 48, [""], 3],
];
for (const [given, scale, columns, lines, fitting] of fits) {
  test(`fits "${given}" at ${scale} into ${columns}`, () => {
    assert.equal(fitText(given, scale, columns), { lines, scale: fitting });
  });
}

const ticket: Receipt = {
  lines: [
    text("Bürgerbüro Dorsten", 2),
    text("A 017", 6, true),
    { kind: "feed", lines: 2 },
    { kind: "text", text: "Bitte achten Sie auf die Anzeige im Wartebereich.", align: "left", scale: 1, bold: false },
    { kind: "qr", data: "https://example.org/s/ü" },
  ],
};

for (const name of ["epson", "generic", "file"] as const) {
  for (const columns of [48, 32]) {
    test(`${name}, ${columns} columns: two decoders read what was meant`, () => {
      const bytes = encodeReceipt(ticket, printerProfiles[name], columns);
      const [receipt, ...more] = decodeEscpos(bytes);
      assert.equal(more, []);
      assert.is(receipt?.lines.join(" "), "Bürgerbüro Dorsten A 017 Bitte achten Sie auf die Anzeige im Wartebereich.");
      assert.equal(receipt?.qr, ["https://example.org/s/ü"]);
      const [paper, ...papers] = printOn({ columns, asian: name === "generic" }, bytes);
      assert.equal(papers, []);
      assert.is(paper?.text.replaceAll("\n", " "), receipt?.lines.join(" "));
      assert.equal(paper?.qr, receipt?.qr);
    });
  }
}

test("size, weight and place on paper", () => {
  const [paper] = printOn({}, encodeReceipt(ticket, printerProfiles.epson, 48));
  const number = paper?.lines.find((line) => line.kind === "text" && line.text === "A 017");
  assert.equal(number, { kind: "text", text: "A 017", align: "center", width: 6, height: 6, bold: true });
  const note = paper?.lines.find((line) => line.kind === "text" && line.text.startsWith("Bitte"));
  assert.equal(note?.kind === "text" && [note.align, note.width, note.bold], ["left", 1, false]);
});

test("a QR code has white above and below", () => {
  const lines = [text("oben"), { kind: "qr", data: "X" } as const, text("unten")];
  const [paper] = printOn({}, encodeReceipt({ lines }, printerProfiles.epson, 48));
  assert.equal(
    paper?.lines.map((line) => (line.kind === "feed" ? line.dots : line.kind)),
    ["text", 30, "qr", 30, "text"],
  );
});

test("a QR code that cannot be read or would command the printer is refused", () => {
  for (const data of ["", "x".repeat(qrBytesMax + 1), "a\u0010\u0004\u0001"]) {
    assert.throws(
      () => encodeReceipt({ lines: [{ kind: "qr", data }] }, printerProfiles.epson, 48),
      (error: Error) => error instanceof ReceiptError,
    );
  }
  assert.throws(() => encodeReceipt({ lines: Array(101).fill(text("x")) }, printerProfiles.epson, 48));
});

for (const name of ["epson", "generic"] as const) {
  test(`${name}: after a job broken off at any byte, the next one comes out whole`, () => {
    const profile = printerProfiles[name];
    const next = encodeReceipt({ lines: [text("A 018")] }, profile, 48);
    const whole = encodeReceipt(ticket, profile, 48);
    for (let cut = 0; cut < whole.length; cut++) {
      const printer = createEscposPrinter({ confirms: name === "epson" });
      const recovery = [encodeGreeting(profile), encodeSeparation(profile)];
      const sent = Buffer.concat([whole.subarray(0, cut), ...recovery, next]);
      printer.attach({ write() {}, onData: (listener) => listener(sent) });
      assert.is(printer.papers.at(-1)?.text, "A 018", `cut at ${cut}`);
      assert.equal(printer.papers.at(-1)?.qr, []);
    }
  });
}

test("options: defaults, the printer's own code table, and nothing unknown", () => {
  const options = printerOptions.parse({ connection: { kind: "tcp", host: "drucker" } });
  assert.equal(options, { connection: { kind: "tcp", host: "drucker", port: 9100 }, profile: "epson", columns: 48 });
  assert.is(profileOf(printerOptions.parse({ ...options, codeTable: 5 })).codeTable, 5);
  assert.not(printerOptions.safeParse({ connection: { kind: "usb", product: "x" } }).success);
  assert.not(printerOptions.safeParse({ connection: { kind: "usb" }, profile: "star" }).success);
});

test.run();
