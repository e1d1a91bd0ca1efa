import * as z from "zod";
import { accountVerbs } from "./accounts.ts";
import { deviceVerbs, openAlarm } from "./devices.ts";
import { protocolError } from "./errors.ts";
import { journalReport, journalTaken } from "./journal.ts";
import type { Role } from "./messages.ts";
import * as m from "./messages.ts";
import { adoptedTicketsMax, adoption, grant, reserveTicket } from "./reserve.ts";

/** A request id older than this is `expired`; the hub keeps replies as long. */
export const replyDaysMax = 7;
/** What our software puts on `call.*`: nobody calls into an empty room later, in milliseconds. */
export const callValidMs = 5_000;

/** A head start in minutes that is given to somebody who waits, at most. */
export const priorityMinutesMax = 240;
/** To the front, in an emergency: a head start of a whole day, in minutes. */
export const frontPriority = 1_440;

/** Persons whom one booking may be for, and services in it, each counted once for every person. */
export const bookedServicesMax = 12;
/** Days that one answer about free times covers. */
export const slotDaysMax = 92;

/** A ticket is named by its id, or by its number, which then means the current day's. */
const named = { ticket: m.ticketId.optional(), number: m.ticketNumber.optional() };
const namedOnce = (args: { ticket?: string | undefined; number?: string | undefined }) =>
  (args.ticket === undefined) !== (args.number === undefined);
const namedOnceError = { error: "give either `ticket` (an id) or `number` (of the current day)" };
const ticketArgs = z.object(named).refine(namedOnce, namedOnceError);
const deskTicketArgs = z.object({ desk: m.deskId, ...named }).refine(namedOnce, namedOnceError);
const priority = z
  .int()
  .min(0)
  .max(frontPriority)
  .refine(
    (minutes) => minutes <= priorityMinutesMax || minutes === frontPriority,
    `use minutes up to ${priorityMinutesMax}, or ${frontPriority} for the front in an emergency`,
  );
const priorityReason = z.string().trim().min(1).max(200);
/** What boards and terminals show in large type. */
const publicMessage = z.string().trim().min(1).max(200);
const ticketResult = z.object({ ticket: m.ticket });
const nothing = z.object({});

/** A service that is booked for several persons is named once for each. */
const bookedServices = z.array(m.serviceId).min(1).max(bookedServicesMax);
const appointmentResult = z.object({ appointment: m.appointment });
const language = z.string().regex(/^[a-z]{2}$/, "use a two-letter language code");
const birthdate = z.iso.date();
/** Who comes. Nothing of it is in any reply, event or log. */
export const person = z.object({
  name: z.string().trim().min(1).max(80),
  email: z.email().max(254).optional(),
  phone: z
    .string()
    .trim()
    .regex(/^[+0-9][0-9 ()/.-]{3,28}$/, "use digits, spaces and + ( ) / . -")
    .optional(),
  /** Any of them counts at the terminal. */
  birthdates: z.array(birthdate).max(bookedServicesMax).default([]),
});
export type Person = z.output<typeof person>;

const dateReason = z.object({ date: m.day, reason: z.string().trim().min(1).max(100) });
const dateHours = z.object({ date: m.day, hours: z.string().min(1).max(100) });
/** Dates with rules of their own: each list adds to what is set, and a date in `remove` loses it. */
const officePatch = z.object({
  closures: z
    .object({ add: z.array(dateReason).max(100).optional(), remove: z.array(m.day).max(100).optional() })
    .optional(),
  specialHours: z
    .object({ add: z.array(dateHours).max(100).optional(), remove: z.array(m.day).max(100).optional() })
    .optional(),
});

/** The cells of a report come page by page; `after` is the `next` of the page before. */
const cellsPage = { limit: z.int().min(1).max(1000).optional(), after: z.int().min(0).optional() };
const cellsResult = m.figuresReport.extend({ next: z.int().nullable() });

/** Services that are closed by hand, until an instant or until they are opened again; and an emergency, or its end. */
const closingPatch = z.object({
  services: z
    .object({
      close: z
        .array(z.object({ service: m.serviceId, until: m.instant.optional() }))
        .max(100)
        .optional(),
      open: z.array(m.serviceId).max(100).optional(),
    })
    .optional(),
  emergency: z.object({ message: publicMessage }).nullable().optional(),
});

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
      language: language.optional(),
      persons: z.int().min(1).max(20).optional(),
      priority: priority.optional(),
      reason: priorityReason.optional(),
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
  "ticket.adopt": {
    args: z.object({ tickets: z.array(reserveTicket).min(1).max(adoptedTicketsMax) }),
    result: adoption,
    roles: ["terminal"],
  },
  "journal.report": { args: journalReport, result: journalTaken, roles: ["terminal"] },
  "reserve.get": {
    args: z.object({
      /** The terminal no longer knows which of its numbers it has given: it gets others. */
      anew: z.boolean().optional(),
    }),
    result: z.object({ grants: z.array(grant) }),
    roles: ["terminal"],
  },
  "ticket.cancel": { args: ticketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.priority": {
    /** Without `priority` the office's usual head start. */
    args: z
      .object({ ...named, priority: priority.optional(), reason: priorityReason })
      .refine(namedOnce, namedOnceError),
    result: ticketResult,
    roles: ["desk", "admin"],
  },
  "ticket.reprint": {
    args: z.object({ ...named, terminal: m.name.optional() }).refine(namedOnce, namedOnceError),
    result: ticketResult,
    roles: ["desk", "admin"],
  },
  "appointment.check-in": {
    args: z
      .object({
        code: z.string().min(1).max(128).optional(),
        birthdate: birthdate.optional(),
        /** The time of the appointment, where the birth date alone does not tell which. */
        time: z
          .string()
          .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "use HH:MM")
          .optional(),
        /** When the code was read, or the last digit entered. */
        at: m.instant,
      })
      .refine(
        ({ code, birthdate }) => (code === undefined) !== (birthdate === undefined),
        "give either `code` or `birthdate`",
      ),
    result: z.object({
      ticket: m.ticket,
      appointment: z.object({ time: m.instant, services: z.array(m.serviceId) }),
    }),
    roles: ["terminal", "desk", "admin"],
  },
  "appointment.late-check-in": {
    args: z.object({ appointment: m.appointmentId, reason: z.string().trim().min(1).max(200) }),
    result: ticketResult,
    roles: ["desk", "admin"],
  },
  "appointment.unlock": {
    args: z.object({ terminal: m.name.optional() }),
    result: nothing,
    roles: ["desk", "admin"],
  },
  "appointment.slots": {
    args: z.object({
      services: bookedServices,
      persons: z.int().min(1).max(bookedServicesMax).optional(),
      from: m.day.optional(),
      days: z.int().min(1).max(slotDaysMax).optional(),
    }),
    result: z.object({ days: z.array(z.object({ date: m.day, times: z.array(m.instant) })), next: m.day.nullable() }),
    roles: ["desk", "admin"],
  },
  "appointment.book": {
    args: z.object({
      services: bookedServices,
      persons: z.int().min(1).max(bookedServicesMax).optional(),
      at: m.instant,
      person,
      language: language.optional(),
      reminder: z.boolean().optional(),
    }),
    result: appointmentResult,
    roles: ["desk", "admin"],
  },
  "appointment.cancel": {
    args: z.object({ appointment: m.appointmentId }),
    result: appointmentResult,
    roles: ["desk", "admin"],
  },
  "appointment.move": {
    args: z.object({ appointment: m.appointmentId, at: m.instant }),
    result: appointmentResult,
    roles: ["desk", "admin"],
  },
  "appointment.show": {
    args: z.object({ appointment: m.appointmentId }),
    result: appointmentResult,
    roles: ["desk", "admin"],
  },
  "appointment.list": {
    args: z.object({
      /** Today, when left out. */
      date: m.day.optional(),
      limit: m.listLimit.optional(),
      after: m.appointmentId.optional(),
    }),
    result: z.object({ appointments: z.array(m.appointment), next: m.appointmentId.nullable() }),
    roles: ["desk", "admin"],
  },
  "desk.open": {
    args: z.object({ desk: m.deskId, services: z.array(m.serviceId).min(1).max(50).optional() }),
    result: z.object({ desk: m.desk }),
    roles: ["desk", "admin"],
  },
  "desk.close": { args: z.object({ desk: m.deskId }), result: z.object({ desk: m.desk }), roles: ["desk", "admin"] },
  "desk.pause": { args: z.object({ desk: m.deskId }), result: z.object({ desk: m.desk }), roles: ["desk", "admin"] },
  "desk.resume": { args: z.object({ desk: m.deskId }), result: z.object({ desk: m.desk }), roles: ["desk", "admin"] },
  "call.next": {
    args: z.object({ desk: m.deskId, current: m.ticketId.nullable().optional(), finish: z.boolean().optional() }),
    result: z.object({ ticket: m.ticket.nullable() }),
    roles: ["desk", "admin"],
  },
  "call.number": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "call.again": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "call.undo": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.no-show": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.finish": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.park": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.resume": { args: deskTicketArgs, result: ticketResult, roles: ["desk", "admin"] },
  "ticket.transfer": {
    args: z
      .object({ desk: m.deskId, ...named, service: m.serviceId.optional(), toDesk: m.deskId.optional() })
      .refine(namedOnce, namedOnceError)
      .refine(
        ({ service, toDesk }) => service !== undefined || toDesk !== undefined,
        "give `service`, `toDesk` or both",
      ),
    result: ticketResult,
    roles: ["desk", "admin"],
  },
  "queue.list": {
    args: z.object({
      /** Those who wait, when left out. */
      state: z.enum(["waiting", "parked", "no-show"]).optional(),
      service: m.serviceId.optional(),
      limit: m.listLimit.optional(),
      after: m.ticketId.optional(),
    }),
    result: z.object({ tickets: z.array(m.ticket), next: m.ticketId.nullable() }),
    roles: ["desk", "admin"],
  },
  "office.show": {
    args: z.object({}),
    result: z.object({ office: m.office, desks: z.array(m.desk) }),
    roles: ["admin"],
  },
  "office.preview": {
    args: officePatch,
    /** The appointments that would no longer fit, in order of time; `hit` counts all of them. */
    result: z.object({ hit: z.int(), appointments: z.array(m.appointment), office: m.office }),
    roles: ["admin"],
  },
  "office.change": {
    args: officePatch.extend({
      ...closingPatch.shape,
      /** Cancels the appointments that it hits, each with a mail. */
      cancelAppointments: z.boolean().optional(),
    }),
    result: z.object({ hit: z.int(), appointments: z.array(m.appointment), office: m.office }),
    roles: ["admin"],
  },
  "display.message": {
    args: z.object({
      /** A display group; `all` shows it on every board. */
      group: m.name,
      /** Null takes it away. */
      message: publicMessage.nullable(),
      until: m.instant.optional(),
    }),
    result: nothing,
    roles: ["admin"],
  },
  ...accountVerbs,
  ...deviceVerbs,
  "event.list": {
    args: z.object({
      epoch: z.int().min(1).optional(),
      after: z.int().min(0).optional(),
      limit: m.listLimit.optional(),
    }),
    result: z.object({ events: z.array(m.event), next: z.int().nullable() }),
    roles: ["desk", "admin"],
  },
  "stats.day": { args: z.object({ date: m.day, ...cellsPage }), result: cellsResult, roles: ["admin"] },
  "stats.range": {
    args: z
      .object({ from: m.day, to: m.day, ...cellsPage })
      .refine(({ from, to }) => from <= to, "`from` must not be later than `to`"),
    result: cellsResult,
    roles: ["admin"],
  },
  "backup.now": {
    args: z.object({}),
    /** Where it lies on the hub. */
    result: z.object({ path: z.string(), bytes: z.int() }),
    roles: ["admin"],
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
      /** What somebody must see to, the longest open first. */
      alarms: z.array(openAlarm),
      counts: z.record(z.string(), z.int()),
    }),
    roles: ["admin"],
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
