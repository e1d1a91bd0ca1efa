import { isDeepStrictEqual } from "node:util";
import type { BoardView } from "../../device/board/view.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import { evolve } from "../../hub/office/evolve.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { emptyOffice } from "../../hub/office/state.ts";
import { appointmentProblems, wronglyTurnedAway } from "./appointments.ts";
import { keepCalls } from "./calls.ts";
import { keepLedger, misplaced } from "./ledger.ts";
import { callsOutOfTurn } from "./order.ts";
import type { Paper } from "./peripherals.ts";
import { isLost, type Lost, mayBeUndone } from "./restore.ts";
import type { Said } from "./said.ts";
import { unasked } from "./said.ts";
import type { Touch } from "./visitors.ts";

/** All that was seen of a day from outside, and what the hub has in its file. */
export interface Evidence {
  events: readonly RecordedEvent[];
  papers: readonly Paper[];
  touches: readonly Touch[];
  /** What may be lost, where a backup was put in place. */
  lost: Lost | undefined;
  /** What staff asked for. */
  said: readonly Said[];
  /** What each board shows in the end, by name; undefined for one that is off. */
  boards: ReadonlyMap<string, BoardView | undefined>;
  /** As it is in memory, and as another process would load it, at the end of the opening hours. */
  state: OfficeState;
  loaded: OfficeState;
}

type Check = (evidence: Evidence) => string[];

/** No number stands on the paper of two visitors, and none is given twice in the record. */
const noNumberTwice: Check = ({ papers, touches, events }) => {
  const problems: string[] = [];
  const holders = new Map<string, string>();
  for (const { visitor, numbers } of touches) {
    for (const number of numbers) {
      const holder = holders.get(number) ?? visitor.name;
      if (holder !== visitor.name) problems.push(`${number} was given to ${holder} and ${visitor.name}`);
      holders.set(number, holder);
    }
  }
  const firsts = papers.filter(({ copy }) => !copy).map(({ number }) => number);
  for (const number of new Set(firsts)) {
    const count = firsts.filter((other) => other === number).length;
    if (count > 1) problems.push(`${number} came out ${count} times without being marked as a copy`);
  }
  const issued = events.flatMap((event) => (event.type === "ticket.issued" ? [event.ticket] : []));
  if (new Set(issued).size !== issued.length) problems.push("a number is twice in the record");
  return problems;
};

/** However nervous a finger is and whatever breaks: one touch shows one number at most. */
const oneTouchOneTicket: Check = ({ touches }) =>
  touches
    .filter(({ numbers }) => numbers.size > 1)
    .map(({ visitor, numbers }) => `${visitor.name} saw ${[...numbers].join(" and ")} for one touch`);

const paperEvents = new Set(["ticket.printed", "ticket.shown", "ticket.print-failed", "ticket.print-unknown"]);
const endings = new Set(["ticket.finished", "ticket.no-show", "ticket.cancelled", "ticket.expired"]);

/** Whoever holds a number ends exactly once, and nobody's number is void. */
const everyPaperEndsOnce: Check = ({ events, touches, state, lost }) => {
  const problems: string[] = [];
  const ends = new Map<string, (RecordedEvent & { ticket: string })[]>();
  const before = new Map<string, (RecordedEvent & { ticket: string }) | undefined>();
  for (const event of events) {
    // A call that is taken back takes the end of the visit before it back as well.
    if (event.type === "ticket.undone" && event.finished !== null) ends.get(event.finished)?.pop();
    // A no-show who came after all, and one whose call is taken back.
    const isBack = event.type === "ticket.called" || (event.type === "ticket.resumed" && event.desk === null);
    if (isBack) {
      const isNoShow = ends.get(event.ticket)?.at(-1)?.type === "ticket.no-show";
      before.set(event.ticket, isNoShow ? ends.get(event.ticket)?.pop() : undefined);
    }
    const again = event.type === "ticket.undone" ? before.get(event.ticket) : undefined;
    if (again) ends.get(again.ticket)?.push(again);
    if (!endings.has(event.type) || !("ticket" in event)) continue;
    ends.set(event.ticket, [...(ends.get(event.ticket) ?? []), event]);
  }
  for (const { visitor } of touches) {
    if (visitor.number === undefined) continue;
    const id = `${state.day}/${visitor.number}`;
    const ended = ends.get(id) ?? [];
    // Of a number that staff told him since the backup was made nobody else knows.
    const touch = visitor.touches.find(({ numbers }) => numbers.has(visitor.number ?? ""));
    if (ended.length === 0 && touch?.kind === "staff" && isLost(lost, touch.at)) continue;
    if (ended.length !== 1) {
      const what = ended.map(({ type }) => type).join(", ") || "nothing";
      problems.push(`${visitor.number} of ${visitor.name} ended with ${what}`);
    }
    const [end] = ended;
    if (end?.type === "ticket.cancelled" && end.void) problems.push(`${visitor.number} is on paper, and void`);
  }
  return problems;
};

/** A number is on its way to its visitor for so long at most, in milliseconds. */
const handedOverMs = 60_000;
/** That the disk was full is on record so long after it no longer is at most, in milliseconds. */
const failureToldMs = 60_000;

/** A number that the hub gave has an owner, or paper that says it; or it is void, or whoever had it knows that it is not sure. */
const noGhosts: Check = ({ events, touches, papers, state, lost }) => {
  const seen = new Set([...touches.flatMap(({ numbers }) => [...numbers]), ...papers.map(({ number }) => number)]);
  const evacuations = events.flatMap((event) =>
    event.type === "office.changed" && event.what === "emergency" && event.message !== null ? [event.at] : [],
  );
  const isEvacuated = (issuedAt: number) => evacuations.some((at) => at >= issuedAt && at - issuedAt < handedOverMs);
  const failures = events.flatMap((event) =>
    event.type === "device.alarm" && event.alarm === "store" ? [event.at] : [],
  );
  const hasFailed = (from: number, until: number) => failures.some((at) => at >= from && at - until < failureToldMs);
  return (
    [...state.tickets.values()]
      .filter(
        ({ id, number }) =>
          events.some((event) => event.type === "ticket.issued" && event.ticket === id) && !seen.has(number),
      )
      // Whoever has an appointment shows his code again and gets the same number.
      .filter(({ state: is, kind }) => kind === "walk-in" && is !== "void")
      // A hub whose disk was full could not take the terminal's word, and by then he had been called in vain.
      .filter(({ state: is, issuedAt, endedAt }) => is !== "no-show" || !hasFailed(issuedAt, endedAt ?? issuedAt))
      // That it was withdrawn after the backup was made is lost with it.
      .filter(({ paper, issuedAt }) => lost === undefined || paper !== "pending" || issuedAt > lost.from)
      // Then the screen says nothing else, and whoever stood there has left the house.
      .filter(({ paper, issuedAt }) => paper === "pending" || !isEvacuated(issuedAt))
      .map(({ number, paper }) => `${number} is in the queue, its paper is ${paper}, and nobody ever saw it`)
  );
};

/** What the record calls sure of a first paper is so: printed is in somebody's hand, failed or shown is on no paper. */
const paperAsSaid: Check = ({ events, papers }) => {
  const problems: string[] = [];
  const told = new Set<string>();
  const of = (type: string) =>
    new Set(events.flatMap((one) => (one.type === type && "ticket" in one ? [one.ticket] : [])));
  // What is told after a restore is of all tries, of which the first may have been without paper, and the last with it.
  const toldLater = of("ticket.recovered").intersection(of("ticket.printed"));
  for (const event of events) {
    if (!paperEvents.has(event.type) || !("sure" in event) || told.has(event.ticket)) continue;
    const said = event.type === "ticket.printed";
    if (!said && toldLater.has(event.ticket)) continue;
    told.add(event.ticket);
    // A copy may come out before the hub hears that the first paper did not.
    const isOut = papers.some(({ number, at, copy }) => number === event.number && at <= event.at && (said || !copy));
    if (event.sure && said !== isOut) {
      problems.push(
        `${event.number}: ${event.type} (${event.detail}), and it ${isOut ? "came out" : "did not come out"}`,
      );
    }
  }
  return problems;
};

/** What somebody has waited: until now, or until he was called. */
interface Wait {
  earnedAt: number;
  waitedMs: number | null;
  isParked?: boolean;
  before?: Wait;
}

/** Time that somebody has waited stays with him, wherever he is sent; being served or parked adds nothing. */
const earnedTimeKept: Check = ({ events }) => {
  const problems: string[] = [];
  const waits = new Map<string, Wait>();
  for (const event of events) {
    if (!("ticket" in event)) continue;
    const known = waits.get(event.ticket);
    if (event.type === "ticket.issued" || event.type === "ticket.adopted" || event.type === "ticket.recovered") {
      waits.set(event.ticket, { earnedAt: event.earnedAt, waitedMs: null });
    } else if (known && event.type === "ticket.parked") waits.set(event.ticket, { ...known, isParked: true });
    else if (event.type === "ticket.replaced") {
      const own = waits.get(event.replacement);
      // Whoever is parked, or was before this call, has waited what he had by then.
      const was = event.desk === null ? known : known?.before;
      const before = was?.isParked ? was : own;
      if (event.desk === null) {
        if (before) waits.set(event.replacement, before);
      } else if (own) {
        // He stands at a desk to which his other number was called.
        const { earnedAt } = own;
        waits.set(event.replacement, { earnedAt, waitedMs: event.at - earnedAt, ...(before ? { before } : {}) });
      }
    } else if (
      known &&
      (event.type === "ticket.called" || event.type === "ticket.transferred" || event.type === "ticket.resumed")
    ) {
      const wanted = known.waitedMs === null ? known.earnedAt : event.at - known.waitedMs;
      if (event.earnedAt !== wanted) {
        problems.push(`${event.number} has earned ${wanted - event.earnedAt} ms too much by ${event.type}`);
      }
      // Whoever is resumed at a desk is called there next.
      if (event.type === "ticket.resumed" && event.desk !== null) continue;
      const isCalled = event.type === "ticket.called";
      waits.set(event.ticket, {
        earnedAt: event.earnedAt,
        waitedMs: isCalled ? event.at - event.earnedAt : null,
        ...(isCalled ? { before: known } : {}),
      });
    } else if (known?.before && event.type === "ticket.undone") waits.set(event.ticket, known.before);
  }
  return problems;
};

const inTurn: Check = ({ events, state }) =>
  callsOutOfTurn(events, (service) => state.plan.services.find(({ id }) => id === service)?.letter ?? service);

/** Every ticket has one place, and nothing happens to it that the rules do not know. */
const onePlaceEach: Check = ({ events, state }) => {
  const ledger = keepLedger(events);
  return [...ledger.wrong, ...misplaced(ledger, state)];
};

/** What staff were answered has happened, once; and nothing has for which nobody asked. */
const asAsked: Check = ({ events, said, state, lost }) => unasked(events, said, state.day, mayBeUndone(lost));

/** From a touch to the number that a terminal gives alone for it, in milliseconds. */
const aloneMs = 15_000;
/** How far its time may be behind the hub's, of which it hears late on a bad network, in milliseconds. */
const behindMs = 15_000;

/** A number that was given while the hub was away has the place in time at which it was given. */
const adoptedInPlace: Check = ({ events, touches, state }) =>
  events.flatMap((event) => {
    if (event.type !== "ticket.adopted") return [];
    const touch = touches.find(({ numbers }) => numbers.has(event.number));
    if (!touch || touch.isMisled || touch.visitor.appointment || state.day !== event.day) return [];
    const lateMs = event.earnedAt - touch.at;
    // Of a clock that had lost its time nobody knows more than that it was before now.
    const isThen = event.clock === "sure" ? lateMs > -behindMs && lateMs < aloneMs : event.earnedAt <= event.at;
    return isThen ? [] : [`${event.number} was given at a touch and has a place ${lateMs} ms behind it`];
  });

/** What a terminal may say to somebody who goes away without a number; "dark" is one without power. */
const mayGoWith = new Set(["closed", "emergency", "turned-away", "paused", "moment", "dark"]);

/** Nobody is turned away because something broke that has a way around it. */
const nobodyTurnedAway: Check = ({ touches }) => {
  const visitors = new Set(touches.map(({ visitor }) => visitor));
  return [...visitors].flatMap(({ name, number, sentAway, touches }) => {
    if (number !== undefined || sentAway === undefined || mayGoWith.has(sentAway)) return [];
    // Who was told to leave the house leaves, whatever the screen says the moment after.
    const isEvacuated = touches.some(({ message }) => message === "emergency");
    // And who was asked to try again each time at a terminal that cannot write goes to somebody else.
    const isAskedAgain = sentAway === "unclear" && touches.some(({ isUnwritten }) => isUnwritten);
    return isEvacuated || isAskedAgain ? [] : [`${name} went away with ${sentAway}`];
  });
};

/** Appointments are checked in within their time, and end once, with one number. */
const appointmentsEndOnce: Check = ({ events, state }) => appointmentProblems(events, state);

/** Whoever comes in time with the code that counts is let in. */
const letIn: Check = ({ touches }) => wronglyTurnedAway(touches.filter(({ isMisled }) => !isMisled));

/** A board that hears the hub shows the calls that are on record, each once and the newest first, and what is said to all. */
const boardsConverge: Check = ({ boards, events }) => {
  const calls = keepCalls();
  for (const event of events) calls.hear(event);
  const wanted = calls.board();
  return [...boards].flatMap(([name, view]) => {
    if (!view) return [`${name} is off at the end`];
    if (!view.isLive) return [`${name} says in the end that it is not live`];
    const { current, last, emergency, message } = view;
    const shown = { current, last, emergency, message };
    return isDeepStrictEqual(shown, wanted)
      ? []
      : [`${name} shows ${JSON.stringify(shown)} and should show ${JSON.stringify(wanted)}`];
  });
};

/** What of a state another process must find again. */
const durable = (state: OfficeState) => {
  const { tickets, waiting, waitingAppointments, series, desks, displays, lastCalled, day, emergency, dates } = state;
  return {
    day,
    emergency,
    dates,
    alarms: [...state.alarms].sort(),
    tickets: [...tickets].sort(([a], [b]) => (a < b ? -1 : 1)),
    waiting: waiting.map(({ id }) => id),
    appointments: waitingAppointments.map(({ id }) => id),
    series: [...series].sort(),
    desks: [...desks].sort(),
    displays: [...displays].sort(),
    lastCalled: [...lastCalled].sort(),
  };
};

/** The file holds what is in memory, and the record alone leads there too. */
const storedAsReplayed: Check = ({ events, state, loaded }) => [
  ...checkFile(loaded, state),
  ...notAsReplayed(events, state),
];

/** Where another process would find something else in the file than this one has in memory. */
export const checkFile = (loaded: OfficeState, state: OfficeState) =>
  differences("the file", durable(loaded), durable(state));

/** Where the record leads to another state than this one. */
function notAsReplayed(events: readonly RecordedEvent[], state: OfficeState): string[] {
  const replayed = emptyOffice(state.plan, state.calendar, state.epoch);
  for (const event of events) {
    // What belongs to an appointment is kept beside the record and is erased with it, but for the number that has it.
    if (!event.type.startsWith("appointment.") || event.type === "appointment.checked-in")
      evolve(replayed, structuredClone(event));
  }
  return differences("the record", durable(replayed), durable(state));
}

/** What a hub that was just started found in its file. */
export function checkStart(events: readonly RecordedEvent[], state: OfficeState): string[] {
  return [...notAsReplayed(events, state), ...misplaced(keepLedger(events), state)].map(
    (what) => `after the start ${state.seq}: ${what}`,
  );
}

function differences(where: string, found: ReturnType<typeof durable>, wanted: ReturnType<typeof durable>): string[] {
  return Object.keys(wanted)
    .filter((key) => !isDeepStrictEqual(found[key as never], wanted[key as never]))
    .map((key) => `${where} has another ${key} than the memory`);
}

/** Events are numbered without a gap, in each epoch. */
const noGaps: Check = ({ events }) =>
  events.every(({ seq, epoch }, index) => {
    const before = events[index - 1];
    return seq === (before?.epoch === epoch ? before.seq + 1 : 1);
  })
    ? []
    : ["the record has gaps"];

export const checks: Record<string, Check> = {
  noNumberTwice,
  oneTouchOneTicket,
  everyPaperEndsOnce,
  noGhosts,
  paperAsSaid,
  earnedTimeKept,
  onePlaceEach,
  asAsked,
  inTurn,
  adoptedInPlace,
  nobodyTurnedAway,
  appointmentsEndOnce,
  letIn,
  boardsConverge,
  storedAsReplayed,
  noGaps,
};
