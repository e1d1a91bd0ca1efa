import { type PrinterFacts, readAutomaticStatus } from "./status.ts";

/** What a printer sent: an answer to DLE EOT (not yet read: it does not say which), a status, or a confirmation. */
export type PrinterAnswer =
  | { kind: "real-time"; byte: number }
  | { kind: "automatic"; facts: PrinterFacts }
  | { kind: "confirmed"; id: string }
  | { kind: "cleared" }
  /** Keys of the graphics in its memory; `isLast`: no block of them follows. */
  | { kind: "keys"; keys: string[]; isLast: boolean };

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
/** The answer to GS ( L function 80: whether more follow, at most 40 keys of two characters, and a zero. */
const keysFlag = 0x73;
const keysStatuses = { more: 0x41, last: 0x40 } as const;
const keysBytesMax = 3 + 80;
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
      const answer = readFlagged(next);
      if (!answer) return;
      answers.push(answer);
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

/** Whether the bytes may be the beginning of a flagged answer, or a whole one. */
function beginsFlagged(bytes: number[]): boolean {
  const [, flag, status] = bytes;
  const isText = (byte: number) => byte >= 0x20 && byte <= 0x7e;
  return bytes.every((byte, at) => {
    if (at === 0) return byte === flaggedHeader;
    if (at === 1) return byte === confirmationFlag || byte === clearedFlag || byte === keysFlag;
    if (flag === clearedFlag) return byte === 0;
    if (flag === confirmationFlag) return at < 6 ? isText(byte) : byte === 0;
    if (at === 2) return status === keysStatuses.more || status === keysStatuses.last;
    // A key has two characters, so the zero stands where one would begin.
    return (at < keysBytesMax && isText(byte)) || (at % 2 === 1 && byte === 0);
  });
}

/** A flagged answer that is complete; undefined while bytes are missing. */
function readFlagged(bytes: number[]): PrinterAnswer | undefined {
  switch (bytes[1]) {
    case clearedFlag:
      return bytes.length < clearedBytes ? undefined : { kind: "cleared" };
    case confirmationFlag:
      if (bytes.length < confirmationBytes) return undefined;
      return { kind: "confirmed", id: String.fromCharCode(...bytes.slice(2, 6)) };
    default: {
      if (bytes.length < 4 || bytes.at(-1) !== 0) return undefined;
      const keys = String.fromCharCode(...bytes.slice(3, -1)).match(/../g) ?? [];
      return { kind: "keys", keys, isLast: bytes[2] === keysStatuses.last };
    }
  }
}
