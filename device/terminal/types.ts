import type { ProtocolError } from "../../protocol/errors.ts";
import type { Office, PeripheralStatus, TerminalAppointments, Ticket } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import type { Grant } from "../../protocol/reserve.ts";
import type { ButtonEvent, PrintOutcome, Receipt } from "../ports.ts";
import type { Limits } from "./limits.ts";
import type { Languages } from "./texts.ts";

/** A physical key: its button and LED by their names in the panel, and the sign on it, shown on the screen as well. */
export interface Key {
  button: string;
  led?: string;
  service: string;
  label: string;
}

/** What stays the same while the terminal runs. */
export interface Settings {
  /** The device's name, shown when the hub asks which one it is. */
  client: string;
  keys: readonly Key[];
  languages: Languages;
  limits: Limits;
  /** Whether nobody can read along between here and the broker: only then a birth date may be sent. */
  isPrivate: boolean;
}

/** What happened to the paper, as reported to the hub. */
export type ReportedOutcome = "printed" | "shown" | "failed" | "unknown";

/** A report of the paper; `attempt` counts the reports of one ticket, so that each has its own request id. */
export interface Report {
  attempt: number;
  outcome: ReportedOutcome;
  sure: boolean;
  detail: string;
}

/**
 * One touch for a ticket, from before its request is sent until the hub has answered the last word about it. `sent`:
 * nobody knows of a ticket; `issued`: there is one, and the paper is on its way; `reporting`: the paper's fate is known
 * here; `withdrawing`: given up, the hub is to void what it may have issued; `closed`: nothing left to say.
 */
export interface Touch {
  request: string;
  service: string;
  language: string;
  /** When it was, by the hub's clock as far as that was known. */
  at: number;
  step: "sent" | "issued" | "reporting" | "withdrawing" | "closed";
  ticket: Ticket | null;
  report: Report | null;
  /** Set where the number was given without the hub, which does not know it until it is adopted. */
  reserve: ReserveMark | null;
  /** The hash of the check-in code that was shown. */
  code: string | null;
  /** The visitor is to show his code at the desk. */
  toDesk: boolean;
  /** The screen that showed the number, for want of a paper, has been left: who stands there after a restart is somebody else. */
  left: boolean;
}

/** How a number was given without the hub; `contactAt`: when that had been heard last, by its own clock. */
export interface ReserveMark {
  order: number;
  clock: "sure" | "unsure";
  contactAt: number | null;
  adopted: boolean;
}

/** Numbers that the hub granted for a day; `next` is the first that was not given. */
export interface HeldRange extends Grant {
  next: number;
}

/** What the journal knows besides the touches. */
export interface Kept {
  grants: HeldRange[];
  /** The highest order of a number given without the hub. */
  order: number;
  /** Touches with a check-in code, the latest first. */
  admitted: Touch[];
  lists: TerminalAppointments[];
  office: Office | null;
  /** When the hub was heard last, by its clock. */
  contactAt: number | null;
  /** The epoch of the hub that was told last what the terminal knows. */
  epoch: number | null;
}

/**
 * What the terminal tells a hub that has begun a new epoch: it goes on from a backup, and does not know what has happened
 * since.
 */
export interface Telling {
  /** The epoch that was told last; null where none was. */
  told: number | null;
  /** The one in which the hub is, as far as it was heard. */
  heard: number | null;
  /** The page that is being read or told. */
  page: TellingPage | null;
}

export interface TellingPage {
  epoch: number;
  day: string;
  /** Behind which place in the journal it begins. */
  after: number;
  /** Null until the journal has given it; `next` is the place behind which there may be more. */
  content: { request: string; touches: Touch[]; next: number | null } | null;
  isSent: boolean;
  againAt: number;
}

/** What the terminal knows for the time without the hub. */
export interface Alone {
  /**
   * `sure`: the time can be relied on; `heard`: the hub was, since this start; `contactAt`: when last, by its clock;
   * `keptAt`: when that was written down.
   */
  clock: { sure: boolean; heard: boolean; contactAt: number | null; keptAt: number | null };
  grants: readonly HeldRange[];
  /** Whether the hub, or the journal, said at all what may be given. */
  isGranted: boolean;
  order: number;
  admitted: readonly Touch[];
  lists: readonly TerminalAppointments[];
  /** By the hub this day had not begun when its numbers were brought, since when; they are brought again, not before `againAt`. */
  ahead: { day: string; since: number; againAt: number } | null;
  /** A batch of numbers that is brought to the hub, until it answers. */
  bringing: { request: string; touches: readonly string[]; isSent: boolean; againAt: number } | null;
  /** Asking for numbers: for which day that was done last, and up to which order. `anew`: what was given is not known. */
  asking: { request: string | null; isDue: boolean; anew: boolean; day: string; order: number; pausedUntil: number };
}

/** Why a number stays on the screen. */
export type KeptReason =
  | "paper-out"
  | "cover-open"
  | "offline"
  | "failed"
  | "unknown"
  | "restart"
  | "restart-printed"
  | "restart-failed";

/** A code that was shown: what it says is for the hub alone, and never shown, logged or kept. */
export interface Scan {
  text: string;
  /** When it was shown, as `Instant.at`: the hub's time of it may be known only later. */
  shownAt: number;
}

/** What somebody showed for himself. A birth date is kept only until the hub has answered, and never written down. */
export type Proof = { way: "code"; text: string } | { way: "birthdate"; birthdate: string; time: string | undefined };

/** What the visitor is at now. `until` is when the terminal goes on by itself. */
export type Phase =
  | { name: "starting" }
  | { name: "choose" }
  | { name: "asking"; request: string; service: string; until: number }
  | { name: "printing"; request: string; ticket: Ticket; job: string; copies: number; until: number }
  /** After a restart: the printer is asked what became of the ticket that it had; or that is known, and how old it is is not. */
  /** `isDoubtful`: by a clock that may have been set since it is of long ago, so that it is not shown before the hub tells the time. */
  | { name: "looking-back"; request: string; ticket: Ticket; isDoubtful: boolean; until: number }
  | { name: "taken"; request: string; ticket: Ticket; since: number; until: number }
  | { name: "kept"; request: string; ticket: Ticket; why: KeptReason; copies: number; until: number }
  | { name: "refused"; service: string; error: ProtocolError; until: number }
  | { name: "unclear"; until: number }
  | { name: "paused"; service: string; until: number }
  /** `digits` of day, month and year as far as they are entered; `enteredAt`: the last of them, as `Instant.at`. */
  | { name: "birthdate"; digits: string; enteredAt: number }
  /** Several have this birth date: which one it is, the time of the appointment tells. */
  | { name: "appointment-time"; birthdate: string; digits: string; enteredAt: number }
  /** `readAt`: when it was shown or entered, by the hub's clock. */
  | { name: "checking"; request: string; proof: Proof; readAt: number; until: number }
  | { name: "turned-away"; way: Proof["way"]; error: ProtocolError; until: number };

export type PhaseName = Phase["name"];

export type PeripheralName = "printer" | "panel" | "scanner" | "screen";

export interface State {
  readonly settings: Settings;
  readonly phase: Phase;
  /** The instant of the last input. */
  readonly at: number;
  /** Until then nobody is sent away only because the hub has not been heard yet. */
  readonly settleUntil: number;
  readonly language: string;
  readonly large: boolean;
  readonly touchedAt: number;
  readonly office: Office | null;
  readonly linkUp: boolean;
  /** When the hub was last heard; null while it is known to be away. */
  readonly beatAt: number | null;
  readonly peripherals: Readonly<Partial<Record<PeripheralName, PeripheralStatus>>>;
  /** Touches that are not closed, oldest first. */
  readonly touches: readonly Touch[];
  /** Reports and withdrawals that have not been answered are sent again at this instant. */
  readonly repeatAt: number | null;
  /** Reports and withdrawals that the session has now, by request id. */
  readonly inFlight: readonly string[];
  /** Ids of the last touches on the page: none has a second effect. */
  readonly seenIds: readonly string[];
  /** When each service's last tickets were touched for, oldest first. */
  readonly taken: Readonly<Record<string, readonly { request: string; at: number }[]>>;
  /** Until when each service is paused because too many tickets were asked for. */
  readonly pauses: Readonly<Record<string, number>>;
  readonly identifyUntil: number;
  /** Codes that were shown while somebody else was being served, oldest first. */
  readonly scans: readonly Scan[];
  /** The instant of the last input by the hub's clock, as far as it is known. */
  readonly hubAt: number;
  readonly alone: Alone;
  readonly telling: Telling;
}

/** An answer as the session gives it; the result is what the hub sent, not yet validated. */
export type AnswerState =
  | { state: "done"; result: unknown }
  | { state: "refused"; error: ProtocolError }
  | { state: "unknown"; why: string };

/**
 * When something happens. `id` is fresh for each input: whatever the step starts may bear it. `hubTime` is the same
 * instant as `at` by the hub's clock, as far as `timeIsSure` says.
 */
export interface Instant {
  at: number;
  id: string;
  hubTime: number;
  timeIsSure: boolean;
}

/**
 * Everything that can happen to a terminal. The journal has the `touches` that are not closed, and the one that came
 * `last` of all.
 */
export type News =
  | { type: "journal"; touches: Touch[]; last?: Touch | undefined; kept?: Kept }
  | { type: "touch"; input: unknown }
  | { type: "button"; button: string; action: ButtonEvent["action"] }
  | { type: "scan"; text: string }
  | { type: "status"; peripheral: PeripheralName; status: PeripheralStatus }
  | { type: "office"; office: Office }
  | { type: "list"; list: TerminalAppointments }
  | { type: "link"; up: boolean }
  /** An older hub does not say its epoch here. */
  | { type: "hub"; online: boolean; epoch?: number }
  | { type: "beat"; epoch?: number }
  /** What the journal has of a day behind a place; `next` is where there may be more. */
  | { type: "recalled"; after: number; touches: Touch[]; next: number | null }
  | { type: "answer"; request: string; answer: AnswerState }
  | { type: "paper"; job: string; outcome: PrintOutcome }
  | { type: "store-failed"; request: string; step: Touch["step"]; reason: string }
  | { type: "identify" }
  | { type: "tick" };

/** What a step takes. */
export type Input = Instant & News;

export type InputType = Input["type"];
export type InputOf<T extends InputType> = Extract<Input, { type: T }>;

/** `validUntil`: from then on the hub shall do nothing any more, ISO 8601. */
type RequestEffect = {
  [V in Verb]: {
    type: "request";
    request: string;
    verb: V;
    args: Arguments<V>;
    timeoutMs: number;
    validUntil?: string;
  };
}[
  | "ticket.issue"
  | "ticket.printed"
  | "ticket.withdraw"
  | "ticket.adopt"
  | "reserve.get"
  | "appointment.check-in"
  | "journal.report"];

/**
 * What is to be done, in this order, except that what is written down comes first. What stands after a `store` of the same
 * touch, or of one that it brings to the hub, relies on it, and is left out when that fails: the `store-failed` that says so
 * is the next input.
 */
export type Effect =
  | { type: "store"; touch: Touch }
  | RequestEffect
  /** For the time without the hub; what cannot be kept is told by the journal's own status. */
  | { type: "keep"; what: "grants"; grants: HeldRange[] }
  | { type: "keep"; what: "office"; office: Office }
  | { type: "keep"; what: "clock"; contactAt: number }
  | { type: "keep"; what: "epoch"; epoch: number }
  /** Lists of days before `since` are over; null while nobody knows which day it is. */
  | { type: "keep"; what: "list"; list: TerminalAppointments; since: string | null }
  /** The journal is to say what it has of a day: answered by `recalled`. */
  | { type: "recall"; day: string; after: number }
  /** `name`: by which the printer can be asked for it after a restart; only a touch that was stored for it has one. */
  | { type: "print"; job: string; name?: string; receipt: Receipt }
  /** The same answer as to `print`, about a job of an earlier start. */
  | { type: "ask-printer"; job: string; name: string }
  | { type: "log"; level: "info" | "warn"; message: string; fields: Record<string, unknown> };

export interface Step {
  state: State;
  effects: Effect[];
}
