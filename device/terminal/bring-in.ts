import type { ErrorCode } from "../../protocol/errors.ts";
import type { Arguments } from "../../protocol/requests.ts";
import { verbs } from "../../protocol/requests.ts";
import { adoptedTicketsMax, reserveTicket } from "../../protocol/reserve.ts";
import { isLive } from "./liveness.ts";
import { mergeGrants, runsLow, today } from "./reserve.ts";
import { andThen, log, stay, withEffects } from "./step.ts";
import { mustTell } from "./telling.ts";
import { adopted, findTouch, isSettled } from "./touches.ts";
import type { Alone, AnswerState, Input, State, Step, Touch } from "./types.ts";

/** What is refused for good by the hub is brought once more after so many pauses between repeats. */
const refusedPauses = 12;
/**
 * Numbers of a day that has not begun by the hub's clock wait so long, in milliseconds, for that to be put right, as where
 * the hub came back without network and battery. After that it is this terminal that was wrong: in the hub's next day they
 * would be nobody's.
 */
const aheadMs = 2 * 3_600_000;

const withAlone = (state: State, changes: Partial<Alone>): State => ({
  ...state,
  alone: { ...state.alone, ...changes },
});

/** Whether a number of this day is to wait until the hub has its day. */
function isAhead(state: State, day: string | undefined): boolean {
  const { at, alone } = state;
  const { ahead } = alone;
  if (!ahead || day !== ahead.day) return false;
  // Until the next beat has told it, the hub's time is what it was taken for.
  return at < ahead.againAt || (today(state) < ahead.day && at < ahead.since + aheadMs);
}

/** The numbers that the hub does not know yet, in the order in which they were given. */
function toBringIn(state: State): Touch[] {
  const waiting = state.touches.filter(
    ({ reserve, step, ticket }) => reserve?.adopted === false && step !== "closed" && !isAhead(state, ticket?.day),
  );
  return waiting.sort((a, b) => (a.reserve?.order ?? 0) - (b.reserve?.order ?? 0));
}

type Item = Arguments<"ticket.adopt">["tickets"][number];

/** Undefined for one that the hub could not read: it would refuse the whole batch. */
function itemOf({ request, service, language, ticket, reserve, code }: Touch): Item | undefined {
  if (!ticket || !reserve) return undefined;
  const { order, clock, contactAt } = reserve;
  const { number, day, issuedAt } = ticket;
  const item = {
    ...{ request, number, day, service, issuedAt, order, clock, language },
    ...(contactAt === null ? {} : { contact: new Date(contactAt).toISOString() }),
    ...(code === null ? {} : { code }),
  };
  return reserveTicket.safeParse(item).success ? item : undefined;
}

/** Numbers that cannot be brought are left, so that they do not hold the others for ever. */
function leaveOut(state: State, touches: readonly Touch[]): Step {
  return touches.reduce<Step>((step, { request, ticket }) => {
    const left = log("warn", "a number cannot be brought to the hub", { request, number: ticket?.number });
    return withEffects(
      andThen(step, (next) => adopted(next, request, false)),
      left,
    );
  }, stay(state));
}

/**
 * While the hub is there: first it is brought what was given without it, at most a hundred numbers at a time and each batch
 * under its id until that is answered; then it is asked for numbers, on each connection, on a new day, and when few are left.
 */
export function talkToHub(state: State, input: Input): Step {
  if (!isLive(state) || !state.office) return stay(state);
  const { bringing, asking } = state.alone;
  if (bringing) return bringing.isSent || state.at < bringing.againAt ? stay(state) : bring(state, bringing);
  const waiting = toBringIn(state).slice(0, adoptedTicketsMax);
  if (waiting.length > 0 && state.at >= asking.pausedUntil) {
    const unreadable = waiting.filter((touch) => !itemOf(touch));
    if (unreadable.length > 0) return andThen(leaveOut(state, unreadable), (next) => talkToHub(next, input));
    return bring(state, { request: `adopt-${input.id}`, touches: waiting.map(({ request }) => request) });
  }
  const isDue = asking.isDue || asking.day !== today(state) || (asking.order < state.alone.order && runsLow(state));
  if (!isDue || asking.request !== null || waiting.length > 0 || state.at < asking.pausedUntil) return stay(state);
  const request = `reserve-${input.id}`;
  const { anew } = asking;
  const next = withAlone(state, { asking: { ...asking, request } });
  const timeoutMs = state.settings.limits.reportTimeoutMs;
  return withEffects(stay(next), {
    type: "request",
    request,
    verb: "reserve.get",
    args: anew ? { anew } : {},
    timeoutMs,
  });
}

function bring(state: State, { request, touches }: { request: string; touches: readonly string[] }): Step {
  const tickets = touches.flatMap((touch) => findTouch(state, touch) ?? []).flatMap((touch) => itemOf(touch) ?? []);
  if (tickets.length === 0) return stay(withAlone(state, { bringing: null }));
  const next = withAlone(state, { bringing: { request, touches, isSent: true, againAt: 0 } });
  const timeoutMs = state.settings.limits.reportTimeoutMs;
  return withEffects(stay(next), { type: "request", request, verb: "ticket.adopt", args: { tickets }, timeoutMs });
}

/** Takes the hub's answer to what `talkToHub` sent; undefined for an answer to anything else. */
export function hubTalkedBack(state: State, request: string, answer: AnswerState): Step | undefined {
  const { bringing, asking } = state.alone;
  if (bringing?.request === request) return broughtIn(state, bringing, answer);
  return asking.request === request ? granted(state, answer) : undefined;
}

function broughtIn(state: State, bringing: NonNullable<Alone["bringing"]>, answer: AnswerState): Step {
  const againAt = state.at + state.settings.limits.repeatMs;
  if (!isSettled(answer)) return stay(withAlone(state, { bringing: { ...bringing, isSent: false, againAt } }));
  const result = answer.state === "done" ? verbs["ticket.adopt"].result.safeParse(answer.result) : undefined;
  const ended = withAlone(state, { bringing: null });
  if (!result?.success) {
    const why = answer.state === "refused" ? answer.error.code : "the answer says nothing of them";
    const pausedUntil = state.at + refusedPauses * state.settings.limits.repeatMs;
    const paused = withAlone(ended, { asking: { ...state.alone.asking, pausedUntil } });
    return withEffects(stay(paused), log("warn", "numbers were not taken", { why, numbers: bringing.touches.length }));
  }
  const { adopted: taken, refused } = result.data;
  const first = taken.reduce<Step>(
    (step, { request }) => andThen(step, (next) => adopted(next, request, true)),
    stay(ended),
  );
  // One that goes on from a backup may not know the range yet, which it is told of first.
  if (mustTell(state)) return first;
  return refused.reduce<Step>((step, { request, number, error }) => {
    const next = andThen(step, (before) => notTaken(before, request, error.code));
    return withEffects(next, log("warn", "a number was not taken", { request, number, why: error.message }));
  }, first);
}

/** The hub does not take this number: never, or not yet. */
function notTaken(state: State, request: string, why: ErrorCode): Step {
  const { at, alone, settings } = state;
  const day = findTouch(state, request)?.ticket?.day;
  if (why !== "other-day" || day === undefined) return adopted(state, request, false);
  const since = alone.ahead?.day === day ? alone.ahead.since : at;
  if (at >= since + aheadMs) return adopted(state, request, false);
  return stay(withAlone(state, { ahead: { day, since, againAt: at + settings.limits.beatTimeoutMs } }));
}

function granted(state: State, answer: AnswerState): Step {
  const { asking, grants: held, order } = state.alone;
  const waits = { ...asking, request: null };
  if (!isSettled(answer)) {
    const pausedUntil = state.at + state.settings.limits.repeatMs;
    return stay(withAlone(state, { asking: { ...waits, isDue: true, pausedUntil } }));
  }
  const answered = { ...waits, isDue: false, day: today(state), order };
  const result = answer.state === "done" ? verbs["reserve.get"].result.safeParse(answer.result) : undefined;
  if (!result?.success) return stay(withAlone(state, { asking: answered }));
  const grants = mergeGrants(held, result.data.grants);
  const next = withAlone(state, { grants, isGranted: true, asking: { ...answered, anew: false } });
  return { state: next, effects: [{ type: "keep", what: "grants", grants }] };
}
