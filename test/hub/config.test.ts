import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { loadConfig, parseConfig } from "../../hub/config.ts";
import { officeView } from "../../hub/office/views.ts";
import { openStore } from "../../hub/store/store.ts";
import { payloadBytesMax } from "../../protocol/codec.ts";
import { modelOffice, openOffice } from "./test-office.ts";

const root = join(import.meta.dirname, "../..");

/** An office of so many services with long texts. */
function longOffice(count: number): object {
  const text = { de: "ü".repeat(200), en: "u".repeat(200) };
  const ids = Array.from({ length: count }, (_, n) => `service-${n}`);
  return {
    services: ids.map((id) => ({ id, letter: "A", names: text, bring: text, minutes: 5 })),
    desks: [{ id: "1", name: "Platz 1", services: ids }],
  };
}

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

const admin = {
  name: "ada",
  role: "admin",
  passwordHash: `$scrypt$ln=15,r=8,p=3$c2FsdHNhbHRzYWx0c2FsdA$${"A".repeat(43)}`,
};

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
  const closure = { date: "2026-12-24", reason: "" };
  const admin = {
    name: "ada",
    role: "admin",
    passwordHash: `$scrypt$ln=15,r=8,p=3$c2FsdHNhbHRzYWx0c2FsdA$${"A".repeat(43)}`,
  };
  const special = { date: "2026-12-24", hours: "08:00-12:00" };
  const external = { broker: "external", password: "secret" };
  const cases: [object, RegExp][] = [
    [{ site: "Town Hall" }, /^site: use 1 to 32/],
    [{ name: "" }, /^name: /],
    [{ colour: "red" }, /colour/],
    [{ timeZone: "Europe/Dorsten" }, /^timeZone: use a time zone name/],
    [{ accent: "blue" }, /^accent: use #rrggbb/],
    [{ town: { logo: "/srv/logo.gif" } }, /^town\.logo: use a file that ends in \.png, \.svg/],
    [{ languages: ["german"] }, /^languages\.0/],
    [{ languages: [] }, /^languages: /],
    [{ languages: ["de", "en", "de"] }, /^languages\.2: de is used twice/],
    [{ openingHours: "Mo 8-99" }, /^openingHours: /],
    [{ region: { country: "zz", state: "" } }, /^openingHours: There are no holidays \(PH\) defined for country zz\.$/],
    [{ closures: [closure, { ...closure, reason: "again" }] }, /^closures\.1\.date: 2026-12-24 is used twice/],
    [{ specialHours: [special, special] }, /^specialHours\.1\.date: 2026-12-24 is used twice/],
    [{ specialHours: [{ date: "soon", hours: "08:00-12:00" }] }, /^specialHours\.0\.date/],
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
    ...[
      "http://broker:1883",
      "mqtt://",
      "mqtt:broker",
      "mqtt://hub@broker:1883",
      "mqtt://hub:secret@broker",
      "mqtts://broker/path",
      "mqtt://broker?x=1",
      "mqtt://broker#x",
    ].map((url): [object, RegExp] => [{ mqtt: { ...external, url } }, /^mqtt\.url: /]),
    [{ mqtt: { broker: "embedded", port: 8080 } }, /^http\.port: 8080 is mqtt\.port already/],
    [{ services: [{ ...service, names: { de: "" } }, ...services] }, /^services\.0\.names\.de: must not be empty/],
    [{ services: [{ ...service, fee: { de: "1 €", en: " " } }, ...services] }, /^services\.0\.fee\.en: must not be/],
    [{ services: [...modelOffice.services, { ...service, id: "permit" }] }, /^services\.3: no desk serves permit/],
    [
      { desks: [{ ...desk, services: ["pick-up", "pick-up"] }, ...desks, { ...desk, id: "3" }] },
      /^desks\.0\.services\.1: pick-up is used twice/,
    ],
    [{ boards: [{ group: "attic", name: "Dachboden" }] }, /^boards\.0\.group: attic is neither `all` nor a group/],
    [{ users: [{ ...user, desks: [] }] }, /^users\.0\.desks: name the desks/],
    [{ users: [{ ...user, role: "board" }] }, /^users\.0\.desks: only for the role `desk`/],
    [longOffice(90), /^services: the texts of all services take \d+ bytes, at most 49152 are allowed/],
    [{ http: { host: "0.0.0.0" } }, /^http\.host: without `staff` nobody signs in: use one of 127\.0\.0\.1/],
    [{ staff: { accounts: [] } }, /^staff\.accounts: name one with the role admin/],
    [{ staff: { accounts: [admin, admin] } }, /^staff\.accounts\.1\.name: ada is used twice/],
    [{ staff: { accounts: [{ ...admin, passwordHash: "demo" }] } }, /hash-password --staff/],
    [{ staff: { accounts: [admin, { ...admin, name: "rosa", role: "clerk" }] } }, /at least one desk/],
    [{ staff: { accounts: [{ ...admin, desks: ["9"] }] } }, /^staff\.accounts\.0\.desks: no desk 9/],
    [{ staff: { accounts: [admin] }, http: { host: "0.0.0.0" } }, /^staff\.url: is needed/],
    [{ staff: { accounts: [admin], url: "http://warte.example" } }, /^staff\.url: over plain http everybody/],
    [{ staff: { accounts: [admin], url: "https://warte.example" } }, /^http\.trustProxy: name the proxy/],
    [{ mail: { from: "Bürgerbüro" } }, /^mail\.from: use name@host or Name <name@host>/],
    [{ mail: { from: "a@b.example\r\nBcc: c@d.example" } }, /^mail\.from: use name@host/],
    [{ mail: { smtp: {} } }, /^mail\.smtp\.host/],
    [{ mail: { smtp: { host: "mail.example", port: 0 } } }, /^mail\.smtp\.port/],
    [{ mail: { smtp: { host: "mail.example", user: "hub" } } }, /^mail\.smtp: user and password go together/],
    [{ mail: { smtp: { host: "mail.example", tls: "maybe" } } }, /^mail\.smtp\.tls/],
    [{ mail: { smtp: { host: "mail.example", timeoutSeconds: 0 } } }, /^mail\.smtp\.timeoutSeconds/],
    [{ log: "loud" }, /^log/],
  ];
  for (const [change, message] of cases) {
    const result = parseConfig({ ...modelOffice, ...change });
    assert.match(result.ok ? "accepted" : result.message, message, JSON.stringify(change));
  }
});

test("what is unusual but right is accepted", () => {
  const changes: object[] = [
    { mqtt: { broker: "external", url: "mqtt://broker", password: "secret" } },
    { mqtt: { broker: "external", url: "mqtts://[::1]:8883/", password: "secret" } },
    { mqtt: { broker: "embedded", host: "::1" } },
    { mqtt: { broker: "embedded", port: 0 }, http: { port: 0 } },
    { boards: [{ group: "hall", name: "Halle" }] },
    { staff: { accounts: [admin] } },
    { staff: { accounts: [admin], url: "https://warte.example" }, http: { trustProxy: ["127.0.0.1"] } },
    { staff: { accounts: [admin], url: "http://10.0.0.5:8080" }, http: { host: "10.0.0.5", allowPlainHttp: true } },
    longOffice(30),
  ];
  for (const change of changes) {
    const result = parseConfig({ ...modelOffice, ...change });
    assert.is(result.ok ? "" : result.message, "", JSON.stringify(change).slice(0, 200));
  }
});

test("the retained message about the office fits a payload, also with the longest texts that are accepted", () => {
  let services = 30;
  while (services < 90 && parseConfig({ ...modelOffice, ...longOffice(services + 1) }).ok) services += 1;
  const closures = Array.from({ length: 14 }, (_, n) => ({ date: `2026-11-${23 + n}`, reason: "ü".repeat(100) }));
  const office = openOffice({ config: { ...longOffice(services), closures: closures.slice(0, 8) } });
  const bytes = Buffer.byteLength(JSON.stringify(officeView(office.state, office.now)));
  office.close();
  assert.ok(bytes <= payloadBytesMax, `${services} services: ${bytes} bytes`);
  assert.ok(bytes > payloadBytesMax / 2, `and no much smaller office is refused: ${bytes} bytes`);
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
  assert.is(second.status, 65);
  assert.match(
    second.message,
    /the database cannot be used: .*hub\.sqlite.*\n.*overwritten.*\nThere is no good backup/,
  );
  rmSync(folder, { recursive: true });
});

test.run();
