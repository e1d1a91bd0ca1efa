import type { Ticket } from "../../protocol/messages.ts";
import type { Arguments } from "../../protocol/requests.ts";
import { frontPriority } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";
import { dayAndTime, estimate, minutesSince, paint, paperNote, restoreNote, table, timeOfDay } from "./print.ts";

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

export async function reprint({ ask }: Conversation, name: string, terminal: string | undefined): Promise<Outcome> {
  const result = await ask("ticket.reprint", { ...ticketNamed(name), ...(terminal ? { terminal } : {}) });
  const { number } = result.ticket;
  return {
    json: result,
    text: `${paint("bold", number)}  the copy is on its way: \`wartemarke show ${number}\` says what came of it`,
  };
}

export async function prioritize(
  { ask }: Conversation,
  name: string,
  reason: string,
  { minutes, front }: { minutes?: number; front?: boolean },
): Promise<Outcome> {
  if (front && minutes !== undefined) throw usageFailure("give either --minutes or --front");
  const priority = front ? frontPriority : minutes;
  const named = { ...ticketNamed(name), ...(priority === undefined ? {} : { priority }) };
  const result = await ask("ticket.priority", { ...named, reason });
  const { ticket } = result;
  const place = `${ticket.ahead} ahead, ${estimate(ticket.estimateMinutes)}`;
  return { json: result, text: `${paint("bold", ticket.number)}  ${ticket.priority} min head start, ${place}` };
}

function described(ticket: Ticket): string {
  const { number, state, desk, service, issuedAt, calledAt, calls, ahead, estimateMinutes, persons } = ticket;
  const lines: [string, string][] = [
    ["service", service],
    ["issued", dayAndTime(issuedAt)],
    ...(ticket.appointmentAt ? [["booked", timeOfDay(ticket.appointmentAt)] as [string, string]] : []),
    ...(state === "waiting" ? [["ahead", `${ahead}, ${estimate(estimateMinutes)}`] as [string, string]] : []),
    ...(calledAt ? [["called", `${timeOfDay(calledAt)}, ${calls} ×`] as [string, string]] : []),
    ...(persons > 1 ? [["persons", String(persons)] as [string, string]] : []),
    ["paper", [ticket.paper, paperNote(ticket)].filter(Boolean).join(": ")],
    ...(restoreNote(ticket) ? [["note", restoreNote(ticket)] as [string, string]] : []),
    ["id", ticket.id],
  ];
  const head = `${paint("bold", number)}  ${state}${desk ? ` at desk ${desk}` : ""}`;
  return [head, ...lines.map(([name, value]) => `  ${name.padEnd(8)} ${value}`)].join("\n");
}

const queueStates = ["waiting", "parked", "no-show"] as const;
const isQueueState = (text: string): text is (typeof queueStates)[number] =>
  (queueStates as readonly string[]).includes(text);

/** The whole queue, however many pages of the list it takes. */
export async function queue(
  { ask }: Conversation,
  service: string | undefined,
  state: string | undefined,
): Promise<Outcome> {
  if (state !== undefined && !isQueueState(state)) throw usageFailure(`--state: use one of ${queueStates.join(", ")}`);
  const tickets: Ticket[] = [];
  let after: string | null = null;
  let page = 0;
  do {
    const wanted = { ...(service ? { service } : {}), ...(state ? { state } : {}) };
    const args: Arguments<"queue.list"> = { ...wanted, ...(after ? { after } : {}) };
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
      ...(ticket.appointmentAt ? [`appointment ${timeOfDay(ticket.appointmentAt)}`] : []),
      ...(ticket.persons > 1 ? [`${ticket.persons} persons`] : []),
      ...(ticket.priority > 0 ? ["priority"] : []),
      ...[paperNote(ticket), restoreNote(ticket)].filter(Boolean),
    ].join(", "),
  ]);
  const heads = ["number", "service", "since", "waiting", "expected", "note"];
  return { json: { tickets }, text: table(heads, rows, `nobody is ${state ?? "waiting"}`) };
}
