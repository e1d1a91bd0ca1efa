import type { Policy } from "../office/policy.ts";
import { nextFor } from "../office/policy.ts";
import { placeTime, serves } from "../office/queue.ts";
import type { TicketRecord } from "../office/state.ts";

/**
 * Other call orders, to see what the office's own is good for: it is compared with them on simulated and on recorded days.
 * Nothing here ever calls a real visitor.
 */

/** Appointments before walk-ins as soon as they are checked in, however long the others wait. */
const strict: Policy = (state, desk) => {
  const appointment = state.waitingAppointments.find((ticket) => serves(desk, ticket));
  const ticket = appointment ?? state.waiting.find((each) => serves(desk, each));
  return ticket && { ticket, reason: { code: appointment ? "appointment-first" : "first-come" } };
};

/** A walk-in's priority is a head start; the time of an appointment does not count. */
const cameAt = (ticket: TicketRecord) => (ticket.kind === "walk-in" ? placeTime(ticket) : ticket.earnedAt);

/** By the time at which somebody came, with an appointment or without. */
const firstCome: Policy = (state, desk) => {
  const walkIn = state.waiting.find((ticket) => serves(desk, ticket));
  let ticket = walkIn;
  for (const each of state.waitingAppointments) {
    if (serves(desk, each) && (!ticket || each.earnedAt < cameAt(ticket))) ticket = each;
  }
  return ticket && { ticket, reason: { code: "first-come" } };
};

export const policies = { ours: nextFor, strict, "first-come": firstCome } as const satisfies Record<string, Policy>;
export type PolicyName = keyof typeof policies;
