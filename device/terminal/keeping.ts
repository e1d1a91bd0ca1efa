import type { Office, TerminalAppointments } from "../../protocol/messages.ts";
import { today } from "./reserve.ts";
import { stay } from "./step.ts";
import type { Kept, State, Step } from "./types.ts";

/** What the journal knew of the time before this start. */
export function recall(state: State, kept: Kept): State {
  const { grants, order, admitted, epoch } = kept;
  const isGranted = grants.length > 0;
  const asking = { ...state.alone.asking, anew: !isGranted };
  const lists = state.alone.lists.concat(kept.lists);
  const { heard, contactAt } = state.alone.clock;
  const clock = { ...state.alone.clock, contactAt: heard ? contactAt : kept.contactAt };
  const alone = { ...state.alone, grants, isGranted, order, admitted, lists, asking, clock };
  const telling = { ...state.telling, told: epoch };
  return { ...state, office: state.office ?? kept.office, alone, telling };
}

/** The hub may be there again: it is to be asked for numbers. */
export function askSoon(state: State): State {
  return { ...state, alone: { ...state.alone, asking: { ...state.alone.asking, isDue: true } } };
}

const lastingTexts = new WeakMap<Office, string>();

/** The office, without what changes with every visitor: that would wear the card. */
function lasting(whole: Office): string {
  const known = lastingTexts.get(whole);
  if (known !== undefined) return known;
  const { services, open: _, nextChange: __, ...office } = whole;
  const text = JSON.stringify({
    ...office,
    services: services.map(({ waiting: _waiting, estimateMinutes: _minutes, intake: _intake, ...service }) => service),
  });
  lastingTexts.set(whole, text);
  return text;
}

export function keepOffice(state: State, office: Office): Step {
  const next = { ...state, office };
  if (state.office && lasting(state.office) === lasting(office)) return stay(next);
  return { state: next, effects: [{ type: "keep", what: "office", office }] };
}

/**
 * The newest list of a day counts; those of days that are over are forgotten. Which these are is not known before the hub's
 * first beat, which comes after the lists: a clock that is a day ahead would lose those of today.
 */
export function keepList(state: State, list: TerminalAppointments): Step {
  const { lists, clock } = state.alone;
  const since = clock.heard ? today(state) : null;
  const others = lists.filter(({ day }) => day !== list.day && (since === null || day >= since));
  const next = { ...state, alone: { ...state.alone, lists: [...others, list] } };
  return { state: next, effects: [{ type: "keep", what: "list", list, since }] };
}
