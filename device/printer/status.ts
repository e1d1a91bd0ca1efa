import type { PeripheralStatus } from "../../protocol/messages.ts";

/** What a printer says about itself, whatever way it says it. */
export interface PrinterFacts {
  offline: boolean;
  coverOpen: boolean;
  paperOut: boolean;
  paperLow: boolean;
  /** Errors in the words of the command reference. */
  errors: string[];
}

export const noFacts: PrinterFacts = { offline: false, coverOpen: false, paperOut: false, paperLow: false, errors: [] };

/**
 * The answer to DLE EOT `n` (Epson command reference): bits 1 and 4 are on and 0 and 7 off in every answer.
 *
 * @returns undefined for a byte that is no such answer.
 */
export function readRealTimeStatus(n: number, byte: number): PrinterFacts | undefined {
  if ((byte & 0x93) !== 0x12) return undefined;
  switch (n) {
    case 1:
      return { ...noFacts, offline: bit(byte, 3) };
    case 2:
      return {
        ...noFacts,
        coverOpen: bit(byte, 2),
        paperOut: bit(byte, 5),
        errors: bit(byte, 6) ? ["error"] : [],
      };
    case 3:
      return { ...noFacts, errors: errorsOf(byte & ~0x04) };
    case 4:
      return readPaper(byte >> 2, byte >> 5);
    default:
      return undefined;
  }
}

/**
 * The four bytes of the automatic status back (GS a).
 *
 * @returns undefined when a bit that never changes has changed: then it is no status.
 */
export function readAutomaticStatus(frame: ArrayLike<number>): PrinterFacts | undefined {
  const [first = 0, second = 0x80, third = 0x80, fourth = 0x80] = Array.from(frame);
  if (frame.length !== 4 || (first & 0x93) !== 0x10) return undefined;
  if (((second | third | fourth) & 0x90) !== 0) return undefined;
  const paper = readPaper(third, third >> 2);
  if (!paper) return undefined;
  return { ...paper, offline: bit(first, 3), coverOpen: bit(first, 5), errors: errorsOf(second) };
}

/**
 * The answer to GET_PORT_STATUS (USB printer class 1.1, section 4.2.2): bit 5 paper empty, bit 4 selected, bit 3 no
 * error; the others are zero.
 *
 * @param trust `paper` for printers of which only the paper bit means something.
 */
export function readPortStatus(byte: number, trust: "all" | "paper"): PrinterFacts | undefined {
  if ((byte & 0xc7) !== 0) return undefined;
  const paperOut = bit(byte, 5);
  if (trust === "paper") return { ...noFacts, paperOut };
  return { ...noFacts, paperOut, offline: !bit(byte, 4), errors: bit(byte, 3) || paperOut ? [] : ["error"] };
}

/** Two answers that are both true. */
export function mergeFacts(a: PrinterFacts, b: PrinterFacts): PrinterFacts {
  return {
    offline: a.offline || b.offline,
    coverOpen: a.coverOpen || b.coverOpen,
    paperOut: a.paperOut || b.paperOut,
    paperLow: a.paperLow || b.paperLow,
    errors: [...new Set([...a.errors, ...b.errors])],
  };
}

/** The one state that a person should act on first. */
export function statusOf(facts: PrinterFacts): PeripheralStatus {
  if (facts.coverOpen) return { state: "cover-open", detail: "cover open" };
  if (facts.paperOut) return { state: "paper-out", detail: "paper end" };
  if (facts.errors.length > 0) return { state: "error", detail: facts.errors.join(", ") };
  if (facts.offline) return { state: "offline", detail: "the printer is offline" };
  if (facts.paperLow) return { state: "paper-low", detail: "paper near end" };
  return { state: "ready", detail: "" };
}

/** Whether a job may be sent to a printer in this state. */
export function canPrint(facts: PrinterFacts): boolean {
  const { state } = statusOf(facts);
  return state === "ready" || state === "paper-low";
}

/** Each sensor has two bits that are always alike; where they differ, the byte is noise. */
function readPaper(nearEnd: number, end: number): PrinterFacts | undefined {
  const low = nearEnd & 3;
  const out = end & 3;
  if (low === 1 || low === 2 || out === 1 || out === 2) return undefined;
  return { ...noFacts, paperLow: low === 3, paperOut: out === 3 };
}

/** DLE EOT 3 and the second byte of the automatic status have their errors in the same bits. */
function errorsOf(byte: number): string[] {
  const names = ["", "", "mechanical error", "auto-cutter error", "", "unrecoverable error", "recoverable error"];
  return names.filter((name, at) => name !== "" && bit(byte, at));
}

function bit(byte: number, at: number): boolean {
  return (byte & (1 << at)) !== 0;
}
