import type { ProtocolError } from "../../protocol/errors.ts";
import type { Office, PeripheralStatus, Ticket } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import type { ButtonEvent, PrintOutcome, Receipt, ScanEvent } from "../ports.ts";
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
  at: number;
  step: "sent" | "issued" | "reporting" | "withdrawing" | "closed";
  ticket: Ticket | null;
  report: Report | null;
}

/** Why a number stays on the screen. */
export type KeptReason = "paper-out" | "cover-open" | "offline" | "failed" | "unknown" | "restart";

/** What the visitor is at now. `until` is when the terminal goes on by itself. */
export type Phase =
  | { name: "starting" }
  | { name: "choose" }
  | { name: "asking"; request: string; service: string; until: number }
  | { name: "printing"; request: string; ticket: Ticket; job: string; copies: number; until: number }
  | { name: "taken"; request: string; ticket: Ticket; since: number; until: number }
  | { name: "kept"; request: string; ticket: Ticket; why: KeptReason; copies: number; until: number }
  | { name: "refused"; service: string; error: ProtocolError; until: number }
  | { name: "unclear"; until: number }
  | { name: "paused"; service: string; until: number }
  | { name: "scanned"; symbology: ScanEvent["symbology"]; until: number };

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
  readonly taken: Readonly<Record<string, readonly number[]>>;
  /** Until when each service is paused because too many tickets were asked for. */
  readonly pauses: Readonly<Record<string, number>>;
  readonly identifyUntil: number;
}

/** An answer as the session gives it; the result is what the hub sent, not yet validated. */
export type AnswerState =
  | { state: "done"; result: unknown }
  | { state: "refused"; error: ProtocolError }
  | { state: "unknown"; why: string };

/** Everything that can happen to a terminal. `id` is fresh for each input: whatever the step starts may bear it. */
export type Input = { at: number; id: string } & (
  | { type: "journal"; touches: Touch[] }
  | { type: "touch"; input: unknown }
  | { type: "button"; button: string; action: ButtonEvent["action"] }
  | { type: "scan"; symbology: ScanEvent["symbology"] }
  | { type: "status"; peripheral: PeripheralName; status: PeripheralStatus }
  | { type: "office"; office: Office }
  | { type: "link"; up: boolean }
  | { type: "hub"; online: boolean }
  | { type: "beat" }
  | { type: "answer"; request: string; answer: AnswerState }
  | { type: "paper"; job: string; outcome: PrintOutcome }
  | { type: "store-failed"; request: string; reason: string }
  | { type: "identify" }
  | { type: "tick" }
);

export type InputType = Input["type"];
export type InputOf<T extends InputType> = Extract<Input, { type: T }>;

type RequestEffect = {
  [V in Verb]: { type: "request"; request: string; verb: V; args: Arguments<V>; timeoutMs: number };
}["ticket.issue" | "ticket.printed" | "ticket.withdraw"];

/**
 * What is to be done, in this order. What stands after a `store` of the same touch relies on it, and is left out when
 * that fails.
 */
export type Effect =
  | { type: "store"; touch: Touch }
  | RequestEffect
  | { type: "print"; job: string; receipt: Receipt }
  | { type: "log"; level: "info" | "warn"; message: string; fields: Record<string, unknown> };

export interface Step {
  state: State;
  effects: Effect[];
}
