import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { idTime, makeId } from "../../protocol/ids.ts";

/** The last instant that 48 bits hold. */
const lastMs = 2 ** 48 - 1;
const instants = fc.integer({ min: 0, max: lastMs });

const uuid7 = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

test("an id is a UUID version 7 and tells when it was made", () => {
  fc.assert(
    fc.property(instants, (now) => {
      const id = makeId(now);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.is(idTime(id), now);
    }),
  );
});

test("a time that no id can hold, as of a clock that was never set, becomes the nearest", () => {
  for (const [now, held] of [
    [Date.parse("1900-01-01T00:00:00Z"), 0],
    [-1, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [lastMs + 1, lastMs],
    [Number.MAX_VALUE, lastMs],
    [1.5, 1],
  ] as const) {
    assert.is(idTime(makeId(now)), held, String(now));
  }
});

test("the example of RFC 9562, appendix A.6, is read right", () => {
  assert.is(idTime("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), 1_645_557_742_000);
});

test("ids sort by the time of their making", () => {
  fc.assert(
    fc.property(instants, instants, (one, other) => {
      if (one < other) assert.ok(makeId(one) < makeId(other));
    }),
  );
});

test("ids of one millisecond differ", () => {
  const count = 100_000;
  const ids = new Set(Array.from({ length: count }, () => makeId(1_700_000_000_000)));
  assert.is(ids.size, count);
});

test("an id of any other form has no time", () => {
  const others = ["", "1", "hello", ` ${uuid7}`, `${uuid7}\n`, `${uuid7}0`, uuid7.replaceAll("-", "")];
  const otherVersions = [
    "f81d4fae-7dec-41d0-a765-00a0c91e6bf6",
    uuid7.replace("-7cc3", "-8cc3"),
    uuid7.replace("-98", "-c8"),
  ];
  for (const id of [...others, ...otherVersions]) assert.is(idTime(id), undefined, id);
});

test("capitals make no other id (RFC 9562, section 4)", () => {
  assert.is(idTime(uuid7.toUpperCase()), idTime(uuid7));
});

test.run();
