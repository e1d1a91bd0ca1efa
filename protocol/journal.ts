import * as z from "zod";
import { protocolError } from "./errors.ts";
import * as m from "./messages.ts";
import { grant, reserveTicket } from "./reserve.ts";

/** Tickets in one `journal.report`, so that even the longest ones stay well under 64 KiB. */
export const reportedTicketsMax = 50;
/** Ranges of reserve numbers in one `journal.report`: more than a terminal ever holds. */
export const reportedGrantsMax = 200;
/** Services of one ticket. */
const servicesMax = 12;

/** A ticket of today as a terminal's journal has it: given by the hub, or from the reserve and taken by the hub. */
export const journalTicket = z.object({
  /** The id of the touch's own request. */
  request: z.string().min(1).max(64),
  number: m.ticketNumber,
  day: m.day,
  service: m.serviceId,
  services: z.array(m.serviceId).min(1).max(servicesMax),
  kind: z.enum(["walk-in", "appointment"]),
  issuedAt: m.instant,
  /** Its place in the queue, as the hub had said. */
  earnedAt: m.instant,
  persons: z.int().min(1).max(20),
  language: z.string().length(2).optional(),
  /** The time that was booked. */
  appointmentAt: m.instant.optional(),
  /** The reference of the booking, as the hub had said. */
  appointment: m.appointmentId.optional(),
  /** The first 16 bytes of the SHA-256 of the check-in code that was shown, in hex. */
  code: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  /** What became of the paper; left out while it is coming out. */
  paper: z.object({ outcome: z.enum(["printed", "shown", "failed", "unknown"]), sure: z.boolean() }).optional(),
  /** Set where the terminal gave the number from its reserve, as it said in `ticket.adopt`. */
  reserve: reserveTicket.pick({ order: true, clock: true, contact: true }).optional(),
});
export type JournalTicket = z.output<typeof journalTicket>;

/** What a terminal knows of the day, told page by page to a hub that is in an epoch which it has not told so far. */
export const journalReport = z.object({
  /** The epoch for which this is: one that is not the hub's own is refused. */
  epoch: z.int().min(1),
  /** The numbers that it holds for today and the days to come. */
  grants: z.array(grant).max(reportedGrantsMax).optional(),
  tickets: z.array(journalTicket).max(reportedTicketsMax),
  /** Whether this is all: the hub waits no longer for this terminal. */
  done: z.boolean(),
});

export const journalTaken = z.object({
  /** Those that are in the hub's file now, whether they were before or not; `state` is that of the ticket. */
  taken: z.array(z.object({ request: z.string(), ticket: m.ticketId, number: m.ticketNumber, state: m.ticketState })),
  /** Those that cannot be taken, with the reason; staff are told. */
  refused: z.array(z.object({ request: z.string(), number: m.ticketNumber, error: protocolError })),
});
