import type { Ticket } from "../../protocol/messages.ts";
import type { PrintOutcome } from "../ports.ts";
import type { Limits } from "./limits.ts";
import { andThen, enter, log, stay, withEffects } from "./step.ts";
import { ticketReceipt } from "./ticket.ts";
import { findTouch, report, ticketIssued, withdraw } from "./touches.ts";
import type { KeptReason, Phase, State, Step, Touch } from "./types.ts";

/** Nobody knows whether there is a ticket, so there shall be none. Here the reserve would step in. */
export function giveUp(state: State, touch: Touch | undefined, why: string): Step {
  const until = state.at + state.settings.limits.messageMs;
  const unclear = enter(state, { name: "unclear", until });
  const step = touch ? withdraw(unclear, touch) : stay(unclear);
  return withEffects(step, log("warn", "touch withdrawn", { request: touch?.request, why }));
}

/** States in which a job would only wait in the printer and come out when nobody stands there any more. */
function printerAway(state: State): KeptReason | undefined {
  const printer = state.peripherals.printer?.state;
  return printer === "paper-out" || printer === "cover-open" || printer === "offline" ? printer : undefined;
}

/** The number is known: on paper if that can be, else on the screen. */
export function printTicket(state: State, touch: Touch, ticket: Ticket): Step {
  return andThen(ticketIssued(state, touch, ticket), (next) => printNumber(next, touch.request, ticket, 0));
}

/** A copy is offered only where nobody can say whether there is a first paper. */
export function mayPrintCopy(why: KeptReason, copies: number, limits: Limits): boolean {
  return (why === "unknown" || why === "restart") && copies < limits.copiesMax;
}

/** The same number once more, marked as a copy, after nobody could say whether the first paper came out. */
export function printCopy(state: State, phase: Extract<Phase, { name: "kept" }>): Step {
  return printNumber(state, phase.request, phase.ticket, phase.copies + 1);
}

function printNumber(state: State, request: string, ticket: Ticket, copies: number): Step {
  const away = printerAway(state);
  if (away) return showNumber(state, request, ticket, away, copies, { outcome: "failed", sure: true, detail: away });
  const job = `${request}.${copies}`;
  const until = state.at + state.settings.limits.printTimeoutMs;
  const language = findTouch(state, request)?.language ?? state.language;
  const receipt = ticketReceipt(ticket, state, language, copies > 0);
  const printing = enter(state, { name: "printing", request, ticket, job, copies, until });
  return { state: printing, effects: [{ type: "print", job, receipt }] };
}

/** What became of the paper of the number that is being printed or shown. */
export function paperCame(
  state: State,
  phase: Extract<Phase, { name: "printing" | "kept" }>,
  paper: PrintOutcome,
): Step {
  const { request, ticket, copies } = phase;
  if (paper.outcome !== "printed") {
    const why = paper.outcome === "unknown" ? "unknown" : (printerAway(state) ?? "failed");
    return showNumber(state, request, ticket, why, copies, paper);
  }
  const until = state.at + state.settings.limits.takenMs;
  const taken = enter(state, { name: "taken", request, ticket, since: state.at, until });
  return report(taken, request, { outcome: "printed", sure: paper.sure, detail: paper.detail });
}

/** Keeps the number on the screen. Where a page is there to show it, a failed print is a shown number. */
function showNumber(
  state: State,
  request: string,
  ticket: Ticket,
  why: KeptReason,
  copies: number,
  paper: PrintOutcome,
): Step {
  const until = state.at + state.settings.limits.keptMs;
  const kept = enter(state, { name: "kept", request, ticket, why, copies, until });
  const shown = paper.outcome === "failed" && state.peripherals.screen?.state === "ready";
  return report(kept, request, { ...paper, outcome: shown ? "shown" : paper.outcome });
}
