import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodePages, priorityFileBytesMax } from "../../device/sign/alpha.ts";
import { decodeAnswer, encodeCommand, lineBytesMax, sequenceMax } from "../../device/sign/line.ts";
import { signOptions } from "../../device/sign/options.ts";
import { pagesMax, signPages, signText } from "../../device/sign/text.ts";
import { decodeAlpha } from "../emulators/alpha-decoder.ts";

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const nul5 = "\0".repeat(5);

test("Alpha: one page in the priority file, byte by byte", () => {
  const bytes = encodePages({ typeCode: "Z", address: "00", file: "priority" }, ["A017  1"], false);
  // 02+41+30+1B+20+62 + 41+30+31+37+20+20+31 + 03 = 025D
  assert.is(latin(bytes), `${nul5}\x01Z00\x02A0\x1b bA017  1\x03025D\x04`);
});

test("Alpha: two pages flash in turn in a text file", () => {
  const bytes = encodePages({ typeCode: "f", address: "1A", file: "text" }, ["A017", "  1"], true);
  assert.match(latin(bytes), "\x01f1A\x02AA\x1b c\x17A017\x1b c\x17  1\x03");
});

test("Alpha: no pages clear the file", () => {
  const bytes = encodePages({ typeCode: "Z", address: "00", file: "priority" }, [], false);
  assert.is(latin(bytes), `${nul5}\x01Z00\x02A0\x030076\x04`);
});

test("Alpha: an independent decoder reads every picture back, and it fits the priority file", () => {
  const widest = 24;
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 8 }),
      fc.boolean(),
      fc.constantFrom("priority" as const, "text" as const),
      (texts, flash, file) => {
        const pages = signPages({ pages: texts, flash }, widest);
        const bytes = encodePages({ typeCode: "Z", address: "0F", file }, pages, flash);
        assert.ok(bytes.every((byte) => byte < 0x80));
        assert.ok(bytes.length - 18 <= priorityFileBytesMax);
        assert.equal(decodeAlpha(bytes), [
          {
            typeCode: "Z",
            address: "0F",
            label: file === "priority" ? "0" : "A",
            pages: pages.map((text) => ({ mode: flash ? "c" : "b", text })),
          },
        ]);
      },
    ),
    { numRuns: 300 },
  );
});

test("sign text: printable, one character a column, never a control byte", () => {
  assert.is(signText("Bürgerbüro Straße", 24), "Burgerburo Strase");
  assert.is(signText("A017→1", 8), "A017>1");
  assert.is(signText("a\x1bb\x04c\u{1f600}d", 8), "a?b?c?d");
  assert.is(signText("A0171234567", 8), "A0171234");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 4, max: 24 }), (text, columns) => {
      assert.ok(/^[\x20-\x7e]*$/.test(signText(text, columns)));
      assert.ok(signText(text, columns).length <= columns);
    }),
  );
  assert.is(signPages({ pages: ["1", "2", "3", "4", "5"], flash: false }, 4).length, pagesMax);
});

test("line: commands byte by byte", () => {
  assert.is(latin(encodeCommand(1, { verb: "SHOW", text: "A017  1" })), "1 SHOW A017  1*78E8\n");
  assert.is(latin(encodeCommand(9999, { verb: "BEAT" })).slice(0, 10), "9999 BEAT*");
  assert.is(latin(encodeCommand(2, { verb: "LIGHT", brightness: 15 })).slice(0, 11), "2 LIGHT 15*");
  const longest = encodeCommand(sequenceMax, { verb: "FLASH", text: "x".repeat(24) });
  assert.ok(longest.length <= lineBytesMax);
});

test("line: only a whole answer with its checksum is one", () => {
  assert.equal(decodeAnswer("OK 1*F37A"), { ok: true, sequence: 1 });
  for (const line of ["OK 1", "OK 1*0000", "OK 1*f37a", "ok 1*F37A", "OK  1*F37A", "OK 1*F37A ", "", "*FFFF"]) {
    assert.is(decodeAnswer(line), undefined, line);
  }
  fc.assert(
    fc.property(fc.string(), (line) => {
      assert.is(decodeAnswer(line), undefined);
    }),
  );
});

test("line: an answer with any one bit turned over is none", () => {
  const answer = "OK 17*E3C8";
  assert.equal(decodeAnswer(answer), { ok: true, sequence: 17 });
  const bytes = Buffer.from(answer);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.is(decodeAnswer(turned.toString("latin1")), undefined, `bit ${bit}`);
  }
});

test("options: defaults are filled in, and a wrong field is named", () => {
  assert.equal(signOptions.parse({ protocol: "line", path: "/dev/x", columns: 8 }), {
    protocol: "line",
    path: "/dev/x",
    baudRate: 115_200,
    columns: 8,
    brightness: 8,
  });
  const wrong = signOptions.safeParse({ protocol: "alpha", path: "/dev/x", columns: 8, address: "7" });
  assert.equal(wrong.error?.issues[0]?.path, ["address"]);
});

test.run();
