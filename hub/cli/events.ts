import type { Event } from "../../protocol/messages.ts";
import { listEntriesMax } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import type { Conversation } from "./connection.ts";
import { exactTime, paint } from "./print.ts";

/** What a person wants to know of an event beside its type, number and desk; `--json` has everything. */
const detailsShown = ["service", "by", "issuer", "client", "role", "alarm", "detail", "what"];

/** One event in one line: time, type, number and where, then who and what. */
export function eventLine(event: Event): string {
  const fields = event as Record<string, unknown>;
  const { number, desk, deskName } = fields;
  const where = deskName ?? (desk ? `desk ${desk}` : undefined);
  const subject = [number, where].filter(Boolean).join(event.type === "ticket.called" ? " → " : "  ");
  const details = detailsShown.filter((name) => fields[name]).map((name) => `${name} ${fields[name]}`);
  const line = [
    exactTime(event.at),
    event.type.padEnd(20),
    ...(subject ? [paint("bold", subject)] : []),
    details.join(", "),
  ];
  return line.join("  ").trimEnd();
}

export interface EventsOptions {
  /** Only those behind this `seq`. */
  after?: number;
  limit?: number;
  follow?: boolean;
  epoch?: number;
}

/** Events as they come in while `events` still reads the old ones, so that none is missed between the two. */
export interface Feed {
  onEvent(listener: (event: Event) => void): void;
}

/** To be called before the session starts. */
export function feedOf(session: Session): Feed {
  const early: Event[] = [];
  let listener: ((event: Event) => void) | undefined;
  session.subscribe("event", {}, (event) => {
    if (listener) listener(event);
    else early.push(event);
  });
  return {
    onEvent(to) {
      listener = to;
      for (const event of early.splice(0)) to(event);
    },
  };
}

/** Prints events, oldest first; with `follow` it goes on until the process is ended. */
export async function events(
  { ask }: Conversation,
  feed: Feed | undefined,
  { after, limit = Number.POSITIVE_INFINITY, follow = false, epoch }: EventsOptions,
  print: (event: Event) => void,
): Promise<void> {
  let last: { epoch: number; seq: number } | undefined;
  let left = limit;
  // Whoever follows and names no beginning wants to see what happens from now on.
  let from: number | null = follow && after === undefined ? null : (after ?? 0);
  for (let page = 0; from !== null && left > 0; page += 1) {
    const args = { after: from, limit: Math.min(left, listEntriesMax), ...(epoch === undefined ? {} : { epoch }) };
    const result: { events: Event[]; next: number | null } = await ask("event.list", args, String(page));
    for (const event of result.events) {
      print(event);
      last = event;
    }
    left -= result.events.length;
    from = result.next;
  }
  if (!follow || !feed) return;
  feed.onEvent((event) => {
    if (last && event.epoch === last.epoch && event.seq <= last.seq) return;
    last = event;
    print(event);
  });
  await new Promise<never>(() => {});
}
