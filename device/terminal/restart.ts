import { andThen, enter, stay } from "./step.ts";
import { findTouch, takeUp } from "./touches.ts";
import type { State, Step, Touch } from "./types.ts";

/**
 * The journal was read: what was under way is taken up, and whoever may still stand there is told what became of the
 * last touch.
 */
export function restart(state: State, touches: readonly Touch[]): Step {
  return andThen(takeUp(state, touches), (next) => stay(enter(next, whatToSay(next, touches))));
}

function whatToSay(state: State, touches: readonly Touch[]): State["phase"] {
  const { recallMs, keptMs, messageMs } = state.settings.limits;
  const last = touches.reduce<Touch | undefined>((newest, touch) => {
    return newest === undefined || touch.at >= newest.at ? touch : newest;
  }, undefined);
  // A clock that lost its time says nothing about the age; then the ticket counts as new.
  if (!last || state.at - last.at > recallMs) return { name: "choose" };
  const touch = findTouch(state, last.request) ?? last;
  const { request, ticket, step, report } = touch;
  if (step === "withdrawing") return { name: "unclear", until: state.at + messageMs };
  if (step !== "reporting" || !ticket || report?.outcome === "printed") return { name: "choose" };
  return { name: "kept", request, ticket, why: "restart", copies: 0, until: state.at + keptMs };
}
