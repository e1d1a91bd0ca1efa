import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { Clock } from "../ports.ts";
import { type ConnectionEvents, createConnection } from "./connection.ts";
import { type Conversation, createConversation } from "./conversation.ts";
import { presenceMark } from "./marks.ts";
import type { PrinterProfile } from "./profiles.ts";
import { canPrint, noFacts, type PrinterFacts, statusOf } from "./status.ts";
import type { OpenLink } from "./transport.ts";

/** Between two looks at an idle printer. */
export const pollMs = 2_000;
/** How old a good status may be for a job to start without asking: one poll, its answer, and some slack. */
export const statusFreshMs = 3_500;
/** Inquiries without answer after which a link to a printer that used to answer is made anew. */
const silentInquiriesMax = 2;
/** Of a detail, as the protocol limits it. */
const detailCharactersMax = 200;

/** Takes what pino takes: fields, then a message. Never given text of a ticket. */
export interface PrinterLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What may end a job's waiting: the printer told its state, or it is gone. */
export type MonitorNews = { kind: "facts"; facts: PrinterFacts } | { kind: "lost"; reason: string };

/** Keeps the connection to one printer and knows how it is. */
export interface Monitor {
  start(onStatus: (status: PeripheralStatus) => void): void;
  stop(): Promise<void>;
  /** The printer that is connected now. */
  readonly conversation: Conversation | undefined;
  /** Why there is none. */
  readonly absence: string;
  /** Whether this printer itself has answered anything since the start, on whatever link. */
  readonly answers: boolean;
  /** Whether its state is known to be good and young enough to print without asking. */
  isKnownGood(): boolean;
  /** Asks now; undefined when there was no answer. */
  learn(): Promise<PrinterFacts | undefined>;
  /** Gives the link up at once; a new one is made by itself. */
  drop(reason: string): void;
  /** No polls until the returned function is called: a job has the line for itself. */
  hold(): () => void;
  watch(listener: (news: MonitorNews) => void): () => void;
  /**
   * Looks at the next link before it is greeted, which wipes out what the printer remembers. `look` settles by itself, and
   * names the marks that the printer shall go on to remember.
   *
   * @returns false when a printer was greeted already.
   */
  lookFirst(look: (talk: Conversation) => Promise<Iterable<string>>): boolean;
  /** Nobody is interested any more. */
  lookNoMore(): void;
}

export function createMonitor(openLink: OpenLink, profile: PrinterProfile, clock: Clock, log: PrinterLog): Monitor {
  let onStatus: (status: PeripheralStatus) => void = () => {};
  let shown: PeripheralStatus | undefined;
  let conversation: Conversation | undefined;
  let absence = "not started";
  let answers = false;
  let known: { facts: PrinterFacts; at: number } | undefined;
  let silentInquiries = 0;
  let droppedBytes = 0;
  let held = false;
  let running = false;
  let cancelPoll = () => {};
  let look: ((talk: Conversation) => Promise<Iterable<string>>) | undefined;
  let hasJobBefore = false;
  let isGreeted = false;
  const watchers = new Set<(news: MonitorNews) => void>();

  function show(status: PeripheralStatus): void {
    const next = { state: status.state, detail: status.detail.slice(0, detailCharactersMax) };
    if (!running || (shown?.state === next.state && shown.detail === next.detail)) return;
    shown = next;
    log.info(next, "printer status");
    onStatus(next);
  }

  function tell(news: MonitorNews): void {
    for (const watcher of [...watchers]) watcher(news);
  }

  function learned(facts: PrinterFacts): void {
    // A USB port tells of the paper also for a printer that never says a word.
    answers ||= conversation?.answered === true;
    silentInquiries = 0;
    known = { facts, at: clock.uptime() };
    show(statusOf(facts));
    tell({ kind: "facts", facts });
  }

  function gone(reason: string): void {
    conversation?.end();
    conversation = undefined;
    known = undefined;
    absence = reason;
    cancelPoll();
    tell({ kind: "lost", reason });
  }

  function drop(reason: string): void {
    if (!conversation) return;
    log.warn({ reason }, "printer connection given up");
    gone(reason);
    connection.drop();
  }

  async function learn(): Promise<PrinterFacts | undefined> {
    const talk = conversation;
    if (!talk) return undefined;
    let result = profile.writtenIsPrinted ? noFacts : await talk.inquire();
    // Somebody else's inquiry was in the way of a job that is over; this one is wanted.
    if (result === "interrupted") result = await talk.inquire();
    if (talk !== conversation || result === "interrupted") return undefined;
    if (talk.dropped !== droppedBytes) {
      droppedBytes = talk.dropped;
      log.warn({ droppedBytes }, "the printer sent bytes that are no status");
    }
    if (result !== "silent") {
      learned(result);
      return result;
    }
    known = undefined;
    silentInquiries += 1;
    // A line can stand without a printer at its end; of one that used to answer it is known that it should.
    const isAway = answers && !talk.answered;
    show({ state: isAway ? "offline" : "unknown", detail: "the printer does not answer" });
    if (talk.answered && silentInquiries >= silentInquiriesMax) drop("the printer stopped answering");
    return undefined;
  }

  function poll(): void {
    cancelPoll();
    cancelPoll = clock.after(pollMs, async () => {
      if (!held) await learn();
      if (conversation && running) poll();
    });
  }

  async function greet(talk: Conversation): Promise<void> {
    // It would say later that nothing came of a job that was there before: so only where there is none to be asked for.
    const marks = look ? await look(talk) : isGreeted || hasJobBefore ? [] : [presenceMark];
    if (talk !== conversation) return;
    isGreeted = true;
    try {
      await talk.begin(marks);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, "the printer took no request for its status");
    }
    await learn();
  }

  const events: ConnectionEvents = {
    opened(link) {
      log.info({}, "printer connected");
      droppedBytes = 0;
      const talk = createConversation(link, profile, clock, (facts) => {
        if (talk === conversation) learned(facts);
      });
      conversation = talk;
      void greet(talk);
      poll();
    },
    data(bytes) {
      conversation?.feed(bytes);
    },
    lost(reason) {
      log.warn({ reason }, "printer connection lost");
      gone(reason);
      show({ state: "offline", detail: reason });
    },
    failed(reason) {
      absence = reason;
      show({ state: "offline", detail: reason });
    },
  };
  const connection = createConnection(openLink, clock, events);

  return {
    start(listener) {
      onStatus = listener;
      running = true;
      absence = "not connected yet";
      connection.start();
    },
    async stop() {
      running = false;
      gone("stopped");
      await connection.stop();
    },
    get conversation() {
      return conversation;
    },
    get absence() {
      return absence;
    },
    get answers() {
      return answers;
    },
    isKnownGood() {
      return known !== undefined && canPrint(known.facts) && clock.uptime() - known.at <= statusFreshMs;
    },
    learn,
    drop,
    hold() {
      held = true;
      return () => {
        held = false;
      };
    },
    watch(listener) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
    lookFirst(next) {
      hasJobBefore = true;
      if (!isGreeted) look = next;
      return !isGreeted;
    },
    lookNoMore() {
      look = undefined;
    },
  };
}
