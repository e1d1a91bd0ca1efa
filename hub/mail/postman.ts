import type { OfficeClock } from "../clock.ts";
import type { HubLog } from "../log.ts";
import type { Spool, SpooledMail } from "../store/spool.ts";
import { renderMail } from "./render.ts";
import type { MailTransport, MailVerdict } from "./transport.ts";
import { MailError } from "./transport.ts";
import type { MailOffice } from "./wording.ts";

const minuteMs = 60_000;
/** How long a mail waits after each attempt in vain, in milliseconds; the last one goes for all that follow. */
const mailBackoffMs = [1, 5, 15, 60].map((minutes) => minutes * minuteMs);
/** How long all mails wait when there is nobody to take them, in milliseconds: a reservation holds for two hours only. */
const serverBackoffMs = [10_000, 30_000, minuteMs, 5 * minuteMs];
/** Attempts in a row that find no server before staff are told: one that is started anew is none of their business. */
const alarmAttempts = 3;
/** A mail that is on its way when the hub stops has so long to arrive, in milliseconds. */
const stopMs = 2_000;
/** The spool is looked at after so long even if nothing seems to be due, and not more often, in milliseconds. */
const lookMaxMs = 60 * minuteMs;
const lookMinMs = 100;

export interface PostmanOptions {
  spool: Spool;
  transport: MailTransport;
  office(): MailOffice;
  clock: Pick<OfficeClock, "now" | "after" | "mayErase">;
  log: HubLog;
  /** Something that staff should know: a mail was given up. Nothing personal is in it. */
  alarm(what: string): void;
  /** Mails do not go out, until one is `sent`. */
  stuck(why: string): void;
  sent(): void;
}

/** Brings the mails of the spool on their way, in order, one after the other. Nothing in the office waits for it. */
export interface Postman {
  start(): void;
  /** To be called when there may be new mails. */
  wake(): void;
  /** Resolves when the mail that is on its way has arrived or was left in the spool; at most some seconds later. */
  stop(): Promise<void>;
}

const step = (steps: readonly number[], done: number) => steps[Math.min(done, steps.length - 1)] ?? minuteMs;

/**
 * Each mail is sent at least once: it leaves the spool when the server has said that it took it. A second copy goes out
 * only when the hub dies between the two, under the same Message-ID.
 */
export function createPostman({ spool, transport, office, clock, log, alarm, stuck, sent }: PostmanOptions): Postman {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let cancelTimer = () => {};
  let abort = new AbortController();
  /** Attempts in a row that found no server, and until when none is made. */
  let failures = 0;
  let pausedUntil = 0;
  /** Taken by the server, but the spool could not be told: not to be sent once more. */
  const taken = new Set<string>();

  async function deliver(mail: SpooledMail): Promise<void> {
    const { order, to } = mail;
    if (!taken.has(order.id)) {
      if (clock.now() > order.dropAt) {
        if (clock.mayErase()) return giveUp(mail, "it could not be sent in time");
        return spool.mailFailed(order.id, clock.now() + minuteMs, "it seems to be too late, but the clock is in doubt");
      }
      try {
        await transport.send(renderMail(office(), mail), to, abort.signal);
      } catch (error) {
        return fail(mail, error);
      }
      failures = 0;
      sent();
      taken.add(order.id);
    }
    spool.mailSent(order.id);
    taken.delete(order.id);
  }

  function giveUp({ order }: SpooledMail, why: string): void {
    spool.mailDropped(order.id);
    log.error({ kind: order.kind, why }, "a mail was given up");
    alarm(`a mail (${order.kind}) was given up: ${why}`);
  }

  function fail(mail: SpooledMail, error: unknown): void {
    const { order, attempts } = mail;
    const now = clock.now();
    // Whatever else it is comes from this mail, and must not hold up the others.
    const verdict: MailVerdict = error instanceof MailError ? error.verdict : "deferred";
    const why = error instanceof Error ? error.message : String(error);
    if (verdict === "refused") {
      giveUp(mail, why);
      return;
    }
    let wait = step(mailBackoffMs, attempts);
    if (verdict === "unreachable") {
      const pause = step(serverBackoffMs, failures);
      failures += 1;
      pausedUntil = now + pause;
      // It goes behind the others that wait, in case that it is this mail at which the server breaks.
      wait = Math.max(pause, Math.min(wait, step(serverBackoffMs, serverBackoffMs.length)));
      if (failures === alarmAttempts) stuck(why);
    }
    if (!stopped)
      log.warn({ kind: order.kind, attempts: attempts + 1, why }, "a mail could not be sent: it is tried again");
    spool.mailFailed(order.id, now + wait, why);
  }

  /** One at a time, as the spool is then: what was cancelled while another was on its way does not go out any more. */
  const nextDue = () => (stopped || clock.now() < pausedUntil ? undefined : spool.dueMails(clock.now(), 1)[0]);

  async function work(): Promise<void> {
    for (let mail = nextDue(); mail; mail = nextDue()) await deliver(mail);
    // Whatever was ordered meanwhile has been looked at.
    again = false;
    if (clock.mayErase()) transport.tidy?.(clock.now());
    plan();
  }

  /** Comes back when the next mail is due. */
  function plan(): void {
    cancelTimer();
    if (stopped) return;
    const next = spool.nextMailAt() ?? Number.POSITIVE_INFINITY;
    const wait = Math.max(next, pausedUntil) - clock.now();
    cancelTimer = clock.after(Math.max(lookMinMs, Math.min(wait, lookMaxMs)), wake);
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    running ??= work()
      .catch((error: unknown) => {
        // The store itself: the mails are still there.
        log.error({ err: error instanceof Error ? error : new Error(String(error)) }, "the spool cannot be worked off");
        pausedUntil = clock.now() + minuteMs;
        again = false;
        cancelTimer();
        if (!stopped) cancelTimer = clock.after(minuteMs, wake);
      })
      .finally(() => {
        running = undefined;
        // Whoever woke us in the moment between the last look and this one is not forgotten.
        if (again) wake();
      });
  }

  return {
    start() {
      stopped = false;
      abort = new AbortController();
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      cancelTimer();
      const cancel = clock.after(stopMs, () => abort.abort());
      await running;
      cancel();
    },
  };
}
