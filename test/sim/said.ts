import type { RecordedEvent } from "../../hub/office/events.ts";
import { makeId } from "../../protocol/ids.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import type { Answer, RequestOptions, Session } from "../../protocol/session.ts";
import type { Schedule } from "./schedule.ts";

/** A request of somebody who works here, and what was answered last. */
export interface Said {
  client: string;
  verb: Verb;
  args: Record<string, unknown>;
  at: number;
  answer: Answer<Verb> | undefined;
}

/** Notes every request of a session, once for each id. */
export function noting(session: Session, schedule: Schedule, all: Map<string, Said>): Session {
  return {
    ...session,
    async request<V extends Verb>(verb: V, args: Arguments<V>, options: RequestOptions = {}) {
      const { id = makeId(schedule.now()) } = options;
      const said = all.get(id) ?? { client: session.user, verb, args, at: schedule.now(), answer: undefined };
      all.set(id, said);
      const answer = await session.request(verb, args, { ...options, id });
      if (said.answer === undefined || isOpen(said.answer)) said.answer = answer as Answer<Verb>;
      return answer;
    },
  };
}

/** Whether the same request may still be done. */
const isOpen = (answer: Answer<Verb>) =>
  answer.state === "unknown" || (answer.state === "refused" && answer.error.code === "unavailable");

/** What each verb about a visitor puts on record. */
const effects: Partial<Record<Verb, RecordedEvent["type"]>> = {
  "ticket.issue": "ticket.issued",
  "appointment.late-check-in": "ticket.issued",
  "call.next": "ticket.called",
  "call.number": "ticket.called",
  "call.again": "ticket.recalled",
  "call.undo": "ticket.undone",
  "ticket.no-show": "ticket.no-show",
  "ticket.park": "ticket.parked",
  "ticket.resume": "ticket.resumed",
  "ticket.transfer": "ticket.transferred",
  "ticket.finish": "ticket.finished",
  "ticket.cancel": "ticket.cancelled",
  "ticket.priority": "ticket.prioritized",
};
const judged = new Set<string>(Object.values(effects));

/** A kind of effect with what was to be done besides naming the visitor. */
function asAsked(type: RecordedEvent["type"], about: object): string {
  const { toDesk = null, priority = usualPriority } = about as { toDesk?: string | null; priority?: number };
  if (type === "ticket.transferred") return `${type}:${toDesk}`;
  return type === "ticket.prioritized" ? `${type}:${priority}` : type;
}

/** The head start that somebody has for whom none is named, in minutes. */
const usualPriority = 30;

/** Whoever waits for a desk that was closed waits for any: nobody asks for that. */
const isByItself = (event: RecordedEvent) => event.type === "ticket.transferred" && event.reason.code === "desk-closed";

/**
 * What staff asked for and what happened by them, compared: everything that was answered is on record, once, and nothing is
 * on record for which nobody asked. What nobody answered may have been done.
 *
 * @param isLost whether an effect of that instant may be missing.
 */
export function unasked(
  events: readonly RecordedEvent[],
  said: readonly Said[],
  day: string,
  isLost = (_at: number) => false,
): string[] {
  /** Numbers by which a visitor was known before: a request that names one means what came of it. */
  const meant = new Map<string, string>();
  for (const event of events) {
    if (event.type === "ticket.replaced") meant.set(event.ticket, event.replacement);
    const isTakenIn = event.type === "ticket.adopted" || event.type === "ticket.recovered";
    if (isTakenIn && event.aliasOf !== null) meant.set(event.ticket, event.aliasOf);
  }
  const counts = new Map<string, { sure: number; maybe: number; happened: number }>();
  const count = (client: string, type: string, ticket: string, what: "sure" | "maybe" | "happened") => {
    let id = ticket;
    for (let to = meant.get(id); to !== undefined; to = meant.get(id)) id = to;
    const key = `${client} ${type} ${id}`;
    const before = counts.get(key) ?? { sure: 0, maybe: 0, happened: 0 };
    counts.set(key, { ...before, [what]: before[what] + 1 });
  };
  /** Calls of the next visitor of which nobody knows whom they called, by client. */
  const anybody = new Map<string, number>();
  for (const { client, verb, args, at, answer } of said) {
    if (answer?.state === "refused" && answer.error.code !== "unavailable") continue;
    const what = answer?.state === "done" && !isLost(at) ? "sure" : "maybe";
    const shown =
      answer?.state === "done" ? (answer.result as { ticket?: { id: string } | null }).ticket?.id : undefined;
    if (verb === "call.next" && args.finish === true && typeof args.current === "string") {
      count(client, "ticket.finished", args.current, what);
    }
    const type = effects[verb];
    if (type === undefined) continue;
    if (answer?.state === "done" || (verb !== "call.next" && verb !== "ticket.issue")) {
      const named = shown ?? (args.ticket as string | undefined) ?? `${day}/${args.number}`;
      if (answer?.state === "done" && shown === undefined) continue;
      // Whoever is there already has his number.
      count(client, asAsked(type, args), named, verb === "appointment.late-check-in" ? "maybe" : what);
      // Whoever was parked is called; a no-show waits again.
      if (verb === "ticket.resume") count(client, "ticket.called", named, "maybe");
      if (verb === "appointment.late-check-in") count(client, "ticket.resumed", named, "maybe");
    } else anybody.set(client, (anybody.get(client) ?? 0) + 1);
  }
  for (const event of events) {
    if (event.type === "ticket.issued") count(event.issuer, event.type, event.ticket, "happened");
    else if (judged.has(event.type) && "by" in event && "ticket" in event && !isByItself(event)) {
      count(event.by, asAsked(event.type, event), event.ticket, "happened");
    }
  }
  const clients = new Set([...said].map(({ client }) => client));
  const problems: string[] = [];
  for (const [key, { sure, maybe, happened }] of counts) {
    const [client = "", type] = key.split(" ");
    if (!clients.has(client)) continue;
    if (happened < sure) problems.push(`${key}: answered ${sure} times, and on record ${happened} times`);
    const more = happened - sure - maybe;
    if (more <= 0) continue;
    const spare = type === "ticket.called" || type === "ticket.issued" ? (anybody.get(client) ?? 0) : 0;
    anybody.set(client, Math.max(0, spare - more));
    if (more > spare) problems.push(`${key}: on record ${happened} times, and asked for ${sure + maybe} times`);
  }
  return problems;
}
