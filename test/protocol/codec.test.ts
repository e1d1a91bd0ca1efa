import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod";
import { decode, decodeObject, encode, issuesInWords, payloadBytesMax, validate } from "../../protocol/codec.ts";
import { topics } from "../../protocol/topics.ts";

const bytes = (text: string) => Buffer.from(text);
/** A JSON object of exactly so many bytes. */
const objectOf = (length: number) => bytes(`{"x":"${"a".repeat(length - '{"x":""}'.length)}"}`);

const reasonFor = (payload: Uint8Array) => {
  const decoded = decodeObject(payload);
  return decoded.ok ? "taken" : decoded.reason;
};

test("64 KiB are taken, one byte more is not", () => {
  assert.is(payloadBytesMax, 65_536);
  assert.is(objectOf(65_536).length, 65_536);
  assert.is(reasonFor(objectOf(65_536)), "taken");
  assert.is(reasonFor(objectOf(65_537)), "payload of 65537 bytes, at most 65536 are allowed");
  assert.match(reasonFor(Buffer.alloc(1024 * 1024, "{")), "1048576 bytes");
});

test("the limit counts bytes, not letters", () => {
  assert.match(reasonFor(bytes(`{"x":"${"ß".repeat(40_000)}"}`)), "80008 bytes");
});

test("what is not JSON in UTF-8 is told so", () => {
  const table: Record<string, Uint8Array> = {
    empty: bytes(""),
    text: bytes("hello"),
    "half an object": bytes('{"a":1'),
    "two objects": bytes("{}{}"),
    "single quotes": bytes("{'a':1}"),
    "a trailing comma": bytes('{"a":1,}'),
    "not a number": bytes('{"a":NaN}'),
    "a bare NUL": Buffer.from([0]),
    "NUL in a text": bytes('{"a":"\u0000"}'),
    "NUL after the object": bytes("{}\u0000"),
    "latin-1": Buffer.from('{"a":"ü"}', "latin1"),
    "an overlong slash": Buffer.from([...bytes('{"a":"'), 0xc0, 0xaf, ...bytes('"}')]),
    "half a surrogate pair": Buffer.from([...bytes('{"a":"'), 0xed, 0xa0, 0x80, ...bytes('"}')]),
    "a cut letter": Buffer.from([...bytes('{"a":"'), 0xe2, 0x82]),
    "UTF-16": Buffer.from('{"a":1}', "utf16le"),
    noise: Buffer.from([0xff, 0xfe, 0x00, 0x10, 0x80]),
  };
  for (const [what, payload] of Object.entries(table)) {
    assert.is(reasonFor(payload), "payload is not JSON in UTF-8", what);
  }
});

test("JSON that is no object is told so", () => {
  for (const text of ["[]", "[{}]", "null", "true", "1", '"text"', " [1] "]) {
    assert.is(reasonFor(bytes(text)), "payload is not a JSON object", text);
  }
});

test("NUL may be written as an escape, and blanks may stand around", () => {
  assert.equal(decodeObject(bytes(' \n{"a":"\\u0000"}\t')), { ok: true, value: { a: "\u0000" } });
});

const levels = 30_000;
const nests: [name: string, open: string, inner: string, close: string][] = [
  ["lists", "[", "", "]"],
  ["lists never closed", "[", "", ""],
  ["objects never closed", '{"":', "", ""],
];

test("deep nesting is answered, by every schema, without a throw", () => {
  for (const [name, open, inner, close] of nests) {
    const deep = bytes(
      `{"id":${open.repeat(name.startsWith("objects") ? 13_000 : levels)}${inner}${close.repeat(levels)}}`,
    );
    assert.ok(deep.length <= payloadBytesMax, name);
    assert.type(decodeObject(deep).ok, "boolean");
    for (const { payload } of Object.values(topics)) assert.not.ok(decode(payload, deep).ok, name);
  }
  const closed = bytes(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`);
  for (const { payload } of Object.values(topics)) assert.type(decode(payload, closed).ok, "boolean");
});

test("__proto__ is a field like any other and changes no object", () => {
  const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"id":"x"}';
  const decoded = decodeObject(bytes(text));
  assert.ok(decoded.ok);
  if (!decoded.ok) return;
  assert.is((decoded.value as { admin?: unknown }).admin, undefined);
  assert.is(Object.getPrototypeOf(decoded.value), Object.prototype);
  assert.is(({} as { admin?: unknown }).admin, undefined);
  for (const schema of [z.object({ id: z.string() }), z.looseObject({ id: z.string() })]) {
    const valid = validate(schema, decoded.value);
    assert.ok(valid.ok);
    if (!valid.ok) continue;
    assert.is((valid.value as { admin?: unknown }).admin, undefined);
    assert.is(Object.getPrototypeOf(valid.value), Object.prototype);
  }
  const record = decode(
    topics.beat.payload,
    bytes('{"at":"2026-11-23T10:00:00Z","session":"s","epoch":1,"seq":1,"revisions":{"__proto__":1}}'),
  );
  if (record.ok) assert.is(Object.getPrototypeOf(record.value.revisions), Object.prototype);
});

test("the wrong fields are named, three at most", () => {
  const schema = z.object({ a: z.string(), b: z.object({ c: z.int() }), d: z.boolean(), e: z.boolean() });
  const decoded = decode(schema, bytes('{"b":{"c":"x"}}'));
  assert.not.ok(decoded.ok);
  if (decoded.ok) return;
  assert.match(decoded.reason, /^a: [^;]+; b\.c: [^;]+; d: [^;]+$/);
  const whole = z
    .object({})
    .refine(() => false, "no")
    .safeParse({});
  assert.is(whole.error && issuesInWords(whole.error), "payload: no");
});

test("a reason stays short however long what it is about", () => {
  const schema = z.object({ service: topics.queue.payload.shape.service, a: z.enum(["x"]) });
  const decoded = decode(schema, bytes(JSON.stringify({ service: "y".repeat(30_000), a: "z".repeat(30_000) })));
  assert.not.ok(decoded.ok);
  if (!decoded.ok) assert.ok(decoded.reason.length < 1_000, decoded.reason.slice(0, 200));
});

test("what is encoded is decoded again", () => {
  const json = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ noUnicodeString: false }));
  fc.assert(
    fc.property(json, (object) => {
      const sent = encode(object);
      if (sent.length > payloadBytesMax) return;
      assert.equal(decodeObject(sent), { ok: true, value: JSON.parse(JSON.stringify(object)) });
    }),
  );
});

test("no bytes make the codec throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      for (const { payload } of Object.values(topics)) decode(payload, noise);
    }),
  );
});

test("no object makes a schema throw", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      for (const { payload } of Object.values(topics)) validate(payload, object);
    }),
  );
});

test.run();
