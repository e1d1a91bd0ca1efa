/**
 * One visitor's way through the office, as the figures see it: a fold of the events about his ticket. Times that count
 * are elapsed time between instants, so that neither midnight nor a change of the clocks matters.
 */
export interface Visit {
  ticket: string;
  /** The day of the ticket, and the half hour in which it was issued: all figures of a visit stand there. */
  day: string;
  halfHour: number;
  /** The service that was asked for; a transfer does not change where the visit is counted. */
  service: string;
  persons: number;
  appointment: boolean;
  /** What a walk-in was told at issue, in minutes; nobody tells an appointment. */
  promised: [number, number] | null;
  issuedAt: number;
  way: Way;
  /** The way before the last event, for one that is undone. */
  before: Way | null;
  /** When the last event happened. */
  changedAt: number;
}

interface Way {
  state: "waiting" | "at-desk" | "aside" | Outcome;
  /** Since when he waits or is at a desk. Whoever comes before the time of his appointment waits from that time on. */
  since: number;
  waitedMs: number;
  servedMs: number;
  /** The first call that was not undone. */
  calledAt: number | null;
}

export type Outcome = "served" | "no-show" | "cancelled" | "expired";
const outcomes: readonly string[] = ["served", "no-show", "cancelled", "expired"] satisfies Outcome[];

/** How it ended; null while it has not. */
export function outcomeOf({ way }: Visit): Outcome | null {
  return outcomes.includes(way.state) ? (way.state as Outcome) : null;
}

/** What the fold reads of an event; others may hold more, and types that it does not know are passed over. */
export interface Happening {
  type: string;
  at: number;
  ticket?: string;
  day?: string;
  service?: string;
  kind?: string;
  persons?: number;
  issuedAt?: number;
  appointmentAt?: number | null;
  promised?: { minutes: [number, number] | null };
  desk?: string | null;
  /** Of a call that was undone: the visitor who had been finished for it. */
  finished?: string | null;
  /** Of a cancelled ticket: nobody ever had it. */
  void?: boolean;
  /** Of an adopted ticket: it is of a day that is over, or its visitor has another one. */
  expired?: boolean;
  aliasOf?: string | null;
  /** Of an appointment that is checked in with the number that its visitor had been given as a walk-in: its time. */
  time?: number;
  /** Of a replaced ticket: the one that its visitor has. */
  replacement?: string;
}

/** Ends the stretch of waiting, or of being served, that he is in. */
function until(way: Way, at: number): Way {
  const spentMs = Math.max(0, at - way.since);
  if (way.state === "waiting") return { ...way, waitedMs: way.waitedMs + spentMs };
  if (way.state === "at-desk") return { ...way, servedMs: way.servedMs + spentMs };
  return way;
}

const into = (way: Way, state: Way["state"], at: number): Way => ({ ...until(way, at), state, since: at });

function call(way: Way, { at }: Happening): Way {
  return { ...into(way, "at-desk", at), calledAt: way.calledAt ?? at };
}

const called = (visit: Visit, event: Happening): Visit => ({
  ...visit,
  before: visit.way,
  way: call(visit.way, event),
  changedAt: event.at,
});

/** What each event makes of a way; a repeated call starts the time at the desk again, since nobody was there yet. */
const steps: Record<string, (way: Way, event: Happening) => Way> = {
  "ticket.called": call,
  "ticket.recalled": (way, { at }) => (way.state === "at-desk" ? { ...way, since: at } : way),
  "ticket.finished": (way, { at }) => into(way, "served", at),
  // Nobody was at the desk since the call.
  "ticket.no-show": (way, { at }) => ({ ...way, state: "no-show", since: at }),
  "ticket.cancelled": (way, { at }) => into(way, "cancelled", at),
  "ticket.expired": (way, { at }) => into(way, "expired", at),
  "ticket.parked": (way, { at }) => into(way, "aside", at),
  // Who was parked is called, as the next event says; a no-show waits again.
  "ticket.resumed": (way, { at, desk }) => (desk ? way : into(way, "waiting", at)),
  "ticket.transferred": (way, { at }) => into(way, "waiting", at),
};

function begin(event: Happening, halfHourOf: (at: number) => number): Visit {
  const issuedAt = event.issuedAt ?? event.at;
  const appointment = event.kind === "appointment";
  const since = Math.max(issuedAt, event.appointmentAt ?? 0);
  return {
    ticket: event.ticket ?? "",
    day: event.day ?? "",
    halfHour: halfHourOf(issuedAt),
    service: event.service ?? "",
    persons: event.persons ?? 1,
    appointment,
    promised: appointment ? null : (event.promised?.minutes ?? null),
    issuedAt,
    way: { state: "waiting", since, waitedMs: 0, servedMs: 0, calledAt: null },
    before: null,
    changedAt: event.at,
  };
}

function takeBack(visit: Visit, at: number): void {
  if (visit.before) visit.way = visit.before;
  visit.before = null;
  visit.changedAt = at;
}

/**
 * Takes one event into the visits it is about, by ticket. A ticket that nobody ever had is no visit.
 *
 * @param halfHourOf the half hour of the day in which an instant lies.
 */
export function follow(visits: Map<string, Visit>, event: Happening, halfHourOf: (at: number) => number): void {
  if (event.ticket === undefined) return;
  if (event.type === "ticket.issued") {
    visits.set(event.ticket, begin(event, halfHourOf));
    return;
  }
  if (event.type === "ticket.adopted" || event.type === "ticket.recovered") {
    if (event.aliasOf) return;
    const visit = begin(event, halfHourOf);
    visits.set(event.ticket, event.expired ? { ...visit, way: into(visit.way, "expired", visit.way.since) } : visit);
    return;
  }
  if (event.type === "ticket.replaced") {
    visits.delete(event.ticket);
    const visit = visits.get(event.replacement ?? "");
    if (visit && event.desk) visits.set(visit.ticket, called(visit, event));
    return;
  }
  if (event.type === "ticket.cancelled" && event.void) {
    visits.delete(event.ticket);
    return;
  }
  const visit = visits.get(event.ticket);
  if (!visit) return;
  if (event.type === "ticket.undone") {
    takeBack(visit, event.at);
    // Who was finished to make room is at the desk again.
    const finished = event.finished ? visits.get(event.finished) : undefined;
    if (finished) takeBack(finished, event.at);
    return;
  }
  if (event.type === "appointment.checked-in" && event.time !== undefined) {
    const { way } = visit;
    const since = way.state === "waiting" ? Math.max(way.since, event.time) : way.since;
    Object.assign(visit, { appointment: true, promised: null, way: { ...way, since }, changedAt: event.at });
    return;
  }
  const step = steps[event.type];
  if (!step) return;
  const way = step(visit.way, event);
  // Called once more is still the same call, which is what would be undone.
  if (event.type !== "ticket.recalled" && way !== visit.way) visit.before = visit.way;
  visit.way = way;
  visit.changedAt = event.at;
}
