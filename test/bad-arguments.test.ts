import { test } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod";
import { requestFrame, verbs } from "../protocol/requests.ts";
import { badArguments, goodArguments } from "./bad-arguments.ts";

const schemas: [string, z.ZodType][] = [
  ["the frame", requestFrame],
  ...Object.entries(verbs).map(([verb, { args }]): [string, z.ZodType] => [verb, args]),
];

for (const [name, schema] of schemas) {
  test(`${name}: what is good is taken, what is bad is not`, () => {
    for (const { what, args } of goodArguments(schema)) {
      assert.ok(schema.safeParse(args).success, `${what}: ${JSON.stringify(args)}`);
    }
    for (const { what, args } of badArguments(schema)) {
      assert.not.ok(schema.safeParse(args).success, `${what}: ${JSON.stringify(args).slice(0, 200)}`);
    }
  });
}

const named = (schema: z.ZodType) => badArguments(schema).map(({ what }) => what);

test("each kind of mistake is made", () => {
  const made = named(
    z
      .object({
        text: z.string().min(1).max(5),
        count: z.int().min(1).max(20),
        flag: z.boolean(),
        choice: z.enum(["a", "b"]),
        list: z.array(z.string().regex(/^x/)).min(1).max(3),
        maybe: z.string().max(3).nullable().optional(),
        this: z.boolean().optional(),
        that: z.boolean().optional(),
      })
      .refine(({ this: left, that }) => (left === undefined) !== (that === undefined)),
  );
  const expected = `text missing|text: null|text: a number|text: an object|text: a list|list: a list of lists|text: a text too long
    text: a text one too long|text: an empty text|count missing|count: null|count: a text|count: no whole number
    count: one too many|count: one too few|flag: null|flag: a number|flag: a boolean as a text|choice: a text
    choice: a text too long|list: a text|list: a list too long|list: a list with null|list: a list with a number
    list: an empty list|list: a list with a text of another form|maybe: a number|this missing|that besides`;
  for (const what of expected.split(/\||\n\s*/)) assert.ok(made.includes(what), `${what} is not made`);
  for (const what of ["maybe missing", "maybe: null", "that missing"]) assert.not.ok(made.includes(what), what);
});

test("a schema that lets too much through is found out", () => {
  for (const loose of [
    z.object({ text: z.string() }),
    z.object({ count: z.number() }),
    z.object({ list: z.array(z.string().max(3)) }),
    z.object({ flag: z.coerce.boolean() }),
  ]) {
    const taken = badArguments(loose).filter(({ args }) => loose.safeParse(args).success);
    assert.ok(taken.length > 0);
  }
});

test("the fewest arguments of each verb are as the protocol says", () => {
  const fewest = (verb: keyof typeof verbs) => Object.keys(goodArguments(verbs[verb].args)[0]?.args ?? {}).join();
  assert.is(fewest("ticket.issue"), "service");
  assert.is(fewest("ticket.show"), "ticket");
  assert.is(fewest("ticket.printed"), "ticket,outcome,sure");
  assert.is(fewest("call.next"), "desk");
  assert.is(fewest("call.again"), "desk,ticket");
  assert.is(fewest("queue.list"), "");
  assert.is(fewest("command.done"), "command,ok");
  assert.ok(named(verbs["call.again"].args).includes("number besides"));
});

test.run();
