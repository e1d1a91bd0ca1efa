import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../hub/config.ts";
import { fuzzRuns, hostileText, mutated } from "../fuzz.ts";

const folder = mkdtempSync(join(tmpdir(), "wartemarke-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const demo = join(import.meta.dirname, "../../deploy/demo");
const right = ["hub.json", "model-office.json"].map((name): unknown =>
  JSON.parse(readFileSync(join(demo, name), "utf8")),
);

test("any text and any change of a right configuration is taken or told, in one message that names the file", () => {
  const file = join(folder, "hub.json");
  const texts = fc.oneof(
    { weight: 1, arbitrary: hostileText },
    { weight: 5, arbitrary: mutated(fc.constantFrom(...right)).map((value) => JSON.stringify(value) ?? "") },
  );
  fc.assert(
    fc.property(texts, hostileText, (text, port) => {
      writeFileSync(file, text);
      for (const environment of [{}, { WARTEMARKE_MQTT_PORT: port, WARTEMARKE_LOG: port }]) {
        const loaded = loadConfig(file, environment);
        assert.ok(loaded.ok || loaded.message.startsWith(file));
      }
    }),
    fuzzRuns(300),
  );
});

test.run();
