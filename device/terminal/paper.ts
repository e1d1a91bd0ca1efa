import type { Ticket } from "../../protocol/messages.ts";
import type { PrintOutcome } from "../ports.ts";
import type { Limits } from "./limits.ts";
import { officeService } from "./liveness.ts";
import type { GivenFor } from "./reserve.ts";
import { takeNumber } from "./reserve.ts";
import { andThen, enter, log, stay, withEffects } from "./step.ts";
import { ticketReceipt } from "./ticket.ts";
import { findTouch, report, ticketIssued, withdraw } from "./touches.ts";
import type { Effect, KeptReason, Phase, State, Step, Touch } from "./types.ts";

/**
 * The hub does not say whether there is a ticket: the number comes from the reserve, and whatever the hub still says does
 * not count. From the moment in which the number is written down that is decided.
 */
export function goAlone(state: State, touch: Touch | undefined, why: string): Step {
  const letter = officeService(state.office, touch?.service ?? "")?.letter;
  if (!touch || letter === undefined) return giveUp(state, touch, why);
  const given = printFromReserve(state, touch, { letter, services: [touch.service], at: state.hubAt });
  if (!given) return giveUp(state, touch, why);
  return withEffects(given, log("warn", "a number from the reserve", { request: touch.request, why }));
}

/** Gives the next number of the reserve for a touch and prints it; undefined where there is none for today. */
export function printFromReserve(state: State, touch: Touch, what: GivenFor): Step | undefined {
  const taken = takeNumber(state, touch, what);
  return taken && printTicket(taken.state, taken.touch, taken.ticket);
}

/** The number that somebody was given before, as a copy. */
export function printAgain(state: State, touch: Touch, ticket: Ticket): Step {
  const { request } = touch;
  // Whoever it was left by is there again.
  const known = { ...(findTouch(state, request) ?? touch), left: false };
  const others = state.touches.filter((other) => other.request !== request);
  return printNumber({ ...state, touches: [...others, known] }, request, ticket, (known.report?.attempt ?? 0) + 1);
}

/** Nobody knows whether there is a ticket, so there shall be none. */
function giveUp(state: State, touch: Touch | undefined, why: string): Step {
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

/**
 * An appointment was checked in: its number comes onto paper like any other, and as a copy where the hub knows of a paper
 * already.
 */
export function printAdmitted(state: State, request: string, ticket: Ticket, code: string | null): Step {
  const { service } = ticket;
  // The hub may not have heard yet of a paper that came out here a moment ago.
  const own = state.touches.filter(({ ticket: given }) => given?.id === ticket.id).map((one) => one.report?.outcome);
  const papers = [ticket.paper, ...own];
  const hasPaper = papers.includes("printed");
  const touch: Touch = {
    request,
    service,
    language: state.language,
    at: state.hubAt,
    step: "issued",
    ticket,
    report: hasPaper ? { attempt: 0, outcome: "printed", sure: true, detail: "" } : null,
    reserve: null,
    code,
    toDesk: false,
    left: false,
  };
  const copies = hasPaper || papers.includes("unknown") ? 1 : 0;
  return andThen(ticketIssued(state, touch, ticket), (next) => printNumber(next, request, ticket, copies));
}

/** A copy is offered where nobody can say whether there is a first paper, and where a restart kept it from coming out. */
export function mayPrintCopy(why: KeptReason, copies: number, limits: Limits): boolean {
  return (why === "unknown" || why === "restart" || why === "restart-failed") && copies < limits.copiesMax;
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
  const printing = { name: "printing", request, ticket, job, copies, until } as const;
  const name = findTouch(state, request)?.step === "issued" ? { name: request } : {};
  return { state: enter(state, printing), effects: [{ ...printEffect(state, printing), ...name }] };
}

type Printing = Extract<Phase, { name: "printing" }>;

function printEffect(state: State, { request, ticket, job, copies }: Printing): Extract<Effect, { type: "print" }> {
  const { language = state.language, toDesk = false } = findTouch(state, request) ?? {};
  const receipt = ticketReceipt(ticket, state, language, { isCopy: copies > 0, toDesk });
  return { type: "print", job, receipt };
}

/** The paper that was left out because its touch was not written down: after a restart nobody asks the printer for it. */
export function printUnwritten(state: State, phase: Printing): Step {
  return { state, effects: [printEffect(state, phase)] };
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
