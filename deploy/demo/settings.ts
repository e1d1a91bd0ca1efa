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

/** @throws Error whose message names the variable or field that is wrong. */
export function demoSettings(environment: NodeJS.ProcessEnv): DemoSettings {
  const file = JSON.parse(readFileSync(new URL("demo.json", import.meta.url), "utf8")) as Record<string, unknown>;
  for (const [field, variable] of Object.entries(variables)) {
    const value = environment[variable];
    if (value !== undefined && value !== "") file[field] = value;
  }
  const parsed = schema.safeParse(file);
  if (parsed.success) return { ...parsed.data, data: resolve(parsed.data.data) };
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? "");
  const variable = variables[field as keyof DemoSettings];
  throw new Error(`${variable ? `${variable} (${field} in deploy/demo/demo.json)` : field}: ${issue?.message}`);
}
