import * as z from "zod";

/** A JSON object to send, and in words what is particular about it. */
export interface Variant {
  what: string;
  args: Record<string, unknown>;
}

/** One of these fits each text in the protocol; a text of a new form needs a new line here. */
const textExamples = [
  "x1",
  "de",
  "A017",
  "2026-11-23/A017",
  "2026-11-23",
  "10:30",
  "2026-11-23T10:30:00Z",
  "k7m29xq4tb",
  "a@example.org",
  "correct horse",
  `$7$5000$c2FsdA==$${"x".repeat(86)}==`,
  "00112233445566778899aabbccddeeff",
  "A",
];
/** Longer than any text may be, in characters; still well within a payload. */
const longTextCharacters = 10_000;
/** More entries than any list may have; fewer where they are so large that they would not fit into a payload. */
const longListEntries = 1_000;
const longListBytes = 60_000;

const wrongTypes: Record<string, unknown> = {
  null: null,
  "a boolean": true,
  "a number": 5,
  "a text": "no such thing",
  "a list": ["x1"],
  "a list of lists": [[[]]],
  "an object": { x: 1 },
};

/** What of `wrongTypes` is right for a kind of schema. */
const rightTypes: Record<string, string[]> = {
  string: ["a text"],
  number: ["a number"],
  boolean: ["a boolean"],
  enum: [],
  array: ["a list"],
  object: [],
};

/** The schema below `optional` and `nullable`, and whether null is one of its values. */
function unwrap(schema: z.ZodType, nullable = false): { inner: z.ZodType; nullable: boolean } {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap() as z.ZodType, nullable);
  if (schema instanceof z.ZodDefault) return unwrap(schema.unwrap() as z.ZodType, nullable);
  if (schema instanceof z.ZodNullable) return unwrap(schema.unwrap() as z.ZodType, true);
  return { inner: schema, nullable };
}

/** The smallest value that this schema takes. */
function exampleOf(schema: z.ZodType): unknown {
  const { inner } = unwrap(schema);
  if (inner.def.type === "string") {
    const fitting = textExamples.find((text) => inner.safeParse(text).success);
    if (fitting === undefined) throw new Error("no example of a text fits this schema: add one to textExamples");
    return fitting;
  }
  if (inner instanceof z.ZodNumber) return Math.max(inner.minValue ?? 1, 1);
  if (inner instanceof z.ZodBoolean) return true;
  if (inner instanceof z.ZodEnum) return inner.options[0];
  if (inner instanceof z.ZodArray) return [exampleOf(inner.element as z.ZodType)];
  if (inner instanceof z.ZodObject) return smallest(inner, []) ?? {};
  throw new Error(`no example is known for a schema of type ${inner.def.type}: add it here`);
}

/** Values that are wrong for this schema, each with what is wrong. */
function wrongValuesOf(schema: z.ZodType): [what: string, value: unknown][] {
  const { inner, nullable } = unwrap(schema);
  const right = [...(rightTypes[inner.def.type] ?? []), ...(nullable ? ["null"] : [])];
  const wrong: [string, unknown][] = Object.entries(wrongTypes).filter(([what]) => !right.includes(what));
  if (inner instanceof z.ZodNumber) {
    wrong.push(["no whole number", 1.5], ["a number too large", 1e300], ["a number too small", -1e300]);
    if (inner.maxValue !== null) wrong.push(["one too many", inner.maxValue + 1]);
    if (inner.minValue !== null) wrong.push(["one too few", inner.minValue - 1]);
    wrong.push(["a number as a text", "5"]);
  } else if (inner instanceof z.ZodArray) {
    const entry = exampleOf(inner.element as z.ZodType);
    const length = Math.min(longListEntries, Math.floor(longListBytes / JSON.stringify([entry]).length));
    wrong.push(["a list too long", Array.from({ length }, () => entry)]);
    for (const [what, value] of wrongValuesOf(inner.element as z.ZodType)) wrong.push([`a list with ${what}`, [value]]);
  } else if (inner instanceof z.ZodObject) {
    // Whatever is wrong within it makes the whole wrong; an object without its fields may be right.
    wrong.push(...badArguments(inner).map(({ what, args }): [string, unknown] => [`with ${what}`, args]));
    return wrong.filter(([, value]) => !inner.safeParse(value).success);
  } else if (inner instanceof z.ZodBoolean) {
    wrong.push(["a boolean as a text", "true"], ["a boolean as a number", 0]);
  } else {
    wrong.push(["a text too long", "x".repeat(longTextCharacters)]);
    const limit = inner instanceof z.ZodString ? inner.maxLength : null;
    if (limit !== null) wrong.push(["a text one too long", "x".repeat(limit + 1)]);
  }
  // Whether these are allowed differs from schema to schema.
  const odd = { "an empty text": "", "an empty list": [], "a text of another form": "Ä b/c+#\u0000\n" };
  for (const [what, value] of Object.entries(odd)) if (!inner.safeParse(value).success) wrong.push([what, value]);
  return wrong;
}

const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> => {
  if (!(schema instanceof z.ZodObject)) throw new Error(`arguments are objects, not ${schema.def.type}`);
  return schema.shape as Record<string, z.ZodType>;
};

/** The fewest arguments that are enough, with `wanted` among them. */
function smallest(schema: z.ZodType, wanted: string[]): Record<string, unknown> | undefined {
  const shape = shapeOf(schema);
  const fields = Object.keys(shape);
  const required = fields.filter((field) => !shape[field]?.isOptional() || wanted.includes(field));
  const pick = (names: string[]) =>
    Object.fromEntries(names.map((field) => [field, exampleOf(shape[field] as z.ZodType)]));
  const others = fields.filter((field) => !required.includes(field));
  const withOne = others.map((field) => [...required, field]);
  // Two rules about which fields go together need two of them.
  const withTwo = withOne.flatMap((chosen) => others.map((field) => [...chosen, field]));
  const tries = [required, ...withOne, ...withTwo];
  return tries.map(pick).find((args) => schema.safeParse(args).success);
}

/** Arguments that must be taken: the fewest, the fewest with each field, and ones with fields nobody knows. */
export function goodArguments(schema: z.ZodType): Variant[] {
  const least = smallest(schema, []);
  if (!least) throw new Error("no example fits this schema");
  const withEach = Object.keys(shapeOf(schema)).flatMap((field) => {
    const args = smallest(schema, [field]);
    return args ? [{ what: `with ${field}`, args }] : [];
  });
  const hostile = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}},"toString":null}');
  return [
    { what: "the fewest arguments", args: least },
    ...withEach,
    { what: "with an unknown field", args: { ...least, "no-such-field": [{ x: null }] } },
    { what: "with fields that objects inherit", args: Object.assign(Object.create(null), hostile, least) },
  ];
}

/**
 * Every way to get the arguments of a verb wrong, made from its schema: each argument missing, null, of every wrong
 * type, too long, out of range; and arguments that exclude each other.
 */
export function badArguments(schema: z.ZodType): Variant[] {
  const shape = shapeOf(schema);
  const least = smallest(schema, []) ?? {};
  const missing = Object.keys(least).map((field) => {
    const { [field]: _, ...args } = least;
    return { what: `${field} missing`, args };
  });
  const wrong = Object.entries(shape).flatMap(([field, fieldSchema]) => {
    const base = smallest(schema, [field]) ?? least;
    return wrongValuesOf(fieldSchema).map(([what, value]) => ({
      what: `${field}: ${what}`,
      args: { ...base, [field]: value },
    }));
  });
  const together = Object.keys(shape)
    .map((field) => ({ what: `${field} besides`, args: { ...least, [field]: exampleOf(shape[field] as z.ZodType) } }))
    .filter(({ args }) => !schema.safeParse(args).success);
  return [...missing, ...wrong, ...together];
}
