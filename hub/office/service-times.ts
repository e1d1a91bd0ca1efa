import type { MeasuredTime, MeasuredTimes, OfficeState, Plan, TicketRecord } from "./state.ts";

const minuteMs = 60_000;

/** Days with tickets that are looked back on. */
export const measuredDays = 20;
/** Tickets of them that are looked at, the newest. */
export const measuredTicketsMax = 20_000;

/** The part of a ticket that tells how long its visit took. */
export type Visit = Pick<TicketRecord, "services" | "state" | "persons" | "calledAt" | "endedAt">;

/**
 * How far from the median a visit may lie and still count, in robust standard deviations of its logarithm. A visit that
 * nobody finished until the evening lies far beyond, and so does one that was clicked away at once.
 */
const cutDeviations = 3.5;
/** A median absolute deviation, times this, is the standard deviation of a normal distribution. */
const madToDeviation = 1.4826;
/** Visits that all take the same are not cut by how little they differ. */
const leastDeviation = 0.1;
/** Below this a visit was clicked away and not served, in minutes. */
const leastMinutes = 0.1;

const median = (sorted: readonly number[]) => {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};
const ascending = (a: number, b: number) => a - b;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Without what lies too far from the others; service times are skewed, so their logarithms are compared. */
function withoutOutliers(minutes: readonly number[]): number[] {
  const logarithms = minutes.map(Math.log).sort(ascending);
  const centre = median(logarithms);
  const distances = logarithms.map((value) => Math.abs(value - centre)).sort(ascending);
  const deviation = Math.max(median(distances) * madToDeviation, leastDeviation);
  return minutes.filter((value) => Math.abs(Math.log(value) - centre) <= cutDeviations * deviation);
}

/** Minutes for each person of a visit; undefined where they say nothing about one service. */
function minutesEach({ services, state, persons, calledAt, endedAt }: Visit): number | undefined {
  if (state !== "finished" || services.length !== 1 || calledAt === null || endedAt === null) return undefined;
  const minutes = (endedAt - calledAt) / minuteMs / persons;
  return minutes >= leastMinutes ? minutes : undefined;
}

/** Measures service times by what visits took, without what lies far off. Services nobody came for are left out. */
export function measureTimes(visits: Iterable<Visit>): MeasuredTimes {
  const seen = new Map<string, { minutes: number[]; called: number; absent: number }>();
  for (const visit of visits) {
    const [service] = visit.services;
    if (service === undefined || (visit.state !== "finished" && visit.state !== "no-show")) continue;
    const entry = seen.get(service) ?? { minutes: [], called: 0, absent: 0 };
    seen.set(service, entry);
    entry.called += 1;
    if (visit.state === "no-show") entry.absent += 1;
    const minutes = minutesEach(visit);
    if (minutes !== undefined) entry.minutes.push(minutes);
  }
  const measured: MeasuredTimes = {};
  for (const [service, { minutes, called, absent }] of seen) {
    if (minutes.length === 0) continue;
    const kept = withoutOutliers(minutes);
    const average = mean(kept);
    const variance = mean(kept.map((value) => (value - average) ** 2));
    measured[service] = {
      minutes: rounded(average),
      spread: rounded(Math.sqrt(variance) / average),
      samples: kept.length,
      absent: rounded(absent / called),
    };
  }
  return measured;
}

/** Figures stand in an event, so that no more digits are kept than mean something. */
const rounded = (value: number) => Math.round(value * 1_000) / 1_000;

/** What is believed of any service before it is measured; the minutes are those of the configuration. */
const believed = { spread: 0.6, absent: 0.03 } as const;
/** Measured visits that weigh as much as the configuration. */
const configuredWeight = 15;

/** How long a visitor for a service keeps a desk. */
export interface ServiceTime {
  /** Minutes for each person, on the average. */
  minutes: number;
  /** Variance of that, in square minutes. */
  variance: number;
  /** Share of those called who are not there, 0 to 1. */
  absent: number;
}

/** The configured minutes, and ever more of the measured ones the more visits there were. */
export function blend(configuredMinutes: number, measured: MeasuredTime | undefined): ServiceTime {
  const samples = measured?.samples ?? 0;
  const trust = samples / (samples + configuredWeight);
  const between = (before: number, after: number | undefined) => before + trust * ((after ?? before) - before);
  const minutes = between(configuredMinutes, measured?.minutes);
  const spread = between(believed.spread, measured?.spread);
  return { minutes, variance: (minutes * spread) ** 2, absent: between(believed.absent, measured?.absent) };
}

/** What is expected of all services, and of any visit whatever it is for. */
interface Expected {
  services: Map<string, ServiceTime>;
  any: { minutes: number; variance: number };
}

const reckoned = new WeakMap<MeasuredTimes, { plan: Plan; expected: Expected }>();

/** The same until the day changes: reckoned once. */
function expectedTimes({ plan, serviceTimes }: OfficeState): Expected {
  const before = reckoned.get(serviceTimes);
  if (before?.plan === plan) return before.expected;
  const services = new Map(plan.services.map(({ id, minutes }) => [id, blend(minutes, serviceTimes[id])]));
  let weight = 0;
  let first = 0;
  let second = 0;
  for (const [id, { minutes, variance }] of services) {
    const visits = configuredWeight + (serviceTimes[id]?.samples ?? 0);
    weight += visits;
    first += visits * minutes;
    second += visits * (variance + minutes * minutes);
  }
  const minutes = first / weight;
  const times = { services, any: { minutes, variance: second / weight - minutes * minutes } };
  reckoned.set(serviceTimes, { plan, expected: times });
  return times;
}

/** How long a visitor for this service is expected to keep a desk; undefined for a service the office does not have. */
export const serviceTime = (state: OfficeState, id: string): ServiceTime | undefined =>
  expectedTimes(state).services.get(id);

/** How long any visit is expected to take, in minutes, whatever it is for. */
export const anyServiceTime = (state: OfficeState) => expectedTimes(state).any;
