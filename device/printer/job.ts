import type { Clock, PrintOutcome } from "../ports.ts";
import type { Conversation } from "./conversation.ts";
import { encodeSeparation } from "./encoder.ts";
import { confirmationIdOf } from "./marks.ts";
import type { Monitor } from "./monitor.ts";
import type { PrinterProfile } from "./profiles.ts";
import { canPrint, type PrinterFacts, statusOf } from "./status.ts";

/** From the last byte to the printer's word that all is printed; a ticket takes one to two seconds. */
export const confirmTimeoutMs = 10_000;
/** A ticket that used up the last paper is still confirmed after the paper end was told: this long it may take. */
export const confirmGraceMs = 1_000;
/** A printer that confirms nothing is asked after this time, when trouble with the ticket would have shown. */
export const settleMs = 1_000;

/** How far a job came: from the first byte on, nobody can be sure that nothing was printed. */
export interface JobProgress {
  sent: boolean;
  /** Its outcome is told already: nothing may be sent any more. */
  over: boolean;
}

export interface JobRunner {
  /** Sends an encoded receipt and finds out what became of it. `job`: its name, if it has one. */
  run(bytes: Buffer, progress: JobProgress, job?: string): Promise<PrintOutcome>;
  /** Half a ticket of an earlier start may be on the paper: the next one is cut apart from it. */
  partFromEarlier(): void;
}

/** The policy of printing: when a job may be sent, and what may be said about it afterwards. */
export function createJobRunner(monitor: Monitor, profile: PrinterProfile, clock: Clock): JobRunner {
  /** The last job may have left half a ticket on the paper. */
  let brokenOff = false;
  const nextId = confirmationIds(clock);

  async function run(bytes: Buffer, progress: JobProgress, name?: string): Promise<PrintOutcome> {
    const refusal = await findRefusal();
    if (refusal !== undefined) return { outcome: "failed", sure: true, detail: refusal };
    const talk = monitor.conversation;
    if (!talk || progress.over) return { outcome: "failed", sure: true, detail: monitor.absence };
    talk.interrupt();
    const job = brokenOff ? Buffer.concat([encodeSeparation(profile), bytes]) : bytes;
    brokenOff = true;
    progress.sent = true;
    try {
      await talk.send(job);
    } catch (error) {
      monitor.drop((error as Error).message);
      return unknown(`broke off: ${(error as Error).message}`);
    }
    if (profile.writtenIsPrinted) return finish({ outcome: "printed", sure: false, detail: "written" });
    const id = name === undefined ? nextId() : confirmationIdOf(name);
    return profile.confirmsPrinting ? await awaitConfirmation(id) : await awaitSilence();
  }

  /** Why the printer cannot print now. Asks only when its state is not known to be good. */
  async function findRefusal(): Promise<string | undefined> {
    if (!monitor.conversation) return monitor.absence;
    if (monitor.isKnownGood()) return undefined;
    const facts = await monitor.learn();
    if (facts) return canPrint(facts) ? undefined : statusOf(facts).detail;
    // One that never said a word may be on a line that goes one way only; one that did is better left alone.
    return monitor.answers ? "the printer stopped answering" : undefined;
  }

  async function awaitConfirmation(id: string): Promise<PrintOutcome> {
    const talk = monitor.conversation;
    const confirmed = talk !== undefined && (await confirmedInTime(talk, id, monitor, clock));
    if (confirmed) return finish({ outcome: "printed", sure: true, detail: "" });
    return judge(await learnAfter(), unknown("the printer did not confirm the ticket"));
  }

  async function awaitSilence(): Promise<PrintOutcome> {
    await pauseUnlessLost(settleMs);
    return judge(await learnAfter(), { outcome: "printed", sure: false, detail: "not confirmed by this printer" });
  }

  /** What the state of the printer after a job says about it; `whenGood` where it is able to print on. */
  function judge(facts: PrinterFacts | "lost" | "silent", whenGood: PrintOutcome): PrintOutcome {
    if (facts === "lost") return unknown(`connection lost while printing: ${monitor.absence}`);
    if (facts === "silent") {
      if (!monitor.answers) return finish(unknown("this printer says nothing"));
      monitor.drop("the printer stopped answering while printing");
      return unknown("the printer stopped answering while printing");
    }
    if (canPrint(facts)) return finish(whenGood);
    // What is still on its way must not come out of the printer when it has been helped.
    monitor.drop("trouble while printing");
    return unknown(`${statusOf(facts).detail} while printing`);
  }

  async function learnAfter(): Promise<PrinterFacts | "lost" | "silent"> {
    const talk = monitor.conversation;
    if (!talk) return "lost";
    const facts = await monitor.learn();
    if (facts) return facts;
    return monitor.conversation === talk ? "silent" : "lost";
  }

  function pauseUnlessLost(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        unwatch();
        cancel();
        resolve();
      };
      const cancel = clock.after(ms, done);
      const unwatch = monitor.watch((news) => {
        if (news.kind === "lost") done();
      });
    });
  }

  function finish(outcome: PrintOutcome): PrintOutcome {
    brokenOff = false;
    return outcome;
  }

  return {
    run,
    partFromEarlier() {
      brokenOff = true;
    },
  };
}

/** Ids for what has no name; none comes again soon. */
export function confirmationIds(clock: Clock): () => string {
  let last = clock.now();
  return () => {
    last += 1;
    return last.toString(36).slice(-4).padStart(4, "0");
  };
}

/** Whether the printer confirms in time that it has printed all it got; sooner false where it cannot any more. */
export function confirmedInTime(talk: Conversation, id: string, monitor: Monitor, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    let cancelGrace: (() => void) | undefined;
    const unwatch = monitor.watch((news) => {
      if (news.kind === "lost") settle(false);
      else if (!canPrint(news.facts)) cancelGrace ??= clock.after(confirmGraceMs, () => settle(false));
    });
    const settle = (confirmed: boolean) => {
      unwatch();
      cancelGrace?.();
      resolve(confirmed);
    };
    talk.confirm(id, confirmTimeoutMs).then(settle);
  });
}

export function unknown(detail: string): PrintOutcome {
  return { outcome: "unknown", sure: false, detail };
}
