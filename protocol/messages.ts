import * as z from "zod";

/** The version of the protocol that this code speaks; it is part of every topic. */
export const protocolVersion = 1;

/** A site, a client (the MQTT user name), a reply name. */
export const name = z.string().regex(/^[a-z0-9-]{1,32}$/, "use 1 to 32 of a-z, 0-9 and -");
/** An instant: ISO 8601 with offset or `Z`. */
export const instant = z.iso.datetime({ offset: true });
/** A day of the local calendar, `YYYY-MM-DD`. */
export const day = z.iso.date();
export const letter = z.string().regex(/^[A-Z]$/, "use one letter A to Z");
/** A ticket number as printed and called, `A017`; the width is configurable, 3 to 6 digits. */
export const ticketNumber = z.string().regex(/^[A-Z][0-9]{3,6}$/, "use a letter and 3 to 6 digits");
/** A ticket's id: day and number, `2026-11-23/A017`. */
export const ticketId = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}\/[A-Z][0-9]{3,6}$/, "use a ticket id such as 2026-11-23/A017");
export const serviceId = name;
/** At most this many entries in one reply of a list. */
export const listEntriesMax = 100;
export const listLimit = z.int().min(1).max(listEntriesMax);
export const deskId = name;
/** A booking's reference: ten characters of Crockford's base 32, so that it can be read aloud. */
export const appointmentId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{10}$/, "use a booking reference of ten characters");
/** From and to, in whole minutes. */
export const minutesRange = z.tuple([z.int().min(0), z.int().min(0)]);
/** A text for people by language code; German is always there. */
export const texts = z.object({ de: z.string().max(200) }).catchall(z.string().max(200));

/** How a peripheral is: what a printer can say is the longest list, so the others use what fits them. */
export const peripheralState = z.enum(["ready", "paper-low", "paper-out", "cover-open", "error", "offline", "unknown"]);
export const peripheralStatus = z.object({ state: peripheralState, detail: z.string().max(200) });
export type PeripheralStatus = z.infer<typeof peripheralStatus>;

export const role = z.enum(["terminal", "board", "desk", "admin"]);
export type Role = z.infer<typeof role>;

export const ticketState = z.enum([
  "waiting",
  "called",
  "parked",
  "finished",
  "no-show",
  "cancelled",
  "expired",
  "void",
]);
export type TicketState = z.infer<typeof ticketState>;
/** What became of the paper. `pending`: committed, and nobody has said yet what came out. */
export const paperState = z.enum(["none", "pending", "printed", "shown", "failed", "unknown"]);

/** Why it was this ticket's turn, or why it was withdrawn: a code for programs, details beside it. */
export const reason = z.looseObject({ code: z.string() });

export const ticket = z.object({
  id: ticketId,
  day,
  number: ticketNumber,
  service: serviceId,
  services: z.array(serviceId),
  state: ticketState,
  paper: paperState,
  origin: z.enum(["hub", "reserve"]),
  issuedAt: instant,
  earnedAt: instant,
  ahead: z.int().min(0),
  estimateMinutes: minutesRange.nullable(),
  kind: z.enum(["walk-in", "appointment"]),
  priority: z.int(),
  persons: z.int().min(1),
  desk: deskId.nullable(),
  calledAt: instant.nullable(),
  calls: z.int().min(0),
  reason: reason.nullable(),
  boards: z.array(z.string()),
  statusUrl: z.url().optional(),
  /** The time that was booked; a walk-in has none. */
  appointmentAt: instant.optional(),
  /** The reference of the booking, where the hub knows it. */
  appointment: appointmentId.optional(),
  /** The one desk that calls it, where it was sent to one. */
  boundTo: deskId.optional(),
  /** It is from before a backup was put in place: what has happened to it since is unknown. */
  afterRestore: z.boolean().optional(),
});
export type Ticket = z.infer<typeof ticket>;

export const desk = z.object({
  id: deskId,
  name: z.string(),
  /** A paused desk calls nobody; its clerk takes a break. */
  state: z.enum(["open", "paused", "closed"]),
  services: z.array(serviceId),
  /** The number at the desk now. */
  number: ticketNumber.nullable(),
  ticket: ticketId.nullable(),
  /** A backup was put in place and nobody has done anything at this desk since: what stands here is to be checked. */
  afterRestore: z.boolean().optional(),
});
export type Desk = z.infer<typeof desk>;

export const appointmentState = z.enum(["reserved", "confirmed", "checked-in", "lapsed", "cancelled"]);
export type AppointmentState = z.infer<typeof appointmentState>;

/** An appointment as it may be shown to anybody who works with it: whose it is does not stand here. */
export const appointment = z.object({
  id: appointmentId,
  day,
  /** When it begins and ends. */
  time: instant,
  until: instant,
  /** A service that was booked for several persons stands here once for each. */
  services: z.array(serviceId),
  state: appointmentState,
  origin: z.enum(["web", "staff"]),
  /** The ticket that the check-in gave. */
  ticket: ticketId.nullable(),
});
export type Appointment = z.infer<typeof appointment>;

/** Appointments of a day that one terminal is told of at most. */
export const terminalAppointmentsMax = 600;
/** What a terminal needs to check people in alone: no more than hashes and times. */
export const terminalAppointments = z.object({
  day,
  revision: z.int(),
  appointments: z
    .array(
      z.object({
        /** The first 16 bytes of the SHA-256 of the check-in code, in hex. */
        code: z.string().regex(/^[0-9a-f]{32}$/),
        at: instant,
        services: z.array(serviceId),
        state: z.enum(["confirmed", "checked-in", "cancelled", "moved"]),
      }),
    )
    .max(terminalAppointmentsMax),
});
export type TerminalAppointments = z.infer<typeof terminalAppointments>;

/** Retained on `hub`; `offline` is the hub's will. */
export const hubPresence = z.object({
  state: z.enum(["online", "offline"]),
  version: z.string(),
  protocol: z.literal(protocolVersion),
  since: instant,
  session: z.string(),
  /** As in the beat, for whoever has just connected; left out by an older hub. */
  epoch: z.int().optional(),
});
export type HubPresence = z.infer<typeof hubPresence>;

/** Every 3 s; none for 10 s means "not live". */
export const beat = z.object({
  at: instant,
  session: z.string(),
  epoch: z.int(),
  seq: z.int(),
  revisions: z.record(z.string(), z.int()),
});
export type Beat = z.infer<typeof beat>;

const interval = z.object({ from: instant, to: instant });
/** One day of opening hours; `closed` says why it is shut although the week would open it. */
export const openingDay = z.object({ date: day, open: z.array(interval), closed: z.string().optional() });

/**
 * There when a walk-in who came now could not be served before closing: whether a terminal warns or refuses, and when
 * to come instead.
 */
const intake = z.object({ stop: z.enum(["warn", "refuse"]), from: instant.nullable() }).optional();

export const officeService = z.object({
  id: serviceId,
  letter,
  names: texts,
  open: z.boolean(),
  waiting: z.int().min(0),
  estimateMinutes: minutesRange.nullable(),
  intake,
  /** It is closed by hand, whether or not the office is open; left out by an older hub. */
  closed: z.boolean().optional(),
  /** Until when it is closed by hand, where that is known. */
  opensAt: instant.optional(),
  bring: texts.optional(),
  fee: texts.optional(),
});

/** What a terminal or board needs to draw itself and to work alone. */
export const office = z.object({
  name: z.string(),
  languages: z.array(z.string()),
  timeZone: z.string(),
  accent: z.string(),
  open: z.boolean(),
  /** When `open` changes next; null when it never does (24/7) or not within the days known. */
  nextChange: instant.nullable(),
  days: z.array(openingDay),
  services: z.array(officeService),
  /** Whether the office gives appointments, so that people check in; left out by a hub that knows nothing of them. */
  appointments: z.boolean().optional(),
  /** The number of this office in check-in codes, where it gives appointments. */
  siteNumber: z.int().optional(),
  /** What everybody is told in an emergency; left out while there is none. */
  emergency: z.string().optional(),
});
export type Office = z.infer<typeof office>;

export const queue = z.object({
  service: serviceId,
  open: z.boolean(),
  waiting: z.int().min(0),
  estimateMinutes: minutesRange.nullable(),
  intake,
  lastCalled: ticketNumber.nullable(),
  desksOpen: z.int().min(0),
});
export type Queue = z.infer<typeof queue>;

export const displayCall = z.object({
  /** Names this call for good, so that a board knows what it has announced; `count` rises with each recall. */
  call: z.string(),
  number: ticketNumber,
  desk: deskId,
  deskName: z.string(),
  calledAt: instant,
  count: z.int().min(1),
});
export type DisplayCall = z.infer<typeof displayCall>;
/** What the boards of a group show, newest call first. */
export const display = z.object({
  epoch: z.int(),
  revision: z.int(),
  calls: z.array(displayCall),
  message: z.string().nullable(),
});
export type Display = z.infer<typeof display>;

export const eventTypes = [
  "ticket.issued",
  "ticket.printed",
  "ticket.shown",
  "ticket.print-failed",
  "ticket.print-unknown",
  "ticket.adopted",
  "ticket.recovered",
  "ticket.replaced",
  "ticket.reprinted",
  "ticket.called",
  "ticket.recalled",
  "ticket.undone",
  "ticket.no-show",
  "ticket.parked",
  "ticket.resumed",
  "ticket.transferred",
  "ticket.prioritized",
  "ticket.finished",
  "ticket.cancelled",
  "ticket.expired",
  "appointment.reserved",
  "appointment.confirmed",
  "appointment.lapsed",
  "appointment.cancelled",
  "appointment.moved",
  "appointment.checked-in",
  "appointment.link",
  "appointment.no-match",
  "appointment.unlocked",
  "desk.opened",
  "desk.closed",
  "desk.paused",
  "desk.resumed",
  "device.online",
  "device.offline",
  "device.alarm",
  "office.opened",
  "office.closed",
  "office.changed",
] as const;
export type EventType = (typeof eventTypes)[number];
export const event = z.looseObject({
  epoch: z.int(),
  seq: z.int(),
  at: instant,
  type: z.enum(eventTypes),
});
export type Event = z.infer<typeof event>;

/** More peripherals than any device has. */
const peripheralsMax = 16;

/** Retained on a device's own branch; `offline` is its will. */
export const deviceStatus = z.object({
  state: z.enum(["online", "offline"]),
  role,
  version: z.string().max(64),
  at: instant,
  session: z.string().max(64),
  peripherals: z
    .record(z.string().max(32), peripheralStatus)
    .refine((peripherals) => Object.keys(peripherals).length <= peripheralsMax, `at most ${peripheralsMax}`),
});
export type DeviceStatus = z.infer<typeof deviceStatus>;

export const command = z.looseObject({ id: z.string(), validUntil: instant });

const minutes = z.number().min(0);
/** Half of all times, and nine of ten, are no longer than this: minutes to a tenth. */
const percentiles = z.object({ median: minutes, p90: minutes });
const half = z.string().regex(/^[0-2][0-9]:[03]0$/);
const weekday = z.int().min(1).max(7);
const countOf = z.int().min(0);
/** What planning needs to know of the visits that began in some time; nothing in it is personal. */
export const figures = z.object({
  arrivals: countOf,
  /** Of the arrivals, those with an appointment. */
  appointments: countOf,
  persons: countOf,
  served: countOf,
  noShows: countOf,
  cancelled: countOf,
  expired: countOf,
  /** Appointments whose time this was and to which nobody came; they are no arrivals. */
  lapsed: countOf,
  /** Of those who were served; null when nobody was. */
  waitMinutes: percentiles.nullable(),
  serviceMinutes: percentiles.nullable(),
  /** Walk-ins who had been told how long they would wait, and for how many of them it was true. */
  promises: z.object({ made: countOf, kept: countOf }),
});
export type Figures = z.infer<typeof figures>;

/** Figures from one day to another: of all, then by service, weekday (1 is Monday) and half hour, and by all three. */
export const figuresReport = z.object({
  from: day,
  to: day,
  /** Days on which there was anybody. */
  days: countOf,
  total: figures,
  services: z.array(figures.extend({ service: serviceId })),
  weekdays: z.array(figures.extend({ weekday })),
  halfHours: z.array(figures.extend({ time: half })),
  cells: z.array(figures.extend({ weekday, time: half, service: serviceId })),
});
export type FiguresReport = z.infer<typeof figuresReport>;
