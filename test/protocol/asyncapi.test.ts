// time limit: 180 s
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { asyncApiText } from "../../deploy/asyncapi/document.ts";
import { verbs } from "../../protocol/requests.ts";
import { topicNames, topics } from "../../protocol/topics.ts";

const written = readFileSync(join(import.meta.dirname, "../../deploy/docs/asyncapi.json"), "utf8");
const { document, diagnostics } = await new Parser().parse(written);

test("the document is what the protocol makes now", () => {
  assert.ok(written === asyncApiText(), "it is not: run node deploy/asyncapi/generate.ts");
});

test("the parser of AsyncAPI finds no error in it, and nothing to warn of", () => {
  const found = diagnostics.filter(({ severity }) => severity <= 1);
  assert.equal(
    found.map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`),
    [],
  );
  assert.ok(document);
});

test("every topic and every verb is in it, at the address that the code uses", () => {
  const addresses = document?.channels().all().map((channel) => channel.address()) ?? []; // biome-ignore format: a chain
  const filled = addresses.map((address) => address?.replace("{prefix}", "wartemarke").replace("{site}", "demo") ?? "");
  const names = topicNames("demo");
  for (const key of Object.keys(topics) as (keyof typeof topics)[]) {
    if (key === "request") continue;
    const address = `${names.base}/${topics[key].path}`;
    assert.ok(filled.includes(address), address);
  }
  for (const verb of Object.keys(verbs)) {
    const address = `${names.base}/client/{client}/request/${verb}`;
    assert.ok(filled.includes(address), address);
    const operation = document?.operations().all().find((each) => each.id() === `receive.${verb}`); // biome-ignore format: a chain
    assert.is(operation?.action(), "receive");
    assert.is(operation?.reply()?.messages().all().length, 2, verb);
  }
  assert.is(addresses.length, Object.keys(topics).length - 1 + Object.keys(verbs).length);
});

test("a payload of each kind can be read out of it", () => {
  const schema = (name: string) => document?.components().schemas().get(name)?.json() as Record<string, object>;
  assert.ok(Object.keys(schema("Ticket")?.properties ?? {}).includes("estimateMinutes"));
  assert.ok(Object.keys(schema("ticket.issue.arguments")?.properties ?? {}).includes("service"));
});

test.run();
