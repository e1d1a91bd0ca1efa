import * as z from "zod";
import { name } from "../../protocol/messages.ts";
import { panelOptions } from "../panel/options.ts";
import { printerOptions } from "../printer/options.ts";
import { scannerOptions } from "../scanner/options.ts";
import type { Limits } from "../terminal/limits.ts";
import { usualLimits } from "../terminal/limits.ts";
import { screenOptions } from "./screen.ts";

const keysMax = 32;
const labelCharactersMax = 40;

const limits = z
  .strictObject(
    Object.fromEntries(Object.keys(usualLimits).map((key) => [key, z.int().min(1).optional()])) as Record<
      keyof Limits,
      z.ZodOptional<z.ZodInt>
    >,
  )
  .transform((given): Limits => ({ ...usualLimits, ...given }) as Limits);

const key = z.strictObject({
  button: name.describe("A button of the panel, by its name there."),
  led: name.exactOptional().describe("The LED in it, by its name in the panel."),
  service: name.describe("The service whose ticket it gives."),
  label: z.string().min(1).max(labelCharactersMax).describe("What is written on it; the screen shows the same."),
});

/** What a terminal has. */
export const terminalOptions = z
  .strictObject({
    printer: printerOptions.optional().describe("Without one the number and a code are shown on the screen."),
    scanner: scannerOptions.optional(),
    panel: panelOptions.optional(),
    keys: z.array(key).max(keysMax).default([]).describe("What the panel's buttons are for."),
    screen: screenOptions(8081),
    limits: limits.prefault({}).describe("Times and amounts; each one left out has its usual value."),
  })
  .superRefine(({ panel, keys }, context) => {
    const known = {
      button: new Set(panel?.buttons.map((button) => button.name)),
      led: new Set(panel?.leds.map((led) => led.name)),
    };
    for (const [index, one] of keys.entries()) {
      for (const part of ["button", "led"] as const) {
        const wanted = one[part];
        if (wanted === undefined || known[part].has(wanted)) continue;
        const message = `the panel has no ${part} "${wanted}"; it has: ${[...known[part]].join(", ") || "none"}`;
        context.addIssue({ code: "custom", path: ["keys", index, part], message });
      }
    }
  });
export type TerminalOptions = z.output<typeof terminalOptions>;
