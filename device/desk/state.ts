/** The buttons that a desk's panel has, by their names in the configuration. */
export const deskButtons = ["next", "again"] as const;
export type DeskButton = (typeof deskButtons)[number];
/** The LED that says whether a visitor is called. */
export const deskLed = "visitor";

/**
 * What a desk's panel knows of its visitor. Only the hub knows for sure; every request therefore names the visitor it
 * means, and the hub refuses it when somebody else is there.
 */
export type Phase =
  /** Nobody has said who is at the desk. */
  | { name: "lost" }
  /** The hub is asked whether a ticket is at this desk; `suspect` is the one that was here when the line broke. */
  | { name: "finding"; ask: number; suspect: string | null }
  /** Nobody is at the desk. */
  | { name: "free" }
  /** The visitor with this ticket (its id) has been called to the desk. */
  | { name: "serving"; ticket: string }
  /** "Next" waits for its answer; `before` holds if the hub declines. */
  | { name: "calling"; ask: number; before: Settled }
  /** "Again" waits for its answer. */
  | { name: "recalling"; ask: number; ticket: string }
  /** The no-show waits for its answer. */
  | { name: "marking"; ask: number; ticket: string };

/** The phases in which no request is on its way. */
export type Settled = Extract<Phase, { name: "lost" | "free" | "serving" }>;

export interface DeskState {
  phase: Phase;
  /** Requests made so far: each is named by its number, so that a late answer to an earlier one is told apart. */
  asks: number;
  /** When "next" was last acted on, in milliseconds since the device was switched on. */
  nextAt: number | null;
  /** While "again" is held: the ticket that this press has called again, once the hub confirmed it. */
  hold: { recalled: string | null } | null;
  online: boolean;
  /** Whether the desk is open, as far as known; a closed desk does not ask for visitors. */
  open: boolean;
  /** Whether anybody waits for this desk's services. */
  waiting: boolean;
  /** The number last called to this desk as the boards show it; null: none today; undefined: not known. */
  lastNumber: string | null | undefined;
  /** Changes of the LED still to come while it flashes. */
  flash: number;
}

export type DeskRequest =
  | { verb: "call.next"; current: string | null }
  | { verb: "call.again"; ticket: string }
  | { verb: "ticket.no-show"; ticket: string }
  /** By id or by today's number. */
  | { verb: "ticket.show"; ticket: string }
  | { verb: "ticket.show"; number: string };

/** `done`: the id of the ticket that is at this desk now, or null. */
export type DeskAnswer =
  | { state: "done"; ticket: string | null }
  /** `current` (an id, or null for nobody) and `number` are what the error says about the desk, where it does. */
  | { state: "refused"; code: string; current?: string | null; number?: string }
  | { state: "unknown" };

export type DeskInput =
  | { type: "press"; button: DeskButton }
  | { type: "release"; button: DeskButton }
  | { type: "timer"; timer: DeskTimer }
  | { type: "link"; up: boolean }
  /** The boards changed: the number last called to this desk, as in the state. */
  | { type: "boards"; lastNumber: string | null | undefined }
  /** The hub is alive. */
  | { type: "beat" }
  | { type: "waiting"; waiting: boolean }
  /** Somebody else's doing at this desk, from the events: a visitor was called to it, or a ticket left its desk. */
  | { type: "called"; ticket: string }
  | { type: "left"; ticket: string }
  | { type: "desk"; open: boolean }
  | { type: "answer"; ask: number; answer: DeskAnswer }
  /** Staff want to see which desk this is. */
  | { type: "identify" };

export type DeskTimer = "hold" | "flash";

export type DeskEffect =
  | { do: "ask"; ask: number; request: DeskRequest }
  | { do: "led"; mode: "on" | "off" | "blink" }
  /** Starts the timer anew. */
  | { do: "timer"; timer: DeskTimer; ms: number }
  | { do: "cancel"; timer: DeskTimer };

/** A second press of "next" within this is the same wish, in milliseconds. */
export const nextLockMs = 2_000;
/** "Again" held so long after its press marks a no-show, in milliseconds. */
export const noShowHoldMs = 3_000;
/** One change of a flashing LED, in milliseconds. */
export const flashStepMs = 120;
/** Changes in a flash that says "that did not work": three times dark and lit. */
export const refusalFlashes = 6;
/** Changes in a flash that says "here I am": about five seconds. */
export const identifyFlashes = 42;

export function initialDesk(): DeskState {
  return {
    phase: { name: "lost" },
    asks: 0,
    nextAt: null,
    hold: null,
    online: false,
    open: true,
    waiting: false,
    lastNumber: undefined,
    flash: 0,
  };
}
