import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { deviceDocument, withFields } from "../../deploy/device-reference.ts";
import { configExitCode, environmentFields } from "../../device/config.ts";
import { lostExitCode } from "../../hub/config.ts";

const systemd = join(import.meta.dirname, "../../deploy/systemd");
const document = readFileSync(deviceDocument, "utf8");

test("the document has the fields of the schema; if not, run `node deploy/device-reference.ts`", () => {
  assert.is(document, withFields(document));
  for (const field of [
    "site",
    "mqtt.password",
    "terminal.limits.takenMs",
    "board.sign.columns",
    "desk.panel.leds[].pin",
  ])
    assert.ok(document.includes(`\`${field}\``), field);
});

test("the document names every environment variable with its field", () => {
  for (const [variable, { path }] of Object.entries(environmentFields)) {
    assert.match(document.replaceAll("\n", " "), new RegExp(`\`${variable}\` sets \`${path.join("\\.")}\``));
  }
});

test("the units run the pinned Node, start again, and leave a wrong configuration alone", () => {
  for (const [unit, main] of [
    ["wartemarke-device", "device/main.ts"],
    ["wartemarke-hub", "hub/main.ts"],
  ]) {
    const text = readFileSync(join(systemd, `${unit}.service`), "utf8");
    const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1];
    assert.match(setting("ExecStart") ?? "", /^\/opt\/wartemarke\/node_modules\/\.bin\/node /);
    assert.ok(setting("ExecStart")?.includes(`/opt/wartemarke/${main} --config /etc/wartemarke/`));
    assert.is(setting("Restart"), "always");
    assert.is(setting("StartLimitIntervalSec"), "0");
    const hopeless = unit === "wartemarke-hub" ? [configExitCode, lostExitCode] : [configExitCode];
    assert.is(setting("RestartPreventExitStatus"), hopeless.join(" "));
    assert.is(setting("NoNewPrivileges"), "yes");
    assert.not(/^(Requires|Wants|BindsTo)=/m.test(text), "waits for nothing that may be away");
  }
});

test("however many users are changed at once, Mosquitto reads its accounts again after the last", () => {
  const text = readFileSync(join(systemd, "wartemarke-mosquitto-accounts.service"), "utf8");
  assert.match(text, /^\[Unit\]\n[^[]*^StartLimitIntervalSec=0$/m);
});

test("each unit's user is made by sysusers, and what the installation copies is there", () => {
  const root = join(import.meta.dirname, "../..");
  const made = readFileSync(join(root, "deploy/sysusers/wartemarke.conf"), "utf8");
  for (const unit of ["wartemarke-hub", "wartemarke-device"]) {
    const [, user] = /^User=(.*)$/m.exec(readFileSync(join(systemd, `${unit}.service`), "utf8")) ?? [];
    assert.match(made, new RegExp(`^u ${user} - "[^"]+" /var/lib/${unit}$`, "m"));
  }
  const install = readFileSync(join(root, "deploy/docs/install.md"), "utf8");
  const [, copied = ""] = /^cp -r (.*) \/opt\/wartemarke\/$/m.exec(install) ?? [];
  const installed = install.match(/(?<=^install .*)deploy\/\S+/gm) ?? [];
  assert.is(installed.length, 6);
  for (const path of [...copied.split(" "), ...installed]) assert.ok(existsSync(join(root, path)), path);
});

test.run();
