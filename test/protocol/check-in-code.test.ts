import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeCheckInCode, readCheckInCode } from "../../protocol/check-in-code.ts";
import { fuzzRuns, hostileText } from "../fuzz.ts";

const says = fc.record({
  site: fc.integer({ min: 0, max: 999 }),
  day: fc
    .date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
});

test("a code says what it was made for", () => {
  fc.assert(
    fc.property(says, (said) => {
      const code = makeCheckInCode(said);
      assert.match(code, /^1\d{33}$/);
      assert.equal(readCheckInCode(code), { site: said.site, day: said.day });
    }),
    fuzzRuns(200),
  );
});

test("a code with a digit wrong, missing, added or exchanged with its neighbour is none", () => {
  fc.assert(
    fc.property(says, fc.nat(33), fc.integer({ min: 1, max: 9 }), (said, at, more) => {
      const code = makeCheckInCode(said);
      const digit = Number(code[at]);
      const [before, after] = [code.slice(0, at), code.slice(at + 1)];
      const exchanged = before + (code[at + 1] ?? "") + digit + code.slice(at + 2);
      const wrong = [`${before}${(digit + more) % 10}${after}`, before + after, `${before}${more}${digit}${after}`];
      for (const text of exchanged === code ? wrong : [...wrong, exchanged]) {
        assert.is(readCheckInCode(text), undefined, text);
      }
    }),
    fuzzRuns(500),
  );
});

test("no text makes it throw, and none but 34 ASCII digits is taken", () => {
  const dressed = fc.tuple(says, hostileText).map(([said, text]) => makeCheckInCode(said) + text);
  fc.assert(
    fc.property(fc.oneof(hostileText, dressed), (text) => {
      if (!/^1[0-9]{33}$/.test(text)) assert.is(readCheckInCode(text), undefined);
    }),
    fuzzRuns(500),
  );
});

test("a code for a day that no calendar has is none, though its check digits are right", () => {
  for (const day of ["2099-99-99", "2026-00-10", "2026-02-30", "2027-02-29"]) {
    assert.is(readCheckInCode(makeCheckInCode({ site: 1, day })), undefined, day);
  }
  assert.equal(readCheckInCode(makeCheckInCode({ site: 1, day: "2028-02-29" })), { site: 1, day: "2028-02-29" });
});

test.run();
