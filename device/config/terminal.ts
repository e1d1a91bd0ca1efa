import * as z from "zod";
import { name } from "../../protocol/messages.ts";
import { panelOptions } from "../panel/options.ts";
import { printerOptions } from "../printer/options.ts";
import { scannerOptions } from "../scanner/options.ts";
import type { Limits } from "../terminal/limits.ts";
import { usualLimits } from "../terminal/limits.ts";
import { screenOptions } from "./screen.ts";

/** At most this many services are on one panel. */
const keysMax = 50;
/** What fits on a key and into its place on the screen. */
const labelCharactersMax = 3;
/** No time of a terminal is longer, in milliseconds. */
const timeMsMax = 3_600_000;

const amount = z.int().min(1).max(timeMsMax);
const limitFields = Object.fromEntries(
  Object.entries(usualLimits).map(([limit, usual]) => [limit, amount.default(usual)]),
) as Record<keyof Limits, z.ZodDefault<typeof amount>>;

const key = z.strictObject({
  button: name.describe("A button of the panel, by its name there."),
  led: name.exactOptional().describe("The LED in it, by its name in the panel."),
  service: name.describe("The service whose ticket it gives."),
  label: z
    .string()
    .min(1)
    .max(labelCharactersMax)
    .describe("What is written on it; the screen shows it beside the service."),
});

/** What a terminal has. */
export const terminalOptions = z
  .strictObject({
    printer: printerOptions.optional().describe("Without one the number and a code are shown on the screen."),
    scanner: scannerOptions.optional(),
    panel: panelOptions.optional(),
    keys: z.array(key).max(keysMax).default([]).describe("What the panel's buttons are for."),
    screen: screenOptions(8081),
    limits: z.strictObject(limitFields).prefault({}).describe("Times in milliseconds, and amounts."),
  })
  .superRefine(({ panel, keys }, context) => {
    const known = {
      button: new Set(panel?.buttons.map((button) => button.name)),
      led: new Set(panel?.leds.map((led) => led.name)),
    };
    const taken = new Set<string>();
    const lit = new Set<string>();
    for (const [index, one] of keys.entries()) {
      if (taken.has(one.button)) {
        const message = `the button "${one.button}" already has a service; each button gives one kind of ticket`;
        context.addIssue({ code: "custom", path: ["keys", index, "button"], message });
      }
      taken.add(one.button);
      if (one.led !== undefined && lit.has(one.led)) {
        const message = `the LED "${one.led}" already belongs to another key; it can show the state of one service only`;
        context.addIssue({ code: "custom", path: ["keys", index, "led"], message });
      }
      if (one.led !== undefined) lit.add(one.led);
      for (const part of ["button", "led"] as const) {
        const wanted = one[part];
        if (wanted === undefined || known[part].has(wanted)) continue;
        const message = `the panel has no ${part} "${wanted}"; it has: ${[...known[part]].join(", ") || "none"}`;
        context.addIssue({ code: "custom", path: ["keys", index, part], message });
      }
    }
  });
export type TerminalOptions = z.output<typeof terminalOptions>;
