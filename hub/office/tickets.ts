import type { Parsed } from "../../protocol/requests.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline, findTicket } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import { outlook } from "./queue.ts";
import type { OfficeState } from "./state.ts";
import { isOpenAt, nextChange, servicePlan } from "./state.ts";

/** From this share of a series on staff are told that its numbers run out. */
const seriesAlarmShare = 0.9;

export function issueTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.issue">, now: number): Decision {
  const service = servicePlan(state, args.service);
  if (!service) return decline("unknown-service", `there is no service ${args.service}`);
  const priority = args.priority ?? 0;
  if (caller.role === "terminal" && (priority > 0 || args.reason !== undefined)) {
    return decline("forbidden", "priority is given by staff, not at the terminal");
  }
  if (priority > 0 && args.reason === undefined) {
    return decline("bad-request", "reason: a priority needs one");
  }
  if (!isOpenAt(state, now)) {
    const opens = nextChange(state, now);
    const opensAt = opens === null ? null : new Date(opens).toISOString();
    return decline("closed", "the office is closed", { opensAt });
  }
  const numbers = 10 ** state.plan.numberDigits - 1;
  const last = state.series.get(service.letter) ?? 0;
  if (last >= numbers) return decline("full", `all ${numbers} numbers of series ${service.letter} are given for today`);

  const number = service.letter + String(last + 1).padStart(state.plan.numberDigits, "0");
  const issued: OfficeEvent = {
    type: "ticket.issued",
    ticket: `${state.day}/${number}`,
    number,
    day: state.day,
    letter: service.letter,
    service: service.id,
    services: [service.id],
    issuedAt: now,
    earnedAt: placeInTime(state, now),
    origin: "hub",
    kind: "walk-in",
    priority,
    reason: args.reason === undefined ? null : { code: "priority", text: args.reason },
    persons: args.persons ?? 1,
    language: args.language ?? state.plan.languages[0] ?? "de",
    issuer: caller.client,
    promised: outlook(state, service.id, state.waitingCounts),
    paper: caller.role === "terminal" ? "pending" : "none",
  };
  if (last + 1 !== Math.ceil(numbers * seriesAlarmShare)) return accept(issued);
  const detail = `${last + 1} of ${numbers} numbers of series ${service.letter} are given`;
  return accept(issued, { type: "device.alarm", client: "hub", alarm: "series", detail });
}

/** The time earned by coming now. A clock that was set back puts nobody before those who came earlier. */
function placeInTime(state: OfficeState, now: number): number {
  const last = state.waiting.at(-1)?.earnedAt;
  return last !== undefined && last > now ? last + 1 : now;
}

const paperEvents = {
  printed: "ticket.printed",
  shown: "ticket.shown",
  failed: "ticket.print-failed",
  unknown: "ticket.print-unknown",
} as const;

export function reportPaper(state: OfficeState, caller: Caller, args: Parsed<"ticket.printed">): Decision {
  const found = findTicket(state, args);
  if (!found.ok) return found;
  const ticket = found.value;
  if (caller.role === "terminal" && ticket.issuer !== caller.client) {
    return decline("forbidden", `${ticket.number} was issued by another client`);
  }
  const { sure, detail = "" } = args;
  return accept({ type: paperEvents[args.outcome], ...about(ticket), sure, detail });
}

export function cancelTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.cancel">): Decision {
  const found = findTicket(state, args);
  if (!found.ok) return found;
  const ticket = found.value;
  if (ticket.state !== "waiting" && ticket.state !== "called") {
    return decline("wrong-state", `${ticket.number} is ${ticket.state}`, { state: ticket.state, current: null });
  }
  const { desk } = ticket;
  if (desk !== null && caller.role !== "admin" && !caller.desks.includes(desk)) {
    return decline("forbidden", `${ticket.number} is at desk ${desk}: only who acts for that desk may cancel it`);
  }
  return accept({
    type: "ticket.cancelled",
    ...about(ticket),
    desk,
    void: false,
    reason: { code: "cancelled" },
    by: caller.client,
  });
}

/**
 * A ticket whose paper nobody has is withdrawn, wherever it stands: whoever was called by it is not there. One that
 * has already ended stays as it ended.
 */
export function withdrawTicket(state: OfficeState, caller: Caller, id: string): OfficeEvent[] {
  const ticket = state.tickets.get(id);
  if (!ticket || (ticket.state !== "waiting" && ticket.state !== "called")) return [];
  const { desk } = ticket;
  return [
    {
      type: "ticket.cancelled",
      ...about(ticket),
      desk,
      void: true,
      reason: { code: "withdrawn" },
      by: caller.client,
    },
  ];
}
