import * as z from "zod";

/** A page for a browser on this machine. */
export const screenOptions = (usualPort: number) =>
  z
    .strictObject({
      port: z.int().min(0).max(65_535).default(usualPort).describe("On loopback; 0 lets the system choose."),
    })
    .optional()
    .describe("A page for a browser on this machine.");
