import { keptPromise } from "../office/estimate.ts";
import type { Visit } from "./visits.ts";
import { outcomeOf } from "./visits.ts";

/** Times are counted in tenths of a minute, in milliseconds. */
const tenthMs = 6_000;

/** What is counted of the visits of one service that began in one half hour. */
export interface Counts {
  arrivals: number;
  /** Of the arrivals, those with an appointment. */
  appointments: number;
  persons: number;
  served: number;
  noShows: number;
  cancelled: number;
  expired: number;
  /** Appointments whose time this was and to which nobody came; they are no arrivals. */
  lapsed: number;
  /** Walk-ins who were called and had been told how long they would wait, and those for whom it was true. */
  promised: number;
  kept: number;
}

export interface Cell extends Counts {
  /** How long each of those who were served had waited, and took at the desk, in tenths of a minute. */
  waits: number[];
  serviceTimes: number[];
}

/** A day: its cells by service and half hour. */
export type DayCells = Map<string, Map<number, Cell>>;

/** In the order in which they are stored. */
export const countNames = [
  "arrivals",
  "appointments",
  "persons",
  "served",
  "noShows",
  "cancelled",
  "expired",
  "lapsed",
  "promised",
  "kept",
] as const satisfies (keyof Counts)[];

function emptyCounts(): Counts {
  return Object.fromEntries(countNames.map((name) => [name, 0])) as unknown as Counts;
}

function cellAt(day: DayCells, service: string, halfHour: number): Cell {
  const halfHours = day.get(service) ?? new Map<number, Cell>();
  day.set(service, halfHours);
  const cell = halfHours.get(halfHour) ?? { ...emptyCounts(), waits: [], serviceTimes: [] };
  halfHours.set(halfHour, cell);
  return cell;
}

const outcomeCounts = { served: "served", "no-show": "noShows", cancelled: "cancelled", expired: "expired" } as const;

/** Counts a visit in, as far as it has come. */
export function countVisit(day: DayCells, visit: Visit): void {
  const cell = cellAt(day, visit.service, visit.halfHour);
  const { way } = visit;
  const outcome = outcomeOf(visit);
  cell.arrivals += 1;
  cell.persons += visit.persons;
  if (visit.appointment) cell.appointments += 1;
  if (visit.promised && way.calledAt !== null) {
    cell.promised += 1;
    if (keptPromise(visit.promised, way.calledAt - visit.issuedAt)) cell.kept += 1;
  }
  if (outcome) cell[outcomeCounts[outcome]] += 1;
  if (outcome !== "served") return;
  cell.waits.push(Math.round(way.waitedMs / tenthMs));
  cell.serviceTimes.push(Math.round(way.servedMs / tenthMs));
}

/** Counts an appointment to which nobody came. */
export function countLapsed(day: DayCells, service: string, halfHour: number): void {
  cellAt(day, service, halfHour).lapsed += 1;
}

type Row = [service: string, halfHour: number, counts: number[], waits: number[], serviceTimes: number[]];

/** A cell with its counts in the order of `countNames`. */
export interface CellLists {
  counts: number[];
  waits: number[];
  serviceTimes: number[];
}

export const listsOf = (cell: Cell): CellLists => ({
  counts: countNames.map((name) => cell[name]),
  waits: cell.waits,
  serviceTimes: cell.serviceTimes,
});

/** A day as text, for the file: short, since ten years of them are read for one report. */
export function encodeDay(day: DayCells): string {
  const rows: Row[] = [];
  for (const [service, halfHours] of day) {
    for (const [halfHour, cell] of halfHours) {
      const { counts, waits, serviceTimes } = listsOf(cell);
      rows.push([service, halfHour, counts, waits, serviceTimes]);
    }
  }
  return JSON.stringify(rows);
}

/** The cells of a day that was stored, as they were, one at a time. */
export function eachEncoded(text: string, take: (service: string, halfHour: number, cell: CellLists) => void): void {
  for (const [service, halfHour, counts, waits, serviceTimes] of JSON.parse(text) as Row[]) {
    take(service, halfHour, { counts, waits, serviceTimes });
  }
}

/** Adds a day that was stored to one in memory. */
export function addEncoded(day: DayCells, text: string): void {
  eachEncoded(text, (service, halfHour, { counts, waits, serviceTimes }) => {
    const cell = cellAt(day, service, halfHour);
    for (const [index, name] of countNames.entries()) cell[name] += counts[index] ?? 0;
    cell.waits.push(...waits);
    cell.serviceTimes.push(...serviceTimes);
  });
}
