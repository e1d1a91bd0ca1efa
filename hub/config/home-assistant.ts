import * as z from "zod";

/** Left out: Home Assistant finds nothing, and what it found before is taken back. */
export const homeAssistantSection = z.strictObject({
  /** Home Assistant's own discovery prefix. */
  prefix: z
    .string()
    .regex(/^[a-zA-Z0-9_-]+(\/[a-zA-Z0-9_-]+)*$/, "use levels of letters, digits, - and _")
    .default("homeassistant"),
});
