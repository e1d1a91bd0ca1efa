import type { Ticket } from "../../protocol/messages.ts";
import type { PrintOutcome } from "../ports.ts";
import { today } from "./reserve.ts";
import { andThen, enter, stay } from "./step.ts";
import { findTouch, report, store, takeUp, withdraw } from "./touches.ts";
import type { KeptReason, Phase, ReportedOutcome, State, Step, Touch } from "./types.ts";

/**
 * The journal was read: what was under way is taken up, and whoever may still stand there is told what became of the
 * last touch.
 */
export function restart(state: State, touches: readonly Touch[], last: Touch | undefined): Step {
  return andThen(takeUp(state, touches, last), (next) => stay(enter(next, whatToSay(next, last))));
}

function whatToSay(state: State, last: Touch | undefined): Phase {
  const { recallMs, messageMs, printTimeoutMs } = state.settings.limits;
  if (!last) return { name: "choose" };
  const touch = findTouch(state, last.request) ?? last;
  const { request, ticket, step, report } = touch;
  // A clock that lost its time says nothing about the age; then the ticket counts as new.
  const isOld = state.hubAt - last.at > recallMs;
  const mayBeNew = !isOld || ticket?.day === today(state);
  if (ticket && mayBeNew && (step === "issued" || (isOld && report && isToBeSeen(touch)))) {
    const until = state.at + (isOld ? messageMs : printTimeoutMs);
    return { name: "looking-back", request, ticket, isDoubtful: isOld, until };
  }
  if (isOld) return { name: "choose" };
  if (step === "withdrawing") return { name: "unclear", until: state.at + messageMs };
  if (!ticket || !report || !isToBeSeen(touch)) return { name: "choose" };
  return keptAfter(state, request, ticket, report.outcome);
}

/**
 * Whether the screen is all that somebody has of his number, as far as is known, and he may still stand there. Whoever has his
 * paper need not be told; and whoever came after him would take the number for his own.
 */
function isToBeSeen({ report, step, left }: Touch): boolean {
  const hasPaper = report?.outcome === "printed" && (report.sure || step === "closed");
  return !left && !hasPaper;
}

/** The screen with a number without paper has been left, or somebody else has begun: that is written down. */
export function leaveShown({ phase }: State, next: State): Step {
  if (phase.name !== "kept" && phase.name !== "taken") return stay(next);
  if ("request" in next.phase && next.phase.request === phase.request) return stay(next);
  const touch = findTouch(next, phase.request);
  const isReported = touch?.step === "reporting" || touch?.step === "closed";
  return isReported && isToBeSeen(touch) ? store(next, { ...touch, left: true }) : stay(next);
}

const whyOf = {
  printed: "restart-printed",
  shown: "restart-failed",
  failed: "restart-failed",
  unknown: "restart",
} as const satisfies Record<ReportedOutcome, KeptReason>;

/** The number of before the restart, with what became of its paper. */
function keptAfter(state: State, request: string, ticket: Ticket, outcome: ReportedOutcome): Phase {
  const until = state.at + state.settings.limits.keptMs;
  return { name: "kept", request, ticket, why: whyOf[outcome], copies: 0, until };
}

/** Why a number stays on the screen that was given before the restart: somebody else may stand there. */
export const afterRestart: ReadonlySet<KeptReason> = new Set(Object.values(whyOf));

/** Whether a ticket may be of the last minutes: it is not if the hub's time says so. */
const isRecent = ({ hubAt, alone, settings }: State, { issuedAt }: Ticket) =>
  !alone.clock.heard || hubAt - Date.parse(issuedAt) <= settings.limits.recallMs;

/**
 * The hub told the time. A clock that stood still while the machine was off shows a ticket of yesterday as one of the last
 * minutes, and offers whoever comes first in the morning a copy of it; one that is ahead hides the number of him who stands
 * there still.
 */
export function leaveOld(state: State): State {
  const { phase, settings } = state;
  if (phase.name !== "kept" && phase.name !== "looking-back") return state;
  const touch = findTouch(state, phase.request);
  // Whoever checked in again has a number from before.
  const isNew = isRecent(state, phase.ticket) || state.hubAt - (touch?.at ?? 0) <= settings.limits.recallMs;
  // Of a paper whose fate is known the printer is not asked: nothing else was waited for.
  if (phase.name === "looking-back" && touch?.report && touch.step !== "issued") {
    const { request, ticket } = phase;
    return enter(state, isNew ? keptAfter(state, request, ticket, touch.report.outcome) : { name: "choose" });
  }
  if (isNew) return state;
  if (phase.name === "kept") return afterRestart.has(phase.why) ? enter(state, { name: "choose" }) : state;
  const until = Math.min(phase.until, state.at + settings.limits.messageMs);
  return enter(state, { ...phase, isDoubtful: true, until });
}

/**
 * The printer said what became of the ticket that was being printed when the power went. Whether somebody still stands
 * there to see the number nobody knows, so a ticket without paper is reported as failed and not as shown.
 */
export function lookedBack(
  state: State,
  { request, ticket, isDoubtful }: Extract<Phase, { name: "looking-back" }>,
  paper: PrintOutcome,
): Step {
  const touch = findTouch(state, request);
  if (touch && isDoubtful && !isRecent(state, ticket)) return ofLongAgo(enter(state, { name: "choose" }), touch, paper);
  return report(enter(state, keptAfter(state, request, ticket, paper.outcome)), request, paper);
}

/** The same of a ticket that nobody waits for any more. */
export function ofLongAgo(state: State, touch: Touch, paper: PrintOutcome): Step {
  return isUnseen(touch, paper) ? withdraw(state, touch) : report(state, touch.request, paper);
}

/**
 * Whether nobody knows the number of a touch that was issued before the power went: it was on no screen, and on no paper for
 * certain. Numbers of the reserve are accounted for all the same, and whoever has an appointment gets his again by his code.
 */
const isUnseen = ({ reserve, ticket }: Touch, { outcome, sure }: PrintOutcome) =>
  outcome === "failed" && sure && reserve === null && ticket?.kind === "walk-in";
