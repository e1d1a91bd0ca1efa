import { z } from "zod";
import { type PrinterProfile, printerProfiles } from "./profiles.ts";

const usbId = z.number().int().min(0).max(0xffff);

/** How a printer is reached. Without vendor and product the first USB device of the printer class is taken. */
export const printerConnection = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("usb"),
    vendor: usbId.optional(),
    product: usbId.optional(),
    serial: z.string().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal("serial"),
    /** Best by `/dev/serial/by-id/…`, which stays the same when devices are plugged in another order. */
    path: z.string().min(1),
    baudRate: z.number().int().positive().default(38400),
    /** Hardware handshake, where the cable has it. */
    rtscts: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("tcp"),
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(9100),
  }),
  z.strictObject({ kind: z.literal("file"), path: z.string().min(1) }),
]);

const profileName = z.enum(Object.keys(printerProfiles) as [keyof typeof printerProfiles]);

export const printerOptions = z
  .strictObject({
    connection: printerConnection,
    profile: profileName.default("epson"),
    /** Characters of normal width in a line: 48 on paper of 80 mm, 32 on 58 mm. */
    columns: z.number().int().min(16).max(64).default(48),
    /** The printer's own number of code page 858, where it is not the profile's. */
    codeTable: z.number().int().min(0).max(255).optional(),
  })
  .superRefine(({ connection, profile }, context) => {
    // Any other asks for its status again and again: a plain file would grow by that, and no ticket be sure to anybody.
    if (connection.kind !== "file" || connection.path.startsWith("/dev/") || profile === "file") return;
    const message = `a plain file answers nothing: give the profile "file" with it, not "${profile}"`;
    context.addIssue({ code: "custom", path: ["profile"], message });
  });

export type PrinterConnection = z.output<typeof printerConnection>;
export type PrinterOptions = z.output<typeof printerOptions>;

/** The profile that the options name, with what they say about this one printer. */
export function profileOf(options: PrinterOptions): PrinterProfile {
  const profile: PrinterProfile = printerProfiles[options.profile];
  return options.codeTable === undefined ? profile : { ...profile, codeTable: options.codeTable };
}
