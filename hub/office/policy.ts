import { comesBefore, groupOf, isEmergency, isInFront, placeTime, serves } from "./queue.ts";
import type { CallReason, DeskRecord, OfficeState, TicketRecord } from "./state.ts";

const minuteMs = 60_000;

export interface Turn {
  ticket: TicketRecord;
  /**
   * `emergency`; `returned` for a no-show who came back; `appointment-due` and `appointment-early` with its `time`;
   * `walk-in-over` with the `minutes` waited; `sent` for a ticket that was sent to this desk; `priority` with the `minutes`
   * of head start; `first-come`. Where nobody is sure to have the paper, `paper` says `failed` or `unknown`.
   */
  reason: CallReason;
}

/** Says whose turn it is at a desk; undefined when nobody waits for it. */
export type Policy = (state: OfficeState, desk: DeskRecord, now: number) => Turn | undefined;

export const isDue = (state: OfficeState, ticket: TicketRecord, now: number) =>
  placeTime(ticket) - state.plan.calls.appointmentLeadMs <= now;

/** Real waiting counts, not the head start of a priority. */
export const isOver = (state: OfficeState, ticket: TicketRecord, now: number) =>
  now - ticket.earnedAt > state.plan.calls.walkInMaxWaitMs;

/** Whose paper may still be coming out of the printer. */
const isPrinting = (state: OfficeState, { paper, issuedAt }: TicketRecord, now: number) =>
  paper === "pending" && now - issuedAt < state.plan.calls.paperPendingMs;

/** A reason as the clerk is told it: with what to expect of a visitor whose paper did not surely come out. */
export function reasonWithPaper(reason: CallReason, { paper }: TicketRecord): CallReason {
  return paper === "failed" || paper === "unknown" ? { ...reason, paper } : reason;
}

/**
 * Whose turn it is at this desk: a pure function of queue, desk, clock, policy and the kind of the last call.
 *
 * Emergencies go first, then no-shows who came back. Then the due appointment with the earliest time; while a walk-in has
 * waited too long the two take turns. Before it is due an appointment is called only when no walk-in waits. Whose paper may
 * still be coming out is called when there is nobody else.
 *
 * Bound: where desks that serve one service of a group serve all of it, a walk-in without a head start, whose paper is out,
 * is passed by walk-ins who stand before him alone: those who did so at his issue, and those whom a head start, an
 * emergency, a return or a transfer put there. Due appointments pass him until he has waited too long; from then on no more
 * of them than walk-ins who stood before him, and one. A ticket that was sent to one desk shares the group's turns with
 * desks that may not call it, so that for it the last part does not hold.
 */
export function nextFor(state: OfficeState, desk: DeskRecord, now: number): Turn | undefined {
  const isServed = desk.services.some((id) => state.waitingCounts.get(id)?.persons);
  if (!isServed && !state.waitingBound.get(desk.id)) return undefined;
  const mayCome = (ticket: TicketRecord) => serves(desk, ticket);
  return (
    choose(state, now, (ticket) => mayCome(ticket) && !isPrinting(state, ticket, now)) ?? choose(state, now, mayCome)
  );
}

function choose(state: OfficeState, now: number, mayCome: (ticket: TicketRecord) => boolean): Turn | undefined {
  const appointment = state.waitingAppointments.find(mayCome);
  const walkIn = state.waiting.find(mayCome);
  const turn = (ticket: TicketRecord, code: string, details?: object): Turn => ({
    ticket,
    reason: reasonWithPaper({ code, ...details }, ticket),
  });
  const [front] = [appointment, walkIn]
    .flatMap((ticket) => (ticket && isInFront(ticket) ? [ticket] : []))
    .sort(inOrder);
  if (front) return turn(front, isEmergency(front) ? "emergency" : "returned");
  const time = new Date(appointment?.appointmentAt ?? 0).toISOString();
  if (appointment && isDue(state, appointment, now)) {
    const over = walkIn && longestWaiting(state, walkIn, mayCome);
    if (over && isOver(state, over, now) && state.lastKind.get(groupOf(state, over))?.kind === "appointment") {
      return turn(over, "walk-in-over", { minutes: Math.floor((now - over.earnedAt) / minuteMs) });
    }
    return turn(appointment, "appointment-due", { time });
  }
  if (walkIn?.boundTo) return turn(walkIn, "sent");
  if (walkIn?.priority) return turn(walkIn, "priority", { minutes: walkIn.priority });
  if (walkIn) return turn(walkIn, "first-come");
  return appointment && turn(appointment, "appointment-early", { time });
}

const inOrder = (a: TicketRecord, b: TicketRecord) => (comesBefore(a, b) ? -1 : 1);

/** Who has really waited longer; ties by number. */
const byWaiting = (a: TicketRecord, b: TicketRecord) => a.earnedAt - b.earnedAt || (a.number < b.number ? -1 : 1);

/**
 * Who has really waited longest. Head starts only bring others before him, so that the search ends with the first who is
 * there without one.
 */
function longestWaiting(
  state: OfficeState,
  first: TicketRecord,
  mayCome: (ticket: TicketRecord) => boolean,
): TicketRecord {
  let longest = first;
  for (let index = state.waiting.indexOf(first); index < state.waiting.length; index += 1) {
    const ticket = state.waiting[index];
    if (!ticket || !mayCome(ticket)) continue;
    if (byWaiting(ticket, longest) < 0) longest = ticket;
    if (ticket.priority === 0) return longest;
  }
  return longest;
}

/**
 * All who wait, in the order in which a desk that may call every one of them would do so at this moment, one after the
 * other: the first is whom `nextFor` gives it.
 *
 * @param including a ticket that may have been called since: it stands where it would stand.
 */
export function* callOrder(state: OfficeState, now: number, including?: TicketRecord): Generator<TicketRecord> {
  const lineWith = (line: TicketRecord[], kind: TicketRecord["kind"]) => {
    if (including?.kind !== kind || line.includes(including)) return line;
    const place = line.findIndex((ticket) => comesBefore(including, ticket));
    return place < 0 ? [...line, including] : line.toSpliced(place, 0, including);
  };
  const walkIns = lineWith(state.waiting, "walk-in");
  const appointments = lineWith(state.waitingAppointments, "appointment");
  const isReady = (ticket: TicketRecord) => !isPrinting(state, ticket, now);
  const isLast = (ticket: TicketRecord) => isPrinting(state, ticket, now);
  const lastKind = yield* turns(state, now, appointments.filter(isReady), walkIns.filter(isReady));
  yield* turns(state, now, appointments.filter(isLast), walkIns.filter(isLast), lastKind);
}

type Kind = TicketRecord["kind"];

/**
 * @param lastKind the kind called before, where that is known already.
 * @returns the kind called last.
 */
function* turns(
  state: OfficeState,
  now: number,
  appointments: readonly TicketRecord[],
  walkIns: readonly TicketRecord[],
  lastKind?: Kind,
): Generator<TicketRecord, Kind | undefined> {
  let last = lastKind;
  const call = (ticket: TicketRecord) => {
    last = ticket.kind;
    return ticket;
  };
  for (const ticket of [...appointments, ...walkIns].filter(isInFront).sort(inOrder)) yield call(ticket);
  const rest = walkIns.filter((ticket) => !isInFront(ticket));
  const over = rest.filter((ticket) => isOver(state, ticket, now)).sort(byWaiting);
  const gone = new Set<TicketRecord>();
  const due = appointments.filter((ticket) => !isInFront(ticket) && isDue(state, ticket, now));
  for (const appointment of due) {
    const longest = over[gone.size];
    if (longest && (last ?? state.lastKind.get(groupOf(state, longest))?.kind) === "appointment") {
      gone.add(longest);
      yield call(longest);
    }
    yield call(appointment);
  }
  for (const walkIn of rest) if (!gone.has(walkIn)) yield call(walkIn);
  for (const appointment of appointments) {
    if (!isInFront(appointment) && !isDue(state, appointment, now)) yield call(appointment);
  }
  return last;
}
