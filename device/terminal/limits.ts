/** Every time and amount of the terminal; all can be configured. */
export interface Limits {
  /** Without an answer for so long the number comes from the reserve, or the touch is withdrawn, in milliseconds. */
  answerTimeoutMs: number;
  /** A print job that has said nothing for so long has an unknown outcome, in milliseconds. */
  printTimeoutMs: number;
  /** The number stays this long after the paper came, in milliseconds. */
  takenMs: number;
  /** From then on a physical key may begin the next ticket, in milliseconds. */
  takenLeastMs: number;
  /** The number stays this long where there is no paper to take away, in milliseconds. */
  keptMs: number;
  /** Messages stay this long, in milliseconds. */
  messageMs: number;
  /** After this long without a touch the start screen is as usual again, and an entry is left, in milliseconds. */
  idleMs: number;
  /** Without a beat of the hub for so long it is not live, in milliseconds. */
  beatTimeoutMs: number;
  /** Between two tickets of one service, in milliseconds. */
  ticketPauseMs: number;
  /** At most so many tickets of one service … */
  ticketsMax: number;
  /** … within this long, in milliseconds. */
  ticketsWindowMs: number;
  /** A reprint of one number is offered at most so often. */
  copiesMax: number;
  /** A ticket older than this is not shown again after a restart, in milliseconds. */
  recallMs: number;
  /** How long the device points itself out when asked to, in milliseconds. */
  identifyMs: number;
  /** How long one attempt to report waits for its answer, and whoever entered his birth date, in milliseconds. */
  reportTimeoutMs: number;
  /** Between two such attempts, in milliseconds. */
  repeatMs: number;
}

export const usualLimits: Limits = {
  answerTimeoutMs: 2_000,
  printTimeoutMs: 30_000,
  takenMs: 6_000,
  takenLeastMs: 3_000,
  keptMs: 60_000,
  messageMs: 10_000,
  idleMs: 30_000,
  beatTimeoutMs: 10_000,
  ticketPauseMs: 3_000,
  ticketsMax: 20,
  ticketsWindowMs: 5 * 60_000,
  copiesMax: 2,
  recallMs: 15 * 60_000,
  identifyMs: 10_000,
  reportTimeoutMs: 10_000,
  repeatMs: 5_000,
};

/** Ids of touches remembered to recognise one that is sent twice. */
export const seenIdsMax = 100;
/** Codes that wait while somebody else is served. */
export const scansMax = 4;
/** Check-ins that are remembered to recognise a code that is shown again. */
export const admittedMax = 2_000;
/**
 * Touches that still await an answer of the hub: more than a day without it brings, whose numbers a terminal holds, but
 * not without end.
 */
export const openTouchesMax = 10_000;
/** Reports and withdrawals that await their answer at one time: after a long outage the hub is not asked all at once. */
export const followUpsMax = 50;

/**
 * From when on a service may give the next ticket, given the instants of its last ones (oldest first): 0 when it may
 * at any time. A ticket exactly at that instant is allowed.
 */
export function nextTicketAt(taken: readonly number[], limits: Limits): number {
  const last = taken.at(-1);
  if (last === undefined) return 0;
  const oldest = taken.at(-limits.ticketsMax);
  return Math.max(last + limits.ticketPauseMs, oldest === undefined ? 0 : oldest + limits.ticketsWindowMs);
}
