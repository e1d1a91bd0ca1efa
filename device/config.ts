import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { name } from "../protocol/messages.ts";
import { boardOptions } from "./config/board.ts";
import { findClashes } from "./config/clashes.ts";
import { deskOptions } from "./config/desk.ts";
import { parseJson } from "./config/json.ts";
import { terminalOptions } from "./config/terminal.ts";
import { issuesInLines, issueWords } from "./config/words.ts";

/** What the process ends with when its configuration is wrong (sysexits.h, EX_CONFIG); nothing was started then. */
export const configExitCode = 78;

/** What a device may be for. One daemon has one role, since its status topic has one. */
export const deviceRoles = ["terminal", "board", "desk"] as const;
export type DeviceRole = (typeof deviceRoles)[number];

const mqtt = z.strictObject({
  url: z
    .string()
    .refine(isBrokerUrl, "give the broker as mqtt://host:port or mqtts://host:port, without user and path")
    .describe("The broker, as `mqtt://host:port` or `mqtts://host:port`."),
  user: name
    .refine((user) => user !== "hub", "`hub` is reserved")
    .describe("The device's user name at the broker; it is the device's name everywhere."),
  password: z
    .string("is missing: give it here or in WARTEMARKE_MQTT_PASSWORD")
    .min(1)
    .describe("Better given by the environment than in the file."),
  version: z
    .union([z.literal("auto"), z.literal(4), z.literal(5)], 'use "auto", 4 (MQTT 3.1.1) or 5')
    .default("auto")
    .describe("MQTT 5 where the broker speaks it and else 3.1.1, or only 5, or only 4 (which is 3.1.1)."),
});

/** The whole configuration of one device daemon. */
export const deviceConfig = z
  .strictObject({
    site: name.describe("The office's name in the topics, as in the hub's configuration."),
    prefix: z
      .string()
      .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/, "use levels of a-z, 0-9 and -, with / between them")
      .default("wartemarke")
      .describe("What the topics begin with."),
    mqtt,
    data: z.string().min(1).default("./data").describe("The folder for what must survive a power cut."),
    log: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info")
      .describe("From which level on the log is written."),
    terminal: terminalOptions.optional().describe("For a device that gives tickets."),
    board: boardOptions.optional().describe("For a device that shows calls."),
    desk: deskOptions.optional().describe("For the buttons on a clerk's desk."),
  })
  .superRefine((config, context) => {
    const given = deviceRoles.filter((role) => config[role]);
    if (given.length !== 1) {
      const message = `give exactly one of ${deviceRoles.join(", ")}, here is ${given.join(" and ") || "none"}`;
      context.addIssue({ code: "custom", path: [], message: `${message}; two roles on one machine are two daemons` });
    }
    for (const { path, message } of findClashes(config)) context.addIssue({ code: "custom", path, message });
  });

export type DeviceConfig = z.output<typeof deviceConfig>;

/** The one role of a configuration. */
export function roleOf(config: DeviceConfig): DeviceRole {
  const role = deviceRoles.find((one) => config[one]);
  if (!role) throw new Error("a configuration without a role cannot have been parsed");
  return role;
}

function isBrokerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  const isBare = !username && !password && !search && !hash && (pathname === "" || pathname === "/");
  return (protocol === "mqtt:" || protocol === "mqtts:") && hostname !== "" && isBare;
}

/** Names of this very machine in a broker's address. */
const loopbackHosts = ["127.0.0.1", "[::1]", "localhost"];

/** Whether nobody between this device and its broker can read along: only then personal data may be sent. */
export function isPrivateBroker(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "mqtts:" || loopbackHosts.includes(hostname);
}

/** Environment variables that beat the file, and the field that each one sets; a screen only where there is one. */
export const environmentFields = {
  WARTEMARKE_DATA: { path: ["data"], isNumber: false },
  WARTEMARKE_LOG: { path: ["log"], isNumber: false },
  WARTEMARKE_MQTT_URL: { path: ["mqtt", "url"], isNumber: false },
  WARTEMARKE_MQTT_PASSWORD: { path: ["mqtt", "password"], isNumber: false },
  WARTEMARKE_SCREEN_PORT: { path: ["terminal", "screen", "port"], isNumber: true },
  WARTEMARKE_BOARD_PORT: { path: ["board", "screen", "port"], isNumber: true },
} as const;

export type LoadedConfig = { ok: true; config: DeviceConfig } | { ok: false; message: string };

/**
 * Reads one JSON file and lets the environment beat it. Never throws: what is wrong is said in one message that names
 * the file and the field, or the variable. Relative folders are below the working directory.
 */
export function loadConfig(file: string, environment: NodeJS.ProcessEnv): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { ok: false, message: `${file}: cannot be read: ${error instanceof Error ? error.message : error}` };
  }
  const json = parseJson(text);
  if (!json.ok) {
    return {
      ok: false,
      message: `${file}: not JSON at line ${json.line}, column ${json.column}: expected ${json.expected}`,
    };
  }
  const variables = applyEnvironment(json.value, environment);
  const parsed = deviceConfig.safeParse(json.value, { error: issueWords });
  if (!parsed.success) return { ok: false, message: issuesInLines(file, parsed.error, variables) };
  return { ok: true, config: { ...parsed.data, data: resolve(parsed.data.data) } };
}

/** Sets the fields in place and says which variable set which; an empty variable counts as not set. */
function applyEnvironment(value: unknown, environment: NodeJS.ProcessEnv): Map<string, string> {
  const used = new Map<string, string>();
  for (const [variable, { path, isNumber }] of Object.entries(environmentFields)) {
    const given = environment[variable];
    if (!given) continue;
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
    const field = path.at(-1);
    if (!isRecord(parent) || field === undefined) continue;
    parent[field] = isNumber && /^\d+$/.test(given) ? Number(given) : given;
    used.set(path.join("."), variable);
  }
  return used;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
