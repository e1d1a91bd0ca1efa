import type { Ticket } from "../../protocol/messages.ts";
import { admittedMax, followUpsMax, openTouchesMax } from "./limits.ts";
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

export function store(state: State, touch: Touch): Step {
  const { alone } = state;
  // Whoever shows his code again is found as he would be after a restart.
  const admitted =
    touch.code === null ? alone.admitted : alone.admitted.map((one) => (one.request === touch.request ? touch : one));
  return { state: put({ ...state, alone: { ...alone, admitted } }, touch), effects: [{ type: "store", touch }] };
}

/** Follow-up requests have ids made of the touch's own, so that a repeat after a restart is the same request. */
function followUp(touch: Touch, timeoutMs: number): Extract<Effect, { type: "request" }> | undefined {
  if (touch.step === "withdrawing") {
    const args = { request: touch.request };
    return { type: "request", request: `${touch.request}.withdraw`, verb: "ticket.withdraw", args, timeoutMs };
  }
  if (touch.step !== "reporting" || !touch.ticket || !touch.report) return undefined;
  // The hub learns of the number before it learns of the paper.
  if (touch.reserve?.adopted === false) return undefined;
  const { attempt, outcome, sure, detail } = touch.report;
  const args = { ticket: touch.ticket.id, outcome, sure, detail };
  return { type: "request", request: `${touch.request}.report-${attempt}`, verb: "ticket.printed", args, timeoutMs };
}

/** Follow-up requests and print jobs are named after their touch's request. */
export function ownerOf(id: string): string {
  return id.replace(/\.[a-z0-9-]+$/, "");
}

function touchOf(state: State, request: string): Touch | undefined {
  return findTouch(state, ownerOf(request));
}

/** The requests of the touches that an effect is about. */
export function touchesOfEffect(effect: Effect): string[] {
  if (effect.type === "store") return [effect.touch.request];
  if (effect.type === "request") {
    return effect.verb === "ticket.adopt"
      ? effect.args.tickets.map(({ request }) => request)
      : [ownerOf(effect.request)];
  }
  return effect.type === "print" || effect.type === "ask-printer" ? [ownerOf(effect.job)] : [];
}

/**
 * Sends what is next to be said about a touch, unless something about it is under way: an older report that arrives
 * after a newer one would undo it. Where too much is under way it has its turn later, see `sendNext`.
 */
function send(state: State, touch: Touch): Step {
  if (state.inFlight.length >= followUpsMax) return stay(state);
  const request = followUp(touch, state.settings.limits.reportTimeoutMs);
  if (!request || state.inFlight.some((id) => ownerOf(id) === touch.request)) return stay(state);
  return { state: { ...state, inFlight: [...state.inFlight, request.request] }, effects: [request] };
}

/** There is room again for one that had to wait for its turn. Those that failed are repeated all together, later. */
function sendNext(state: State): Step {
  if (state.repeatAt !== null || state.inFlight.length >= followUpsMax) return stay(state);
  const underWay = new Set(state.inFlight.map(ownerOf));
  const waiting = state.touches.find((touch) => !underWay.has(touch.request) && followUp(touch, 0) !== undefined);
  return waiting ? send(state, waiting) : stay(state);
}

/** A new touch: stored, then asked for at the hub. */
export function openTouch(state: State, touch: Touch): Step {
  const { request, service, language } = touch;
  const timeoutMs = state.settings.limits.answerTimeoutMs;
  const args = { service, language };
  return withEffects(store(state, touch), { type: "request", request, verb: "ticket.issue", args, timeoutMs });
}

export function ticketIssued(state: State, touch: Touch, ticket: Ticket): Step {
  const issued: Touch = { ...touch, step: "issued", ticket };
  const { alone } = state;
  const admitted = issued.code === null ? alone.admitted : [issued, ...alone.admitted].slice(0, admittedMax);
  return store({ ...state, alone: { ...alone, admitted } }, issued);
}

/** The hub took a number that was given without it, or will not: then there is nothing to report to it. */
export function adopted(state: State, request: string, isTaken: boolean): Step {
  const touch = findTouch(state, request);
  if (!touch?.reserve) return stay(state);
  const known: Touch = {
    ...touch,
    reserve: { ...touch.reserve, adopted: true },
    step: isTaken ? touch.step : "closed",
  };
  return andThen(store(state, known), (next) => send(next, known));
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
  const taken = (state.taken[touch.service] ?? []).filter(({ request }) => request !== touch.request);
  return { ...state, taken: { ...state.taken, [touch.service]: taken } };
}

/**
 * The paper's fate is known. A later report of the same ticket replaces an earlier one; but whoever has his paper still has it
 * when a copy does not come out.
 */
export function report(state: State, request: string, what: Omit<Report, "attempt">): Step {
  const touch = findTouch(state, request);
  if (!touch?.ticket) return stay(state);
  if (touch.report?.outcome === "printed" && touch.report.sure && what.outcome !== "printed") {
    // Checked in again with a number that is on paper from before: there is nothing to say of a copy that failed.
    return touch.step === "issued" ? store(state, { ...touch, step: "closed" }) : stay(state);
  }
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
  const said = now?.request === request ? store(landed, { ...touch, step: "closed" }) : send(landed, touch);
  const next = andThen(said, sendNext);
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
 * Whether there is no ticket because this step of a touch was not written down. What the hub has adopted was written down
 * when it was issued; and whom it has checked in has his number, which it gives him again whenever he asks.
 */
export const leavesNoTicket = ({ reserve, ticket }: Touch, lost: Touch["step"]): boolean =>
  lost === "sent" || (lost === "issued" && (reserve ? !reserve.adopted : ticket?.kind !== "appointment"));

/**
 * The journal did not take a touch. Without a record nothing was sent, and no paper may come of it; what the hub is to
 * know is said all the same, only a power cut now would lose it.
 */
export function unstored(state: State, touch: Touch, lost: Touch["step"]): Step {
  const without = state.touches.filter(({ request }) => request !== touch.request);
  if (touch.step === "sent") return stay({ ...forgetTaken(state, touch), touches: without });
  const landed = forgetSent(state, touch);
  if (!leavesNoTicket(touch, lost)) return send(put(landed, touch), touch);
  const given: Touch = { ...touch, step: "withdrawing", report: null };
  if (!touch.reserve) return send(put(landed, given), given);
  // A number of the reserve that is not written down is nobody's: not his who shows his code again, nor the next one's.
  const nobodys: Touch = { ...given, ticket: null, reserve: null, code: null };
  const admitted = landed.alone.admitted.filter(({ request }) => request !== touch.request);
  const step = send(put({ ...landed, alone: { ...landed.alone, admitted } }, nobodys), nobodys);
  return withEffects(step, { type: "keep", what: "grants", grants: [...landed.alone.grants] });
}

/** What was to be sent about a touch was left out with its record, and so was a batch of numbers with its own in it. */
function forgetSent(state: State, touch: Touch): State {
  const { alone, inFlight } = state;
  const bringing = alone.bringing?.touches.includes(touch.request) ? null : alone.bringing;
  return { ...state, inFlight: inFlight.filter((id) => touchOf(state, id) !== touch), alone: { ...alone, bringing } };
}

/**
 * What was under way when the power went: without a ticket the touch is withdrawn; with one, the printer is asked what
 * became of the paper. It knows that of the `last` only, and may have begun on it or not: a touch is stored as issued
 * before its first byte is sent. The last touch is kept although it may be closed, for whoever still stands there.
 */
export function takeUp(state: State, touches: readonly Touch[], last: Touch | undefined): Step {
  const closed = last?.step === "closed" ? [last] : [];
  return touches.reduce<Step>(
    (step, touch) =>
      andThen(step, (next) => {
        const { request } = touch;
        if (touch.step === "sent") return withdraw(next, touch);
        if (touch.step !== "issued") return send(next, touch);
        if (request === last?.request) {
          return { state: next, effects: [{ type: "ask-printer", job: `${request}.earlier`, name: request }] };
        }
        return report(next, request, { outcome: "unknown", sure: false, detail: "restarted while printing" });
      }),
    stay({ ...state, touches: [...closed, ...touches].slice(-openTouchesMax) }),
  );
}

/** Closed touches are forgotten once no screen shows them. */
export function forgetClosed(state: State): State {
  const { phase } = state;
  const shown = "request" in phase ? phase.request : undefined;
  if (state.touches.every(({ step }) => step !== "closed")) return state;
  return { ...state, touches: state.touches.filter(({ step, request }) => step !== "closed" || request === shown) };
}
