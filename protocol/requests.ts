import * as z from "zod";
import { protocolError } from "./errors.ts";
import type { Role } from "./messages.ts";
import * as m from "./messages.ts";

/** At most this many entries in one reply of a list. */
export const listEntriesMax = 100;
/** A request id older than this is `expired`; the hub keeps replies as long. */
export const replyDaysMax = 7;
/** What our software puts on `call.*`: nobody calls into an empty room later, in milliseconds. */
export const callValidMs = 5_000;

/** A ticket is named by its id, or by its number, which then means the current day's. */
const named = { ticket: m.ticketId.optional(), number: m.ticketNumber.optional() };
const namedOnce = (args: { ticket?: string | undefined; number?: string | undefined }) =>
  (args.ticket === undefined) !== (args.number === undefined);
const namedOnceError = { error: "give either `ticket` (an id) or `number` (of the current day)" };
const ticketArgs = z.object(named).refine(namedOnce, namedOnceError);
const deskTicketArgs = z.object({ desk: m.deskId, ...named }).refine(namedOnce, namedOnceError);
const ticketResult = z.object({ ticket: m.ticket });
const nothing = z.object({});

interface VerbDefinition {
  args: z.ZodType;
  result: z.ZodType;
  /** Who may use it; `admin` may use every verb but those for terminals alone. */
  roles: readonly Role[];
}

/** Every verb: its arguments, its result, who may use it. */
export const verbs = {
  "ticket.issue": {
    args: z.object({
      service: m.serviceId,
      language: z
        .string()
        .regex(/^[a-z]{2}$/, "use a two-letter language code")
        .optional(),
      persons: z.int().min(1).max(20).optional(),
      priority: z.int().min(0).max(240).optional(),
      reason: z.string().min(1).max(200).optional(),
    }),
    result: ticketResult,
    roles: ["terminal", "desk", "admin"],
  },
  "ticket.show": { args: ticketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.printed": {
    args: z.object({
      ticket: m.ticketId,
      outcome: z.enum(["printed", "shown", "failed", "unknown"]),
      sure: z.boolean(),
      detail: z.string().max(200).optional(),
    }),
    result: nothing,
    roles: ["terminal", "admin"],
  },
  "ticket.withdraw": {
    args: z.object({ request: z.string().min(1).max(64) }),
    result: nothing,
    roles: ["terminal"],
  },
  "ticket.cancel": { args: ticketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "desk.open": {
    args: z.object({ desk: m.deskId, services: z.array(m.serviceId).min(1).max(50).optional() }),
    result: z.object({ desk: m.desk }),
    roles: ["desk", "admin"],
  },
  "desk.close": { args: z.object({ desk: m.deskId }), result: z.object({ desk: m.desk }), roles: ["desk", "admin"] },
  "call.next": {
    args: z.object({ desk: m.deskId, current: m.ticketId.nullable().optional(), finish: z.boolean().optional() }),
    result: z.object({ ticket: m.ticket.nullable() }),
    roles: ["desk", "admin"],
  },
  "call.number": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "call.again": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.no-show": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.finish": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "queue.list": {
    args: z.object({
      service: m.serviceId.optional(),
      limit: z.int().min(1).max(listEntriesMax).optional(),
      after: m.ticketId.optional(),
    }),
    result: z.object({ tickets: z.array(m.ticket), next: m.ticketId.nullable() }),
    roles: ["desk", "admin"],
  },
  "office.show": { args: z.object({}), result: z.object({ office: m.office }), roles: ["admin"] },
  "device.list": {
    args: z.object({
      limit: z.int().min(1).max(listEntriesMax).optional(),
      after: m.name.optional(),
    }),
    result: z.object({
      devices: z.array(z.object({ client: m.name, status: m.deviceStatus })),
      next: m.name.nullable(),
    }),
    roles: ["admin"],
  },
  "event.list": {
    args: z.object({
      epoch: z.int().min(1).optional(),
      after: z.int().min(0).optional(),
      limit: z.int().min(1).max(listEntriesMax).optional(),
    }),
    result: z.object({ events: z.array(m.event), next: z.int().nullable() }),
    roles: ["desk", "admin"],
  },
  "hub.check": {
    args: z.object({}),
    result: z.object({
      ok: z.boolean(),
      version: z.string(),
      epoch: z.int(),
      seq: z.int(),
      databaseBytes: z.int(),
      problems: z.array(z.string()),
      counts: z.record(z.string(), z.int()),
    }),
    roles: ["admin"],
  },
  "command.done": {
    args: z.object({
      command: z.string().min(1).max(64),
      ok: z.boolean(),
      detail: z.string().max(200).optional(),
    }),
    result: nothing,
    roles: ["terminal", "board", "desk", "admin"],
  },
} as const satisfies Record<string, VerbDefinition>;

export type Verb = keyof typeof verbs;
export type Arguments<V extends Verb> = z.input<(typeof verbs)[V]["args"]>;
export type Parsed<V extends Verb> = z.output<(typeof verbs)[V]["args"]>;
export type Result<V extends Verb> = z.output<(typeof verbs)[V]["result"]>;

/** Own-property look-up, so that a verb called `constructor` is unknown like any other. */
export function isVerb(text: string): text is Verb {
  return Object.hasOwn(verbs, text);
}

/** The frame around every request's arguments. */
export const requestFrame = z.object({
  id: z.string().min(1).max(64),
  reply: m.name.optional(),
  validUntil: m.instant.optional(),
});
export type RequestFrame = z.infer<typeof requestFrame>;

/** The id is null only where the request was too broken to have one. */
export const reply = z.discriminatedUnion("ok", [
  z.object({ id: z.string(), verb: z.string(), ok: z.literal(true), result: z.looseObject({}) }),
  z.object({ id: z.string().nullable(), verb: z.string(), ok: z.literal(false), error: protocolError }),
]);
export type Reply = z.infer<typeof reply>;
