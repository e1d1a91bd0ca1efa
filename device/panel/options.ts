import * as z from "zod";

/** More buttons or LEDs than any board with StandardFirmata has pins for. */
const partsMax = 64;
/** Firmata addresses pins with seven bits (Firmata protocol 2.x, message type 0xF4). */
const pinMax = 127;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 lower-case letters, digits and hyphens, as in 'id-card'");
const pin = z.int(`use a pin number from 0 to ${pinMax}`).min(0).max(pinMax);

const button = z.strictObject({
  name,
  pin,
  /** True when the button connects the pin to ground and the board's own pull-up resistor holds it high. */
  pullup: z.boolean().default(true),
});
const led = z.strictObject({ name, pin });

/**
 * A panel as the configuration names it. `path` is the board's serial device; name it by /dev/serial/by-id, since tty
 * numbers change when something else is plugged in.
 */
export const panelOptions = z
  .strictObject({
    path: z.string().min(1, "must name the serial device of the board, as in '/dev/serial/by-id/usb-Arduino…'"),
    buttons: z.array(button).max(partsMax).default([]),
    leds: z.array(led).max(partsMax).default([]),
  })
  .superRefine((options, context) => {
    const pins = new Map<number, string>();
    for (const [list, parts] of [
      ["buttons", options.buttons],
      ["leds", options.leds],
    ] as const) {
      const names = new Set<string>();
      parts.forEach((part, index) => {
        if (names.has(part.name)) {
          context.addIssue({ code: "custom", path: [list, index, "name"], message: `'${part.name}' is used twice` });
        }
        names.add(part.name);
        const other = pins.get(part.pin);
        if (other !== undefined) {
          const message = `pin ${part.pin} already belongs to '${other}'`;
          context.addIssue({ code: "custom", path: [list, index, "pin"], message });
        }
        pins.set(part.pin, part.name);
      });
    }
  });
export type PanelOptions = z.infer<typeof panelOptions>;
