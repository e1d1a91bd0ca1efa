import type { DisplayCall, Role, Ticket, TicketState } from "../../protocol/messages.ts";
import type { Book } from "./appointments/book.ts";
import { emptyBook } from "./appointments/book.ts";
import type { AppointmentPlan } from "./appointments/record.ts";

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
  /** Who may log in by the configuration. */
  users: readonly Omit<UserRecord, "passwordHash" | "device" | "addedAt">[];
  calls: CallPolicy;
  /** What a terminal does with walk-ins who could not be served before closing. */
  intake: "off" | "warn" | "refuse";
  /** Numbers of each series that a terminal holds for the time without the hub; 0 for none. */
  reserveNumbers: number;
  /** Null for an office that gives no appointments. */
  appointments: AppointmentPlan | null;
}

/** By what it is decided whose turn it is; all times are milliseconds. */
export interface CallPolicy {
  /** A checked-in appointment is due so long before its time. */
  appointmentLeadMs: number;
  /** A walk-in who has waited longer takes turns with the appointments that are due. */
  walkInMaxWaitMs: number;
  /** So long nobody is called whose paper may still be coming out, if there is anybody else. */
  paperPendingMs: number;
  /** The head start of whoever gets a priority without a number of minutes, in minutes. */
  priorityMinutes: number;
  /** A no-show who appears within this may still be called, or waits again. */
  noShowReturnMs: number;
  /** Nobody is a no-show before this many calls: the first one and at least one repeat. */
  callsBeforeNoShow: number;
  /** So long a call can be taken back. */
  undoMs: number;
  /** A desk that pauses for longer counts as closed for those who wait for it. */
  pauseMs: number;
  /** Staff are told of a ticket that no desk could call for so long. */
  unservedMs: number;
}

type Texts = { de: string; [language: string]: string };

export interface ServicePlan {
  id: string;
  letter: string;
  names: Texts;
  minutes: number;
  /** Whether an appointment can be booked for it. */
  bookable: boolean;
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
  /** How many desks can be booked, within the opening hours. */
  bookable: { from: number; to: number; desks: number }[];
  closed?: string;
}

/** Why it was this ticket's turn, or why it was withdrawn: a code, and what belongs to it. */
export interface CallReason {
  code: string;
  [detail: string]: unknown;
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
  /** Where it was called to, or parked at. */
  desk: string | null;
  /** The one desk that calls it, whatever that desk serves; null for any that serves it. */
  boundTo: string | null;
  /** While it does not wait, what lies between `earnedAt` and this is the time it has waited. */
  calledAt: number | null;
  /** Names the present call, so that boards know what they have announced. */
  call: string | null;
  /** Calls and recalls. */
  calls: number;
  /** Those since the visitor was last called to a desk. */
  callsThisTurn: number;
  /** When the visitor was given up. */
  noShowAt: number | null;
  /** When a no-show was put back to the front, until he is called. */
  returnedAt: number | null;
  parkedAt: number | null;
  /** Whether staff have been told that no desk can call it, since it was last sent on or called. */
  unservedTold: boolean;
  /** When it was over: finished, given up, cancelled, expired or void. */
  endedAt: number | null;
  reason: CallReason | null;
  /** The appointment that it belongs to, and its time; both are null for a walk-in. */
  appointment: string | null;
  appointmentAt: number | null;
  /** The appointment whose code was shown for it when nobody could be let in with that. */
  shownFor?: string;
  /** The ticket that this number stands for instead: it is never called itself. */
  aliasOf: string | null;
  /** It is from before a backup was put in place: its visitor may have been served since. */
  afterRestore: boolean;
  /** The terminal that was last asked for a copy. */
  copiedAt?: string;
  /** What was promised at issue, kept beside what happens. */
  promised: { ahead: number; minutes: [number, number] | null };
}

/** A number of tickets, and of the people who come with them: a family takes one ticket and more time. */
export interface Waiting {
  tickets: number;
  persons: number;
}

/** Numbers that a terminal may give while the hub is away. */
export interface ReserveRange {
  client: string;
  letter: string;
  first: number;
  last: number;
  /** How wide its numbers are printed. */
  digits: number;
  /** The terminal no longer knows which of them it has given. */
  lost: boolean;
}

export interface DeskRecord {
  id: string;
  open: boolean;
  services: string[];
  /** Since when its clerk takes a break. */
  pausedAt: number | null;
  /** The ticket of the visitor at the desk. */
  ticket: string | null;
  /** How its last call can be taken back. */
  undo: CallUndo | null;
  /** Nobody has done anything here since a backup was put in place: what stands here may not be so. */
  afterRestore: boolean;
}

/** What a call changed: all of it is put back when the call is taken back. */
export interface CallUndo {
  call: string;
  ticket: string;
  at: number;
  before: Pick<TicketRecord, CalledField>;
  /** The visitor who was finished to make room for the call. */
  finished: string | null;
  lastCalled: [service: string, LastCalled | null];
  lastKinds: [group: string, LastKind | null][];
}

/** What a call changes of a ticket. */
export const calledFields = [
  "state",
  "desk",
  "boundTo",
  "calledAt",
  "earnedAt",
  "endedAt",
  "call",
  "calls",
  "callsThisTurn",
  "noShowAt",
  "returnedAt",
  "parkedAt",
  "unservedTold",
  "reason",
] as const satisfies (keyof TicketRecord)[];
type CalledField = (typeof calledFields)[number];

/** The number called last for a service, and the kind called last for a service group, each with that call. */
export interface LastCalled {
  call: string;
  number: string;
}
export interface LastKind {
  call: string;
  kind: Ticket["kind"];
}

/** Somebody or something that may log in. */
export interface UserRecord {
  name: string;
  role: Role;
  /** The desks that a user with the role `desk` acts for. */
  desks: readonly string[];
  passwordHash: string;
  /** Added as a device. */
  device: boolean;
  addedAt: number;
}

/** An alarm that holds: since when, and when it was said last. */
export interface OpenAlarm {
  client: string;
  alarm: string;
  detail: string;
  since: number;
  at: number;
}

export interface DisplayRecord {
  revision: number;
  message: { text: string; until: number | null } | null;
  calls: (Omit<DisplayCall, "calledAt"> & { calledAt: number })[];
}

/** What was measured of a service on recent days. */
export interface MeasuredTime {
  /** Minutes that one person keeps a desk, on the average. */
  minutes: number;
  /** Standard deviation of that, as a share of it. */
  spread: number;
  /** Visits that were measured. */
  samples: number;
  /** Share of those called who were not there, 0 to 1. */
  absent: number;
}

export type MeasuredTimes = Record<string, MeasuredTime>;

/** What a hub goes by that a backup was put in place for, see `afterRestore`. */
export interface Recovery {
  /** It goes on so many numbers behind the highest one that anybody knows. */
  skip: number;
  /** Terminals that have not yet said what they know of the day: until then no number is given. */
  awaited: string[];
  /** Those that were waited for in vain. */
  unheard: string[];
  /**
   * On a day that begins before this, numbers may have been given of which nobody knows; null when one has begun of which it
   * is sure that it is the present one.
   */
  until: number | null;
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
  /** Walk-ins who wait, by the time they earned. */
  waiting: TicketRecord[];
  /** Checked-in appointments that wait, by their time. */
  waitingAppointments: TicketRecord[];
  /** How many of them each service has. */
  waitingCounts: Map<string, Waiting>;
  /** How many of them were sent to each desk. */
  waitingBound: Map<string, number>;
  /** The last number given, by letter. */
  series: Map<string, number>;
  /** The numbers that terminals hold, by day. */
  reserves: Map<string, ReserveRange[]>;
  desks: Map<string, DeskRecord>;
  displays: Map<string, DisplayRecord>;
  /** By service. */
  lastCalled: Map<string, LastCalled>;
  /** By service group (letter): appointments and late walk-ins take turns. */
  lastKind: Map<string, LastKind>;
  /** Services closed by hand, and until when; null for one that stays closed until it is opened again. */
  closedServices: Map<string, number | null>;
  /** What everybody is told in an emergency, in which nobody is called and no number is given. */
  emergency: string | null;
  /** Dates with rules of their own, set while the office runs; those of the configuration are not among them. */
  dates: DateRules;
  /** What somebody must see to, by `alarmKey`. */
  alarms: Map<string, OpenAlarm>;
  /** Those who were added while the office runs, by name. */
  users: Map<string, UserRecord>;
  appointments: Book;
  /** Set from when a backup was put in place. */
  recovery: Recovery | null;
  /** What was measured of the services when the day began. */
  serviceTimes: MeasuredTimes;
}

export interface DateRules {
  closures: { date: string; reason: string }[];
  specialHours: { date: string; hours: string }[];
}

/** So many calls a display shows; boards show as many as they have room for. */
export const displayCallsMax = 20;

/** The group that every board may show, whatever desk calls. */
export const everyBoard = "all";

const closedDesk = (id: string, services: string[]): DeskRecord => ({
  id,
  open: false,
  services,
  pausedAt: null,
  ticket: null,
  undo: null,
  afterRestore: false,
});

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
    waitingAppointments: [],
    waitingCounts: new Map(),
    waitingBound: new Map(),
    series: new Map(),
    reserves: new Map(),
    desks: new Map(plan.desks.map(({ id, services }) => [id, closedDesk(id, services)])),
    displays: new Map([...groups].map((group) => [group, { revision: 0, message: null, calls: [] }])),
    lastCalled: new Map(),
    lastKind: new Map(),
    closedServices: new Map(),
    emergency: null,
    dates: { closures: [], specialHours: [] },
    alarms: new Map(),
    users: new Map(),
    appointments: emptyBook(),
    recovery: null,
    serviceTimes: {},
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
  for (const day of state.calendar) {
    if (day.end <= at) continue;
    for (const { from, to } of day.open)
      for (const edge of [from, to]) if (edge > at && edge < known && isOpenAt(state, edge) !== open) return edge;
  }
  return null;
}
