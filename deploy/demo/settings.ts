import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";

const port = z.coerce.number().int().min(0).max(65_535);

/** Where the demo office is: demo.json beside this file, which the environment beats. Port 0 takes a free one. */
const schema = z.strictObject({
  /** The folder for everything that it writes. */
  data: z.string().min(1),
  mqttPort: port,
  /** The hub's pages. */
  httpPort: port,
  /** The terminal's screen. */
  screenPort: port,
  /** The HDMI board. */
  boardPort: port,
  log: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
  /** The hub's configuration, beside demo.json: `hub.json` is always open, `model-office.json` has real hours. */
  office: z.string().regex(/^[a-z0-9-]+\.json$/, "name a JSON file beside demo.json"),
});
export type DemoSettings = z.output<typeof schema>;

const variables: Record<keyof DemoSettings, string> = {
  data: "WARTEMARKE_DATA",
  mqttPort: "WARTEMARKE_MQTT_PORT",
  httpPort: "WARTEMARKE_HTTP_PORT",
  screenPort: "WARTEMARKE_SCREEN_PORT",
  boardPort: "WARTEMARKE_BOARD_PORT",
  log: "WARTEMARKE_LOG",
  office: "WARTEMARKE_OFFICE",
};

/** How a person sets this field, for messages. */
export const nameOf = (field: keyof DemoSettings) => `${variables[field]} (${field} in deploy/demo/demo.json)`;

/** Reads a JSON file beside this one. @throws Error whose message names the file. */
export function readBeside(file: string): unknown {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
  } catch (error) {
    throw new Error(`deploy/demo/${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws Error whose message names the variable, the field or the file that is wrong. */
export function demoSettings(environment: NodeJS.ProcessEnv): DemoSettings {
  const file = readBeside("demo.json") as Record<string, unknown>;
  for (const [field, variable] of Object.entries(variables)) {
    const value = environment[variable];
    if (value !== undefined && value !== "") file[field] = value;
  }
  const parsed = schema.safeParse(file);
  if (parsed.success) return { ...parsed.data, data: resolve(parsed.data.data) };
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? "");
  const name = field in variables ? nameOf(field as keyof DemoSettings) : `deploy/demo/demo.json: ${field}`;
  throw new Error(`${name}: ${issue?.message}`);
}
