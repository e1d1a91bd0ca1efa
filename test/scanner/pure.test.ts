import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  codeBytesMax,
  codeCharactersMax,
  type Decoded,
  partPauseMs,
  type ScanDecoder,
} from "../../device/scanner/decoding.ts";
import { createKeyboardDecoder } from "../../device/scanner/hid-keyboard.ts";
import { createPosDecoder, posLayoutOf, usualPosLayout } from "../../device/scanner/hid-pos.ts";
import { chooseDevice } from "../../device/scanner/hid-search.ts";
import { keyboardLayouts } from "../../device/scanner/keyboard-layouts.ts";
import { createLineGuard, decodeLine } from "../../device/scanner/lines.ts";
import { scannerOptions } from "../../device/scanner/options.ts";
import { parseReportDescriptor } from "../../device/scanner/report-descriptor.ts";
import { symbologyOf } from "../../device/scanner/symbology.ts";
import { keyboardDescriptor, keyboardReports, posDescriptor, posReports, typeable } from "../emulators/hid-reports.ts";

const feed = (decoder: ScanDecoder, reports: Uint8Array[], now = 0): Decoded[] =>
  reports.flatMap((report) => decoder.push(report, now));
const scanned = (text: string, symbology = "unknown") => [{ scan: { text, symbology } }];

/** A code's text: no control characters, no lone surrogates, no longer than taken, and not like an identifier. */
const anyText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 200 })
  .filter((text) => !text.startsWith("]") && [...text].length <= codeCharactersMax && !/\p{Cc}|\ufffd/u.test(text));

test("any text as HID-POS reports is the same text, in reports of any layout", () => {
  const described = posLayoutOf(parseReportDescriptor(posDescriptor));
  fc.assert(
    fc.property(anyText, (text) => {
      for (const layout of [usualPosLayout, described ?? usualPosLayout]) {
        assert.equal(feed(createPosDecoder(layout), posReports(text)), scanned(text, "qr"));
      }
    }),
  );
});

for (const layout of ["us", "de"] as const) {
  test(`any text that a ${layout} keyboard can type is the same text, with and without roll-over`, () => {
    const typed = fc
      .string({ unit: fc.constantFrom(...typeable(layout)), minLength: 1, maxLength: 80 })
      .filter((text) => !text.startsWith("]"));
    fc.assert(
      fc.property(typed, fc.boolean(), (text, rolling) => {
        const decoder = createKeyboardDecoder(keyboardLayouts[layout]);
        assert.equal(feed(decoder, keyboardReports(text, layout, rolling)), scanned(text));
      }),
    );
  });
}

test("any text as a line is the same text, whatever ends it and however it is cut", () => {
  const lines = fc.array(anyText, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(lines, fc.constantFrom("\r", "\n", "\r\n"), fc.integer({ min: 1, max: 40 }), (texts, end, chunk) => {
      const bytes = Buffer.from(texts.map((text) => text + end).join(""));
      const guard = createLineGuard();
      let passed = "";
      for (let at = 0; at < bytes.length; at += chunk) {
        passed += guard.pass(bytes.subarray(at, at + chunk), 0).toString("latin1");
      }
      assert.equal(
        passed
          .split("\n")
          .slice(0, -1)
          .flatMap((line) => [decodeLine(line)]),
        texts.flatMap((text) => scanned(text)),
      );
    }),
  );
});

test("any bytes on any path: nothing is thrown, and the next good code is read after the pause", () => {
  const reports = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 30 });
  // Mostly right, so that the noise gets past the first look.
  const almost = fc.array(
    fc.tuple(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(60)).map(([bytes, length]) => {
      bytes[0] = 2;
      bytes[1] = length;
      return bytes;
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.oneof(reports, almost), (noise) => {
      const pos = createPosDecoder(usualPosLayout);
      feed(pos, noise);
      assert.equal(feed(pos, posReports("12345678"), partPauseMs).slice(-1), scanned("12345678", "qr"));
      const keys = createKeyboardDecoder(keyboardLayouts.de);
      feed(
        keys,
        noise.map((report) => report.subarray(0, 8)),
      );
      assert.equal(feed(keys, keyboardReports("12345678", "de"), partPauseMs).slice(-1), scanned("12345678"));
      const guard = createLineGuard();
      for (const bytes of noise) guard.pass(bytes, 0);
      const passed = guard.pass(Buffer.from("12345678\r"), partPauseMs).toString("latin1");
      assert.is(passed.split("\n").at(-2), "12345678");
      for (const bytes of noise) parseReportDescriptor(bytes);
    }),
  );
});

test("the descriptor of a HID-POS scanner gives the layout of its reports", () => {
  assert.equal(posLayoutOf(parseReportDescriptor(posDescriptor)), usualPosLayout);
  assert.is(posLayoutOf(parseReportDescriptor(keyboardDescriptor)), undefined);
  assert.is(posLayoutOf(parseReportDescriptor(posDescriptor.subarray(0, 20))), undefined);
});

test("a descriptor without report id and with another size moves everything", () => {
  const hex =
    "058c0902a1010912a102150026ff007508950105010 93b81029503058c09fb09fc09fd8102951e09fe820201250175019501 09ff810295078103c0c0";
  assert.equal(posLayoutOf(parseReportDescriptor(Buffer.from(hex.replaceAll(" ", ""), "hex"))), {
    reportId: 0,
    reportBytes: 35,
    lengthAt: 0,
    identifierAt: 1,
    dataAt: 4,
    dataBytes: 30,
    continued: { at: 34, mask: 1 },
  });
});

test("a code of 60 bytes comes in two reports of 56 and 4", () => {
  const reports = posReports("a".repeat(60));
  assert.equal(
    reports.map((report) => report[1]),
    [56, 4],
  );
  const decoder = createPosDecoder(usualPosLayout);
  assert.equal(feed(decoder, reports.slice(0, 1)), []);
  assert.is(decoder.idleAt(), partPauseMs);
  assert.equal(feed(decoder, reports.slice(1)), scanned("a".repeat(60), "qr"));
  assert.is(decoder.idleAt(), undefined);
});

test("a code that is never continued, or goes on for ever, is dropped once", () => {
  const first = posReports("a".repeat(60))[0] ?? Buffer.alloc(0);
  const waiting = createPosDecoder(usualPosLayout);
  feed(waiting, [first]);
  assert.equal(waiting.idle(partPauseMs - 1), []);
  assert.equal(waiting.idle(partPauseMs), [{ discard: "a code that was not continued" }]);
  const endless = createPosDecoder(usualPosLayout);
  const results = feed(
    endless,
    Array.from({ length: Math.ceil((codeBytesMax / 56) * 3) }, () => first),
  );
  assert.equal(results, [{ discard: "a code that goes on for too long" }]);
  assert.equal(feed(endless, posReports("ok"), partPauseMs), scanned("ok", "qr"));
});

const keyboardCases: [what: string, reports: number[][], wanted: Decoded[]][] = [
  ["a held key counts once", [[0, 0, 4], [0, 0, 4], [0, 0, 4], [0], [0, 0, 0x28]], scanned("a") as Decoded[]],
  ["the same key twice needs a release", [[0, 0, 4], [0], [0, 0, 4], [0], [0, 0, 0x28]], scanned("aa") as Decoded[]],
  [
    "two keys in one report count in order",
    [
      [0, 0, 5, 4],
      [0, 0, 0x28],
    ],
    scanned("ba") as Decoded[],
  ],
  [
    "keypad digits and keypad Enter",
    [
      [0, 0, 0x59],
      [0, 0, 0x62],
      [0, 0, 0x58],
    ],
    scanned("10") as Decoded[],
  ],
  ["right shift", [[0x20, 0, 4], [0], [0, 0, 0x28]], scanned("A") as Decoded[]],
  [
    "roll-over errors spoil the code",
    [
      [0, 0, 4],
      [0, 0, 1, 1, 1, 1, 1, 1],
      [0, 0, 0x28],
    ],
    [{ discard: "key 0x1 types nothing" }],
  ],
  ["control keys spoil the code", [[1, 0, 4], [0], [0, 0, 0x28]], [{ discard: "key 0x4 types nothing" }]],
  ["Enter alone is no code", [[0, 0, 0x28]], [{ discard: "an empty code" }]],
];
for (const [what, reports, wanted] of keyboardCases) {
  test(`keyboard: ${what}`, () => {
    const padded = reports.map((report) => Uint8Array.from([...report, ...Array(8).fill(0)].slice(0, 8)));
    assert.equal(feed(createKeyboardDecoder(keyboardLayouts.us), padded), wanted);
  });
}

test("a German scanner: Y and Z, accents that wait, AltGr", () => {
  const de = (...strokes: number[][]) =>
    feed(
      createKeyboardDecoder(keyboardLayouts.de),
      [...strokes, [0, 0x28]].flatMap(([modifiers = 0, key = 0]) => [
        Uint8Array.of(modifiers, 0, key, 0, 0, 0, 0, 0),
        new Uint8Array(8),
      ]),
    );
  assert.equal(de([0, 0x1c], [0, 0x1d]), scanned("zy"));
  assert.equal(de([0, 0x2e], [0, 0x08]), scanned("é"));
  assert.equal(de([0, 0x35], [0, 0x2c]), scanned("^"));
  assert.equal(de([0, 0x35], [0, 0x1b]), scanned("^x"));
  assert.equal(de([0x40, 0x14], [0x40, 0x08], [2, 0x24]), scanned("@€/"));
});

test("keyboard reports with a report id", () => {
  const decoder = createKeyboardDecoder(keyboardLayouts.us, 3);
  assert.equal(feed(decoder, [Uint8Array.of(3, 0, 0, 4, 0, 0, 0, 0, 0), Uint8Array.of(4, 0, 0, 5, 0, 0, 0, 0, 0)]), [
    { discard: "no keyboard report" },
  ]);
});

test("a line that grows too long is passed on cut and marked, and its rest is swallowed", () => {
  const guard = createLineGuard();
  const passed = guard.pass(Buffer.from(`${"x".repeat(codeBytesMax * 3)}\r\nok\r\n`), 0).toString("latin1");
  const lines = passed.split("\n");
  assert.is(passed.length, codeBytesMax + 2 + 3);
  assert.equal(decodeLine(lines[0] ?? ""), { discard: "a line too long or without an end" });
  assert.is(lines[1], "ok");
});

test("a line that pauses is ended and marked", () => {
  const guard = createLineGuard();
  guard.pass(Buffer.from("half"), 0);
  assert.is(guard.idleAt(), partPauseMs);
  assert.is(guard.idle(partPauseMs).toString("latin1"), "\0\n");
  assert.is(guard.idleAt(), undefined);
});

for (const [line, wanted] of [
  ["12345678", { scan: { text: "12345678", symbology: "unknown" } }],
  ["]Q1abc", { scan: { text: "abc", symbology: "qr" } }],
  ["]E05901234123457", { scan: { text: "5901234123457", symbology: "ean" } }],
  ["]?abc", { scan: { text: "]?abc", symbology: "unknown" } }],
  ["]Q1", { discard: "an empty code" }],
  ["a\x1b[2Jb", { discard: "control characters" }],
  ["a\x1db", { scan: { text: "a\x1db", symbology: "unknown" } }],
  ["\xff\xfe", { discard: "not UTF-8" }],
  ["x".repeat(codeCharactersMax), { scan: { text: "x".repeat(codeCharactersMax), symbology: "unknown" } }],
  ["x".repeat(codeCharactersMax + 1), { discard: `longer than ${codeCharactersMax} characters` }],
] as const) {
  test(`line ${JSON.stringify(line.slice(0, 20))} (${line.length})`, () => {
    assert.equal(decodeLine(line), wanted);
  });
}

for (const [identifier, symbology] of [
  ["]Q0", "qr"],
  ["]Q1", "qr"],
  ["]d2", "data-matrix"],
  ["]z0", "aztec"],
  ["]L0", "pdf417"],
  ["]C1", "code128"],
  ["]E4", "ean"],
  ["]A0", "other"],
  ["]X0", "other"],
  ["Q1x", "unknown"],
  ["", "unknown"],
  [undefined, "unknown"],
] as const) {
  test(`symbology identifier ${identifier}`, () => assert.is(symbologyOf(identifier), symbology));
}

const device = (vendorId: number, productId: number, usagePage: number, usage: number, path: string) => ({
  vendorId,
  productId,
  usagePage,
  usage,
  path,
  release: 0,
  interface: 0,
});
const mouse = device(0x046d, 1, 1, 2, "/dev/hidraw0");
const keyboard = device(0x046d, 2, 1, 6, "/dev/hidraw1");
const posScanner = device(0x05e0, 3, 0x8c, 2, "/dev/hidraw2");
const keyScanner = device(0x0c2e, 4, 1, 6, "/dev/hidraw3");
const all = [mouse, keyboard, posScanner, keyScanner];
for (const [what, options, devices, path, profile] of [
  ["nothing named", {}, all, posScanner.path, "pos"],
  ["nothing named and no HID-POS there", {}, [mouse, keyboard, keyScanner], undefined, undefined],
  ["a keyboard scanner by vendor", { vendor: "0C2E" }, all, keyScanner.path, "keyboard"],
  ["by path", { path: keyboard.path }, all, keyboard.path, "keyboard"],
  ["by a path that is not there", { path: "/dev/hidraw9" }, all, undefined, undefined],
  [
    "keyboard profile by product",
    { vendor: "0c2e", product: "0004", profile: "keyboard" },
    all,
    keyScanner.path,
    "keyboard",
  ],
  [
    "told to be HID-POS though it says otherwise",
    { vendor: "046d", product: "0001", profile: "pos" },
    all,
    mouse.path,
    "pos",
  ],
  ["a mouse is no scanner", { vendor: "046d", product: "0001" }, all, undefined, undefined],
] as const) {
  test(`device choice: ${what}`, () => {
    const parsed = scannerOptions.parse({ kind: "hid", ...options });
    assert.is(parsed.kind, "hid");
    const chosen = parsed.kind === "hid" ? chooseDevice([...devices], parsed) : undefined;
    assert.is(chosen?.device.path, path);
    assert.is(chosen?.profile, profile);
  });
}

for (const [what, options, field, message] of [
  ["no kind", {}, "kind", "Invalid"],
  ["a serial scanner without path", { kind: "serial" }, "path", "expected string"],
  ["a vendor that is no hex", { kind: "hid", vendor: "0x5e" }, "vendor", "four hexadecimal digits"],
  ["a product alone", { kind: "hid", product: "1300" }, "vendor", "together with product"],
  ["an unnamed keyboard", { kind: "hid", profile: "keyboard" }, "vendor", "must be named by vendor"],
  ["an unknown layout", { kind: "hid", layout: "fr" }, "layout", "Invalid option"],
] as const) {
  test(`options with ${what} are refused`, () => {
    const issue = scannerOptions.safeParse(options).error?.issues[0];
    assert.is(issue?.path.join("."), field);
    assert.match(issue?.message ?? "", message);
  });
}

test.run();
