import type { InForce } from "../protocol/accounts.ts";
import type { ProtocolError } from "../protocol/errors.ts";
import type { Parsed, Result, Verb } from "../protocol/requests.ts";
import type { Commands } from "./commands.ts";
import type { Devices } from "./devices.ts";
import type { Caller, Decision } from "./office/decision.ts";
import type { CalendarDay, DateRules, OfficeState } from "./office/state.ts";
import type { Secrets } from "./secrets.ts";
import type { Backup } from "./store/backups.ts";
import type { Store } from "./store/store.ts";

/** What the hub itself asks of the office, as its booking pages do; a request over MQTT is an `Incoming`. */
export interface Command<T> {
  decide(state: OfficeState, now: number): Decision;
  /** The answer, once the events are applied. */
  result(state: OfficeState): T;
}

export type Submitted<T> = { ok: true; value: T } | { ok: false; error: ProtocolError };

/** What a verb may look at besides the state of the office. */
export interface Surroundings {
  store: Store;
  devices: Devices;
  commands: Commands;
  /** Has something decided within a batch of its own, and gives the answer once it is durable. */
  submit<T>(command: Command<T>): Promise<Submitted<T>>;
  secrets: Secrets;
  /** Whether personal data may come over MQTT: the broker is on this machine, or the way to it is encrypted. */
  personalData: boolean;
  /** When the broker knows of a changed user; undefined where its accounts cannot be changed from here. */
  accountsInForce: InForce | undefined;
  /** Makes a backup of the file, outside the schedule. */
  backup(): Promise<Backup>;
  /** For public holidays. */
  region: { country: string; state: string };
  /** The days as they would be with these rules for single dates. */
  almanac(now: number, dates: DateRules): CalendarDay[];
}

export interface Change<V extends Verb> {
  decide(state: OfficeState, caller: Caller, args: Parsed<V>, now: number, around: Surroundings): Decision;
  /** What the reply says, once the events are applied. */
  result(
    state: OfficeState,
    args: Parsed<V>,
    decision: Decision & { ok: true },
    now: number,
    around: Surroundings,
    caller: Caller,
  ): Result<V>;
}

export type Answered<V extends Verb> = { ok: true; result: Result<V> } | { ok: false; error: ProtocolError };

export interface Question<V extends Verb> {
  answer(state: OfficeState, args: Parsed<V>, now: number, around: Surroundings, caller: Caller): Answered<V>;
}

/** Who asks a question that takes its time, and under which id. */
export interface Asked {
  caller: Caller;
  id: string;
}

/** Thrown by a question that takes its time, for an answer that is no. */
export class Refused extends Error {
  readonly error: ProtocolError;

  constructor(error: ProtocolError) {
    super(error.message);
    this.error = error;
  }
}

/** A question that takes its time, so that it is answered outside the batch. */
export interface LongQuestion<V extends Verb> {
  later(state: OfficeState, args: Parsed<V>, around: Surroundings, asked: Asked): Promise<Result<V>>;
  /** Somebody acts on it: then no answer is given that is not kept, so that a repeat gets the same one. */
  acts?: true;
}

/** How a verb is done: a change is decided by the core and recorded; a question is only answered. */
export type Handler<V extends Verb> = Change<V> | Question<V> | LongQuestion<V>;
