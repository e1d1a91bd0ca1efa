import type { LoadedDesk, Work } from "./desk-loads.ts";
import { openDesks, shareWork, workOf } from "./desk-loads.ts";
import type { Counts } from "./queue.ts";
import { allWalkIns, isManned, placeTime } from "./queue.ts";
import { anyServiceTime } from "./service-times.ts";
import type { OfficeState } from "./state.ts";
import type { Beginner, Overtaker, Place } from "./turns.ts";
import { placeBehind, turnWithin } from "./turns.ts";

const minuteMs = 60_000;

/** Who asks how long he will wait. */
export interface Asker {
  services: readonly string[];
  /** Null for a walk-in. */
  appointmentAt: number | null;
}

export interface Outlook {
  /** Tickets that the desks for this service would call first. */
  ahead: number;
  /** Expected wait, from and to, in whole minutes; null while no desk is open for the service. */
  minutes: [number, number] | null;
  /** The wait that is as likely to be shorter as longer, in minutes. */
  likely: number | null;
}

/**
 * An estimate says "from … to …" by these quantiles of the normal distribution, so that four of five are called within it.
 * Waits have a long tail, so that the shortest such range leaves out more above than below. Tuned on simulated months.
 */
const quantiles = { low: -1.5, likely: 0, high: 1.02 } as const;
/** Share of those with a confirmed appointment who come; and of those who are not there at its time. */
const comingShare = { before: 0.9, late: 0.3 } as const;

/** Times by quantile, in minutes. */
type Range = Record<keyof typeof quantiles, number>;

const rangeOf = (place: Place): Range => ({
  low: turnWithin(place, quantiles.low),
  likely: turnWithin(place, quantiles.likely),
  high: turnWithin(place, quantiles.high),
});

/** One who asks, and how long any visit takes. */
interface Question {
  state: OfficeState;
  services: readonly string[];
  usual: { minutes: number; variance: number };
  now: number;
}

function* worksOf(state: OfficeState, counts: Counts): Generator<Work> {
  for (const [service, { tickets, persons }] of counts) {
    if (persons > 0) yield workOf(state, service, tickets, persons);
  }
}

const canServe = (desk: Pick<LoadedDesk, "services">, services: readonly string[]) =>
  services.every((id) => desk.services.includes(id));

function placeOf({ state, services, usual, now }: Question, works: Iterable<Work>): Place {
  const desks = openDesks(state, now);
  shareWork(desks, works);
  return placeBehind(
    desks.filter((desk) => canServe(desk, services)),
    usual,
  );
}

/** An appointment, whether it is checked in or not, as a walk-in sees it. */
interface Rival {
  /** From when it goes before walk-ins, in minutes from now. */
  due: number;
  services: readonly { service: string; persons: number }[];
  /** The probability that somebody comes. */
  share: number;
}

/** The appointments of today that are not called yet, by their time. */
function rivalsOf(state: OfficeState, now: number): Rival[] {
  const due = (at: number) => (at - state.plan.calls.appointmentLeadMs - now) / minuteMs;
  const here = state.waitingAppointments.map(
    ({ appointmentAt, services, persons }): Rival => ({
      due: due(appointmentAt ?? now),
      services: services.map((service) => ({ service, persons })),
      share: 1,
    }),
  );
  const late = state.plan.appointments?.checkInLateMs ?? 0;
  const toCome = (state.appointments.days.get(state.day)?.expected ?? [])
    .filter(({ at }) => at + late >= now)
    .map(({ at, services }): Rival => {
      const share = at >= now ? comingShare.before : comingShare.late;
      return { due: due(at), services, share };
    });
  return here.length === 0 ? toCome : [...here, ...toCome].sort((a, b) => a.due - b.due);
}

const rivalWork = (state: OfficeState, { services, share }: Rival): Work[] =>
  services.map(({ service, persons }, index) => workOf(state, service, index === 0 ? share : 0, share * persons));

/** A walk-in waits for the walk-ins before him, and for the appointments that are due before his turn. */
function walkInRange(question: Question, counts: Counts): Range {
  const { state, services, now } = question;
  const rivals = rivalsOf(state, now);
  const dueNow = rivals.filter(({ due }) => due <= 0);
  const place = placeOf(question, [...worksOf(state, counts), ...dueNow.flatMap((rival) => rivalWork(state, rival))]);
  const open = [...state.desks.values()].filter((desk) => desk.open);
  const overtakers = rivals.slice(dueNow.length).map((rival): Overtaker => {
    const able = open.filter((desk) => rival.services.every(({ service }) => desk.services.includes(service)));
    const here = able.filter((desk) => canServe(desk, services)).length / Math.max(1, able.length);
    const minutes = rivalWork(state, rival).reduce((sum, work) => sum + work.minutes, 0);
    const calls = (here * minutes) / place.minutes;
    return { due: rival.due, calls, variance: calls * calls * (1 / rival.share - 1) };
  });
  return rangeOf({ ...place, overtakers });
}

/** A desk that somebody is at who came at any time: uniform over what a visit takes, which has the right mean. */
function anyVisit({ minutes, variance }: Question["usual"]): Beginner {
  const longest = minutes + variance / minutes;
  return { free: longest / 2, freeWithin: (within) => Math.min(1, within / longest) };
}

/** Whether walk-ins who have waited too long will be called in turns with the appointments that are due by then. */
function takesTurns({ state, now }: Question, minutes: number): boolean {
  const [first] = state.waiting;
  return first !== undefined && now + minutes * minuteMs - first.earnedAt > state.plan.calls.walkInMaxWaitMs;
}
/** The same tickets ahead, each with a walk-in; whose turn it is first, nobody knows yet. */
const inTurns = (ahead: number) => 2 * ahead + 0.5;

/** The earlier appointments that wait and will not have been called when one of this time is due, by then. */
function stillBefore({ state, now, usual }: Question, desks: number, appointmentAt: number, turns: boolean): number {
  const { appointmentLeadMs } = state.plan.calls;
  const before = state.waitingAppointments.filter((other) => placeTime(other) <= appointmentAt);
  const [first] = before;
  if (!first) return 0;
  const begin = Math.max(now, placeTime(first) - appointmentLeadMs);
  const callsMinutes = (appointmentAt - appointmentLeadMs - begin) / minuteMs / (turns ? 2 : 1);
  const together = before.filter((other) => placeTime(other) === appointmentAt).length;
  return Math.max(together, before.length - (callsMinutes * desks) / usual.minutes);
}

/**
 * An appointment waits until it is due, and then for those before it that are due as well, and for a desk that is free;
 * where nobody else waits it is called sooner.
 */
function appointmentRange(question: Question, counts: Counts, appointmentAt: number): Range {
  const { state, now, usual, services } = question;
  const due = (appointmentAt - state.plan.calls.appointmentLeadMs - now) / minuteMs;
  const turns = takesTurns(question, Math.max(0, due));
  const behindThem = placeOf(question, worksOf(state, counts));
  if (due <= 0) return rangeOf(turns ? { ...behindThem, ahead: inTurns(behindThem.ahead) } : behindThem);
  const everybody = rangeOf(placeOf(question, [...worksOf(state, counts), ...worksOf(state, allWalkIns(state))]));
  const desks = [...state.desks.values()].filter((desk) => isManned(state, desk, now) && canServe(desk, services));
  const left = stillBefore(question, desks.length, appointmentAt, turns);
  const whenDue = rangeOf({
    beginners: desks.map(() => anyVisit(usual)),
    ahead: turns ? inTurns(left) : left,
    minutes: usual.minutes,
    spread: Math.sqrt(usual.variance) / usual.minutes,
    overtakers: [],
  });
  const atQuantile = (key: keyof Range) => Math.min(everybody[key], due + whenDue[key]);
  return { low: atQuantile("low"), likely: atQuantile("likely"), high: atQuantile("high") };
}

/**
 * What somebody has before him: how many, and for how long, from the people ahead under the office's own call policy, the
 * appointments still to come, the desks that are open and what else they serve, the visits that are going on, and the
 * measured service times. Of the order of services × desks and of the day's appointments, however many wait.
 *
 * @param counts who waits before him in his own line, by service: walk-ins before a walk-in, and before an appointment the
 *   earlier ones.
 */
export function outlook(state: OfficeState, { services, appointmentAt }: Asker, counts: Counts, now: number): Outlook {
  const all = [...state.desks.values()].filter((desk) => canServe(desk, services));
  const open = all.filter((desk) => isManned(state, desk, now));
  // Before any desk opens, those that could tell how many are ahead.
  const asked = open.length > 0 ? open : all;
  const before = (service: string) => asked.some((desk) => desk.services.includes(service));
  let ahead = 0;
  for (const [id, { tickets }] of counts) if (before(id)) ahead += tickets;
  if (appointmentAt === null) ahead += state.waitingAppointments.filter(({ service }) => before(service)).length;
  if (open.length === 0) return { ahead, minutes: null, likely: null };
  const question = { state, services, usual: anyServiceTime(state), now };
  const range =
    appointmentAt === null ? walkInRange(question, counts) : appointmentRange(question, counts, appointmentAt);
  return { ahead, minutes: [Math.round(range.low), Math.round(range.high)], likely: range.likely };
}

/** Whether what was promised came true: the wait, in whole minutes, lies within the range. */
export function keptPromise([from, to]: [number, number], waitedMs: number): boolean {
  const waited = Math.round(waitedMs / minuteMs);
  return from <= waited && waited <= to;
}
