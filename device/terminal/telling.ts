import type { JournalTicket } from "../../protocol/journal.ts";
import { journalTicket, reportedGrantsMax } from "../../protocol/journal.ts";
import type { Arguments } from "../../protocol/requests.ts";
import { verbs } from "../../protocol/requests.ts";
import { isLive } from "./liveness.ts";
import { today } from "./reserve.ts";
import { log, stay, withEffects } from "./step.ts";
import { isSettled } from "./touches.ts";
import type { AnswerState, InputOf, State, Step, Telling, TellingPage, Touch } from "./types.ts";

const withTelling = (state: State, changes: Partial<Telling>): State => ({
  ...state,
  telling: { ...state.telling, ...changes },
});

/** The hub said in which epoch it is. */
export const heardEpoch = (state: State, epoch: number | undefined): State =>
  epoch === undefined ? state : withTelling(state, { heard: epoch });

/** Whether the hub goes on from a backup and has not been told what has happened since. */
export const mustTell = ({ telling: { heard, told } }: State): boolean => heard !== null && heard !== told;

/** Tells the hub, page by page, what the journal knows of the day; each page under its id until that is answered. */
export function tellHub(state: State): Step {
  const { heard, page } = state.telling;
  if (heard === null || !mustTell(state) || !isLive(state) || !state.office) return stay(state);
  if (page?.epoch !== heard) return read(state, heard, today(state), 0);
  if (!page.content || page.isSent || state.at < page.againAt) return stay(state);
  const { request, touches, next } = page.content;
  const args: Arguments<"journal.report"> = {
    epoch: page.epoch,
    tickets: touches.flatMap(itemOf),
    done: next === null,
    ...(page.after === 0 ? { grants: grantsOf(state, page.day) } : {}),
  };
  const timeoutMs = state.settings.limits.reportTimeoutMs;
  const sent = withTelling(state, { page: { ...page, isSent: true } });
  return withEffects(stay(sent), { type: "request", request, verb: "journal.report", args, timeoutMs });
}

function read(state: State, epoch: number, day: string, after: number): Step {
  const page: TellingPage = { epoch, day, after, content: null, isSent: false, againAt: 0 };
  return withEffects(stay(withTelling(state, { page })), { type: "recall", day, after });
}

/** What it holds for the day and those to come. */
const grantsOf = ({ alone }: State, day: string) =>
  alone.grants
    .filter((range) => range.day >= day)
    .slice(0, reportedGrantsMax)
    .map(({ next: _, ...range }) => range);

/**
 * A ticket as the hub is told of it. Those that it will be brought by `ticket.adopt` are left out, and those of which nobody
 * has a paper: they were withdrawn.
 */
function itemOf({ request, language, step, ticket, report, reserve, code }: Touch): JournalTicket[] {
  if (!ticket || reserve?.adopted === false || step === "withdrawing") return [];
  if (step === "closed" && !report) return [];
  const { number, day, service, services, kind, issuedAt, earnedAt, persons, appointmentAt, appointment } = ticket;
  const item = {
    ...{ request, number, day, service, services, kind, issuedAt, earnedAt, persons, language },
    ...(appointmentAt === undefined ? {} : { appointmentAt }),
    ...(appointment === undefined ? {} : { appointment }),
    ...(code === null ? {} : { code }),
    ...(report ? { paper: { outcome: report.outcome, sure: report.sure } } : {}),
    ...(reserve ? { reserve: reserveOf(reserve) } : {}),
  };
  // One that the hub could not read would have it refuse the whole page.
  return journalTicket.safeParse(item).success ? [item] : [];
}

const reserveOf = ({ order, clock, contactAt }: NonNullable<Touch["reserve"]>) => ({
  order,
  clock,
  ...(contactAt === null ? {} : { contact: new Date(contactAt).toISOString() }),
});

/** The journal gave a page. */
export function recalled(state: State, { id, after, touches, next }: InputOf<"recalled">): Step {
  const { page } = state.telling;
  if (!page || page.content || page.after !== after) return stay(state);
  const content = { request: `journal-${id}`, touches, next };
  return stay(withTelling(state, { page: { ...page, content } }));
}

/** Takes the hub's answer to a page; undefined for an answer to anything else. */
export function hubWasTold(state: State, request: string, answer: AnswerState): Step | undefined {
  const { page } = state.telling;
  if (page?.content?.request !== request) return undefined;
  if (!isSettled(answer)) {
    const againAt = state.at + state.settings.limits.repeatMs;
    return stay(withTelling(state, { page: { ...page, isSent: false, againAt } }));
  }
  const { epoch, day } = page;
  if (answer.state === "refused") {
    // It is told again after the next start, or in the next epoch.
    const why = answer.error.message;
    return withEffects(
      stay(withTelling(state, { told: epoch, page: null })),
      log("warn", "the hub does not take what the journal knows", { epoch, why }),
    );
  }
  const { next } = page.content;
  const step = next === null ? told(state, epoch) : read(state, epoch, day, next);
  const result = verbs["journal.report"].result.safeParse(answer.state === "done" ? answer.result : undefined);
  const refused = result.success ? result.data.refused : [];
  const lines = refused.map(({ number, error }) =>
    log("warn", "a number was not taken", { number, why: error.message }),
  );
  return withEffects(step, ...lines);
}

function told(state: State, epoch: number): Step {
  const next = withTelling(state, { told: epoch, page: null });
  return { state: next, effects: [{ type: "keep", what: "epoch", epoch }] };
}
