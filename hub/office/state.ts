import type { DisplayCall, Ticket, TicketState } from "../../protocol/messages.ts";

/** All times in the core are milliseconds since the epoch, and days are dates of the office's calendar. */

/** What the office is, from its configuration: it changes with a restart, not with events. */
export interface Plan {
  name: string;
  languages: string[];
  timeZone: string;
  accent: string;
  services: ServicePlan[];
  desks: DeskPlan[];
  boards: { group: string; name: string }[];
  /** Digits of a ticket number, 3 to 6. */
  numberDigits: number;
}

type Texts = { de: string; [language: string]: string };

export interface ServicePlan {
  id: string;
  letter: string;
  names: Texts;
  minutes: number;
  bring?: Texts | undefined;
  fee?: Texts | undefined;
}

export interface DeskPlan {
  id: string;
  name: string;
  services: string[];
  /** Display groups that show this desk's calls; `all` is always among them. */
  groups: string[];
}

/** A day of the calendar with its opening hours. */
export interface CalendarDay {
  date: string;
  start: number;
  end: number;
  open: { from: number; to: number }[];
  closed?: string;
}

export interface TicketRecord {
  id: string;
  day: string;
  number: string;
  letter: string;
  service: string;
  services: string[];
  state: TicketState;
  paper: Ticket["paper"];
  origin: Ticket["origin"];
  kind: Ticket["kind"];
  issuedAt: number;
  /** The place in the queue: the issue time unless something moved it. */
  earnedAt: number;
  priority: number;
  persons: number;
  language: string;
  /** The client that issued it. */
  issuer: string;
  desk: string | null;
  calledAt: number | null;
  /** Names the present call, so that boards know what they have announced. */
  call: string | null;
  /** Calls and recalls. */
  calls: number;
  /** Those since the visitor was last called to a desk. */
  callsThisTurn: number;
  /** When the visitor was given up. */
  noShowAt: number | null;
  reason: { code: string; [detail: string]: unknown } | null;
  /** What was promised at issue, kept beside what happens. */
  promised: { ahead: number; minutes: [number, number] | null };
}

/** A number of tickets, and of the people who come with them: a family takes one ticket and more time. */
export interface Waiting {
  tickets: number;
  persons: number;
}

export interface DeskRecord {
  id: string;
  open: boolean;
  services: string[];
  /** The ticket of the visitor at the desk. */
  ticket: string | null;
}

export interface DisplayRecord {
  revision: number;
  calls: (Omit<DisplayCall, "calledAt"> & { calledAt: number })[];
}

export interface OfficeState {
  readonly plan: Plan;
  /** Today and the days known ahead. */
  calendar: CalendarDay[];
  /** The day whose numbers are being given. */
  day: string;
  epoch: number;
  /** The number of the last event. */
  seq: number;
  /** Whether the office was open when last looked at. */
  open: boolean;
  /** Tickets of the day, and older ones whose visitor is still at a desk. */
  tickets: Map<string, TicketRecord>;
  /** Those who wait, in call order. */
  waiting: TicketRecord[];
  /** How many of them each service has. */
  waitingCounts: Map<string, Waiting>;
  /** The last number given, by letter. */
  series: Map<string, number>;
  desks: Map<string, DeskRecord>;
  displays: Map<string, DisplayRecord>;
  /** The number called last, by service. */
  lastCalled: Map<string, string>;
}

/** The group that every board may show, whatever desk calls. */
export const everyBoard = "all";

/** An office in which nothing has happened yet. */
export function emptyOffice(plan: Plan, calendar: CalendarDay[], epoch: number): OfficeState {
  const groups = new Set([everyBoard, ...plan.desks.flatMap((desk) => desk.groups)]);
  return {
    plan,
    calendar,
    day: "",
    epoch,
    seq: 0,
    open: false,
    tickets: new Map(),
    waiting: [],
    waitingCounts: new Map(),
    series: new Map(),
    desks: new Map(plan.desks.map(({ id, services }) => [id, { id, open: false, services, ticket: null }])),
    displays: new Map([...groups].map((group) => [group, { revision: 0, calls: [] }])),
    lastCalled: new Map(),
  };
}

export function servicePlan(state: OfficeState, id: string): ServicePlan | undefined {
  return state.plan.services.find((service) => service.id === id);
}

/** The day that holds this instant; undefined when it lies outside the calendar. */
export function dayAt(state: OfficeState, at: number): CalendarDay | undefined {
  return state.calendar.find(({ start, end }) => start <= at && at < end);
}

export function isOpenAt(state: OfficeState, at: number): boolean {
  return dayAt(state, at)?.open.some(({ from, to }) => from <= at && at < to) ?? false;
}

/** When `open` changes next after `at`; null when it does not within the calendar. */
export function nextChange(state: OfficeState, at: number): number | null {
  const open = isOpenAt(state, at);
  // Beyond the last day nothing is known: its end is not a closing.
  const known = state.calendar.at(-1)?.end ?? at;
  const edges = state.calendar.flatMap((day) => day.open.flatMap(({ from, to }) => [from, to]));
  return edges.filter((edge) => edge > at && edge < known).find((edge) => isOpenAt(state, edge) !== open) ?? null;
}
