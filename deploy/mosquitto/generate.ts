import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { hashPassword } from "../../hub/accounts.ts";
import { configExitCode, loadConfig } from "../../hub/config.ts";
import { mosquittoFiles } from "../../hub/mosquitto.ts";
import { topicNames } from "../../protocol/topics.ts";

// Writes mosquitto.conf, acl and passwords from the hub's configuration; deploy/docs/mosquitto.md says how to use them.

const { values } = parseArgs({
  options: {
    config: { type: "string", default: "/etc/wartemarke/hub.json" },
    out: { type: "string", default: "/etc/mosquitto" },
    listen: { type: "string", default: "0.0.0.0" },
    cert: { type: "string" },
    key: { type: "string" },
    "run-as": { type: "string" },
  },
});

function fail(message: string): never {
  process.stderr.write(`mosquitto files: ${message}\n`);
  process.exit(configExitCode);
}

const loaded = loadConfig(values.config, process.env);
if (!loaded.ok) fail(loaded.message);
const { site, prefix, users, mqtt } = loaded.config;
if (mqtt.broker !== "external") fail(`${values.config}: mqtt.broker: must be "external" for a site with Mosquitto`);
const url = new URL(mqtt.url);
const encrypted = url.protocol === "mqtts:";
const { cert, key } = values;
if (encrypted !== (cert !== undefined && key !== undefined)) {
  fail(`${values.config}: mqtt.url: give --cert and --key with mqtts://, and neither with mqtt://`);
}

const out = resolve(values.out);
const files = mosquittoFiles({
  names: topicNames(site, prefix),
  accounts: users,
  hubPasswordHash: await hashPassword(mqtt.password),
  host: values.listen,
  port: Number(url.port || (encrypted ? 8883 : 1883)),
  aclFile: join(out, "acl"),
  passwordFile: join(out, "passwords"),
  ...(cert && key ? { tls: { certFile: resolve(cert), keyFile: resolve(key) } } : {}),
  ...(values["run-as"] ? { runAs: values["run-as"] } : {}),
});

/** Replaces the file in one step: a Mosquitto that reloads in between reads the old one or the new one. */
function write(name: string, text: string, mode: number): void {
  const path = join(out, name);
  writeFileSync(`${path}.new`, text, { mode });
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
  process.stdout.write(`${path}\n`);
}

mkdirSync(out, { recursive: true });
write("mosquitto.conf", files.conf, 0o644);
write("acl", files.acl, 0o640);
write("passwords", files.passwords, 0o640);
