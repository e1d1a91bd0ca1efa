import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createAdmission } from "../../hub/admission.ts";
import { parseConfig } from "../../hub/config.ts";
import { topicNames } from "../../protocol/topics.ts";
import { until } from "../until.ts";
import { temporaryFolder } from "./hub-process.ts";
import { modelOffice } from "./test-office.ts";

const systemd = join(import.meta.dirname, "../../deploy/systemd");

/** What a hub with Mosquitto says of the accounts that it writes into a folder, which cannot be made while a file is in its place. */
function admissionTo(reload?: string[]) {
  const folder = join(temporaryFolder(), "mosquitto");
  const accounts = { folder, ...(reload ? { reload } : {}) };
  const mqtt = { broker: "external", url: "mqtt://127.0.0.1:1", password: "secret", accounts };
  const parsed = parseConfig({ ...modelOffice, mqtt });
  if (!parsed.ok) throw new Error(parsed.message);
  const told: (string | undefined)[] = [];
  const names = topicNames(modelOffice.site, "wartemarke");
  const log = pino({ level: "silent" });
  const admission = createAdmission(parsed.config, names, undefined, log, (failure) => void told.push(failure));
  return { folder, told, admit: () => admission.admit([]) };
}

const failsWhile = (path: string) => [
  process.execPath,
  "-e",
  `process.exit(require("fs").existsSync(${JSON.stringify(path)}) ? 1 : 0)`,
];

test("accounts that could not be written are over when they are written, also where systemd lets the broker read them", () => {
  const { folder, told, admit } = admissionTo();
  writeFileSync(folder, "in the way");
  admit();
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /^the broker's accounts cannot be written: E/);
  rmSync(folder);
  admit();
  assert.ok(existsSync(join(folder, "passwords")));
  assert.equal(told.slice(1), [undefined]);
});

test("systemd hears of every change, also of one that comes while the broker reads those before", () => {
  const { folder, admit } = admissionTo();
  const path = readFileSync(join(systemd, "wartemarke-mosquitto-accounts.path"), "utf8");
  const [, watched = ""] = /^PathExists=(.*)$/m.exec(path) ?? [];
  const service = readFileSync(join(systemd, "wartemarke-mosquitto-accounts.service"), "utf8");
  const steps = [...service.matchAll(/^ExecStart=(.*)$/gm)].map(([, step]) => step);
  assert.equal(steps, [`/bin/rm -f ${watched}`, "/bin/systemctl try-reload-or-restart mosquitto.service"]);
  assert.is(dirname(watched), "/var/lib/wartemarke-hub/mosquitto");
  for (let change = 0; change < 2; change += 1) {
    admit();
    rmSync(join(folder, basename(watched)));
  }
});

test("accounts that the broker did not read are over when it reads them", async () => {
  const refusing = join(temporaryFolder(), "refusing");
  const { folder, told, admit } = admissionTo(failsWhile(refusing));
  writeFileSync(refusing, "");
  admit();
  await until("it failed", () => told.length === 1);
  assert.match(told[0] ?? "", /^the broker does not read its accounts again: /);
  rmSync(refusing);
  admit();
  await until("it was read", () => told.length === 2);
  assert.is(told[1], undefined);
  assert.equal(readdirSync(folder).sort(), ["acl", "passwords"], "systemd has nothing to do");
});

test.run();
