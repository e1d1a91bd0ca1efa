import type { PrintOutcome } from "../ports.ts";
import { andThen, enter, stay } from "./step.ts";
import { findTouch, report, takeUp } from "./touches.ts";
import type { KeptReason, Phase, ReportedOutcome, State, Step, Touch } from "./types.ts";

/**
 * The journal was read: what was under way is taken up, and whoever may still stand there is told what became of the
 * last touch.
 */
export function restart(state: State, touches: readonly Touch[], last: Touch | undefined): Step {
  return andThen(takeUp(state, touches, last), (next) => stay(enter(next, whatToSay(next, last))));
}

function whatToSay(state: State, last: Touch | undefined): Phase {
  const { recallMs, keptMs, messageMs, printTimeoutMs } = state.settings.limits;
  // A clock that lost its time says nothing about the age; then the ticket counts as new.
  if (!last || state.at - last.at > recallMs) return { name: "choose" };
  const { request, ticket, step, report } = findTouch(state, last.request) ?? last;
  if (step === "withdrawing") return { name: "unclear", until: state.at + messageMs };
  if (!ticket) return { name: "choose" };
  if (step === "issued") return { name: "looking-back", request, ticket, until: state.at + printTimeoutMs };
  // Whoever has his paper, and has had it for a while, need not be told.
  if (!report || (report.outcome === "printed" && step === "closed")) return { name: "choose" };
  return { name: "kept", request, ticket, why: whyOf[report.outcome], copies: 0, until: state.at + keptMs };
}

const whyOf = {
  printed: "restart-printed",
  shown: "restart-failed",
  failed: "restart-failed",
  unknown: "restart",
} as const satisfies Record<ReportedOutcome, KeptReason>;

/**
 * The printer said what became of the ticket that was being printed when the power went. Whether somebody still stands
 * there to see the number nobody knows, so a ticket without paper is reported as failed and not as shown.
 */
export function lookedBack(
  state: State,
  { request, ticket }: Pick<Extract<Phase, { name: "looking-back" }>, "request" | "ticket">,
  paper: PrintOutcome,
): Step {
  const until = state.at + state.settings.limits.keptMs;
  const told = enter(state, { name: "kept", request, ticket, why: whyOf[paper.outcome], copies: 0, until });
  return report(told, request, paper);
}
