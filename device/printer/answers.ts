import { type PrinterFacts, readAutomaticStatus } from "./status.ts";

/** What a printer sent: an answer to DLE EOT (not yet read: it does not say which), a status, or a confirmation. */
export type PrinterAnswer =
  | { kind: "real-time"; byte: number }
  | { kind: "automatic"; facts: PrinterFacts }
  | { kind: "confirmed"; id: string };

export interface AnswerParser {
  feed(bytes: Uint8Array): PrinterAnswer[];
  /** Bytes that were no part of any answer, since the start. */
  readonly dropped: number;
}

/** Header and flag of the answer to GS ( H function 48; four characters of the id and a zero follow. */
const confirmationHeader = 0x37;
const confirmationFlag = 0x22;
const confirmationBytes = 7;
const automaticBytes = 4;

/**
 * Takes a printer's bytes apart. The fixed bits tell the answers from each other even when a real-time answer comes in
 * the middle of another (Epson command reference, "Identifying transmission data"). What fits nothing is counted and
 * dropped; a frame that breaks off is dropped with it, and reading goes on at its second byte.
 */
export function createAnswerParser(): AnswerParser {
  let frame: number[] = [];
  let dropped = 0;

  function take(byte: number, answers: PrinterAnswer[]): void {
    if ((byte & 0x93) === 0x12 && frame[0] !== confirmationHeader) {
      answers.push({ kind: "real-time", byte });
      return;
    }
    if (frame.length === 0) {
      if (byte === confirmationHeader || (byte & 0x93) === 0x10) frame = [byte];
      else dropped += 1;
      return;
    }
    const next = [...frame, byte];
    if (next[0] === confirmationHeader ? !beginsConfirmation(next) : (byte & 0x90) !== 0) {
      refuse(next, answers);
      return;
    }
    frame = next;
    if (next[0] === confirmationHeader) {
      if (next.length < confirmationBytes) return;
      answers.push({ kind: "confirmed", id: String.fromCharCode(...next.slice(2, 6)) });
    } else {
      if (next.length < automaticBytes) return;
      const facts = readAutomaticStatus(next);
      if (!facts) {
        refuse(next, answers);
        return;
      }
      answers.push({ kind: "automatic", facts });
    }
    frame = [];
  }

  function refuse([, ...rest]: number[], answers: PrinterAnswer[]): void {
    frame = [];
    dropped += 1;
    for (const byte of rest) take(byte, answers);
  }

  return {
    feed(bytes) {
      const answers: PrinterAnswer[] = [];
      for (const byte of bytes) take(byte, answers);
      return answers;
    },
    get dropped() {
      return dropped;
    },
  };
}

function beginsConfirmation(bytes: number[]): boolean {
  return bytes.every((byte, at) => {
    if (at === 0) return byte === confirmationHeader;
    if (at === 1) return byte === confirmationFlag;
    return at < 6 ? byte >= 0x20 && byte <= 0x7e : byte === 0;
  });
}
