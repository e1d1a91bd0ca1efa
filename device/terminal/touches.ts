import type { Ticket } from "../../protocol/messages.ts";
import { openTouchesMax } from "./limits.ts";
import { andThen, log, stay, withEffects } from "./step.ts";
import type { AnswerState, Effect, Report, State, Step, Touch } from "./types.ts";

/**
 * The life of a touch (see `Touch`): every step of it is stored before anything relies on it, and it ends only when the
 * hub has answered its report or its withdrawal.
 */

export function findTouch(state: State, request: string): Touch | undefined {
  return state.touches.find((touch) => touch.request === request);
}

function put(state: State, touch: Touch): State {
  const others = state.touches.filter(({ request }) => request !== touch.request);
  return { ...state, touches: [...others, touch].slice(-openTouchesMax) };
}

function store(state: State, touch: Touch): Step {
  return { state: put(state, touch), effects: [{ type: "store", touch }] };
}

/** Follow-up requests have ids made of the touch's own, so that a repeat after a restart is the same request. */
function followUp(touch: Touch, timeoutMs: number): Extract<Effect, { type: "request" }> | undefined {
  if (touch.step === "withdrawing") {
    const args = { request: touch.request };
    return { type: "request", request: `${touch.request}.withdraw`, verb: "ticket.withdraw", args, timeoutMs };
  }
  if (touch.step !== "reporting" || !touch.ticket || !touch.report) return undefined;
  const { attempt, outcome, sure, detail } = touch.report;
  const args = { ticket: touch.ticket.id, outcome, sure, detail };
  return { type: "request", request: `${touch.request}.report-${attempt}`, verb: "ticket.printed", args, timeoutMs };
}

/** Follow-up requests and print jobs are named after their touch's request. */
function ownerOf(id: string): string {
  return id.replace(/\.[a-z0-9-]+$/, "");
}

function touchOf(state: State, request: string): Touch | undefined {
  return findTouch(state, ownerOf(request));
}

/** The request of the touch that an effect is about. */
export function touchOfEffect(effect: Effect): string | undefined {
  if (effect.type === "store") return effect.touch.request;
  if (effect.type === "request") return ownerOf(effect.request);
  return effect.type === "print" ? ownerOf(effect.job) : undefined;
}

/**
 * Sends what is next to be said about a touch, unless something about it is under way: an older report that arrives
 * after a newer one would undo it.
 */
function send(state: State, touch: Touch): Step {
  const request = followUp(touch, state.settings.limits.reportTimeoutMs);
  if (!request || state.inFlight.some((id) => touchOf(state, id) === touch)) return stay(state);
  return { state: { ...state, inFlight: [...state.inFlight, request.request] }, effects: [request] };
}

/** A new touch: stored, then asked for at the hub. */
export function openTouch(state: State, touch: Touch): Step {
  const { request, service, language } = touch;
  const timeoutMs = state.settings.limits.answerTimeoutMs;
  const args = { service, language };
  return withEffects(store(state, touch), { type: "request", request, verb: "ticket.issue", args, timeoutMs });
}

export function ticketIssued(state: State, touch: Touch, ticket: Ticket): Step {
  return store(state, { ...touch, step: "issued", ticket });
}

/** The hub refused: there is no ticket, and nothing more to say. */
export function touchRefused(state: State, touch: Touch): Step {
  return store(forgetTaken(state, touch), { ...touch, step: "closed" });
}

/** Nobody got this touch's number, if there is one. */
export function withdraw(state: State, touch: Touch): Step {
  const given: Touch = { ...touch, step: "withdrawing" };
  return andThen(store(forgetTaken(state, touch), given), (next) => send(next, given));
}

/** A touch without a ticket does not count against the limits. */
function forgetTaken(state: State, touch: Touch): State {
  const taken = (state.taken[touch.service] ?? []).filter((at) => at !== touch.at);
  return { ...state, taken: { ...state.taken, [touch.service]: taken } };
}

/** The paper's fate is known. A later report of the same ticket replaces an earlier one. */
export function report(state: State, request: string, what: Omit<Report, "attempt">): Step {
  const touch = findTouch(state, request);
  if (!touch?.ticket) return stay(state);
  const attempt = (touch.report?.attempt ?? 0) + 1;
  const reported: Touch = { ...touch, step: "reporting", report: { attempt, ...what } };
  return andThen(store(state, reported), (next) => send(next, reported));
}

/** Whether the hub said its last word: `unavailable` means that nothing happened, as no answer may mean. */
export function isSettled(answer: AnswerState): boolean {
  return answer.state === "done" || (answer.state === "refused" && answer.error.code !== "unavailable");
}

/** An answer to a report or withdrawal; an answer to anything else is late and changes nothing. */
export function followUpAnswered(state: State, at: number, request: string, answer: AnswerState): Step {
  const touch = touchOf(state, request);
  if (!state.inFlight.includes(request)) {
    if (!touch) return stay(state);
    return withEffects(stay(state), log("info", "late answer", { request, answer: answer.state, step: touch.step }));
  }
  const landed = { ...state, inFlight: state.inFlight.filter((id) => id !== request) };
  if (!touch) return stay(landed);
  if (!isSettled(answer)) {
    return stay({ ...landed, repeatAt: landed.repeatAt ?? at + state.settings.limits.repeatMs });
  }
  const now = followUp(touch, 0);
  const next = now?.request === request ? store(landed, { ...touch, step: "closed" }) : send(landed, touch);
  if (answer.state !== "refused") return next;
  return withEffects(next, log("warn", "report refused", { request, code: answer.error.code }));
}

/** Everything that is still to be said, once more. */
export function sendAgain(state: State): Step {
  return state.touches.reduce<Step>(
    (step, touch) => andThen(step, (next) => send(next, touch)),
    stay({ ...state, repeatAt: null }),
  );
}

/**
 * The journal did not take a touch. Without a record nothing was sent, and no paper may come of it; what the hub is to
 * know is said all the same, only a power cut now would lose it.
 */
export function unstored(state: State, touch: Touch): Step {
  const without = state.touches.filter(({ request }) => request !== touch.request);
  if (touch.step === "sent") return stay({ ...forgetTaken(state, touch), touches: without });
  const given: Touch = touch.step === "issued" ? { ...touch, step: "withdrawing" } : touch;
  const landed = state.inFlight.filter((id) => touchOf(state, id) !== touch);
  return send(put({ ...state, inFlight: landed }, given), given);
}

/**
 * What was under way when the power went: without a ticket the touch is withdrawn; with one, nobody can say what became
 * of the paper.
 */
export function takeUp(state: State, touches: readonly Touch[]): Step {
  return touches.reduce<Step>(
    (step, touch) =>
      andThen(step, (next) => {
        const known = put(next, touch);
        if (touch.step === "sent") return withdraw(known, touch);
        if (touch.step === "issued") {
          return report(known, touch.request, { outcome: "unknown", sure: false, detail: "restarted while printing" });
        }
        return send(known, touch);
      }),
    stay(state),
  );
}

/** Closed touches are forgotten once no screen shows them. */
export function forgetClosed(state: State): State {
  const { phase } = state;
  const shown = "request" in phase ? phase.request : undefined;
  if (state.touches.every(({ step }) => step !== "closed")) return state;
  return { ...state, touches: state.touches.filter(({ step, request }) => step !== "closed" || request === shown) };
}
