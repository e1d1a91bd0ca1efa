import { verbs } from "../../protocol/requests.ts";
import { editEntry, mayEnterAgain, openEntry } from "./birthdate.ts";
import { hubTalkedBack, talkToHub } from "./bring-in.ts";
import { checked, checkedInVain, nextScan, scanned, scannedMeanwhile } from "./check-in.ts";
import { chooseLanguage, startOver, takeTicket } from "./choosing.ts";
import { heardHub, lostHub, withTime } from "./hub-time.ts";
import { askSoon, keepList, keepOffice, recall } from "./keeping.ts";
import { isIdleLimited } from "./liveness.ts";
import { readPageTouch } from "./page-touch.ts";
import { goAlone, mayPrintCopy, paperCame, printCopy, printTicket, printUnwritten } from "./paper.ts";
import { leaveOld, leaveShown, lookedBack, ofLongAgo, restart } from "./restart.ts";
import { andThen, enter, ignore, log, remember, stay, withEffects } from "./step.ts";
import { heardEpoch, hubWasTold, mustTell, recalled, tellHub } from "./telling.ts";
import { mainLanguage } from "./texts.ts";
import {
  findTouch,
  followUpAnswered,
  forgetClosed,
  isSettled,
  leavesNoTicket,
  ownerOf,
  report,
  sendAgain,
  touchRefused,
  unstored,
} from "./touches.ts";
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
  scan: scannedMeanwhile,
  status: (state, { peripheral, status }) =>
    stay({ ...state, peripherals: { ...state.peripherals, [peripheral]: status } }),
  office: (state, { office }) => keepOffice(state, office),
  list: (state, { list }) => keepList(state, list),
  // The hub's retained word may come before the connection is said to be up: going up forgets nothing.
  link: (state, { up }) => (up ? stay(askSoon({ ...state, linkUp: true })) : lostHub({ ...state, linkUp: false })),
  // A hub that is online counts as heard, so that nobody waits for its next beat; if the word is stale, none follows. The
  // first of all is waited for: by the terminal's own clock it may be another day, about which the hub would be told.
  hub(state, { at, online, epoch }) {
    if (!online) return lostHub(state);
    const known = askSoon(heardEpoch(state, epoch));
    return stay(known.alone.clock.heard ? { ...known, beatAt: at, settleUntil: at } : known);
  },
  beat: (state, { at, epoch }) =>
    andThen(heardHub(heardEpoch({ ...state, beatAt: at, settleUntil: at }, epoch)), (next) => stay(leaveOld(next))),
  recalled,
  answer: (state, { at, request, answer }) =>
    hubWasTold(state, request, answer) ??
    hubTalkedBack(state, request, answer) ??
    followUpAnswered(state, at, request, answer),
  paper(state, { job, outcome }) {
    // A ticket of long ago, which nobody waits for: the printer was asked for it after a restart.
    const asked = findTouch(state, ownerOf(job));
    if (asked?.step === "issued") return ofLongAgo(state, asked, outcome);
    // Whatever was said of it meanwhile, somebody has it.
    const isOut = outcome.outcome === "printed" && asked?.step !== "withdrawing";
    const step = isOut ? report(state, ownerOf(job), outcome) : stay(state);
    return withEffects(step, log("warn", "late print outcome", { job, outcome: outcome.outcome }));
  },
  "store-failed": (state, { request, step }) => {
    const touch = findTouch(state, request);
    return touch ? unstored(state, touch, step) : stay(state);
  },
  identify: (state, { at }) => stay({ ...state, identifyUntil: at + state.settings.limits.identifyMs }),
  tick: (state) => stay(state),
};

/** Whoever was not found by his birth date may have mistyped it. */
const mayTryAgain = ({ phase }: State) => phase.name === "turned-away" && mayEnterAgain(phase);

/** A message that goes away by itself, or with the next visitor. */
const passing: Rows<PhaseName> = {
  ...everywhere,
  touch: touched((state, input, touch) => {
    if (touch.do === "done") return stay(startOver(state));
    return touch.do === "birthdate" && mayTryAgain(state) ? openEntry(state, input) : busy(state, input);
  }),
  button: pressed((state, input, service) => takeTicket(startOver(state), input, service)),
  scan: scanned,
  tick: (state, { at }) => stay("until" in state.phase && at >= state.phase.until ? startOver(state) : state),
};

const asking: Rows<"asking"> = {
  ...everywhere,
  answer(state, input) {
    const { phase } = state;
    const touch = findTouch(state, phase.request);
    if (input.request !== phase.request || !touch) return everywhere.answer(state, input);
    const { answer } = input;
    if (!isSettled(answer)) {
      return goAlone(state, touch, answer.state === "unknown" ? answer.why : "the hub's store is unavailable");
    }
    if (answer.state === "done") {
      const result = verbs["ticket.issue"].result.safeParse(answer.result);
      if (!result.success) return goAlone(state, touch, "the answer holds no ticket");
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
    return goAlone(state, findTouch(state, state.phase.request), "no answer in time");
  },
  "store-failed": notWritten,
};

/** Without a record there is no ticket, if this is about the visitor who waits for one and was not checked in by the hub. */
function notWritten(state: StateIn<"asking" | "printing" | "kept">, input: InputOf<"store-failed">): Step {
  const { phase } = state;
  const touch = findTouch(state, input.request);
  const step = everywhere["store-failed"](state, input);
  if (input.request !== phase.request || !touch) return step;
  if (!leavesNoTicket(touch, input.step)) {
    const isLeftOut = phase.name === "printing" && input.step === "issued" && touch.reserve === null;
    return isLeftOut ? andThen(step, (next) => printUnwritten(next, phase)) : step;
  }
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

const lookingBack: Rows<"looking-back"> = {
  ...everywhere,
  paper: (state, input) =>
    ownerOf(input.job) === state.phase.request
      ? lookedBack(state, state.phase, input.outcome)
      : everywhere.paper(state, input),
  tick(state, { at }) {
    if (at < state.phase.until) return stay(state);
    // What the printer may still say of it is reported, and shown to nobody.
    if (state.phase.isDoubtful) return stay(enter(state, { name: "choose" }));
    return lookedBack(state, state.phase, { outcome: "unknown", sure: false, detail: "the printer said nothing" });
  },
};

const checking: Rows<"checking"> = {
  ...everywhere,
  answer: (state, input) =>
    input.request === state.phase.request ? checked(state, state.phase, input.answer) : everywhere.answer(state, input),
  tick: (state, { at }) => (at < state.phase.until ? stay(state) : checkedInVain(state, state.phase)),
};

/** Digits are being entered. Whoever shows a code or presses a key meanwhile has thought better of it. */
const entering: Rows<"birthdate" | "appointment-time"> = {
  ...everywhere,
  touch: touched((state, input, touch) =>
    touch.do === "done" ? stay(startOver(state)) : editEntry(state, state.phase, input, touch),
  ),
  button: pressed((state, input, service) => takeTicket(startOver(state), input, service)),
  scan: scanned,
  tick: leaveWhenIdle,
};

const taken: Rows<"taken"> = {
  ...passing,
  scan: scannedMeanwhile,
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
  scan: scannedMeanwhile,
  paper: (state, input) =>
    input.job === `${state.phase.request}.${state.phase.copies}`
      ? paperCame(state, state.phase, input.outcome)
      : everywhere.paper(state, input),
  "store-failed": notWritten,
};

const choose: Rows<"choose"> = {
  ...everywhere,
  touch: touched((state, input, touch) => {
    if (touch.do === "choose") return takeTicket(state, input, touch.service);
    return touch.do === "birthdate" ? openEntry(state, input) : ignore(state, input, `nothing to do: ${touch.do}`);
  }),
  button: pressed((state, input, service) => takeTicket(state, input, service)),
  scan: scanned,
  tick: leaveWhenIdle,
};

function leaveWhenIdle(state: State, { at }: InputOf<"tick">): Step {
  const isDue = isIdleLimited(state) && at >= state.touchedAt + state.settings.limits.idleMs;
  return stay(isDue ? startOver(state) : state);
}

/**
 * The machine: what every input does in every phase. Time-outs and faults are inputs like any other, and an input that
 * cannot be has a row as well.
 */
export const table: { readonly [P in PhaseName]: Rows<P> } = {
  starting: {
    ...everywhere,
    journal: (state, { touches, last, kept }) => restart(kept ? recall(state, kept) : state, touches, last),
  },
  choose,
  asking,
  printing,
  "looking-back": lookingBack,
  taken,
  kept,
  refused: passing,
  unclear: passing,
  paused: passing,
  birthdate: entering,
  "appointment-time": entering,
  checking,
  "turned-away": passing,
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
    scans: [],
    hubAt: at,
    alone: {
      clock: { sure: false, heard: false, contactAt: null, keptAt: null },
      grants: [],
      isGranted: false,
      order: 0,
      admitted: [],
      lists: [],
      ahead: null,
      bringing: null,
      asking: { request: null, isDue: true, anew: true, day: "", order: 0, pausedUntil: 0 },
    },
    telling: { told: null, heard: null, page: null },
  };
}

/** First what a hub that goes on from a backup does not know: by that it judges the rest. Before the journal was read: nothing. */
function sayWhatIsDue(state: State, input: Input): Step {
  if (state.phase.name === "starting") return stay(state);
  return mustTell(state) ? tellHub(state) : talkToHub(state, input);
}

/** One input, whole: its row, and what time alone brings about. Pure; never throws. */
export function step(state: State, input: Input): Step {
  const now = withTime(state, input);
  const rows = table[now.phase.name] as { [T in InputType]: (state: State, input: Input) => Step };
  const first = rows[input.type](now, input);
  const due = andThen(first, (next) =>
    next.repeatAt !== null && next.at >= next.repeatAt ? sendAgain(next) : stay(next),
  );
  const talked = andThen(due, (next) => sayWhatIsDue(next, input));
  const served = andThen(talked, (told) => nextScan(told, input));
  const next = andThen(served, (after) => leaveShown(now, after));
  return { state: forgetClosed(next.state), effects: next.effects };
}
