import type { RecordedEvent } from "../office/events.ts";

/** One time that somebody spent at a desk, from the call to what ended it; null while it had not ended. */
export interface Stretch {
  desk: string;
  from: number;
  end: RecordedEvent | null;
  /** What it took, in milliseconds; time for which the visitor was parked does not count. */
  tookMs: number;
  /** Staff called this number, and not the next. */
  byHand: boolean;
}

/** A recorded day, taken apart: what happened to the office from outside, and how long each visit took. */
export interface DayRecord {
  /** All that matters, in order. Calls that were taken back are not among it, nor what they brought about. */
  events: RecordedEvent[];
  /** Numbers, papers, desks that open and close, people who leave: not brought about by a call. */
  outside: RecordedEvent[];
  /** By ticket, in order. */
  stretches: Map<string, Stretch[]>;
}

const papers = ["ticket.printed", "ticket.shown", "ticket.print-failed", "ticket.print-unknown"];
const desks = ["desk.opened", "desk.closed", "desk.paused", "desk.resumed"];
const atDesk = ["ticket.called", "ticket.finished", "ticket.no-show", "ticket.parked"];
const arrivals = ["ticket.issued", "ticket.adopted", "ticket.recovered", "appointment.checked-in"];
const others = ["ticket.cancelled", "ticket.transferred", "ticket.prioritized", "ticket.resumed"];
const known: readonly string[] = [...papers, ...desks, ...atDesk, ...arrivals, ...others];

/**
 * A visitor whose number was replaced is one visitor, by the number that he had first. Where two became one, the other one
 * is withdrawn.
 */
function underFirstNumbers(events: readonly RecordedEvent[]): RecordedEvent[] {
  const first = new Map<string, string>();
  for (const event of events) {
    if (event.type !== "ticket.replaced" || first.has(event.replacement)) continue;
    first.set(event.replacement, first.get(event.ticket) ?? event.ticket);
  }
  return events.flatMap((event): RecordedEvent[] => {
    if (!("ticket" in event)) return [event];
    const ticket = first.get(event.ticket);
    if (event.type === "ticket.replaced") {
      if (first.get(event.replacement) === (ticket ?? event.ticket)) return [];
      const { desk, by, epoch, seq, at, number, service } = event;
      const about = { ticket: ticket ?? event.ticket, number, service };
      return [
        { type: "ticket.cancelled", ...about, desk, void: true, reason: { code: "replaced" }, by, epoch, seq, at },
      ];
    }
    if (ticket === undefined) return [event];
    return event.type === "ticket.adopted" || event.type === "ticket.recovered" ? [] : [{ ...event, ticket }];
  });
}

/** Leaves out calls that were taken back, with the end of the visit before that made room for them. */
function withoutUndone(events: readonly RecordedEvent[]): RecordedEvent[] {
  const kept = [...events];
  const removeLast = (matches: (event: RecordedEvent) => boolean) => {
    const place = kept.findLastIndex(matches);
    if (place >= 0) kept.splice(place, 1);
  };
  for (const event of events) {
    if (event.type !== "ticket.undone") continue;
    // By its ticket: where the number was replaced the call had another name when it was made.
    removeLast((other) => other.type === "ticket.called" && other.ticket === event.ticket && other.seq < event.seq);
    if (event.finished === null) continue;
    removeLast((other) => other.type === "ticket.finished" && other.ticket === event.finished && other.seq < event.seq);
  }
  return kept;
}

/**
 * Takes the events of one day apart.
 *
 * @param date `YYYY-MM-DD`; tickets of other days are passed over.
 */
export function readDay(events: readonly RecordedEvent[], date: string): DayRecord {
  const ofDay = (event: RecordedEvent) => !("ticket" in event) || event.ticket.startsWith(`${date}/`);
  const relevant = withoutUndone(underFirstNumbers(events)).filter(
    (event) => known.includes(event.type) && ofDay(event),
  );
  const stretches = new Map<string, Stretch[]>();
  const outside: RecordedEvent[] = [];
  for (const event of relevant) {
    if (event.type === "ticket.called") {
      const before = stretches.get(event.ticket) ?? [];
      stretches.set(event.ticket, before);
      const parked = before.at(-1);
      // Parked and called again is one visit: the desk that parked him would have had to serve him to the end.
      if (parked?.end?.type === "ticket.parked") {
        parked.from = event.at - parked.tookMs;
        parked.end = null;
      } else {
        const byHand = event.reason.code === "by-number";
        before.push({ desk: event.desk, from: event.at, end: null, tookMs: 0, byHand });
      }
      continue;
    }
    const open = "ticket" in event ? stretches.get(event.ticket)?.at(-1) : undefined;
    const ends = ["finished", "no-show", "parked", "cancelled", "transferred"].some(
      (end) => event.type === `ticket.${end}`,
    );
    if (open && open.end === null && ends) {
      open.end = event;
      open.tookMs = event.at - open.from;
    } else if (event.type !== "ticket.resumed" || event.desk === null) outside.push(event);
  }
  return { events: relevant, outside, stretches };
}
