import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { topicNames } from "../../protocol/topics.ts";
import { hashPassword } from "../accounts.ts";
import { loadConfig } from "../config.ts";
import { mosquittoFiles } from "../mosquitto.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";

/** Hashes a password for the `passwordHash` of a user in the hub's configuration. */
export async function hash(): Promise<Outcome> {
  const password = process.stdin.isTTY ? await typedTwice() : await firstLine();
  if (password === "") throw usageFailure("the password is empty: nothing was hashed");
  const passwordHash = await hashPassword(password);
  return { json: { passwordHash }, text: passwordHash };
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}

async function typedTwice(): Promise<string> {
  const first = await typed("Password: ");
  if ((await typed("Once more: ")) !== first) throw usageFailure("the two are not the same: nothing was hashed");
  return first;
}

/** Keys as a terminal sends them: Enter, Ctrl-C and Ctrl-D, Backspace. */
const [enter, stop, rubout] = ["\r\n", "\x03\x04", "\x7f\b"];

/** Reads a line from the terminal without showing it. */
function typed(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  let text = "";
  return new Promise<string>((resolve, reject) => {
    const end = (finish: () => void) => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    function take(keys: Buffer): void {
      for (const key of keys.toString("utf8")) {
        if (enter.includes(key)) end(() => resolve(text));
        else if (stop.includes(key)) end(() => reject(usageFailure("nothing was hashed")));
        else text = rubout.includes(key) ? text.slice(0, -1) : text + key;
      }
    }
    stdin.on("data", take);
  });
}

export interface MosquittoOptions {
  config: string;
  /** Address on which Mosquitto listens; by default that of the hub's `mqtt.url`. */
  listen?: string;
  cert?: string;
  key?: string;
}

/** Writes the files that make a Mosquitto the hub's broker, with the accounts and rights of its configuration. */
export async function writeMosquittoFiles(folder: string, options: MosquittoOptions): Promise<Outcome> {
  const loaded = loadConfig(options.config, process.env);
  if (!loaded.ok) throw usageFailure(loaded.message);
  const { config } = loaded;
  if (config.mqtt.broker !== "external") {
    throw usageFailure(`${options.config}: the hub uses its embedded broker.
Set "mqtt": {"broker": "external", "url": "mqtt://<host>:1883", "password": "…"} first: the hub itself logs in with it.`);
  }
  const url = new URL(config.mqtt.url);
  const { cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) throw usageFailure("--cert and --key belong together");
  if (url.protocol === "mqtts:" && !cert) throw usageFailure(`${config.mqtt.url} is encrypted: give --cert and --key`);
  const port = Number(url.port || (url.protocol === "mqtts:" ? 8883 : 1883));
  const target = resolve(folder);
  const [aclFile, passwordFile] = [join(target, "acl"), join(target, "passwords")];
  const files = mosquittoFiles({
    names: topicNames(config.site, config.prefix),
    accounts: config.users,
    hubPasswordHash: await hashPassword(config.mqtt.password),
    host: options.listen ?? url.hostname,
    port,
    aclFile,
    passwordFile,
    ...(cert && key ? { tls: { certFile: resolve(cert), keyFile: resolve(key) } } : {}),
  });
  const confFile = join(target, "mosquitto.conf");
  mkdirSync(target, { recursive: true });
  // What Mosquitto must read and nobody else: hashes of passwords, and who may do what.
  const mode = 0o600;
  writeFileSync(confFile, files.conf);
  writeFileSync(aclFile, files.acl, { mode });
  writeFileSync(passwordFile, files.passwords, { mode });
  const text = `${[confFile, aclFile, passwordFile].join("\n")}
Give the last two to Mosquitto's user (chown mosquitto), then: mosquitto -c ${confFile}`;
  return { json: { conf: confFile, acl: aclFile, passwords: passwordFile }, text };
}
