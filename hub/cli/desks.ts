import type { Session } from "../../protocol/session.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes, Failure, usageFailure } from "./outcome.ts";
import { paint, paperNote } from "./print.ts";
import { ticketNamed } from "./tickets.ts";

/** A ticket that no desk ever has: asking for the next one in its place does nothing and tells who is there. */
const nobodysTicket = "0001-01-01/A000";
/** How long the answer waits for the desk's name, which only the boards' topic tells, in milliseconds. */
const nameWaitMs = 500;

type CurrentTicket = string | null;

/** Desk names by id, as the boards show them. */
export type DeskNames = Map<string, string>;

/** To be called before the session starts. */
export function learnDeskNames(session: Session): DeskNames {
  const names: DeskNames = new Map();
  session.subscribe("display", { group: "all" }, ({ calls }) => {
    for (const { desk, deskName } of calls) names.set(desk, deskName);
  });
  return names;
}

async function nameOf(names: DeskNames, desk: string): Promise<string> {
  const deadline = Date.now() + nameWaitMs;
  while (!names.has(desk) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return names.get(desk) ?? `desk ${desk}`;
}

/** Reads the ticket at the desk out of the refusal that names it; any other failure stays one. */
function currentIn(failure: unknown): CurrentTicket {
  if (failure instanceof Failure) {
    const { error } = failure.json as { error?: { code: string; current?: CurrentTicket } };
    if (error?.code === "wrong-state" && error.current !== undefined) return error.current;
  }
  throw failure;
}

/** Whether the hub refused for this reason. */
const isRefusal = (failure: unknown, code: string) =>
  failure instanceof Failure && (failure.json as { error?: { code: string } }).error?.code === code;

/** The ticket of the visitor at the desk, found out without changing anything. */
async function visitorAt({ ask }: Conversation, desk: string): Promise<string> {
  const refused = await ask("call.next", { desk, current: nobodysTicket }, "who").then(
    () => undefined,
    (failure: unknown) => failure,
  );
  // A desk that calls nobody, since it has a break, may still have a visitor; only an admin can look.
  const current = isRefusal(refused, "desk-closed")
    ? await ask("office.show", {}, "desks").then(
        ({ desks }) => desks.find(({ id }) => id === desk)?.ticket ?? null,
        () => currentIn(refused),
      )
    : refused === undefined
      ? null
      : currentIn(refused);
  if (current !== null) return current;
  const message = `nobody is at desk ${desk}.\nCall somebody with: wartemarke next ${desk}`;
  throw new Failure(exitCodes.refused, message, { error: { code: "wrong-state", message, current: null } });
}

/** Finishes the visitor at the desk, if there is one, and calls the next. */
export async function next(conversation: Conversation, names: DeskNames, desk: string): Promise<Outcome> {
  const { ask } = conversation;
  const finish = true;
  // First as if nobody were there; if somebody is, the refusal says who, and only he is finished.
  const result = await ask("call.next", { desk, current: null, finish }, "free").catch((failure) =>
    ask("call.next", { desk, current: currentIn(failure), finish }),
  );
  const { ticket } = result;
  if (!ticket) return { json: result, text: `nobody is waiting for desk ${desk}` };
  return { json: result, text: await called(names, ticket, desk) };
}

async function called(
  names: DeskNames,
  ticket: { number: string; paper: "none" | "pending" | "printed" | "shown" | "failed" | "unknown" },
  desk: string,
) {
  const note = paperNote(ticket);
  return `${paint("bold", ticket.number)} → ${await nameOf(names, desk)}${note ? `  (${note})` : ""}`;
}

export async function call({ ask }: Conversation, names: DeskNames, number: string, desk: string): Promise<Outcome> {
  const result = await ask("call.number", { desk, ...ticketNamed(number) });
  return { json: result, text: await called(names, result.ticket, desk) };
}

export async function again(conversation: Conversation, names: DeskNames, desk: string): Promise<Outcome> {
  const ticket = await visitorAt(conversation, desk);
  const result = await conversation.ask("call.again", { desk, ticket });
  return { json: result, text: `${await called(names, result.ticket, desk)}  (call ${result.ticket.calls})` };
}

export async function noShow(conversation: Conversation, desk: string): Promise<Outcome> {
  const ticket = await visitorAt(conversation, desk);
  const result = await conversation.ask("ticket.no-show", { desk, ticket });
  return { json: result, text: `${paint("bold", result.ticket.number)}  no-show` };
}

export async function finish(conversation: Conversation, desk: string): Promise<Outcome> {
  const ticket = await visitorAt(conversation, desk);
  const result = await conversation.ask("ticket.finish", { desk, ticket });
  return { json: result, text: `${paint("bold", result.ticket.number)}  finished` };
}

export async function park(conversation: Conversation, desk: string): Promise<Outcome> {
  const ticket = await visitorAt(conversation, desk);
  const result = await conversation.ask("ticket.park", { desk, ticket });
  const { number } = result.ticket;
  return { json: result, text: `${paint("bold", number)}  parked; back with: wartemarke resume ${number} ${desk}` };
}

/** Calls who was parked back to the desk, or lets a no-show wait again. */
export async function resume(conversation: Conversation, names: DeskNames, number: string, desk: string) {
  const result = await conversation.ask("ticket.resume", { desk, ...ticketNamed(number) });
  const { ticket } = result;
  const text =
    ticket.state === "waiting"
      ? `${paint("bold", ticket.number)}  waits again, in front`
      : await called(names, ticket, desk);
  return { json: result, text };
}

export interface TransferOptions {
  service?: string;
  toDesk?: string;
  /** One who is not at the desk: he waits or is parked. */
  number?: string;
}

export async function transfer(
  conversation: Conversation,
  desk: string,
  { service, toDesk, number }: TransferOptions,
): Promise<Outcome> {
  if (service === undefined && toDesk === undefined) {
    throw usageFailure("where to? Use --service, --to-desk or both");
  }
  const named = number === undefined ? { ticket: await visitorAt(conversation, desk) } : ticketNamed(number);
  const where = { ...(service === undefined ? {} : { service }), ...(toDesk === undefined ? {} : { toDesk }) };
  const result = await conversation.ask("ticket.transfer", { desk, ...named, ...where });
  const { ticket } = result;
  const text = `${paint("bold", ticket.number)}  waits for ${ticket.service}${toDesk ? ` at desk ${toDesk}` : ""}`;
  return { json: result, text };
}

/** Takes the desk's last call back. */
export async function undo(conversation: Conversation, desk: string): Promise<Outcome> {
  const ticket = await visitorAt(conversation, desk);
  const result = await conversation.ask("call.undo", { desk, ticket });
  return { json: result, text: `${paint("bold", result.ticket.number)}  is ${result.ticket.state} again` };
}

export async function pause({ ask }: Conversation, desk: string): Promise<Outcome> {
  const result = await ask("desk.pause", { desk });
  return { json: result, text: `${paint("bold", result.desk.name)}  has a break` };
}

export async function proceed({ ask }: Conversation, desk: string): Promise<Outcome> {
  const result = await ask("desk.resume", { desk });
  return { json: result, text: `${paint("bold", result.desk.name)}  calls again` };
}

export async function open({ ask }: Conversation, desk: string, services: string[]): Promise<Outcome> {
  const result = await ask("desk.open", { desk, ...(services.length > 0 ? { services } : {}) });
  return { json: result, text: `${paint("bold", result.desk.name)}  open for ${result.desk.services.join(", ")}` };
}

export async function close({ ask }: Conversation, desk: string): Promise<Outcome> {
  const result = await ask("desk.close", { desk });
  return { json: result, text: `${paint("bold", result.desk.name)}  closed` };
}
