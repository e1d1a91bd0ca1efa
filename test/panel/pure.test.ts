import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { contactBounceMs, createButtonWatch, settleMs, stuckButtonMs } from "../../device/panel/buttons.ts";
import { createFrameReader, sysexBytesMax } from "../../device/panel/frames.ts";
import { panelOptions } from "../../device/panel/options.ts";
import { createPullUpKeeper } from "../../device/panel/pull-ups.ts";

const data = fc.integer({ min: 0, max: 0x7f });
const frame = fc.oneof(
  fc.tuple(fc.integer({ min: 0x90, max: 0x9f }), data, data),
  fc.tuple(fc.integer({ min: 0xe0, max: 0xef }), data, data),
  fc.tuple(fc.constant(0xf9), data, data),
  fc.array(data, { maxLength: 40 }).map((bytes) => [0xf0, ...bytes, 0xf7]),
);

test("whole messages come out as they went in, however they are cut", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 10 }), fc.integer({ min: 1, max: 7 }), (frames, chunk) => {
      const bytes = frames.flat();
      const reader = createFrameReader();
      const out: number[][] = [];
      for (let at = 0; at < bytes.length; at += chunk) {
        out.push(...reader.push(Uint8Array.from(bytes.slice(at, at + chunk))).map((whole) => [...whole]));
      }
      assert.equal(out, frames);
      assert.is(reader.discards, 0);
    }),
  );
});

test("any bytes: only well-formed messages come out, and the next whole one is heard", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const reader = createFrameReader();
      for (const whole of reader.push(noise)) {
        const inner = whole[0] === 0xf0 ? whole.subarray(1, -1) : whole.subarray(1);
        assert.ok(inner.every((byte) => byte < 0x80));
      }
      assert.equal(reader.push(Uint8Array.of(0xf9, 2, 5)).at(-1), Buffer.from([0xf9, 2, 5]));
    }),
  );
});

test("a sysex that never ends is dropped once", () => {
  const reader = createFrameReader();
  reader.push(Uint8Array.of(0xf0));
  assert.equal(reader.push(new Uint8Array(sysexBytesMax * 3)), []);
  assert.is(reader.discards, 1);
});

const settled = (now = 0) => {
  const watch = createButtonWatch(["a", "b"]);
  watch.begin(now - settleMs);
  watch.tick(now);
  return watch;
};
const press = [{ type: "button", button: "a", action: "press" }];
const release = [{ type: "button", button: "a", action: "release" }];

test("the first edge is told at once, the bounce after it is not", () => {
  const watch = settled();
  assert.equal(watch.level("a", true, 1), press);
  assert.equal(watch.level("a", false, 5), []);
  assert.equal(watch.level("a", true, 10), []);
  assert.equal(watch.tick(1 + contactBounceMs), []);
  assert.equal(watch.level("a", false, 100), release);
});

test("a tap shorter than the bounce time is a press and a release", () => {
  const watch = settled();
  assert.equal(watch.level("a", true, 1), press);
  assert.equal(watch.level("a", false, 20), []);
  assert.is(watch.nextAt(), 20 + contactBounceMs);
  assert.equal(watch.tick(20 + contactBounceMs), release);
});

test("stuck counts from the press, for each button by itself", () => {
  const watch = settled();
  watch.level("a", true, 0);
  watch.tick(stuckButtonMs - 1);
  assert.equal(watch.stuck(), []);
  watch.tick(stuckButtonMs);
  assert.equal(watch.stuck(), ["a"]);
  assert.equal(watch.level("b", true, stuckButtonMs + 1), [{ type: "button", button: "b", action: "press" }]);
  assert.equal(watch.level("a", false, stuckButtonMs + 2), release);
  assert.equal(watch.stuck(), []);
});

test("any levels at any times: presses and releases of a button take turns", () => {
  const step = fc.record({ name: fc.constantFrom("a", "b"), down: fc.boolean(), ms: fc.nat(200), tick: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const watch = settled();
      let now = 0;
      const told = { a: [] as string[], b: [] as string[] };
      for (const { name, down, ms, tick } of steps) {
        now += ms;
        const events = tick ? watch.tick(now) : watch.level(name, down, now);
        for (const event of events) told[event.button as "a" | "b"].push(event.action);
      }
      for (const event of watch.end()) told[event.button as "a" | "b"].push(event.action);
      for (const actions of Object.values(told)) {
        actions.forEach((action, index) => {
          assert.is(action, index % 2 === 0 ? "press" : "release");
        });
        assert.is(actions.length % 2, 0);
      }
    }),
  );
});

test("pull-ups of buttons are kept once their pins are inputs, and not before", () => {
  const keep = createPullUpKeeper([2, 7]);
  assert.equal([...keep(Uint8Array.of(0x90, 0x10, 0))], [0x90, 0x10, 0]);
  keep(Uint8Array.of(0xf4, 2, 0));
  assert.equal([...keep(Uint8Array.of(0x90, 0x10, 0))], [0x90, 0x14, 0]);
  keep(Uint8Array.of(0xf4, 7, 0));
  assert.equal([...keep(Uint8Array.of(0x90, 0x10, 0))], [0x90, 0x14, 1]);
  assert.equal([...keep(Uint8Array.of(0x91, 0x10, 0))], [0x91, 0x10, 0]);
});

const path = "/dev/serial/by-id/board";
for (const [what, options, field, message] of [
  ["no path", {}, "path", "expected string"],
  ["an empty path", { path: "" }, "path", "must name the serial device"],
  ["a button without a name", { path, buttons: [{ pin: 2 }] }, "buttons.0.name", "expected string"],
  ["a name with blanks", { path, buttons: [{ name: "id card", pin: 2 }] }, "buttons.0.name", "lower-case letters"],
  ["half a pin", { path, leds: [{ name: "a", pin: 2.5 }] }, "leds.0.pin", "pin number"],
  [
    "a name twice",
    {
      path,
      leds: [
        { name: "a", pin: 2 },
        { name: "a", pin: 3 },
      ],
    },
    "leds.1.name",
    "'a' is used twice",
  ],
  [
    "a pin twice",
    { path, buttons: [{ name: "a", pin: 2 }], leds: [{ name: "b", pin: 2 }] },
    "leds.0.pin",
    "pin 2 already belongs to 'a'",
  ],
  ["an unknown field", { path, speed: 9600 }, "", "speed"],
] as const) {
  test(`options with ${what} are refused at ${field || "the top"}`, () => {
    const result = panelOptions.safeParse(options);
    assert.not.ok(result.success);
    const issue = result.error?.issues[0];
    assert.is(issue?.path.join("."), field);
    assert.match(issue?.message ?? "", message);
  });
}

test("options are filled in: buttons have pull-ups, lists may be missing", () => {
  assert.equal(panelOptions.parse({ path, buttons: [{ name: "a", pin: 2 }] }), {
    path,
    buttons: [{ name: "a", pin: 2, pullup: true }],
    leds: [],
  });
});

test.run();
