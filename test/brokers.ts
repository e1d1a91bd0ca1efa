import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Account } from "../hub/accounts.ts";
import { hashPassword } from "../hub/accounts.ts";
import type { Broker } from "../hub/broker.ts";
import { createEmbeddedBroker } from "../hub/broker.ts";
import { mosquittoFiles } from "../hub/mosquitto.ts";
import type { Role } from "../protocol/messages.ts";
import { topicNames } from "../protocol/topics.ts";
import { findProgram, need } from "./needs.ts";
import { until } from "./until.ts";

export type BrokerKind = "embedded" | "mosquitto";

/** Both kinds, or only the embedded one where Mosquitto is not installed; the runner then counts a skip. */
export function brokersHere(): BrokerKind[] {
  return need("mosquitto") ? ["embedded", "mosquitto"] : ["embedded"];
}

/** The site of the brokers that tests start, unless they name another. */
export const testSite = "test";

export interface TestAccount {
  name: string;
  role: Role;
  desks?: string[];
  /** `demo` unless told otherwise. */
  password?: string;
}

export interface TestBroker {
  kind: BrokerKind;
  url: string;
  host: string;
  port: number;
  hubPassword: string;
  /** The broker itself, where it runs in this process. */
  embedded?: Broker;
  /** The process, where the broker has one of its own. */
  pid?: number;
  /** Where its files are, where it is a Mosquitto. */
  folder?: string;
  stop(): Promise<void>;
}

export interface BrokerSetup {
  site?: string;
  /** A free one unless told otherwise, so that a broker can come back where it was. */
  port?: number;
  hubPassword?: string;
  /** Where Home Assistant may be told of devices. */
  discovery?: readonly string[];
}

const host = "127.0.0.1";

/** Starts a broker of either kind with the accounts given, on a free port of the loopback. */
export async function startBroker(
  kind: BrokerKind,
  accounts: readonly TestAccount[],
  setup: BrokerSetup = {},
): Promise<TestBroker> {
  const hubPassword = setup.hubPassword ?? randomBytes(12).toString("hex");
  const names = topicNames(setup.site ?? testSite, "wartemarke", setup.discovery);
  const hashed = await Promise.all(accounts.map(hashAccount));
  if (kind === "embedded") {
    const embedded = createEmbeddedBroker({ host, port: setup.port ?? 0, names, accounts: hashed, hubPassword });
    const port = await embedded.start();
    return { kind, url: `mqtt://${host}:${port}`, host, port, hubPassword, embedded, stop: () => embedded.stop() };
  }
  const port = setup.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), "wartemarke-mosquitto-"));
  const [aclFile, passwordFile] = [join(folder, "acl"), join(folder, "passwords")];
  const hubPasswordHash = await hashPassword(hubPassword);
  const runAs = userInfo().username;
  const files = mosquittoFiles({ names, accounts: hashed, hubPasswordHash, host, port, aclFile, passwordFile, runAs });
  await writeFile(join(folder, "mosquitto.conf"), files.conf);
  await writeFile(aclFile, files.acl, { mode: 0o600 });
  await writeFile(passwordFile, files.passwords, { mode: 0o600 });
  const child = spawn(findProgram("mosquitto") ?? "mosquitto", ["-c", join(folder, "mosquitto.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await until("Mosquitto listens", () => {
    if (child.exitCode !== null) throw new Error(`Mosquitto ended: ${said}`);
    return /running/.test(said);
  });
  const stop = async () => {
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { kind, url: `mqtt://${host}:${port}`, host, port, hubPassword, pid: child.pid ?? 0, folder, stop };
}

async function hashAccount({ name, role, desks = [], password = "demo" }: TestAccount): Promise<Account> {
  return { name, role, desks, passwordHash: await hashPassword(password) };
}

/** Below those that Linux gives to whoever asks for any port (ip(7), ip_local_port_range), from 32768 on. */
const ownPorts = [20_000, 32_000] as const;

/**
 * A port that is free, for programs that cannot listen on port 0. Neighbours' connections never get one of these, so that it
 * stays free while such a program starts, or starts again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...ownPorts);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, host, () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
