import { seenIdsMax } from "./limits.ts";
import type { Effect, Input, Phase, State, Step } from "./types.ts";

/** Nothing happens. */
export function stay(state: State): Step {
  return { state, effects: [] };
}

/** One step after the other; the effects keep their order. */
export function andThen(first: Step, next: (state: State) => Step): Step {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

export function withEffects(step: Step, ...effects: Effect[]): Step {
  return { state: step.state, effects: [...step.effects, ...effects] };
}

export function enter(state: State, phase: Phase): State {
  return { ...state, phase };
}

export function log(level: "info" | "warn", message: string, fields: Record<string, unknown> = {}): Effect {
  return { type: "log", level, message, fields };
}

/** An input that means nothing now. It is written down, because a row that is never expected deserves a trace. */
export function ignore(state: State, input: Input, why: string): Step {
  return { state, effects: [log("info", "input ignored", { input: input.type, phase: state.phase.name, why })] };
}

/** Remembers a touch of the page; undefined when it was seen before: what is sent twice is done once. */
export function remember(state: State, id: string): State | undefined {
  if (state.seenIds.includes(id)) return undefined;
  return { ...state, seenIds: [...state.seenIds, id].slice(-seenIdsMax) };
}
