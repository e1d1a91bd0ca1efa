import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configExitCode, loadConfig } from "../../device/config.ts";
import { usualLimits } from "../../device/terminal/limits.ts";

const examples = ["terminal", "board", "desk"] as const;
type Example = (typeof examples)[number];
const exampleFile = (name: Example) => join(import.meta.dirname, "../../deploy/examples", `${name}.json`);
const mainFile = join(import.meta.dirname, "../../device/main.ts");
const folder = mkdtempSync(join(tmpdir(), "wartemarke-config-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

interface Row {
  what: string;
  example?: Example;
  /** Field and new value; undefined removes it. */
  set?: [field: string, value: unknown];
  text?: string;
  environment?: Record<string, string>;
  says: RegExp;
}

// biome-ignore format: one line a row
const rows: Row[] = [
  { what: "no role", set: ["desk", undefined], example: "desk", says: /the whole file: give exactly one of terminal, board, desk, here is none/ },
  { what: "two roles", set: ["board", { group: "all" }], example: "desk", says: /exactly one of .*here is board and desk/ },
  { what: "unknown key", set: ["terminals", {}], says: /unknown setting "terminals"; allowed here: site, prefix, mqtt, data/ },
  { what: "unknown key within", set: ["mqtt.pasword", "x"], says: /mqtt: unknown setting "pasword"; allowed here: url, user/ },
  { what: "unknown key in a driver", set: ["terminal.printer.colums", 48], says: /terminal\.printer: unknown setting "colums"/ },
  { what: "unknown key in a sign", example: "board", set: ["board.sign.adress", "00"], says: /board\.sign: unknown setting "adress"/ },
  { what: "no site", set: ["site", undefined], says: /site: is missing: give a string/ },
  { what: "site with capitals", set: ["site", "City Hall"], says: /site: use 1 to 32 of a-z, 0-9 and -/ },
  { what: "prefix", set: ["prefix", "a/#"], says: /prefix: use levels of a-z, 0-9 and -/ },
  { what: "no broker", set: ["mqtt", undefined], says: /mqtt: is missing: give an object/ },
  { what: "broker by http", set: ["mqtt.url", "http://hub:1883"], says: /mqtt\.url: give the broker as mqtt:\/\/host:port/ },
  { what: "broker with a password", set: ["mqtt.url", "mqtt://a:b@hub"], says: /mqtt\.url: give the broker as/ },
  { what: "broker that is no URL", set: ["mqtt.url", "hub"], says: /mqtt\.url: give the broker as/ },
  { what: "the hub's name", set: ["mqtt.user", "hub"], says: /mqtt\.user: `hub` is reserved/ },
  { what: "no password", set: ["mqtt.password", undefined], says: /mqtt\.password: is missing: .*WARTEMARKE_MQTT_PASSWORD/ },
  { what: "MQTT version", set: ["mqtt.version", 3], says: /mqtt\.version: use "auto", 4 .* or 5/ },
  { what: "log level", set: ["log", "loud"], says: /log: .*"trace"\|"debug"\|"info"/ },
  { what: "data", set: ["data", 7], says: /data: .*expected string, received number/ },
  { what: "printer connection", set: ["terminal.printer.connection.kind", "lpt"], says: /terminal\.printer\.connection\.kind: use one of "usb", "serial", "tcp", "file"/ },
  { what: "printer profile", set: ["terminal.printer.profile", "laser"], says: /terminal\.printer\.profile: .*"epson"/ },
  { what: "printer columns", set: ["terminal.printer.columns", 5], says: /terminal\.printer\.columns: .*>=16/ },
  { what: "scanner kind", set: ["terminal.scanner.kind", "camera"], says: /terminal\.scanner\.kind: use one of "hid", "serial"/ },
  { what: "scanner vendor", set: ["terminal.scanner.vendor", "xyz"], says: /terminal\.scanner\.vendor: must be four hexadecimal digits/ },
  { what: "pin", set: ["terminal.panel.buttons.0.pin", 200], says: /terminal\.panel\.buttons\[0\]\.pin: use a pin number from 0 to 127/ },
  { what: "a pin twice", set: ["terminal.panel.buttons.1.pin", 2], says: /terminal\.panel\.buttons\[1\]\.pin: pin 2 already belongs/ },
  { what: "key without its button", set: ["terminal.keys.0.button", "x"], says: /terminal\.keys\[0\]\.button: the panel has no button "x"; it has: id-card, / },
  { what: "key without its LED", set: ["terminal.keys.2.led", "x"], says: /terminal\.keys\[2\]\.led: the panel has no led "x"/ },
  { what: "a button for two keys", set: ["terminal.keys.1.button", "id-card"], says: /terminal\.keys\[1\]\.button: .*already has a service/ },
  { what: "an LED for two keys", set: ["terminal.keys.1.led", "id-card"], says: /terminal\.keys\[1\]\.led: the LED "id-card" already belongs/ },
  { what: "a file that should answer", set: ["terminal.printer.connection", { kind: "file", path: "/tmp/paper" }], says: /terminal\.printer\.profile: a plain file answers nothing: give the profile "file"/ },
  { what: "long label", set: ["terminal.keys.0.label", "Ausweis"], says: /terminal\.keys\[0\]\.label: .*<=3/ },
  { what: "limit", set: ["terminal.limits", { takenMs: 0 }], says: /terminal\.limits\.takenMs: .*>=1/ },
  { what: "unknown limit", set: ["terminal.limits", { takenS: 1 }], says: /terminal\.limits: unknown setting "takenS"; allowed here: answerTimeoutMs/ },
  { what: "screen port", set: ["terminal.screen.port", 70_000], says: /terminal\.screen\.port: .*<=65535/ },
  { what: "one device twice", set: ["terminal.scanner", { kind: "serial", path: "/dev/serial/by-id/usb-Arduino__www.arduino.cc__0043_55736303831351F0C1D1-if00" }], says: /terminal\.panel\.path: the serial device .* is already used by terminal\.scanner\.path/ },
  { what: "one port twice", example: "board", set: ["mqtt.url", "mqtt://localhost:8082"], says: /board\.screen\.port: the TCP port of this machine 8082 is already used by mqtt\.url/ },
  { what: "display group", example: "board", set: ["board.group", "Erdgeschoß"], says: /board\.group: use 1 to 32/ },
  { what: "sign protocol", example: "board", set: ["board.sign.protocol", "morse"], says: /board\.sign\.protocol: use one of "alpha", "line"/ },
  { what: "sign columns", example: "board", set: ["board.sign.columns", undefined], says: /board\.sign\.columns: is missing/ },
  { what: "desk without a button", example: "desk", set: ["desk.panel.buttons.1.name", "agian"], says: /desk\.panel\.buttons: a desk needs the buttons "next" and "again"/ },
  { what: "desk without a panel", example: "desk", set: ["desk.panel", undefined], says: /desk\.panel: is missing/ },
  { what: "port from the environment", environment: { WARTEMARKE_SCREEN_PORT: "8o81" }, says: /WARTEMARKE_SCREEN_PORT \(terminal\.screen\.port of .*\): .*expected number/ },
  { what: "broker from the environment", environment: { WARTEMARKE_MQTT_URL: "hub" }, says: /WARTEMARKE_MQTT_URL \(mqtt\.url of .*\): give the broker/ },
  { what: "level from the environment", environment: { WARTEMARKE_LOG: "loud" }, says: /WARTEMARKE_LOG \(log of .*\)/ },
  { what: "a comma too many", text: '{\n  "site": "a",\n}', says: /not JSON at line 3, column 1: expected a name in double quotes/ },
  { what: "a quote missing", text: '{ "site: "a" }', says: /not JSON at line 1, column 11: expected ":"/ },
  { what: "nothing", text: "", says: /not JSON at line 1, column 1: expected a value/ },
  { what: "half a file", text: '{ "site": "a"', says: /not JSON at line 1, column 14: expected "," or "}"/ },
  { what: "two values", text: "{} {}", says: /not JSON at line 1, column 4: expected the end of the file/ },
  { what: "a list", text: "[]", says: /the whole file: .*expected object/ },
];

function fileOf({ example = "terminal", set, text }: Row, index: number): string {
  const file = join(folder, `${index}.json`);
  const config = JSON.parse(readFileSync(exampleFile(example), "utf8"));
  if (set) {
    const keys = set[0].split(".");
    const parent = keys.slice(0, -1).reduce((at, key) => at[key], config);
    parent[keys.at(-1) ?? ""] = set[1];
  }
  writeFileSync(file, text ?? JSON.stringify(config, null, 2));
  return file;
}

interface Ending {
  code: number | null;
  out: string;
  err: string;
}

function run(args: string[], environment: Record<string, string> = {}): Promise<Ending> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    env: { PATH: process.env.PATH ?? "", ...environment },
  });
  // A configuration that is right after all would run for ever.
  const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const ending: Ending = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    ending.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    ending.err += chunk;
  });
  return new Promise((resolve) => {
    child.once("close", (code) => {
      clearTimeout(killer);
      resolve({ ...ending, code });
    });
  });
}

test("each wrong field ends the process with 78 and one message that names file, field and what is allowed", async () => {
  const left = rows.entries();
  const wrong: string[] = [];
  const worker = async () => {
    for (const [index, row] of left) {
      const file = fileOf(row, index);
      const { code, out, err } = await run(["--config", file], row.environment);
      const fine =
        code === configExitCode &&
        row.says.test(err) &&
        err.includes(file) &&
        err.trimEnd().split("\n").length === 1 &&
        !err.includes("change-me") &&
        out === "";
      if (!fine) wrong.push(`${row.what}: ends with ${code}, says ${err || out}`);
    }
  };
  await Promise.all([worker(), worker()]);
  assert.equal(wrong, []);
});

test("several wrong fields are named together, each with its own line", async () => {
  const file = join(folder, "several.json");
  writeFileSync(file, JSON.stringify({ site: "A", mqtt: { url: "x", user: "U" }, log: 1, extra: 1, desk: { id: "" } }));
  const { code, err } = await run(["--config", file]);
  assert.is(code, configExitCode);
  assert.is(err.trimEnd().split("\n").length, 6);
  assert.match(err, /and \d+ more\n$/);
});

test("a missing file and a wrong option are said as well", async () => {
  const missing = await run(["--config", join(folder, "nowhere.json")]);
  assert.is(missing.code, configExitCode);
  assert.match(missing.err, /nowhere\.json: cannot be read: ENOENT/);
  const wrong = await run(["--confg", "x"]);
  assert.is(wrong.code, configExitCode);
  assert.match(wrong.err, /--confg.*--config FILE/s);
});

test("nothing is started by a wrong configuration: no connection reaches the broker", async () => {
  let connections = 0;
  const server = createServer(() => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const file = fileOf({ what: "", set: ["mqtt.url", `mqtt://127.0.0.1:${address.port}`], says: /./ }, rows.length);
  const { code } = await run(["--config", file], { WARTEMARKE_SCREEN_PORT: "x" });
  server.close();
  assert.is(code, configExitCode);
  assert.is(connections, 0);
});

test("every example is right, and has what its role needs", () => {
  for (const name of examples) {
    const loaded = loadConfig(exampleFile(name), {});
    assert.ok(loaded.ok, loaded.ok ? "" : loaded.message);
    assert.ok(loaded.config[name]);
  }
  const terminal = loadConfig(exampleFile("terminal"), {});
  assert.equal(terminal.ok && terminal.config.terminal?.limits, usualLimits);
});

test("the environment beats the file; an empty variable does not", () => {
  const environment = {
    WARTEMARKE_DATA: "/elsewhere",
    WARTEMARKE_LOG: "debug",
    WARTEMARKE_MQTT_URL: "mqtts://other:8883",
    WARTEMARKE_MQTT_PASSWORD: "s3cret",
    WARTEMARKE_SCREEN_PORT: "9081",
    WARTEMARKE_BOARD_PORT: "9082",
  };
  const terminal = loadConfig(exampleFile("terminal"), environment);
  assert.ok(terminal.ok);
  const { data, log, mqtt } = terminal.config;
  assert.equal([data, log, mqtt.url, mqtt.password], ["/elsewhere", "debug", "mqtts://other:8883", "s3cret"]);
  assert.is(terminal.config.terminal?.screen?.port, 9081);
  assert.is(terminal.config.board, undefined);
  const board = loadConfig(exampleFile("board"), environment);
  assert.is(board.ok && board.config.board?.screen?.port, 9082);
  const desk = loadConfig(exampleFile("desk"), { ...environment, WARTEMARKE_DATA: "" });
  assert.is(desk.ok && desk.config.data, "/var/lib/wartemarke-device");
});

test.run();
