import type { Ticket } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import { frontPriority } from "../../protocol/requests.ts";
import type { Answer } from "../../protocol/session.ts";
import type { Random } from "./random.ts";
import type { Room, Wish } from "./room.ts";

export interface CounterParts {
  random: Random;
  desk: string;
  services: readonly string[];
  room: Room;
  /** Asks until the hub answers. */
  sure<V extends Verb>(verb: V, args: Arguments<V>): Promise<Answer<V>>;
}

/** What the hub says to whoever may ask again: nobody is called or given a number just now. */
const notNow = new Set(["desk-closed", "desk-busy", "closed", "service-closed"]);

/**
 * Does what a visitor wants who turns to this clerk.
 *
 * @param isFree whether nobody is at the desk.
 * @returns the visitor's ticket where he was called to the desk by it.
 */
export async function attend(parts: CounterParts, { kind, visitor }: Wish, isFree: boolean): Promise<Ticket | null> {
  const { random, desk, services, room, sure } = parts;
  const number = visitor.number ?? "";
  const tell = async <V extends Verb>(verb: V, args: Arguments<V>): Promise<boolean> => {
    const answer = await sure(verb, args);
    if (answer.state === "refused" && notNow.has(answer.error.code)) room.again({ kind, visitor });
    return answer.state === "done";
  };
  switch (kind) {
    case "number": {
      const args = { service: visitor.service, persons: visitor.persons };
      const hasReason = random.chance(0.3);
      const answer = await sure("ticket.issue", {
        ...args,
        ...(hasReason ? { priority: random.pick([10, 30, frontPriority]), reason: "Kinderwagen" } : {}),
      });
      if (answer.state === "done") visitor.takes(answer.result.ticket.number);
      else if (answer.state === "refused" && notNow.has(answer.error.code)) room.again({ kind, visitor });
      else visitor.gone = true;
      return null;
    }
    case "late": {
      const appointment = visitor.appointment?.id ?? "";
      const answer = await sure("appointment.late-check-in", { appointment, reason: "stand im Stau" });
      if (answer.state === "done") visitor.takes(answer.result.ticket.number);
      // Then with a number like everybody else.
      else room.asks(visitor, "number");
      return null;
    }
    case "cancel":
      if (await tell("ticket.cancel", { number })) visitor.gone = true;
      return null;
    case "priority":
      await tell("ticket.priority", {
        number,
        reason: "Schwerbehindertenausweis",
        ...(random.chance(0.5) ? {} : { priority: random.pick([5, 60]) }),
      });
      return null;
    case "emergency":
      await tell("ticket.priority", { number, reason: "ihm ist nicht gut", priority: frontPriority });
      return null;
    case "other-service":
      await tell("ticket.transfer", { desk, number, service: random.pick(services) });
      return null;
    case "back":
      break;
  }
  // Somebody who was not there when he was called.
  if (isFree && random.chance(0.5)) {
    const answer = await sure("call.number", { desk, number });
    if (answer.state === "done") {
      visitor.givenUp = false;
      return answer.result.ticket;
    }
    if (answer.state === "refused" && notNow.has(answer.error.code)) room.again({ kind, visitor });
    else visitor.gone = true;
    return null;
  }
  const answer = await sure("ticket.resume", { desk, number });
  if (answer.state === "done") visitor.givenUp = false;
  else visitor.gone = true;
  return null;
}
