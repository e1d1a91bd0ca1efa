import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { loadConfig, parseConfig } from "../../hub/config.ts";
import { openStore } from "../../hub/store/store.ts";
import { modelOffice } from "./test-office.ts";

const root = join(import.meta.dirname, "../..");

/** Runs the hub as it is shipped on this text; it must end by itself. */
function runHub(text: string, environment: Record<string, string> = {}, further: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-config-"));
  const path = join(folder, "hub.json");
  writeFileSync(path, text);
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(root, "hub/main.ts"), "--config", path, ...further],
    {
      env: { ...process.env, ...environment },
      encoding: "utf8",
      timeout: 20_000,
    },
  );
  rmSync(folder, { recursive: true });
  return { status, message: stderr.replace(path, "FILE"), stdout };
}

test("wrong configuration: one message that names the field, exit code 78, nothing started", () => {
  const cases: [string, string, RegExp, Record<string, string>?][] = [
    ["not JSON", "{", /^wartemarke hub: FILE: .*JSON/],
    ["not an object", "[]", /FILE: must be a JSON object/],
    ["a wrong port", JSON.stringify({ ...modelOffice, http: { port: 70_000 } }), /FILE: http\.port: /],
    [
      "the environment",
      JSON.stringify(modelOffice),
      /mqtt\.port: .*WARTEMARKE_MQTT_PORT/,
      { WARTEMARKE_MQTT_PORT: "x" },
    ],
  ];
  for (const [what, text, message, environment] of cases) {
    const result = runHub(text, environment);
    assert.is(result.status, 78, what);
    assert.match(result.message, message);
    assert.is(result.message.trim().split("\n").length, 1, "one message");
    assert.is(result.stdout, "", "nothing was started");
  }
  const misspelt = runHub(JSON.stringify(modelOffice), {}, ["--port", "80"]);
  assert.is(misspelt.status, 78);
  assert.match(misspelt.message, /^wartemarke hub: .*--port.*use: main\.ts --config FILE\n$/);
});

test("every field is checked, and the message says where", async () => {
  const [service, ...services] = modelOffice.services;
  const [desk, ...desks] = modelOffice.desks;
  const hash = await hashPassword("demo");
  const user = { name: "desk-1", role: "desk", desks: ["1"], passwordHash: hash };
  const cases: [object, RegExp][] = [
    [{ site: "Town Hall" }, /^site: use 1 to 32/],
    [{ name: "" }, /^name: /],
    [{ colour: "red" }, /colour/],
    [{ timeZone: "Europe/Dorsten" }, /^timeZone: use a time zone name/],
    [{ accent: "blue" }, /^accent: use #rrggbb/],
    [{ languages: ["german"] }, /^languages\.0/],
    [{ openingHours: "Mo 8-99" }, /^openingHours: /],
    [{ closures: [{ date: "24.12.2026", reason: "" }] }, /^closures\.0\.date/],
    [{ specialHours: [{ date: "2026-12-24", hours: "noon-ish o'clock" }] }, /^specialHours\.0\.hours/],
    [{ numberDigits: 7 }, /^numberDigits/],
    [{ services: [] }, /^services/],
    [{ services: [{ ...service, letter: "AA" }] }, /^services\.0\.letter: use one letter/],
    [{ services: [{ ...service, letter: "T" }, ...services] }, /^services: letter T/],
    [{ services: [{ ...service, names: { en: "Identity card" } }, ...services] }, /^services\.0\.names\.de/],
    [{ services: [...modelOffice.services, service] }, /^services\.3\.id: id-card is used twice/],
    [{ desks: [{ ...desk, services: ["passports"] }, ...desks] }, /^desks\.0\.services: no service passports/],
    [{ desks: [...modelOffice.desks, desk] }, /^desks\.2\.id: 1 is used twice/],
    [{ users: [{ ...user, name: "hub" }] }, /^users\.0\.name: `hub` is reserved/],
    [{ users: [{ ...user, role: "clerk" }] }, /^users\.0\.role/],
    [{ users: [{ ...user, desks: ["9"] }] }, /^users\.0\.desks: no desk 9/],
    [{ users: [{ ...user, password: "demo" }] }, /^users\.0: .*password/],
    [{ users: [{ ...user, passwordHash: "demo" }] }, /^users\.0\.passwordHash: .*hash-password/],
    [{ mqtt: { broker: "external" } }, /^mqtt\.url/],
    [{ mqtt: { broker: "none" } }, /^mqtt\.broker/],
    [{ http: { host: "0.0.0.0" } }, /^http\.host: the desk pages have no sign-in/],
    [{ log: "loud" }, /^log/],
  ];
  for (const [change, message] of cases) {
    const result = parseConfig({ ...modelOffice, ...change });
    assert.match(result.ok ? "accepted" : result.message, message, JSON.stringify(change));
  }
});

test("the shipped configurations are right, and every field is in the reference", () => {
  const reference = readFileSync(join(root, "deploy/docs/hub.md"), "utf8");
  for (const file of ["hub.json", "model-office.json"]) {
    const loaded = loadConfig(join(root, "deploy/demo", file), {});
    assert.is(loaded.ok ? "" : loaded.message, "");
    for (const field of Object.keys(loaded.ok ? loaded.config : {})) {
      assert.ok(reference.includes(`| \`${field}\` |`), `${field} is not in deploy/docs/hub.md`);
    }
  }
});

test("a second hub on the same folder, and a file that is no database, are told so", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-config-"));
  const store = openStore(folder);
  assert.throws(() => openStore(folder), /in use by another hub: stop that one or choose another folder/);
  store.close();
  openStore(folder).close();
  writeFileSync(join(folder, "hub.sqlite"), "this is no database, however long it goes on. ".repeat(200));
  assert.throws(() => openStore(folder), /hub\.sqlite cannot be used: file is not a database/);
  const second = runHub(JSON.stringify({ ...modelOffice, data: folder, mqtt: { broker: "embedded", port: 0 } }));
  assert.is(second.status, 1);
  assert.match(second.stdout, /hub cannot start/);
  rmSync(folder, { recursive: true });
});

test.run();
