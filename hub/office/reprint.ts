import type { DeviceStatus } from "../../protocol/messages.ts";
import type { Caller, Decision, TicketName } from "./decision.ts";
import { about, accept, decline, findTicket } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState } from "./state.ts";
import { allUsers, findUser } from "./users.ts";

export interface Reprint extends TicketName {
  /** Where it comes out; the ticket's own terminal when left out. */
  terminal?: string | undefined;
  /** Names the command that the terminal gets. */
  command: string;
}

/** States of a printer in which a copy would come out when nobody stands there any more. */
const cannotPrint = new Set(["paper-out", "cover-open", "offline", "error"]);

/**
 * The same number once more on paper, marked as a copy.
 *
 * @param statusOf what a device said of itself last; undefined for one that has not been heard.
 */
export function reprintTicket(
  state: OfficeState,
  { client }: Caller,
  wanted: Reprint,
  statusOf: (client: string) => DeviceStatus | undefined,
): Decision {
  const found = findTicket(state, wanted);
  if (!found.ok) return found;
  const ticket = found.value;
  if (!["waiting", "called", "parked", "no-show"].includes(ticket.state)) {
    return decline("wrong-state", `${ticket.number} is ${ticket.state}`, { state: ticket.state, current: null });
  }
  const terminal = wanted.terminal ?? terminalOf(state, ticket.issuer);
  if (terminal === undefined) {
    return decline("bad-request", `terminal: ${ticket.number} was not issued at a terminal: name the one to print it`);
  }
  if (findUser(state, terminal)?.role !== "terminal") {
    return decline("bad-request", `terminal: there is no terminal ${terminal}`);
  }
  const why = whyNotPrint(terminal, statusOf(terminal));
  if (why) return decline("wrong-state", why.message, { state: why.state, current: null });
  return accept({ type: "ticket.reprinted", ...about(ticket), terminal, command: wanted.command, by: client });
}

/** The terminal that issued a ticket, or the only one there is. */
function terminalOf(state: OfficeState, issuer: string): string | undefined {
  if (findUser(state, issuer)?.role === "terminal") return issuer;
  const terminals = allUsers(state).filter(({ role }) => role === "terminal");
  return terminals.length === 1 ? terminals[0]?.user : undefined;
}

function whyNotPrint(
  terminal: string,
  status: DeviceStatus | undefined,
): { state: string; message: string } | undefined {
  if (status?.state !== "online") return { state: "offline", message: `${terminal} is not online` };
  const { printer } = status.peripherals;
  if (!printer) return { state: "no-printer", message: `${terminal} has no printer` };
  if (!cannotPrint.has(printer.state)) return undefined;
  return { state: printer.state, message: `the printer of ${terminal} cannot print now: ${printer.state}` };
}

/**
 * Copies of which the terminal has said nothing, by ticket, with the instant since when; and about each of which it has
 * said nothing for too long, that nobody knows whether it came out.
 *
 * @param before what this gave the last time; counted anew after a restart, since a terminal may still report.
 * @param givenUpMs after so long a terminal is not expected to, in milliseconds.
 */
export function watchCopies(
  state: OfficeState,
  before: ReadonlyMap<string, number>,
  now: number,
  givenUpMs: number,
): { since: Map<string, number>; events: OfficeEvent[] } {
  const copies = [...state.tickets.values()].filter(
    ({ paper, copiedAt }) => paper === "pending" && copiedAt !== undefined,
  );
  const since = new Map(copies.map(({ id }) => [id, before.get(id) ?? now]));
  const events = copies
    .filter(({ id }) => now - (since.get(id) ?? now) >= givenUpMs)
    .map((ticket): OfficeEvent => {
      const detail = "the terminal said nothing";
      return { type: "ticket.print-unknown", ...about(ticket), sure: false, detail };
    });
  return { since, events };
}
