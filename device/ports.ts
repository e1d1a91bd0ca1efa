import type { PeripheralStatus } from "../protocol/messages.ts";

/**
 * What the machines need from the outside world, as small as they need it. A driver implements a port over real bytes,
 * a fake implements it in memory; one contract suite in test/contract/ holds both to what is written here.
 *
 * Every peripheral may be missing at start, vanish and come back at any time: that is a status, never an exception.
 * `start` returns at once and reports its first status soon after; a driver looks for its hardware by itself from then
 * on. `stop` releases the hardware and is the last thing called; after it no event is delivered.
 */
export interface Peripheral<Event = never> {
  start(on: (event: Event | StatusEvent) => void): void;
  stop(): Promise<void>;
}

/** The status changed (never sent twice in a row with the same state and detail). */
export interface StatusEvent {
  type: "status";
  status: PeripheralStatus;
}

/**
 * A line of a receipt, in reading order. Text is Unicode; what the paper's code page lacks is replaced by the nearest
 * letters, never by silence. `scale` is the multiple of the printer's normal character, 1 to 8.
 */
export type ReceiptLine =
  | { kind: "text"; text: string; align: "left" | "center"; scale: number; bold: boolean }
  | { kind: "qr"; data: string }
  | { kind: "feed"; lines: number };

/** One piece of paper: printed from the first line to the last and then cut. */
export interface Receipt {
  lines: ReceiptLine[];
}

/**
 * What became of a print job. `sure` is true only where the printer itself confirmed it: `printed` and sure means that
 * paper came out, `failed` and sure that none did. When nobody can say, the outcome is `unknown`, never a guess.
 */
export interface PrintOutcome {
  outcome: "printed" | "failed" | "unknown";
  sure: boolean;
  detail: string;
}

/** Does one thing at a time: a second `print` waits for the first. Both always settle, and never reject. */
export interface Printer extends Peripheral {
  /** @param job a name by which the job can be asked for after a restart; no other job ever has it. */
  print(receipt: Receipt, job?: string): Promise<PrintOutcome>;
  /**
   * What became of a job that was handed over before this start, as the printer itself tells: `printed` and `failed` only
   * where it is sure, and after `failed` nothing of it comes out any more that a person would take for a ticket.
   *
   * @param job the last one that was given a name; to be asked before `start`, since what is done then may make a printer
   * forget.
   */
  outcomeOf(job: string): Promise<PrintOutcome>;
}

/** A code that the scanner read: the text as read, and what kind of code it was as far as the scanner says. */
export interface ScanEvent {
  type: "scan";
  text: string;
  /** From the AIM symbology identifier where the scanner sends one (`]Q1` is a QR code), else `unknown`. */
  symbology: "qr" | "data-matrix" | "aztec" | "pdf417" | "code128" | "ean" | "other" | "unknown";
}

/** Bytes that were no code were dropped; `count` is how many drops there were since start. */
export interface DiscardEvent {
  type: "discard";
  reason: string;
  count: number;
}

export type Scanner = Peripheral<ScanEvent | DiscardEvent>;

/** A button by its name in the configuration. A held button sends one `press` and one `release`. */
export interface ButtonEvent {
  type: "button";
  button: string;
  action: "press" | "release";
}

export type LedMode = "on" | "off" | "blink";

/** A panel of buttons and LEDs. LED modes are kept and set again when a panel comes back. */
export interface Panel extends Peripheral<ButtonEvent> {
  setLed(led: string, mode: LedMode): void;
}

/**
 * What an LED sign shows: its pages in turn, each at most `columns` characters; `flash` while a call is new.
 * The newest value wins: a sign that is slow or away never gets older ones later.
 */
export interface SignPicture {
  pages: string[];
  flash: boolean;
}

export interface Sign extends Peripheral {
  /** Characters that one page holds. */
  readonly columns: number;
  show(picture: SignPicture): void;
}

/** A screen shows whatever view its page understands and sends back what was touched on it. */
export interface TouchEvent {
  type: "touch";
  /** As sent by the page: at most 64 KiB of JSON, of no further known shape. The machine validates it. */
  input: unknown;
}

export interface Screen<View> extends Peripheral<TouchEvent> {
  show(view: View): void;
}

/** Time and timers, so that tests and the simulation own them. All in milliseconds. */
export interface Clock {
  /** Since the Unix epoch, as this machine has it: somebody may set it to anything at any moment. */
  now(): number;
  /** Since this machine was switched on. It goes on evenly whatever `now` is set to, also while no process of ours runs. */
  uptime(): number;
  /** Calls `then` once after `ms` milliseconds; the result cancels it. */
  after(ms: number, then: () => void): () => void;
}
