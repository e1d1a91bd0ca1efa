import type { DeskAnswer, DeskEffect, DeskInput, DeskRequest, DeskState, Phase, Settled } from "./state.ts";
import { flashStepMs, identifyFlashes, nextLockMs, noShowHoldMs, refusalFlashes } from "./state.ts";

export interface DeskStep {
  state: DeskState;
  effects: DeskEffect[];
}

/** A state on its way to the next, with the effects so far. */
type Step = DeskStep;

/**
 * What a desk's panel does about an input at the instant `now` (milliseconds since the device was switched on).
 *
 * "Next" always names the visitor it finishes, or nobody: if somebody else is at the desk, because the desk page was
 * used or this device was restarted, the hub declines and says who it is, and only the next press acts on him.
 */
export function stepDesk(state: DeskState, input: DeskInput, now: number): DeskStep {
  const step = react({ state, effects: [] }, input, now);
  const mode = ledOf(step.state);
  return mode === ledOf(state) ? step : { ...step, effects: [...step.effects, { do: "led", mode }] };
}

/** On while a visitor is called; blinking while somebody waits and the desk is free; flashing for a refusal. */
export function ledOf({ phase, flash, online, open, waiting }: DeskState): "on" | "off" | "blink" {
  if (flash > 0) return flash % 2 === 0 ? "off" : "on";
  if (ticketOf(phase) !== null) return "on";
  return phase.name === "free" && online && open && waiting ? "blink" : "off";
}

function react(step: Step, input: DeskInput, now: number): Step {
  const { state } = step;
  const { phase } = state;
  switch (input.type) {
    case "press":
      return input.button === "next" ? pressNext(step, now) : pressAgain(step);
    case "release":
      return input.button === "next" || state.hold === null
        ? step
        : withEffect(change(step, { hold: null }), { do: "cancel", timer: "hold" });
    case "timer":
      return input.timer === "hold" ? held(step) : flashOn(step);
    case "link":
      return link(step, input.up);
    case "boards":
      return phase.name === "lost"
        ? find(change(step, { lastNumber: input.lastNumber }))
        : change(step, { lastNumber: input.lastNumber });
    case "beat":
      return phase.name === "lost" ? find(step) : step;
    case "waiting":
      return change(step, { waiting: input.waiting });
    case "desk":
      return change(step, { open: input.open });
    case "called":
      // While a visitor is here, this can only be old news; while a request is out, its answer knows better.
      return phase.name === "free" || phase.name === "lost" || phase.name === "finding"
        ? enter(step, { name: "serving", ticket: input.ticket })
        : step;
    case "left":
      return left(step, input.ticket);
    case "answer":
      return "ask" in phase && phase.ask === input.ask ? answered(step, phase, input.answer) : step;
    case "identify":
      return flash(step, identifyFlashes);
  }
}

function pressNext(step: Step, now: number): Step {
  const { phase, nextAt } = step.state;
  if (nextAt !== null && now - nextAt < nextLockMs) return step;
  if (phase.name === "calling" || phase.name === "recalling" || phase.name === "marking") return step;
  const ticket = ticketOf(phase);
  const before: Settled =
    ticket !== null ? { name: "serving", ticket } : { name: phase.name === "free" ? "free" : "lost" };
  return ask(change(step, { nextAt: now }), { verb: "call.next", current: ticket }, (n) => ({
    name: "calling",
    ask: n,
    before,
  }));
}

function pressAgain(step: Step): Step {
  const { phase } = step.state;
  if (phase.name === "calling" || phase.name === "recalling" || phase.name === "marking") return step;
  const ticket = ticketOf(phase);
  if (ticket === null) return flash(step, refusalFlashes);
  const pressed = withEffect(change(step, { hold: { recalled: null } }), {
    do: "timer",
    timer: "hold",
    ms: noShowHoldMs,
  });
  return ask(pressed, { verb: "call.again", ticket }, (n) => ({ name: "recalling", ask: n, ticket }));
}

/** "Again" was held for its time: a no-show, but only of the visitor that this very press has called again. */
function held(step: Step): Step {
  const { phase, hold } = step.state;
  const released = change(step, { hold: null });
  if (phase.name !== "serving" || hold?.recalled !== phase.ticket) return released;
  const { ticket } = phase;
  return ask(released, { verb: "ticket.no-show", ticket }, (n) => ({ name: "marking", ask: n, ticket }));
}

function flashOn(step: Step): Step {
  const rest = Math.max(0, step.state.flash - 1);
  const next = change(step, { flash: rest });
  return rest > 0 ? withEffect(next, { do: "timer", timer: "flash", ms: flashStepMs }) : next;
}

/** After a break nothing is certain: what the desk page did meanwhile was not heard here. */
function link(step: Step, up: boolean): Step {
  if (!up) return change(step, { online: false, lastNumber: undefined });
  const next = change(step, { online: true });
  const { phase } = next.state;
  if (phase.name === "serving") return verify(next, phase.ticket);
  return phase.name === "free" || phase.name === "lost" ? find(next) : next;
}

function left(step: Step, ticket: string): Step {
  const { phase } = step.state;
  if (phase.name === "serving" && phase.ticket === ticket) return enter(step, { name: "free" });
  if (phase.name === "calling" && phase.before.name === "serving" && phase.before.ticket === ticket) {
    return change(step, { phase: { ...phase, before: { name: "free" } } });
  }
  return step;
}

function answered(step: Step, phase: Extract<Phase, { ask: number }>, answer: DeskAnswer): Step {
  if (phase.name === "finding") return found(step, phase.suspect, answer);
  if (answer.state === "unknown") return flash(enter(step, { name: "lost" }), refusalFlashes);
  if (answer.state === "refused") return refused(step, phase, answer);
  const next = enter(change(step, { open: true }), settled(answer.ticket));
  return phase.name === "recalling" && next.state.hold ? change(next, { hold: { recalled: answer.ticket } }) : next;
}

function found(step: Step, suspect: string | null, answer: DeskAnswer): Step {
  if (answer.state === "done") {
    return answer.ticket === null && suspect !== null ? find(step) : enter(step, settled(answer.ticket));
  }
  if (answer.state === "refused" && answer.code === "unknown-ticket") return enter(step, { name: "free" });
  return enter(step, suspect === null ? { name: "lost" } : { name: "serving", ticket: suspect });
}

function refused(
  step: Step,
  phase: Extract<Phase, { name: "calling" | "recalling" | "marking" }>,
  answer: Extract<DeskAnswer, { state: "refused" }>,
): Step {
  const told = flash(answer.code === "desk-closed" ? change(step, { open: false }) : step, refusalFlashes);
  if (answer.current !== undefined) return enter(told, settled(answer.current));
  if (answer.number !== undefined) return find(change(told, { lastNumber: answer.number }));
  if (answer.code === "wrong-state" || answer.code === "unknown-ticket") return find(told);
  return enter(told, phase.name === "calling" ? phase.before : { name: "serving", ticket: phase.ticket });
}

/** Looks for the visitor without any effect on him: the number last called here, if it still is at this desk. */
function find(step: Step): Step {
  const { online, lastNumber } = step.state;
  if (lastNumber === null) return enter(step, { name: "free" });
  if (!online || lastNumber === undefined) return enter(step, { name: "lost" });
  return ask(step, { verb: "ticket.show", number: lastNumber }, (n) => ({ name: "finding", ask: n, suspect: null }));
}

function verify(step: Step, ticket: string): Step {
  return ask(step, { verb: "ticket.show", ticket }, (n) => ({ name: "finding", ask: n, suspect: ticket }));
}

function flash(step: Step, changes: number): Step {
  return withEffect(change(step, { flash: changes }), { do: "timer", timer: "flash", ms: flashStepMs });
}

function ask(step: Step, request: DeskRequest, phase: (ask: number) => Phase): Step {
  const n = step.state.asks + 1;
  return withEffect(change(step, { asks: n, phase: phase(n) }), { do: "ask", ask: n, request });
}

function ticketOf(phase: Phase): string | null {
  if (phase.name === "finding") return phase.suspect;
  if (phase.name === "calling") return phase.before.name === "serving" ? phase.before.ticket : null;
  return "ticket" in phase ? phase.ticket : null;
}

const settled = (ticket: string | null): Settled => (ticket === null ? { name: "free" } : { name: "serving", ticket });
const enter = (step: Step, phase: Phase): Step => change(step, { phase });
const change = (step: Step, changes: Partial<DeskState>): Step => ({ ...step, state: { ...step.state, ...changes } });
const withEffect = (step: Step, effect: DeskEffect): Step => ({ ...step, effects: [...step.effects, effect] });
