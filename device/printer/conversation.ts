import type { Clock } from "../ports.ts";
import { createAnswerParser } from "./answers.ts";
import { confirmationRequest, encodeGreeting, endOfCommand, statusRequest } from "./encoder.ts";
import { marksReceived, marksRefused, marksRequest } from "./marks.ts";
import type { PrinterProfile } from "./profiles.ts";
import { canPrint, mergeFacts, type PrinterFacts, readPortStatus, readRealTimeStatus } from "./status.ts";
import type { Link } from "./transport.ts";

/** For one answer to DLE EOT; printers answer within milliseconds, slow lines and print servers within some hundred. */
export const answerTimeoutMs = 1_000;
/** For handing over one piece of a job. */
export const writeTimeoutMs = 5_000;
/** Bytes handed over at once, so that a slow line has the time above for each piece and not for the whole. */
const pieceBytes = 2_048;
const statusRequests = [1, 2, 3, 4];

/** What came of asking: facts, or silence, or that the asking was broken off for something more important. */
export type Inquiry = PrinterFacts | "silent" | "interrupted";

/** Talks with a printer over one open link, and knows what it waits for. */
export interface Conversation {
  feed(bytes: Uint8Array): void;
  /** Brings the printer into a known state, with `marks` in its memory, and asks it to tell its status by itself. */
  begin(marks?: Iterable<string>): Promise<void>;
  /** Ends a command that an earlier link left unfinished, and changes nothing else. @throws LinkError */
  endCommand(): Promise<void>;
  /** Asks which marks are in the printer's memory; undefined when it does not say. */
  askMarks(): Promise<ReadonlySet<string> | undefined>;
  /** Whether the printer confirmed `id` on this link without having been asked on it. */
  hasConfirmed(id: string): boolean;
  /** Asks for the whole status. Several callers share one inquiry. */
  inquire(): Promise<Inquiry>;
  /** Ends a running inquiry before its next question, so that a job has the line for itself. */
  interrupt(): void;
  /** @throws LinkError */
  send(bytes: Buffer): Promise<void>;
  /** Sends the request for confirmation `id` and waits for its answer; false when none came within `timeoutMs`. */
  confirm(id: string, timeoutMs: number): Promise<boolean>;
  /** The link is gone: everything that waits is answered with silence. */
  end(): void;
  /** Whether this printer has ever answered on this link. */
  readonly answered: boolean;
  /** Bytes that were no answer, on this link. */
  readonly dropped: number;
}

/** @param onFacts a status that the printer told by itself. */
export function createConversation(
  link: Link,
  profile: PrinterProfile,
  clock: Clock,
  onFacts: (facts: PrinterFacts) => void,
): Conversation {
  const parser = createAnswerParser();
  let answered = false;
  let unwanted = 0;
  let ended = false;
  let interrupted = false;
  let inquiry: Promise<Inquiry> | undefined;
  let question: { n: number; answer: (facts: PrinterFacts | undefined) => void } | undefined;
  let confirmation: { id: string; answer: (confirmed: boolean) => void } | undefined;
  let marks: ((keys: string[] | undefined) => void) | undefined;
  /** It keeps one until it can send it, so the last one that nobody waited for is enough. */
  let strayId: string | undefined;

  async function ask(n: number): Promise<PrinterFacts | undefined> {
    return new Promise((resolve) => {
      const cancel = clock.after(answerTimeoutMs, () => answer(undefined));
      const answer = (facts: PrinterFacts | undefined) => {
        cancel();
        question = undefined;
        resolve(facts);
      };
      question = { n, answer };
      link.write(statusRequest(n), answerTimeoutMs).catch(() => answer(undefined));
    });
  }

  async function askPort(): Promise<PrinterFacts | undefined> {
    if (!link.portStatus || profile.portStatus === "none") return undefined;
    const byte = await link.portStatus().catch(() => undefined);
    return byte === undefined ? undefined : readPortStatus(byte, profile.portStatus);
  }

  async function askAll(): Promise<Inquiry> {
    const port = await askPort();
    // A printer without paper may take no data at all, not even a question.
    if (port?.paperOut) return port;
    if (!profile.realTimeStatus) return "silent";
    let known = port;
    for (const n of statusRequests) {
      if (interrupted) return "interrupted";
      const facts = await ask(n);
      // Without answers, the port is believed when it reports trouble, not when it reports none.
      if (!facts) return port && !canPrint(port) ? port : "silent";
      known = known ? mergeFacts(known, facts) : facts;
    }
    return known ?? "silent";
  }

  return {
    feed(bytes) {
      for (const answer of parser.feed(bytes)) {
        if (answer.kind === "automatic" && profile.automaticStatus) {
          answered = true;
          onFacts(answer.facts);
        } else if (answer.kind === "confirmed" && confirmation?.id === answer.id) {
          answered = true;
          confirmation.answer(true);
        } else if (answer.kind === "confirmed") {
          strayId = answer.id;
        } else if (answer.kind === "keys" && marks) {
          answered = true;
          link.write(answer.isLast ? marksReceived : marksRefused, answerTimeoutMs).catch(() => {});
          marks(answer.isLast ? answer.keys : undefined);
        } else if (answer.kind === "real-time" && question) {
          const facts = readRealTimeStatus(question.n, answer.byte);
          if (facts) answered = true;
          else unwanted += 1;
          if (facts) question.answer(facts);
        } else if (answer.kind !== "cleared") unwanted += 1;
      }
    },
    async begin(kept) {
      if (!profile.writtenIsPrinted) await link.write(encodeGreeting(profile, kept), answerTimeoutMs);
    },
    endCommand: () => link.write(endOfCommand, answerTimeoutMs),
    async askMarks() {
      if (ended) return undefined;
      const keys = await new Promise<string[] | undefined>((resolve) => {
        const cancel = clock.after(answerTimeoutMs, () => marks?.(undefined));
        marks = (answer) => {
          cancel();
          marks = undefined;
          resolve(answer);
        };
        link.write(marksRequest, answerTimeoutMs).catch(() => marks?.(undefined));
      });
      return keys && new Set(keys);
    },
    hasConfirmed: (id) => strayId === id,
    inquire() {
      if (ended) return Promise.resolve("silent");
      inquiry ??= askAll().finally(() => {
        inquiry = undefined;
        interrupted = false;
      });
      return inquiry;
    },
    interrupt() {
      interrupted = inquiry !== undefined;
    },
    async send(bytes) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await link.write(bytes.subarray(at, at + pieceBytes), writeTimeoutMs);
      }
    },
    async confirm(id, timeoutMs) {
      return new Promise((resolve) => {
        const cancel = clock.after(timeoutMs, () => answer(false));
        const answer = (confirmed: boolean) => {
          cancel();
          confirmation = undefined;
          resolve(confirmed);
        };
        confirmation = { id, answer };
        link.write(confirmationRequest(id), writeTimeoutMs).catch(() => answer(false));
      });
    },
    end() {
      ended = true;
      interrupted = true;
      question?.answer(undefined);
      confirmation?.answer(false);
      marks?.(undefined);
    },
    get answered() {
      return answered;
    },
    get dropped() {
      return parser.dropped + unwanted;
    },
  };
}
