import * as z from "zod";

/** A sign's row; the page length that the encoders are made for. */
const columns = z.int().min(4).max(24);
const path = z.string().min(1);

const alphaOptions = z.strictObject({
  protocol: z.literal("alpha"),
  /** The serial port by a name that does not change: `/dev/serial/by-id/…`. */
  path,
  baudRate: z.int().positive().default(9600),
  /** Set by model, see the sign's manual. */
  framing: z.enum(["8N1", "7E1"]).default("8N1"),
  /** Which models listen: `Z` all, `f` Alpha 210C, … (Alpha protocol document 9708-8061, appendix B). */
  typeCode: z.string().length(1).default("Z"),
  /** Which sign on the wire listens, two hexadecimal digits; `00` all. */
  address: z
    .string()
    .regex(/^[0-9A-F]{2}$/, "use two hexadecimal digits")
    .default("00"),
  columns,
  /** The priority file hides whatever else is in the sign's memory; a text file is one among others. */
  file: z.enum(["priority", "text"]).default("priority"),
});

const lineOptions = z.strictObject({
  protocol: z.literal("line"),
  path,
  baudRate: z.int().positive().default(115_200),
  columns,
  /** 0 dark to 15 brightest. */
  brightness: z.int().min(0).max(15).default(8),
});

/** How an LED sign is connected, as written in a device's configuration. */
export const signOptions = z.discriminatedUnion("protocol", [alphaOptions, lineOptions]);
export type SignOptions = z.infer<typeof signOptions>;
export type AlphaOptions = z.infer<typeof alphaOptions>;
export type LineOptions = z.infer<typeof lineOptions>;
