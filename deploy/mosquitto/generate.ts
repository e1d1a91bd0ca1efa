import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { hashPassword } from "../../hub/accounts.ts";
import { configExitCode, loadConfig } from "../../hub/config.ts";
import { accountFileMode, mosquittoFiles, replaceFile } from "../../hub/mosquitto.ts";
import { topicNames } from "../../protocol/topics.ts";

// Writes mosquitto.conf, acl and passwords from the hub's configuration; deploy/docs/mosquitto.md says how to use them.

const { values } = parseArgs({
  options: {
    config: { type: "string", default: "/etc/wartemarke/hub.json" },
    out: { type: "string", default: "/etc/mosquitto" },
    listen: { type: "string", default: "0.0.0.0" },
    cert: { type: "string" },
    key: { type: "string" },
    accounts: { type: "string" },
    "run-as": { type: "string" },
  },
});

function fail(message: string): never {
  process.stderr.write(`mosquitto files: ${message}\n`);
  process.exit(configExitCode);
}

const loaded = loadConfig(values.config, process.env);
if (!loaded.ok) fail(loaded.message);
const { site, prefix, users, mqtt, homeAssistant } = loaded.config;
if (mqtt.broker !== "external") fail(`${values.config}: mqtt.broker: must be "external" for a site with Mosquitto`);
const url = new URL(mqtt.url);
const encrypted = url.protocol === "mqtts:";
const { cert, key } = values;
if (encrypted !== (cert !== undefined && key !== undefined)) {
  fail(`${values.config}: mqtt.url: give --cert and --key with mqtts://, and neither with mqtt://`);
}

const out = resolve(values.out);
const accountsFolder = resolve(values.accounts ?? values.out);
const files = mosquittoFiles({
  names: topicNames(site, prefix, homeAssistant ? [homeAssistant.prefix] : []),
  accounts: users,
  hubPasswordHash: await hashPassword(mqtt.password),
  host: values.listen,
  port: Number(url.port || (encrypted ? 8883 : 1883)),
  aclFile: join(accountsFolder, "acl"),
  passwordFile: join(accountsFolder, "passwords"),
  ...(cert && key ? { tls: { certFile: resolve(cert), keyFile: resolve(key) } } : {}),
  ...(values["run-as"] ? { runAs: values["run-as"] } : {}),
});

function write(folder: string, name: string, text: string, mode: number): void {
  const path = join(folder, name);
  replaceFile(path, text, mode);
  process.stdout.write(`${path}\n`);
}

for (const folder of [out, accountsFolder]) mkdirSync(folder, { recursive: true });
write(out, "mosquitto.conf", files.conf, 0o644);
write(accountsFolder, "acl", files.acl, accountFileMode);
write(accountsFolder, "passwords", files.passwords, accountFileMode);
