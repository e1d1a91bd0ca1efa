import type { LogNormal } from "./log-normal.ts";
import { logNormal, meanRest } from "./log-normal.ts";
import { serviceTime } from "./service-times.ts";
import type { DeskRecord, OfficeState } from "./state.ts";

const minuteMs = 60_000;

/** A desk that is busy: how long such a visit or break takes, and how much of it is over. All in minutes. */
export interface Busy {
  time: LogNormal;
  sofar: number;
  /** What is to be expected of the rest. */
  rest: number;
}

/** An open desk with what it will have done before somebody else's turn. Times are minutes. */
export interface LoadedDesk {
  services: readonly string[];
  busy: Busy | undefined;
  /** Until it has done its share: the rest of the present visit or break, and its part of the work ahead. */
  load: number;
  /** How many tickets that part is, and the variance of the time for it. */
  tickets: number;
  variance: number;
}

/** Work that waits for one of the desks for a service. */
export interface Work {
  service: string;
  tickets: number;
  minutes: number;
  variance: number;
}

/** What a break takes, from a walk to the printer to lunch. */
const pause = { minutes: 20, variance: 10 ** 2 } as const;
const nothing = { minutes: 0, variance: 0 } as const;
/** A visitor for whom nothing is known any more, since the configuration has lost his service. */
const unknownMinutes = 10;
/** What is lost on somebody who was called and is not there, in minutes. */
const absentMinutes = 2;

/** The time that these tickets for a service will take, persons counted each, and those who will not be there. */
export function workOf(state: OfficeState, service: string, tickets: number, persons: number): Work {
  const time = serviceTime(state, service);
  if (!time) return { service, tickets: 0, minutes: 0, variance: 0 };
  const { minutes, variance, absent } = time;
  return {
    service,
    tickets,
    minutes: persons * minutes * (1 - absent) + tickets * absent * absentMinutes,
    variance: persons * (variance * (1 - absent) + absent * (1 - absent) * minutes * minutes),
  };
}

/** What keeps the clerk from calling: a visitor, a break, or the break that follows the visit. */
function busyAt(state: OfficeState, desk: DeskRecord, now: number): Busy | undefined {
  const ticket = desk.ticket === null ? undefined : state.tickets.get(desk.ticket);
  if (!ticket && desk.pausedAt === null) return undefined;
  let { minutes, variance } = desk.pausedAt === null ? nothing : pause;
  for (const service of ticket?.services ?? []) {
    const time = serviceTime(state, service);
    minutes += (ticket?.persons ?? 1) * (time?.minutes ?? unknownMinutes);
    variance += (ticket?.persons ?? 1) * (time?.variance ?? unknownMinutes ** 2);
  }
  const time = logNormal(minutes, variance);
  const since = ticket?.calledAt ?? desk.pausedAt ?? now;
  const sofar = Math.max(0, now - since) / minuteMs;
  return { time, sofar, rest: meanRest(time, sofar) };
}

/** The open desks as they are, without anybody ahead; whoever takes a break comes back. */
export function openDesks(state: OfficeState, now: number): LoadedDesk[] {
  const desks: LoadedDesk[] = [];
  for (const desk of state.desks.values()) {
    if (!desk.open) continue;
    const busy = busyAt(state, desk, now);
    desks.push({ services: desk.services, busy, load: busy?.rest ?? 0, tickets: 0, variance: 0 });
  }
  return desks;
}

/** Work for the same desks, which may as well be one. */
interface Heap extends Omit<Work, "service"> {
  able: number[];
  /** How much of it each of them does. */
  parts: number[];
}

function heapsOf(desks: readonly LoadedDesk[], works: Iterable<Work>): Heap[] {
  const heaps = new Map<string, Heap>();
  for (const { service, tickets, minutes, variance } of works) {
    if (minutes <= 0) continue;
    const able = desks.flatMap((desk, index) => (desk.services.includes(service) ? [index] : []));
    if (able.length === 0) continue;
    const key = able.join();
    const heap = heaps.get(key);
    if (heap) {
      heap.tickets += tickets;
      heap.minutes += minutes;
      heap.variance += variance;
    } else heaps.set(key, { tickets, minutes, variance, able, parts: able.map(() => 0) });
  }
  return [...heaps.values()];
}

/** Pours the heap on those of its desks that have least to do, until they all have the same. */
function pour(desks: readonly LoadedDesk[], heap: Heap): void {
  const { able, parts } = heap;
  for (const [part, index] of able.entries()) {
    const desk = desks[index];
    if (desk) desk.load -= parts[part] ?? 0;
  }
  const loads = able.map((index) => desks[index]?.load ?? 0).sort((a, b) => a - b);
  let sum = 0;
  let level = 0;
  for (const [place, load] of loads.entries()) {
    sum += load;
    level = (sum + heap.minutes) / (place + 1);
    if (level <= (loads[place + 1] ?? Number.POSITIVE_INFINITY)) break;
  }
  for (const [part, index] of able.entries()) {
    const desk = desks[index];
    if (!desk) continue;
    parts[part] = Math.max(0, level - desk.load);
    desk.load += parts[part] ?? 0;
  }
}

/** After so many rounds desks that share work through others are level. */
const rounds = 4;

/**
 * Shares the work among the desks that can do it, so that all have as equally much to do as what they serve allows. So it
 * comes about when each desk that is free calls the next whom it may.
 */
export function shareWork(desks: readonly LoadedDesk[], works: Iterable<Work>): void {
  const heaps = heapsOf(desks, works);
  for (let round = 0; round < (heaps.length > 1 ? rounds : 1); round += 1) {
    for (const heap of heaps) pour(desks, heap);
  }
  for (const { able, parts, tickets, minutes, variance } of heaps) {
    for (const [part, index] of able.entries()) {
      const desk = desks[index];
      if (!desk) continue;
      const share = (parts[part] ?? 0) / minutes;
      desk.tickets += share * tickets;
      desk.variance += share * variance;
    }
  }
}
