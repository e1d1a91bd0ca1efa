import { hashCheckInCode, readCheckInCode } from "../../protocol/check-in-code.ts";
import type { ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import { verbs } from "../../protocol/requests.ts";
import { checkInAlone } from "./alone.ts";
import { startOver } from "./choosing.ts";
import { scansMax } from "./limits.ts";
import { freeAt, isLive, isSettling } from "./liveness.ts";
import { printAdmitted } from "./paper.ts";
import { enter, ignore, log, stay, withEffects } from "./step.ts";
import { findTouch, isSettled } from "./touches.ts";
import type { AnswerState, Input, InputOf, Phase, Proof, Scan, State, Step } from "./types.ts";

function turnAway(state: State, way: Proof["way"], error: ProtocolError): State {
  return enter(state, { name: "turned-away", way, error, until: state.at + state.settings.limits.messageMs });
}

const noAnswer = () => refuse("unavailable", "the hub does not answer");

/** Asks the hub about a code. What is none of ours need not be asked about. */
function askByCode(state: State, input: Input, { text, shownAt }: Scan): Step {
  if (!readCheckInCode(text)) return stay(turnAway(state, "code", refuse("bad-code", "not a check-in code")));
  return ask(state, input, { way: "code", text }, shownAt);
}

/**
 * Asks the hub whom it may let in. The input's id becomes the request's. While the hub has not heard of the number that the
 * holder of a code got here, it would give him another one.
 *
 * @param shownAt when it was shown or entered, as `Instant.at`. What that is by the hub's clock is reckoned only now: a
 * terminal that has just been switched on learns it while a code waits.
 */
export function ask(state: State, input: Input, proof: Proof, shownAt: number): Step {
  const { id } = input;
  const readAt = state.hubAt - (state.at - shownAt);
  if (state.office?.emergency !== undefined) return ignore(state, input, "an emergency");
  if (!isLive(state) || isToBringIn(state, proof)) {
    return proof.way === "code" ? byCodeAlone(state, id, proof.text, readAt) : vain(state, proof.way);
  }
  const { answerTimeoutMs, reportTimeoutMs } = state.settings.limits;
  // By a birth date there is no number from the reserve that would make waiting needless.
  const timeoutMs = proof.way === "code" ? answerTimeoutMs : reportTimeoutMs;
  const shown =
    proof.way === "code"
      ? { code: proof.text }
      : { birthdate: proof.birthdate, ...(proof.time === undefined ? {} : { time: proof.time }) };
  const args = { ...shown, at: new Date(readAt).toISOString() };
  // A hub that comes to a birth date only when its owner was sent away would give him a number that he never sees.
  const valid = proof.way === "code" ? {} : { validUntil: new Date(input.hubTime + timeoutMs).toISOString() };
  const checking = enter(state, { name: "checking", request: id, proof, readAt, until: state.at + timeoutMs });
  const verb = "appointment.check-in";
  return withEffects(stay(checking), { type: "request", request: id, verb, args, timeoutMs, ...valid });
}

/** A code was shown while the screen is free. Right after the start the hub is given the time to be heard. */
export function scanned(state: State, input: InputOf<"scan">): Step {
  if (isSettling(state)) return scannedMeanwhile(state, input);
  return askByCode({ ...state, touchedAt: input.at }, input, { text: input.text, shownAt: input.at });
}

/** A code was shown while nobody can be asked or somebody else is being served: it waits, with the time at which it was read. */
export function scannedMeanwhile(state: State, input: InputOf<"scan">): Step {
  const { text, at } = input;
  const { phase } = state;
  const isAsked = phase.name === "checking" && phase.proof.way === "code" && phase.proof.text === text;
  if (!readCheckInCode(text)) return ignore(state, input, "not a check-in code");
  const isKnown = isAsked || isBeingServed(state, text) || state.scans.some((scan) => scan.text === text);
  if (isKnown) return ignore(state, input, "the same code again");
  if (state.scans.length >= scansMax) return ignore(state, input, "too many codes wait");
  return stay({ ...state, scans: [...state.scans, { text, shownAt: at }] });
}

/** Whether the paper for this code is coming out, while the telephone is still before the scanner. */
const isBeingServed = (state: State, text: string): boolean =>
  (state.phase.name === "printing" || state.phase.name === "taken") &&
  findTouch(state, state.phase.request)?.code === hashCheckInCode(text);

/** The next code that waits has its turn as soon as the screen is free. */
export function nextScan(state: State, input: Input): Step {
  const [next, ...scans] = state.scans;
  if (!next || state.at < freeAt(state) || isSettling(state)) return stay(state);
  return askByCode({ ...startOver(state), scans }, input, next);
}

/** Whether a number of the reserve was given for a code that the hub is still to be told of. */
function isToBringIn({ touches }: State, proof: Proof): boolean {
  if (proof.way !== "code") return false;
  const hash = hashCheckInCode(proof.text);
  return touches.some(({ code, reserve, step }) => code === hash && reserve?.adopted === false && step !== "closed");
}

type Checking = Extract<Phase, { name: "checking" }>;

/** What the hub said about the code or the birth date. */
export function checked(state: State, phase: Checking, answer: AnswerState): Step {
  const { request, proof } = phase;
  if (answer.state === "unknown" || !isSettled(answer)) return checkedInVain(state, phase);
  if (answer.state === "refused") {
    const { error } = answer;
    const refused = log("info", "check-in refused", { request, code: error.code });
    const isAskedFurther = error.code === "ambiguous" && proof.way === "birthdate" && proof.time === undefined;
    const next = isAskedFurther ? askForTime(state, proof.birthdate) : turnAway(state, proof.way, error);
    return withEffects(stay(next), refused);
  }
  const result = verbs["appointment.check-in"].result.safeParse(answer.result);
  if (!result.success) return checkedInVain(state, phase);
  return printAdmitted(state, request, result.data.ticket, proof.way === "code" ? hashCheckInCode(proof.text) : null);
}

/** Whoever must enter more has all the time for it that he had before. */
function askForTime(state: State, birthdate: string): State {
  return enter({ ...state, touchedAt: state.at }, { name: "appointment-time", birthdate, digits: "", enteredAt: 0 });
}

/**
 * The hub does not answer. By a code he is checked in here, and the number on that paper counts, whatever the hub did; by a
 * birth date nobody knows whether he is: asking again tells, and gives the same number.
 */
export function checkedInVain(state: State, { request, proof, readAt }: Checking): Step {
  const step = proof.way === "code" ? byCodeAlone(state, request, proof.text, readAt) : vain(state, proof.way);
  return withEffects(step, log("warn", "check-in without an answer"));
}

const vain = (state: State, way: Proof["way"]): Step => stay(turnAway(state, way, noAnswer()));

function byCodeAlone(state: State, request: string, text: string, readAt: number): Step {
  const judged = checkInAlone(state, request, text, readAt);
  return judged.ok ? judged.step : stay(turnAway(state, "code", judged.error));
}
