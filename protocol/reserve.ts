import * as z from "zod";
import { protocolError } from "./errors.ts";
import * as m from "./messages.ts";

/** Reserve tickets that one `ticket.adopt` brings. */
export const adoptedTicketsMax = 100;

/** Numbers of one series that a terminal may give on a day while the hub is away, from the first to the last. */
export const grant = z.object({ day: m.day, letter: m.letter, first: m.ticketNumber, last: m.ticketNumber });
export type Grant = z.infer<typeof grant>;

/** A ticket that a terminal gave from its reserve. */
export const reserveTicket = z.object({
  /** The id of the touch's own request, whether or not it was ever sent. */
  request: z.string().min(1).max(64),
  number: m.ticketNumber,
  day: m.day,
  service: m.serviceId,
  /** By the hub's clock as far as the terminal knows it. */
  issuedAt: m.instant,
  /** Rises with each ticket that this terminal gives. */
  order: z.int().min(0),
  /** `unsure`: since it was switched on it has had no clock to go by. */
  clock: z.enum(["sure", "unsure"]),
  /** A check-in code that was shown: the 34 digits, or the first 16 bytes of their SHA-256 in hex. */
  code: z
    .string()
    .regex(/^([0-9]{34}|[0-9a-f]{32})$/, "use the 34 digits, or 32 hexadecimal digits of their SHA-256")
    .optional(),
  /** When the terminal had last heard the hub, by the hub's clock. */
  contact: m.instant.optional(),
  /** Two letters, in which the visitor read the screen. */
  language: z.string().length(2).optional(),
});
export type ReserveTicket = z.output<typeof reserveTicket>;

/** What became of the tickets that a terminal brought. */
export const adoption = z.object({
  /** `state` is that of the ticket now; `void` is a second number for the same appointment. */
  adopted: z.array(z.object({ request: z.string(), ticket: m.ticketId, number: m.ticketNumber, state: m.ticketState })),
  /** Those that cannot be taken, with the reason; staff are told. */
  refused: z.array(z.object({ request: z.string(), number: m.ticketNumber, error: protocolError })),
});
