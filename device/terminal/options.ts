import * as z from "zod";
import { serviceId } from "../../protocol/messages.ts";
import type { Limits } from "./limits.ts";
import { usualLimits } from "./limits.ts";

/** At most this many services are on one panel. */
const keysMax = 50;

const ms = z.int().min(1).max(3_600_000);
const limitFields = Object.fromEntries(
  Object.entries(usualLimits).map(([name, usual]) => [name, ms.default(usual)]),
) as Record<keyof Limits, z.ZodDefault<typeof ms>>;

/** What a terminal's configuration says of its behaviour; its peripherals have options of their own. */
export const terminalOptions = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        button: z.string().min(1).describe("The button's name in the panel's configuration."),
        led: z.string().min(1).optional().describe("The LED beside it, by its name in the panel's configuration."),
        service: serviceId.describe("The service that this key gives a ticket for."),
        label: z.string().min(1).max(3).describe("What is written on the key; the screen shows it beside the service."),
      }),
    )
    .max(keysMax)
    .default([])
    .describe("Physical keys for services."),
  limits: z
    .strictObject(limitFields)
    .prefault({})
    .describe("Times in milliseconds and amounts; each has a usual value."),
});
export type TerminalOptions = z.output<typeof terminalOptions>;
