import type { Office, TerminalAppointments } from "../../protocol/messages.ts";
import { recallTime } from "./hub-time.ts";
import { today } from "./reserve.ts";
import { stay } from "./step.ts";
import type { Kept, State, Step } from "./types.ts";

/** What the journal knew of the time before this start. */
export function recall(state: State, kept: Kept, hubTime: number): State {
  const timed = recallTime(state, hubTime, kept);
  const { grants, order, admitted, lists, epoch } = kept;
  const isGranted = grants.length > 0;
  const asking = { ...timed.alone.asking, anew: !isGranted };
  const alone = { ...timed.alone, grants, isGranted, order, admitted, lists: timed.alone.lists.concat(lists), asking };
  const telling = { ...timed.telling, told: epoch };
  return { ...timed, office: timed.office ?? kept.office, alone, telling };
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

/** The newest list of a day counts; those of days that are over are forgotten. */
export function keepList(state: State, list: TerminalAppointments): Step {
  const day = today(state);
  const others = state.alone.lists.filter((other) => other.day !== list.day && other.day >= day);
  const next = { ...state, alone: { ...state.alone, lists: [...others, list] } };
  return { state: next, effects: [{ type: "keep", what: "list", list, today: day }] };
}
