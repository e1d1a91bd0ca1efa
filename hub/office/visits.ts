import type { Parsed } from "../../protocol/requests.ts";
import type { Caller, Decision } from "./decision.ts";
import { about, accept, decline, findDesk, findTicket } from "./decision.ts";
import { busy, call, deskPlan, mayReturn, resumed, visitorAt, whyNotCalling, wrongState } from "./desks.ts";
import { earnedAtNow, isManned } from "./queue.ts";
import type { OfficeState } from "./state.ts";
import { servicePlan } from "./state.ts";

/** Frees the desk while its visitor does something else, as having a photograph taken. */
export function parkTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.park">): Decision {
  const at = visitorAt(state, caller, args);
  if (!at.ok) return at;
  const { desk, ticket } = at.value;
  if (ticket.day !== state.day) return wrongState(ticket, desk, `${ticket.number} is of ${ticket.day}: finish it`);
  return accept({ type: "ticket.parked", ...about(ticket), desk: desk.id, by: caller.client });
}

/**
 * Calls who was parked to this desk, whichever parked him; the desk must be open and free. A no-show who has come back
 * waits again, in front of all others.
 */
export function resumeTicket(state: OfficeState, caller: Caller, args: Parsed<"ticket.resume">, now: number): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const named = findTicket(state, args);
  if (!named.ok) return named;
  const desk = found.value;
  const ticket = named.value;
  const { client } = caller;
  if (mayReturn(state, ticket, now)) return accept(resumed(ticket, null, client, now));
  if (ticket.state !== "parked") return wrongState(ticket, desk, `${ticket.number} is ${ticket.state}`);
  const notNow = whyNotCalling(state, desk);
  if (notNow) return notNow;
  if (desk.ticket !== null) return busy(state, desk);
  return accept(resumed(ticket, desk.id, client, now), call(state, caller, desk, ticket, { code: "resumed" }, now));
}

/**
 * Sends a visitor on, with the time that he has waited already: to another service, to a desk, or both. He may be at this
 * desk, parked, or still waiting.
 */
export function transferTicket(
  state: OfficeState,
  caller: Caller,
  args: Parsed<"ticket.transfer">,
  now: number,
): Decision {
  const found = findDesk(state, caller, args.desk);
  if (!found.ok) return found;
  const named = findTicket(state, args);
  if (!named.ok) return named;
  const desk = found.value;
  const ticket = named.value;
  const isHere = ticket.state === "called" && desk.ticket === ticket.id;
  if (!isHere && ticket.state !== "waiting" && ticket.state !== "parked") {
    return wrongState(ticket, desk, `${ticket.number} is ${ticket.state}, and not at desk ${desk.id}`);
  }
  if (ticket.day !== state.day) return wrongState(ticket, desk, `${ticket.number} is of ${ticket.day}: finish it`);
  const { service = ticket.service, toDesk = null } = args;
  if (!servicePlan(state, service)) return decline("unknown-service", `there is no service ${service}`);
  const target = toDesk === null ? undefined : state.desks.get(toDesk);
  if (toDesk !== null && !(target && deskPlan(state, toDesk))) {
    return decline("unknown-desk", `there is no desk ${toDesk}`);
  }
  if (target && !isManned(state, target, now)) {
    return decline("desk-closed", `nobody calls at desk ${target.id}: choose another, or a service`);
  }
  return accept({
    type: "ticket.transferred",
    ...about(ticket),
    service,
    services: args.service === undefined ? ticket.services : [service],
    fromService: ticket.service,
    desk: isHere ? desk.id : null,
    toDesk,
    earnedAt: earnedAtNow(ticket, now),
    reason: { code: "staff" },
    by: caller.client,
  });
}
