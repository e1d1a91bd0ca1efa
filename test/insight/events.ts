import type { TalliedEvent } from "../../hub/insight/tally.ts";

/** What a test says of an event besides its type and ticket. */
type Fields = Partial<TalliedEvent>;

/** An instant on the clocks of the office, in winter unless the offset is given: `2026-11-23 09:10`. */
export const clock = (text: string, offset = "+01:00") => {
  const seconds = text.split(":").length === 2 ? `${text}:00` : text;
  return Date.parse(`${seconds.replace(" ", "T")}${offset}`);
};

/** A ticket is issued; its number begins with the letter of nothing in particular. */
export const issued = (ticket: string, at: number, fields: Fields = {}): TalliedEvent => ({
  type: "ticket.issued",
  at,
  ticket,
  day: ticket.slice(0, 10),
  service: "id-card",
  kind: "walk-in",
  persons: 1,
  issuedAt: at,
  appointmentAt: null,
  promised: { minutes: [5, 10] },
  ...fields,
});

export const happened = (what: string, ticket: string, at: number, fields: Fields = {}): TalliedEvent => ({
  type: `ticket.${what}`,
  at,
  ticket,
  ...fields,
});
