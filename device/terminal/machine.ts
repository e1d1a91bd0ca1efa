import { verbs } from "../../protocol/requests.ts";
import { chooseLanguage, startOver, takeTicket } from "./choosing.ts";
import { readPageTouch } from "./page-touch.ts";
import { giveUp, mayPrintCopy, paperCame, printCopy, printTicket } from "./paper.ts";
import { restart } from "./restart.ts";
import { andThen, enter, ignore, log, remember, stay, withEffects } from "./step.ts";
import { mainLanguage } from "./texts.ts";
import { findTouch, followUpAnswered, forgetClosed, isSettled, sendAgain, touchRefused, unstored } from "./touches.ts";
import type { Input, InputOf, InputType, Phase, PhaseName, Settings, State, Step } from "./types.ts";

type Phases = { [P in Phase as P["name"]]: P };
type StateIn<P extends PhaseName> = State & { readonly phase: Phases[P] };
type Row<P extends PhaseName, T extends InputType> = (state: StateIn<P>, input: InputOf<T>) => Step;
type Rows<P extends PhaseName> = { [T in InputType]: Row<P, T> };

/** The touch or key that a phase does something with; what any phase does with the others is in `touched`. */
type PageChoice = Extract<ReturnType<typeof readPageTouch>, { ok: true }>["value"];

const busy = (state: State, input: Input) => ignore(state, input, "busy with a visitor");

/** A touch on the page, once: language and print are everywhere, the rest is the phase's. */
function touched<P extends PhaseName>(
  then: (state: StateIn<P>, input: Input, touch: PageChoice) => Step,
): Row<P, "touch"> {
  return (state, input) => {
    const read = readPageTouch(input.input);
    if (!read.ok) return withEffects(stay(state), log("warn", "touch not understood", { reason: read.reason }));
    const touch = read.value;
    const seen = remember(state, touch.id);
    if (!seen) return ignore(state, input, "touch seen before");
    const next = { ...seen, touchedAt: input.at } as StateIn<P>;
    if (touch.do === "language") return chooseLanguage(next, input, touch.language);
    if (touch.do === "large") return stay({ ...next, large: touch.on });
    return then(next, input, touch);
  };
}

/** A key goes down; what happens is the phase's. A key that comes up again says nothing. */
function pressed<P extends PhaseName>(
  then: (state: StateIn<P>, input: Input, service: string) => Step,
): Row<P, "button"> {
  return (state, input) => {
    if (input.action === "release") return stay(state);
    const key = state.settings.keys.find(({ button }) => button === input.button);
    if (!key) return ignore(state, input, `no service on this key: ${input.button}`);
    return then({ ...state, touchedAt: input.at }, input, key.service);
  };
}

/** What is the same whatever the visitor is at. */
const everywhere: Rows<PhaseName> = {
  journal: (state, input) => ignore(state, input, "the journal is known"),
  touch: touched<PhaseName>(busy),
  button: pressed<PhaseName>(busy),
  scan: busy,
  status: (state, { peripheral, status }) =>
    stay({ ...state, peripherals: { ...state.peripherals, [peripheral]: status } }),
  office: (state, { office }) => stay({ ...state, office }),
  // The hub's retained word may come before the connection is said to be up: going up forgets nothing.
  link: (state, { up }) => stay(up ? { ...state, linkUp: true } : { ...state, linkUp: false, beatAt: null }),
  // A hub that is online counts as heard, so that nobody waits for its first beat; if the word is stale, none follows.
  hub: (state, { at, online }) => stay(online ? { ...state, beatAt: at, settleUntil: at } : { ...state, beatAt: null }),
  beat: (state, { at }) => stay({ ...state, beatAt: at, settleUntil: at }),
  answer: (state, { at, request, answer }) => followUpAnswered(state, at, request, answer),
  paper: (state, { job, outcome }) =>
    withEffects(stay(state), log("warn", "late print outcome", { job, outcome: outcome.outcome })),
  "store-failed": (state, { request }) => {
    const touch = findTouch(state, request);
    return touch ? unstored(state, touch) : stay(state);
  },
  identify: (state, { at }) => stay({ ...state, identifyUntil: at + state.settings.limits.identifyMs }),
  tick: (state) => stay(state),
};

/** A message that goes away by itself, or with the next visitor. */
const passing: Rows<PhaseName> = {
  ...everywhere,
  touch: touched((state, input, touch) => (touch.do === "done" ? stay(startOver(state)) : busy(state, input))),
  button: pressed((state, input, service) => takeTicket(startOver(state), input, service)),
  scan: scanned,
  tick: (state, { at }) => stay("until" in state.phase && at >= state.phase.until ? startOver(state) : state),
};

/** What a code stands for is not asked yet; its text never comes this far. */
function scanned(state: State, { at, symbology }: InputOf<"scan">): Step {
  const until = at + state.settings.limits.messageMs;
  return stay(enter({ ...state, touchedAt: at }, { name: "scanned", symbology, until }));
}

const asking: Rows<"asking"> = {
  ...everywhere,
  answer(state, input) {
    const { phase } = state;
    const touch = findTouch(state, phase.request);
    if (input.request !== phase.request || !touch) return everywhere.answer(state, input);
    const { answer } = input;
    if (!isSettled(answer)) {
      return giveUp(state, touch, answer.state === "unknown" ? answer.why : "the hub's store is unavailable");
    }
    if (answer.state === "done") {
      const result = verbs["ticket.issue"].result.safeParse(answer.result);
      if (!result.success) return giveUp(state, touch, "the answer holds no ticket");
      return printTicket(state, touch, result.data.ticket);
    }
    if (answer.state !== "refused") return stay(state);
    const until = input.at + state.settings.limits.messageMs;
    const { code } = answer.error;
    const refused = enter(state, { name: "refused", service: phase.service, error: answer.error, until });
    return withEffects(touchRefused(refused, touch), log("info", "ticket refused", { request: phase.request, code }));
  },
  tick(state, { at }) {
    if (at < state.phase.until) return stay(state);
    return giveUp(state, findTouch(state, state.phase.request), "no answer in time");
  },
  "store-failed": notWritten,
};

/** Without a record there is no ticket, if this is about the visitor who waits for one. */
function notWritten(state: StateIn<"asking" | "printing">, input: InputOf<"store-failed">): Step {
  const touch = findTouch(state, input.request);
  const step = everywhere["store-failed"](state, input);
  if (input.request !== state.phase.request || (touch?.step !== "sent" && touch?.step !== "issued")) return step;
  const until = input.at + state.settings.limits.messageMs;
  return { ...step, state: enter(step.state, { name: "unclear", until }) };
}

const printing: Rows<"printing"> = {
  ...everywhere,
  paper: (state, input) =>
    input.job === state.phase.job ? paperCame(state, state.phase, input.outcome) : everywhere.paper(state, input),
  tick(state, { at }) {
    if (at < state.phase.until) return stay(state);
    return paperCame(state, state.phase, { outcome: "unknown", sure: false, detail: "the printer said nothing" });
  },
  "store-failed": notWritten,
};

const taken: Rows<"taken"> = {
  ...passing,
  button: pressed((state, input, service) => {
    if (input.at < state.phase.since + state.settings.limits.takenLeastMs) return busy(state, input);
    return takeTicket(startOver(state), input, service);
  }),
};

const kept: Rows<"kept"> = {
  ...passing,
  touch: touched((state, input, touch) => {
    if (touch.do === "done") return stay(startOver(state));
    const { why, copies } = state.phase;
    const isOffered = mayPrintCopy(why, copies, state.settings.limits);
    return touch.do === "again" && isOffered ? printCopy(state, state.phase) : busy(state, input);
  }),
  button: pressed((state, input, service) => {
    const { keptMs, messageMs } = state.settings.limits;
    if (input.at < state.phase.until - keptMs + messageMs) return busy(state, input);
    return takeTicket(startOver(state), input, service);
  }),
  scan: busy,
  paper: (state, input) =>
    input.job === `${state.phase.request}.${state.phase.copies}`
      ? paperCame(state, state.phase, input.outcome)
      : everywhere.paper(state, input),
};

const choose: Rows<"choose"> = {
  ...everywhere,
  touch: touched((state, input, touch) =>
    touch.do === "choose"
      ? takeTicket(state, input, touch.service)
      : ignore(state, input, `nothing to do: ${touch.do}`),
  ),
  button: pressed((state, input, service) => takeTicket(state, input, service)),
  scan: scanned,
  tick(state, { at }) {
    const isUsual = state.language === mainLanguage && !state.large;
    return stay(isUsual || at < state.touchedAt + state.settings.limits.idleMs ? state : startOver(state));
  },
};

/**
 * The machine: what every input does in every phase. Time-outs and faults are inputs like any other, and an input that
 * cannot be has a row as well.
 */
export const table: { readonly [P in PhaseName]: Rows<P> } = {
  starting: { ...everywhere, journal: (state, { touches }) => restart(state, touches) },
  choose,
  asking,
  printing,
  taken,
  kept,
  refused: passing,
  unclear: passing,
  paused: passing,
  scanned: passing,
};

export function firstState(settings: Settings, at: number): State {
  return {
    settings,
    phase: { name: "starting" },
    at,
    settleUntil: at + settings.limits.beatTimeoutMs,
    language: mainLanguage,
    large: false,
    touchedAt: at,
    office: null,
    linkUp: false,
    beatAt: null,
    peripherals: {},
    touches: [],
    repeatAt: null,
    inFlight: [],
    seenIds: [],
    taken: {},
    pauses: {},
    identifyUntil: 0,
  };
}

/** One input, whole: its row, and what time alone brings about. Pure; never throws. */
export function step(state: State, input: Input): Step {
  const now = { ...state, at: input.at };
  const rows = table[now.phase.name] as { [T in InputType]: (state: State, input: Input) => Step };
  const first = rows[input.type](now, input);
  const due = andThen(first, (next) =>
    next.repeatAt !== null && next.at >= next.repeatAt ? sendAgain(next) : stay(next),
  );
  return { state: forgetClosed(due.state), effects: due.effects };
}
