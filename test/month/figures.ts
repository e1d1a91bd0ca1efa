import type { PolicyName } from "../../hub/insight/policies.ts";
import { policies } from "../../hub/insight/policies.ts";
import { keptPromise } from "../../hub/office/estimate.ts";
import { isCalling } from "../../hub/office/queue.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { servicePlan } from "../../hub/office/state.ts";
import type { Visitor } from "./simulate.ts";
import { simulateMonth } from "./simulate.ts";
import type { MonthOptions, Pattern } from "./town.ts";

const minuteMs = 60_000;

/** On these the constants of the estimate were tuned; the figures that are published are of the others. */
export const tuning = { seeds: range(1, 20), loads: [0.7, 0.9, 1.1], pattern: "morning" } as const;
export const proving = { seeds: range(101, 120), loads: [0.75, 0.95, 1.05], pattern: "twoPeaks" } as const;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** A share of sorted values lies below this. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
export const deviation = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

/** Minutes from the issue of the number, or from the time of the appointment where that is later, to the first call. */
export function waitMinutes({ ticket, calledAt }: Visitor): number | undefined {
  if (calledAt === undefined) return undefined;
  return Math.max(0, calledAt - Math.max(ticket.issuedAt, ticket.appointmentAt ?? 0)) / minuteMs;
}

export const measures = ["median", "p90", "max"] as const;
export type Waits = Record<(typeof measures)[number], number>;

function waitsOf(visitors: readonly Visitor[]): Waits {
  const waits = visitors.flatMap((visitor) => waitMinutes(visitor) ?? []);
  return { median: quantile(waits, 0.5), p90: quantile(waits, 0.9), max: Math.max(...waits) };
}

/** How long both groups waited in one month under a policy. */
export function waitsUnder(policy: PolicyName, options: MonthOptions): { walkIns: Waits; appointments: Waits } {
  const { visitors } = simulateMonth(options, policies[policy]);
  return {
    walkIns: waitsOf(visitors.filter(({ ticket }) => ticket.kind === "walk-in")),
    appointments: waitsOf(visitors.filter(({ ticket }) => ticket.kind === "appointment")),
  };
}

/** A range that somebody was told, in minutes, and what happened. */
export interface Told {
  minutes: [number, number];
  waitedMs: number;
}

/** "People before you × mean ÷ desks", with the shares by which such figures are made a range. */
function naive(state: OfficeState, service: string): [number, number] | undefined {
  const desks = [...state.desks.values()].filter((desk) => isCalling(desk) && desk.services.includes(service));
  if (desks.length === 0) return undefined;
  let work = 0;
  for (const [id, { persons }] of state.waitingCounts) {
    if (desks.some((desk) => desk.services.includes(id))) work += persons * (servicePlan(state, id)?.minutes ?? 0);
  }
  const expected = work / desks.length;
  return [Math.floor(expected * 0.7), Math.ceil(expected * 1.4)];
}

/** What everybody was told in a month under our policy, and what the naive reckoning would have said at the same moment. */
export function promisesOf(options: MonthOptions): { ours: Told[]; naive: Told[] } {
  const guesses = new Map<string, [number, number] | undefined>();
  const { visitors } = simulateMonth(options, policies.ours, {
    issuing: (state, ticket, service) => guesses.set(ticket, naive(state, service)),
  });
  const told = { ours: [] as Told[], naive: [] as Told[] };
  for (const { ticket, calledAt } of visitors) {
    const guess = guesses.get(ticket.id);
    if (calledAt === undefined || !ticket.promised.minutes || !guess) continue;
    const waitedMs = calledAt - ticket.issuedAt;
    told.ours.push({ minutes: ticket.promised.minutes, waitedMs });
    told.naive.push({ minutes: guess, waitedMs });
  }
  return told;
}

export interface Quality {
  /** Share of those who were called within what they had been told. */
  kept: number;
  /** Median width of the range, in minutes, and as a share of what is allowed: 6 minutes or 40 % of the wait. */
  width: number;
  relativeWidth: number;
}

/** A range may be as wide as this, or as this share of the wait if that is more. */
const widthAllowed = { minutes: 6, share: 0.4 } as const;

export function qualityOf(told: readonly Told[]): Quality {
  const width = ({ minutes: [from, to] }: Told) => to - from;
  const allowed = ({ waitedMs }: Told) => Math.max(widthAllowed.minutes, (widthAllowed.share * waitedMs) / minuteMs);
  return {
    kept: told.filter(({ minutes, waitedMs }) => keptPromise(minutes, waitedMs)).length / told.length,
    width: quantile(told.map(width), 0.5),
    relativeWidth: quantile(
      told.map((each) => width(each) / allowed(each)),
      0.5,
    ),
  };
}

/** The same over several seeds at one load. */
export function promisesAt(load: number, pattern: Pattern, seeds: readonly number[], days?: number) {
  const all = seeds.map((seed) => promisesOf({ seed, load, pattern, ...(days === undefined ? {} : { days }) }));
  return { ours: all.flatMap(({ ours }) => ours), naive: all.flatMap((each) => each.naive) };
}
