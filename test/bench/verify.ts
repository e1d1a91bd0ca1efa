import Database from "better-sqlite3";
import type { Ticket } from "../../protocol/messages.ts";
import type { Received } from "./load.ts";

/** So many mistakes of a kind are told; one is enough to know. */
const mistakesToldMax = 5;

/**
 * Compares what clients were told with what is in the file of a hub that has stopped: each number given once, each
 * reply stored as it was sent, each ticket there as the reply says. Gives the mistakes in words; an empty list is right.
 */
export function mistakesIn(database: string, received: readonly Received[]): string[] {
  const db = new Database(database, { readonly: true });
  const stored = db.prepare("SELECT reply FROM reply WHERE client = ? AND id = ?").pluck();
  const row = db.prepare("SELECT body FROM ticket WHERE id = ?").pluck();
  const mistakes: string[] = [];
  const owners = new Map<string, string>();
  for (const { client, id, payload } of received) {
    const text = payload.toString();
    const reply = JSON.parse(text) as { id: string; verb: string; ok: boolean; result: { ticket: Ticket } };
    if (reply.id !== id || !reply.ok) mistakes.push(`request ${id} got ${text.slice(0, 200)}`);
    if (stored.get(client, id) !== text) mistakes.push(`the reply to ${client} ${id} is not the stored one`);
    if (reply.verb !== "ticket.issue" || !reply.ok) continue;
    const { ticket } = reply.result;
    const owner = owners.get(ticket.id);
    if (owner !== undefined) mistakes.push(`${ticket.id} was given to ${owner} and to ${id}`);
    owners.set(ticket.id, id);
    const body = JSON.parse((row.get(ticket.id) as string | undefined) ?? "{}") as Record<string, unknown>;
    const same = body.number === ticket.number && body.service === ticket.service && body.issuer === client;
    if (!same) mistakes.push(`the record of ${ticket.id} is not as the reply to ${client} says`);
  }
  db.close();
  const more = mistakes.length - mistakesToldMax;
  return more > 0 ? [...mistakes.slice(0, mistakesToldMax), `and ${more} more`] : mistakes;
}
