import * as z from "zod";
import * as m from "./messages.ts";

/** What the hub asks of a device, on the topic `…/client/<client>/command/<verb>`. */
const deviceCommand = z.enum(["test-print", "reprint", "identify", "reload"]);
export type DeviceCommand = z.infer<typeof deviceCommand>;

/** A command that was sent, and what became of it. `unknown`: the device has not said. */
const commandReport = z.object({
  id: z.string(),
  command: deviceCommand,
  sentAt: m.instant,
  state: z.enum(["sent", "done", "failed", "unknown"]),
  detail: z.string(),
});
export type CommandReport = z.infer<typeof commandReport>;

/** Something that somebody must see to, until it is said to be over. */
export const openAlarm = z.object({ client: z.string(), alarm: z.string(), detail: z.string(), since: m.instant });

/** A device as `device.list` shows it. */
const deviceEntry = z.object({
  client: m.name,
  role: m.role,
  /** `unseen`: it has not been heard since the hub started. */
  state: z.enum(["online", "offline", "unseen"]),
  /** When it was last heard. */
  lastSeen: m.instant.nullable(),
  /** How far its clock is ahead of the hub's, in milliseconds, as of its last word. */
  clockOffsetMs: z.int().nullable(),
  alarms: z.array(openAlarm.omit({ client: true })),
  /** The last commands to it since the hub started, newest first. */
  commands: z.array(commandReport),
  /** What it said of itself last. */
  status: m.deviceStatus.nullable(),
});
export type DeviceEntry = z.infer<typeof deviceEntry>;

/** Arguments of `device.command`; a reprint names the ticket. */
const commandArgs = z
  .object({
    client: m.name,
    command: deviceCommand,
    ticket: m.ticketId.optional(),
    number: m.ticketNumber.optional(),
  })
  .refine(
    ({ command, ticket, number }) =>
      [ticket, number].filter((name) => name !== undefined).length === (command === "reprint" ? 1 : 0),
    "for `reprint` give either `ticket` or `number`, for all others neither",
  );

/** What a terminal gets with the command `reprint`. */
export const reprintOrder = z.looseObject({ ticket: m.ticket, language: z.string() });

/** The verbs about devices and what they are asked to do. */
export const deviceVerbs = {
  "device.list": {
    args: z.object({ limit: m.listLimit.optional(), after: m.name.optional() }),
    result: z.object({ devices: z.array(deviceEntry), next: m.name.nullable() }),
    roles: ["admin"],
  },
  "device.command": { args: commandArgs, result: z.object({ command: commandReport }), roles: ["admin"] },
  "command.done": {
    args: z.object({
      command: z.string().min(1).max(64),
      ok: z.boolean(),
      detail: z.string().max(200).optional(),
    }),
    result: z.object({}),
    roles: ["terminal", "board", "desk", "admin"],
  },
} as const;
