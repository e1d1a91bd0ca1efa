import type { EntryProblem } from "./birthdate.ts";
import { entryProblem, isComplete } from "./birthdate.ts";
import type { Texts } from "./texts.ts";
import type { Phase, State } from "./types.ts";

/** A pad of digits, and what has been entered. */
export interface EntryScreen {
  kind: "entry";
  name: "birthdate" | "appointment-time";
  title: string;
  /** Digits that are entered, with what stands between them, and letters in the places of those to come. */
  entered: string;
  open: string;
  hint: string;
  /** What is wrong with it; empty where nothing is. */
  problem: string;
  complete: boolean;
  erase: string;
  enter: string;
  cancel: string;
}

type Entry = Extract<Phase, { name: "birthdate" | "appointment-time" }>;

const problemTexts = {
  day: "noSuchDay",
  month: "noSuchMonth",
  date: "noSuchDate",
  year: "noSuchYear",
  future: "dateInFuture",
  hour: "noSuchHour",
  minute: "noSuchMinute",
} as const satisfies Record<EntryProblem, keyof Texts>;

/** The pad on which a birth date or the time of an appointment is entered. */
export function entryScreen(state: State, phase: Entry, texts: Texts): EntryScreen {
  const isDate = phase.name === "birthdate";
  const problem = entryProblem(state, phase);
  return {
    kind: "entry",
    name: phase.name,
    title: isDate ? texts.birthdateTitle : texts.timeTitle,
    ...pattern(isDate ? texts.birthdatePattern : texts.timePattern, phase.digits),
    hint: isDate ? texts.birthdateHint : texts.timeHint,
    problem: problem ? texts[problemTexts[problem]] : "",
    complete: isComplete(state, phase),
    erase: texts.erase,
    enter: texts.enter,
    cancel: texts.cancel,
  };
}

/** `09.0M.JJJJ`: the digits in the places of a pattern's letters, as far as they go. */
function pattern(places: string, digits: string): { entered: string; open: string } {
  let next = 0;
  let entered = "";
  for (const [index, place] of [...places].entries()) {
    const isLetter = /\p{L}/u.test(place);
    if (isLetter && next === digits.length) return { entered, open: places.slice(index) };
    entered += isLetter ? digits[next] : place;
    if (isLetter) next += 1;
  }
  return { entered, open: "" };
}
