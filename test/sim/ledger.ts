import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";

/**
 * Where every ticket is, once more and apart from the product: one place each, changed by what the record says and only in
 * the ways that the rules know. Numbers are those of the rules.
 */
const undoMs = 10_000;
const returnMs = 15 * 60_000;
const longBreakMs = 10 * 60_000;
/** Time passes at the hub with its beat, in milliseconds; a hub that is away needs longer. */
const releasedMs = 30_000;
/** The first call, and at least one repeat. */
const callsBeforeNoShow = 2;

type Place =
  | { at: "waiting"; toDesk: string | null }
  | { at: "desk"; desk: string }
  | { at: "parked" }
  | { at: "ended"; how: string; since: number };

interface Desk {
  open: boolean;
  pausedAt: number | undefined;
  ticket: string | undefined;
  last: { call: string; ticket: string; at: number; before: Place; finished: string | null } | undefined;
}

export interface Ledger {
  /** What the record says that the rules do not allow. */
  wrong: string[];
  places: ReadonlyMap<string, Place>;
  /** Who is at each desk. */
  atDesks: ReadonlyMap<string, string>;
}

const inWords = (place: Place | undefined) =>
  place === undefined
    ? "unknown"
    : place.at === "desk"
      ? `at desk ${place.desk}`
      : place.at === "ended"
        ? place.how
        : place.at;

/** An appointment that was checked in by hand. */
const isByStaff = ({ kind, issuer }: Extract<RecordedEvent, { type: "ticket.issued" }>) =>
  kind === "appointment" && !issuer.startsWith("terminal");

/** Reads the whole record. */
export function keepLedger(events: readonly RecordedEvent[]): Ledger {
  const wrong: string[] = [];
  const places = new Map<string, Place>();
  const calls = new Map<string, number>();
  const desks = new Map<string, Desk>();
  const bound = new Set<string>();
  const strandedSince = new Map<string, number>();
  let emergency = false;

  const deskOf = (id: string) => {
    const desk = desks.get(id) ?? { open: false, pausedAt: undefined, ticket: undefined, last: undefined };
    desks.set(id, desk);
    return desk;
  };
  /** Whoever was finished under another number than the one on his paper does not come back to a desk. */
  const stayFinished = (ticket: string | undefined) => {
    for (const { last } of desks.values()) if (last && last.finished === ticket) last.finished = null;
  };
  /** Moves a ticket; whoever was at a desk has left it. */
  const move = (ticket: string, to: Place) => {
    const from = places.get(ticket);
    if (from?.at === "desk" && deskOf(from.desk).ticket === ticket) deskOf(from.desk).ticket = undefined;
    if (to.at === "desk") deskOf(to.desk).ticket = ticket;
    places.set(ticket, to);
  };
  const isManned = ({ open, pausedAt }: Desk, now: number) =>
    open && (pausedAt === undefined || now - pausedAt <= longBreakMs);

  /** Whoever waits for one desk waits for any soon after nobody calls there. */
  const lookForStranded = (now: number) => {
    for (const ticket of bound) {
      const place = places.get(ticket);
      const toDesk = place?.at === "waiting" ? place.toDesk : null;
      if (toDesk === null) {
        bound.delete(ticket);
        strandedSince.delete(ticket);
      } else if (isManned(deskOf(toDesk), now)) strandedSince.delete(ticket);
      else {
        const since = strandedSince.get(ticket) ?? now;
        strandedSince.set(ticket, since);
        if (now - since > releasedMs) {
          wrong.push(`${ticket} waits for desk ${toDesk}, where nobody calls`);
          bound.delete(ticket);
        }
      }
    }
  };

  for (const [index, event] of events.entries()) {
    lookForStranded(event.at);
    const must = (holds: boolean, what: string) => {
      const whose = "number" in event ? event.number : "desk" in event ? `desk ${event.desk}` : "";
      if (!holds) wrong.push(`${event.seq}: ${event.type} ${whose}: ${what}`);
    };
    const end = (how: string): Place => ({ at: "ended", how, since: event.at });
    const place = "ticket" in event ? places.get(event.ticket) : undefined;
    const isAt = (desk: string) => place?.at === "desk" && place.desk === desk;
    switch (event.type) {
      case "ticket.issued":
        must(place === undefined, "the number was given before");
        // Staff may still note that somebody with an appointment is there.
        must(!emergency || isByStaff(event), "a number in an emergency");
        move(event.ticket, { at: "waiting", toDesk: null });
        break;
      case "ticket.adopted":
        must(place === undefined, "the number was given before");
        stayFinished(event.finished);
        if (event.aliasOf !== null) move(event.ticket, end("void"));
        else if (event.expired) move(event.ticket, end("expired"));
        else move(event.ticket, { at: "waiting", toDesk: null });
        break;
      case "ticket.recovered":
        must(place === undefined, "the number is known");
        stayFinished(event.finished);
        move(event.ticket, event.aliasOf === null ? { at: "waiting", toDesk: null } : end("void"));
        break;
      case "ticket.replaced":
        must(event.desk === null || isAt(event.desk), `it is ${inWords(place)}`);
        // One that comes after midnight is only recorded.
        must(["waiting", "expired"].includes(inWords(places.get(event.replacement))), "its replacement does not wait");
        // Where staff had put him he stays, by whatever number.
        if (place?.at === "waiting" || place?.at === "parked") move(event.replacement, place);
        if (place?.at === "waiting" && bound.delete(event.ticket)) bound.add(event.replacement);
        move(event.ticket, end("void"));
        if (event.desk !== null) {
          const desk = deskOf(event.desk);
          // The call goes on under the other number, and can be taken back as before: to where he was, if he was there.
          const { last } = desk;
          const wasHere = last?.before.at === "waiting" || last?.before.at === "parked";
          const before: Place = wasHere ? last.before : { at: "waiting", toDesk: null };
          const goesOn = last?.ticket === event.ticket;
          desk.last = goesOn ? { ...last, call: event.call, ticket: event.replacement, before } : undefined;
          move(event.replacement, { at: "desk", desk: event.desk });
          calls.set(event.replacement, 1);
        }
        break;
      case "ticket.called": {
        const desk = deskOf(event.desk);
        must(desk.open && desk.pausedAt === undefined, `desk ${event.desk} calls nobody`);
        must(!emergency, "a call in an emergency");
        must(desk.ticket === undefined, `${desk.ticket} is at desk ${event.desk}`);
        const before = events[index - 1];
        const isResumed =
          before?.type === "ticket.resumed" && before.ticket === event.ticket && before.desk === event.desk;
        const mayReturn = place?.at === "ended" && place.how === "no-show" && event.at - place.since <= returnMs;
        must(
          place?.at === "waiting" ||
            (place?.at === "parked" && isResumed) ||
            (mayReturn === true && event.reason.code === "by-number"),
          `it is ${inWords(place)}`,
        );
        const finished = event.finished === null ? undefined : places.get(event.finished);
        must(
          event.finished === null ||
            (finished?.at === "ended" && finished.how === "finished" && finished.since === event.at),
          `${event.finished} was not finished for it`,
        );
        desk.last = { ...event, before: place ?? end("unknown") };
        move(event.ticket, { at: "desk", desk: event.desk });
        calls.set(event.ticket, 1);
        break;
      }
      case "ticket.recalled":
        must(isAt(event.desk), `it is ${inWords(place)}`);
        calls.set(event.ticket, (calls.get(event.ticket) ?? 0) + 1);
        break;
      case "ticket.undone": {
        const { last } = deskOf(event.desk);
        must(isAt(event.desk), `it is ${inWords(place)}`);
        must(last?.call === event.call && last.ticket === event.ticket, "it is not the last call of that desk");
        must(last !== undefined && event.at - last.at <= undoMs, "too late");
        must(last?.finished === event.finished, "another visitor is back at the desk than before");
        move(event.ticket, last?.before ?? end("unknown"));
        if (event.finished !== null) move(event.finished, { at: "desk", desk: event.desk });
        deskOf(event.desk).last = undefined;
        break;
      }
      case "ticket.no-show":
        must(isAt(event.desk), `it is ${inWords(place)}`);
        must((calls.get(event.ticket) ?? 0) >= callsBeforeNoShow, "called once only");
        move(event.ticket, end("no-show"));
        break;
      case "ticket.finished":
        must(isAt(event.desk), `it is ${inWords(place)}`);
        move(event.ticket, end("finished"));
        break;
      case "ticket.parked":
        must(isAt(event.desk), `it is ${inWords(place)}`);
        move(event.ticket, { at: "parked" });
        break;
      case "ticket.resumed":
        if (event.desk !== null) {
          must(place?.at === "parked", `it is ${inWords(place)}`);
          break;
        }
        must(
          // A terminal says later that he was there again.
          place?.at === "ended" &&
            place.how === "no-show" &&
            (event.at - place.since <= returnMs || event.late === true || event.by.startsWith("terminal")),
          `it is ${inWords(place)}`,
        );
        move(event.ticket, { at: "waiting", toDesk: null });
        break;
      case "ticket.transferred":
        if (event.reason.code === "desk-closed") {
          must(
            place?.at === "waiting" && place.toDesk !== null && !isManned(deskOf(place.toDesk), event.at),
            inWords(place),
          );
        } else {
          must(
            event.desk === null ? place?.at === "waiting" || place?.at === "parked" : isAt(event.desk),
            inWords(place),
          );
          must(
            event.toDesk === null || isManned(deskOf(event.toDesk), event.at),
            `nobody calls at desk ${event.toDesk}`,
          );
        }
        move(event.ticket, { at: "waiting", toDesk: event.toDesk });
        if (event.toDesk !== null) bound.add(event.ticket);
        break;
      case "ticket.prioritized":
        must(place?.at === "waiting" || place?.at === "parked", `it is ${inWords(place)}`);
        break;
      case "ticket.cancelled":
        must(place !== undefined && place.at !== "ended", `it is ${inWords(place)}`);
        must((place?.at === "desk" ? place.desk : null) === event.desk, `it is ${inWords(place)}`);
        move(event.ticket, end(event.void ? "void" : "cancelled"));
        break;
      case "ticket.expired":
        must(place?.at === "waiting" || place?.at === "parked", `it is ${inWords(place)}`);
        move(event.ticket, end("expired"));
        break;
      case "desk.opened":
        Object.assign(deskOf(event.desk), { open: true, pausedAt: undefined });
        break;
      case "desk.closed":
        must(deskOf(event.desk).ticket === undefined, `${deskOf(event.desk).ticket} is there`);
        Object.assign(deskOf(event.desk), { open: false, pausedAt: undefined });
        break;
      case "desk.paused":
      case "desk.resumed":
        must(deskOf(event.desk).open, "it is closed");
        deskOf(event.desk).pausedAt = event.type === "desk.paused" ? event.at : undefined;
        break;
      case "office.changed":
        if (event.what === "emergency") emergency = event.message !== null;
        break;
    }
  }
  const atDesks = new Map(
    [...desks].flatMap(([id, { ticket }]) => (ticket === undefined ? [] : [[id, ticket] as const])),
  );
  return { wrong, places, atDesks };
}

/** Where a state has somebody else than the record: each ticket has one place, and each desk its visitor. */
export function misplaced(ledger: Ledger, state: OfficeState): string[] {
  const problems: string[] = [];
  const waiting = [...state.waiting, ...state.waitingAppointments].map(({ id }) => id);
  if (new Set(waiting).size !== waiting.length) problems.push("somebody waits twice");
  const waits = new Set(waiting);
  for (const [id, place] of ledger.places) {
    const ticket = state.tickets.get(id);
    const is = ticket === undefined ? "nowhere" : ticket.state === "called" ? `at desk ${ticket.desk}` : ticket.state;
    if (is !== inWords(place)) problems.push(`${id} is ${is} and should be ${inWords(place)}`);
    if (waits.has(id) !== (place.at === "waiting")) problems.push(`${id} is ${inWords(place)} and in the wrong line`);
  }
  for (const { id, ticket } of state.desks.values()) {
    const there = ledger.atDesks.get(id) ?? null;
    if (there !== ticket) problems.push(`desk ${id} has ${ticket} and should have ${there}`);
  }
  return problems;
}
