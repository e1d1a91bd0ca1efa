import type { Ticket } from "../../protocol/messages.ts";
import type { Arguments } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { dayAndTime, estimate, minutesSince, paint, paperNote, table, timeOfDay } from "./print.ts";

/** What people type for a ticket: today's number, in either case, or a full id of any day. */
export function ticketNamed(text: string): { ticket: string } | { number: string } {
  return text.includes("/") ? { ticket: text.toUpperCase() } : { number: text.toUpperCase() };
}

export async function issue({ ask }: Conversation, args: Arguments<"ticket.issue">): Promise<Outcome> {
  const result = await ask("ticket.issue", args);
  const { number, service, ahead, estimateMinutes } = result.ticket;
  return { json: result, text: `${paint("bold", number)}  ${service}, ${ahead} ahead, ${estimate(estimateMinutes)}` };
}

export async function show({ ask }: Conversation, name: string): Promise<Outcome> {
  const result = await ask("ticket.show", ticketNamed(name));
  return { json: result, text: described(result.ticket) };
}

export async function cancel({ ask }: Conversation, name: string): Promise<Outcome> {
  const result = await ask("ticket.cancel", ticketNamed(name));
  return { json: result, text: `${paint("bold", result.ticket.number)}  cancelled` };
}

function described(ticket: Ticket): string {
  const { number, state, desk, service, issuedAt, calledAt, calls, ahead, estimateMinutes, persons } = ticket;
  const lines: [string, string][] = [
    ["service", service],
    ["issued", dayAndTime(issuedAt)],
    ...(state === "waiting" ? [["ahead", `${ahead}, ${estimate(estimateMinutes)}`] as [string, string]] : []),
    ...(calledAt ? [["called", `${timeOfDay(calledAt)}, ${calls} ×`] as [string, string]] : []),
    ...(persons > 1 ? [["persons", String(persons)] as [string, string]] : []),
    ["paper", [ticket.paper, paperNote(ticket)].filter(Boolean).join(": ")],
    ["id", ticket.id],
  ];
  const head = `${paint("bold", number)}  ${state}${desk ? ` at desk ${desk}` : ""}`;
  return [head, ...lines.map(([name, value]) => `  ${name.padEnd(8)} ${value}`)].join("\n");
}

/** The whole queue, however many pages of the list it takes. */
export async function queue({ ask }: Conversation, service: string | undefined): Promise<Outcome> {
  const tickets: Ticket[] = [];
  let after: string | null = null;
  let page = 0;
  do {
    const args: Arguments<"queue.list"> = { ...(service ? { service } : {}), ...(after ? { after } : {}) };
    const result = await ask("queue.list", args, String(page++));
    tickets.push(...result.tickets);
    after = result.next;
  } while (after);
  const rows = tickets.map((ticket) => [
    ticket.number,
    ticket.service,
    timeOfDay(ticket.issuedAt),
    minutesSince(ticket.issuedAt),
    estimate(ticket.estimateMinutes),
    [
      ...(ticket.persons > 1 ? [`${ticket.persons} persons`] : []),
      ...(ticket.priority > 0 ? ["priority"] : []),
      ...(paperNote(ticket) ? [paperNote(ticket)] : []),
    ].join(", "),
  ]);
  const heads = ["number", "service", "since", "waiting", "expected", "note"];
  return { json: { tickets }, text: table(heads, rows, "nobody is waiting") };
}
