import * as z from "zod";

const hex4 = z.string().regex(/^[0-9a-f]{4}$/i, "must be four hexadecimal digits as lsusb shows them, as in '0c2e'");

const hid = z
  .strictObject({
    kind: z.literal("hid"),
    vendor: hex4.optional(),
    product: hex4.optional(),
    serial: z.string().min(1).optional(),
    /** A hidraw device, best by a stable link that a udev rule makes. */
    path: z.string().min(1).optional(),
    /** `auto` asks the scanner's report descriptor; the others say what the scanner was set to. */
    profile: z.enum(["auto", "pos", "keyboard"]).default("auto"),
    /** The keyboard layout that is set in the scanner, for keyboard reports. */
    layout: z.enum(["us", "de"]).default("us"),
  })
  .superRefine((options, context) => {
    if (options.product !== undefined && options.vendor === undefined) {
      context.addIssue({ code: "custom", path: ["vendor"], message: "must be given together with product" });
    }
    // Otherwise the first keyboard in the machine would do.
    if (options.profile === "keyboard" && options.path === undefined && options.vendor === undefined) {
      const message = "a keyboard scanner must be named by vendor and product, or by path";
      context.addIssue({ code: "custom", path: ["vendor"], message });
    }
  });

const serial = z.strictObject({
  kind: z.literal("serial"),
  path: z.string().min(1, "must name the serial device of the scanner, as in '/dev/serial/by-id/usb-…'"),
  baudRate: z.int().min(300).max(4_000_000).default(9_600),
});

/** A scanner as the configuration names it. Without vendor or path the first HID point-of-sale scanner is taken. */
export const scannerOptions = z.discriminatedUnion("kind", [hid, serial]);
export type ScannerOptions = z.infer<typeof scannerOptions>;
export type HidScannerOptions = z.infer<typeof hid>;
export type SerialScannerOptions = z.infer<typeof serial>;
