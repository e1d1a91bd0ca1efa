import type { Clock, PrintOutcome } from "../ports.ts";
import type { Conversation } from "./conversation.ts";
import { confirmationIds, confirmedInTime, unknown } from "./job.ts";
import { confirmationIdOf, judgeMarks, nothingArrived } from "./marks.ts";
import type { Monitor } from "./monitor.ts";
import type { PrinterProfile } from "./profiles.ts";
import { canPrint, statusOf } from "./status.ts";

/** Until there is a link to the printer; one that was switched on together with this machine is up by then. */
export const reachTimeoutMs = 8_000;

/** What a job of an earlier start left behind. */
export interface Aftermath {
  outcome: PrintOutcome;
  /** Whether a part of it may be on the paper, not cut off. */
  remains: boolean;
}

/**
 * Asks the printer what became of a job that an earlier start of this program handed over and heard no more of. What it
 * still has of it comes out first; then its confirmation, if it had to keep it back, and its memory tell the rest. What
 * it does not tell is unknown: neither that it is well says that it has printed, nor that it has no paper that it has not.
 */
export async function lookBack(
  job: string,
  monitor: Monitor,
  profile: PrinterProfile,
  clock: Clock,
): Promise<Aftermath> {
  const given = (outcome: PrintOutcome): Aftermath => {
    return { outcome, remains: outcome.outcome !== "printed" && outcome.detail !== nothingArrived };
  };
  if (!profile.confirmsPrinting) return given(unknown("this printer does not say what it has printed"));
  return new Promise((resolve) => {
    const settle = (outcome: PrintOutcome) => {
      cancel();
      unwatch();
      monitor.lookNoMore();
      resolve(given(outcome));
    };
    const cancel = clock.after(reachTimeoutMs, () => settle(unknown(`not asked: ${monitor.absence}`)));
    const unwatch = monitor.watch((news) => {
      if (news.kind === "lost") settle(unknown(`connection lost while asking: ${news.reason}`));
    });
    const isFirst = monitor.lookFirst(async (talk) => {
      cancel();
      const { outcome, marks } = await ask(talk, job, monitor, clock);
      settle(outcome);
      return marks;
    });
    if (!isFirst) settle(unknown("asked too late"));
  });
}

async function ask(
  talk: Conversation,
  job: string,
  monitor: Monitor,
  clock: Clock,
): Promise<{ outcome: PrintOutcome; marks: Iterable<string> }> {
  const printed = { outcome: "printed", sure: true, detail: "confirmed after a restart" } as const;
  const isConfirmed = () => talk.hasConfirmed(confirmationIdOf(job));
  const otherwise = (detail: string) => ({ outcome: isConfirmed() ? printed : unknown(detail), marks: [] });
  const facts = await monitor.learn();
  if (!facts) return otherwise("the printer does not answer");
  // It obeys nothing until somebody has helped it, and then it is to begin anew.
  if (!canPrint(facts)) return otherwise(statusOf(facts).detail);
  try {
    await talk.endCommand();
  } catch (error) {
    return otherwise((error as Error).message);
  }
  const isAtRest = await confirmedInTime(talk, confirmationIds(clock)(), monitor, clock);
  if (!isAtRest) return otherwise("the printer does not confirm");
  const marks = await talk.askMarks();
  if (!marks) return otherwise("this printer does not say what it has printed");
  return { outcome: isConfirmed() ? printed : judgeMarks(job, marks), marks };
}
