import { type PrinterFacts, readAutomaticStatus } from "./status.ts";

/** What a printer sent: an answer to DLE EOT (not yet read: it does not say which), a status, or a confirmation. */
export type PrinterAnswer =
  | { kind: "real-time"; byte: number }
  | { kind: "automatic"; facts: PrinterFacts }
  | { kind: "confirmed"; id: string }
  | { kind: "cleared" };

export interface AnswerParser {
  feed(bytes: Uint8Array): PrinterAnswer[];
  /** Bytes that were no part of any answer, since the start. */
  readonly dropped: number;
}

/** Begins an answer that says by its second byte what it is. */
const flaggedHeader = 0x37;
/** The answer to GS ( H function 48: four characters of the id and a zero follow. */
const confirmationFlag = 0x22;
const confirmationBytes = 7;
/** The answer to DLE DC4 function 8: a zero follows. */
const clearedFlag = 0x25;
const clearedBytes = 3;
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
    if ((byte & 0x93) === 0x12 && frame[0] !== flaggedHeader) {
      answers.push({ kind: "real-time", byte });
      return;
    }
    if (frame.length === 0) {
      if (byte === flaggedHeader || (byte & 0x93) === 0x10) frame = [byte];
      else dropped += 1;
      return;
    }
    const next = [...frame, byte];
    if (next[0] === flaggedHeader ? !beginsFlagged(next) : (byte & 0x90) !== 0) {
      refuse(next, answers);
      return;
    }
    frame = next;
    if (next[0] === flaggedHeader) {
      if (next.length < (next[1] === clearedFlag ? clearedBytes : confirmationBytes)) return;
      if (next[1] === clearedFlag) answers.push({ kind: "cleared" });
      else answers.push({ kind: "confirmed", id: String.fromCharCode(...next.slice(2, 6)) });
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

function beginsFlagged(bytes: number[]): boolean {
  return bytes.every((byte, at) => {
    if (at === 0) return byte === flaggedHeader;
    if (at === 1) return byte === confirmationFlag || byte === clearedFlag;
    if (bytes[1] === clearedFlag) return byte === 0;
    return at < 6 ? byte >= 0x20 && byte <= 0x7e : byte === 0;
  });
}
