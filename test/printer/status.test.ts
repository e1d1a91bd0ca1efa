import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createAnswerParser } from "../../device/printer/answers.ts";
import {
  canPrint,
  mergeFacts,
  noFacts,
  readAutomaticStatus,
  readPortStatus,
  readRealTimeStatus,
  statusOf,
} from "../../device/printer/status.ts";

const stateOf = (facts: ReturnType<typeof readRealTimeStatus>) => facts && statusOf(facts).state;

// DLE EOT n: one row for each bit that means something, and for what is no answer.
const realTime: [n: number, byte: number, state: string | undefined, detail?: string][] = [
  [1, 0x12, "ready"],
  [1, 0x1a, "offline"],
  [1, 0x16, "ready"], // drawer
  [1, 0x32, "ready"], // waits for recovery
  [1, 0x52, "ready"], // feed button
  [2, 0x12, "ready"],
  [2, 0x16, "cover-open"],
  [2, 0x1a, "ready"], // fed by button
  [2, 0x32, "paper-out"],
  [2, 0x52, "error", "error"],
  [3, 0x12, "ready"],
  [3, 0x1a, "error", "auto-cutter error"],
  [3, 0x32, "error", "unrecoverable error"],
  [3, 0x52, "error", "recoverable error"],
  [4, 0x12, "ready"],
  [4, 0x1e, "paper-low"],
  [4, 0x72, "paper-out"],
  [4, 0x7e, "paper-out"],
  [4, 0x16, undefined], // one bit of two
  [4, 0x32, undefined],
  [1, 0x10, undefined],
  [1, 0x13, undefined],
  [1, 0x92, undefined],
  [1, 0x02, undefined],
  [5, 0x12, undefined],
];
for (const [n, byte, state, detail] of realTime) {
  test(`DLE EOT ${n}: ${byte.toString(16)} is ${state ?? "no answer"}`, () => {
    const facts = readRealTimeStatus(n, byte);
    assert.is(stateOf(facts), state);
    if (facts && detail) assert.is(statusOf(facts).detail, detail);
  });
}

const automatic: [frame: number[], state: string | undefined, detail?: string][] = [
  [[0x10, 0, 0, 0], "ready"],
  [[0x14, 0, 0, 0x0f], "ready"],
  [[0x18, 0, 0, 0], "offline"],
  [[0x38, 0, 0, 0], "cover-open"],
  [[0x50, 0, 0, 0], "ready"],
  [[0x18, 0x04, 0, 0], "error", "mechanical error"],
  [[0x18, 0x08, 0, 0], "error", "auto-cutter error"],
  [[0x18, 0x20, 0, 0], "error", "unrecoverable error"],
  [[0x18, 0x40, 0, 0], "error", "recoverable error"],
  [[0x10, 0, 0x03, 0], "paper-low"],
  [[0x18, 0, 0x0f, 0], "paper-out"],
  [[0x18, 0, 0x0c, 0], "paper-out"],
  [[0x10, 0, 0x01, 0], undefined],
  [[0x10, 0, 0x08, 0], undefined],
  [[0x11, 0, 0, 0], undefined],
  [[0x90, 0, 0, 0], undefined],
  [[0x10, 0x10, 0, 0], undefined],
  [[0x10, 0, 0x80, 0], undefined],
  [[0x10, 0, 0, 0x90], undefined],
  [[0x10, 0, 0], undefined],
];
for (const [frame, state, detail] of automatic) {
  test(`automatic status ${Buffer.from(frame).toString("hex")} is ${state ?? "none"}`, () => {
    const facts = readAutomaticStatus(frame);
    assert.is(stateOf(facts), state);
    if (facts && detail) assert.is(statusOf(facts).detail, detail);
  });
}

test("port status, of printers that mean all of it and of those that know only paper", () => {
  assert.is(stateOf(readPortStatus(0x18, "all")), "ready");
  assert.is(stateOf(readPortStatus(0x38, "all")), "paper-out");
  assert.is(stateOf(readPortStatus(0x08, "all")), "offline");
  assert.is(stateOf(readPortStatus(0x10, "all")), "error");
  assert.is(stateOf(readPortStatus(0x00, "paper")), "ready");
  assert.is(stateOf(readPortStatus(0x20, "paper")), "paper-out");
  assert.is(readPortStatus(0x19, "all"), undefined);
  assert.is(readPortStatus(0xff, "paper"), undefined);
});

test("the first thing to do is told first, and only ready and low paper print", () => {
  const all = { offline: true, coverOpen: true, paperOut: true, paperLow: true, errors: ["error"] };
  assert.is(statusOf(all).state, "cover-open");
  assert.is(statusOf({ ...all, coverOpen: false }).state, "paper-out");
  assert.is(statusOf({ ...all, coverOpen: false, paperOut: false }).state, "error");
  assert.ok(canPrint({ ...noFacts, paperLow: true }));
  for (const fact of ["offline", "coverOpen", "paperOut"] as const) assert.not(canPrint({ ...noFacts, [fact]: true }));
  assert.equal(mergeFacts({ ...noFacts, errors: ["error"] }, all).errors, ["error"]);
});

test("answers are told apart when they come in one another and in pieces", () => {
  const bytes = [0x10, 0, 0x12, 0x03, 0x0f, 0x37, 0x22, 0x30, 0x32, 0x61, 0x62, 0x00, 0x1a];
  const parser = createAnswerParser();
  const answers = bytes.flatMap((byte) => parser.feed([byte] as unknown as Uint8Array));
  assert.equal(
    answers.map(({ kind }) => kind),
    ["real-time", "automatic", "confirmed", "real-time"],
  );
  assert.equal(answers[2], { kind: "confirmed", id: "02ab" });
  assert.is(parser.dropped, 0);
});

test("noise is dropped and counted, and what follows it is still read", () => {
  const parser = createAnswerParser();
  assert.equal(parser.feed(Buffer.from([0xff, 0x80, 0x11, 0x37, 0x22, 0xff, 0x10, 0x00])), []);
  assert.is(parser.dropped, 6);
  const answers = parser.feed(Buffer.from([0x37, 0x22, 0x41, 0x42, 0x43, 0x44, 0x00]));
  assert.equal(answers, [{ kind: "confirmed", id: "ABCD" }]);
  assert.is(parser.dropped, 8);
  assert.equal(parser.feed(Buffer.from([0x37, 0x25, 0x00])), [{ kind: "cleared" }]);
});

test("keys of graphics: none, some, in pieces, more to come, and none that is cut in half", () => {
  const parse = (bytes: Buffer, piece = 1) => {
    const parser = createAnswerParser();
    const answers = [];
    for (let at = 0; at < bytes.length; at += piece) answers.push(...parser.feed(bytes.subarray(at, at + piece)));
    return { answers, dropped: parser.dropped };
  };
  const keys = (text: string, status = "@") => Buffer.from(`7s${status}${text}\0`, "latin1");
  assert.equal(parse(keys("")).answers, [{ kind: "keys", keys: [], isLast: true }]);
  for (const piece of [1, 3, 100]) {
    // Letters that look like the answer to DLE EOT or a beginning of another frame belong to the key.
    const { answers, dropped } = parse(Buffer.concat([keys("r27~~7"), Buffer.from([0x12])]), piece);
    assert.equal(answers, [
      { kind: "keys", keys: ["r2", "7~", "~7"], isLast: true },
      { kind: "real-time", byte: 0x12 },
    ]);
    assert.is(dropped, 0);
  }
  assert.equal(parse(keys("ab", "A")).answers, [{ kind: "keys", keys: ["ab"], isLast: false }]);
  assert.equal(parse(keys("abc")).answers, []);
  assert.equal(parse(keys("a".repeat(80))).answers.length, 1);
  assert.equal(parse(keys("a".repeat(82))).answers, []);
});

test("any bytes: no crash, every byte either used or counted, and never a false confirmation", () => {
  const sizes = { "real-time": 1, automatic: 4, confirmed: 7, cleared: 3, keys: 4 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, piece) => {
      const parser = createAnswerParser();
      let used = 0;
      for (let at = 0; at < bytes.length; at += piece) {
        for (const answer of parser.feed(bytes.subarray(at, at + piece))) {
          used += sizes[answer.kind] + (answer.kind === "keys" ? 2 * answer.keys.length : 0);
          if (answer.kind !== "confirmed") continue;
          assert.ok(Buffer.from(bytes).includes(`7"${answer.id}\0`), "the id stands in the bytes");
        }
      }
      const open = bytes.length - used - parser.dropped;
      assert.ok(open >= 0 && open <= 83, "at most an unfinished frame is neither");
    }),
    { numRuns: 2_000 },
  );
});

test.run();
