import { createHash } from "node:crypto";
import type { PrintOutcome } from "../ports.ts";

/**
 * How far a printer came with a job, written into the printer itself. A mark is a graphic of one dot row that is defined
 * under a key of two characters and never printed (GS ( L function 83). It stands in the job among the other commands, so
 * it is defined when everything before it has been obeyed; it lasts until ESC @ or until the printer's power goes, and
 * costs neither paper nor wear. Its key can be asked for (function 80), also by somebody who was not there when the job
 * was sent. A printer without such graphics skips the commands by their length.
 */
export interface JobMarks {
  /** Its first command was obeyed: whatever an earlier job left in mind is gone. */
  begun: string;
  /** All of it is on the paper, and the cut is next. */
  whole: string;
  /** It was cut off. */
  cut: string;
}

/** Is in the printer's mind from the first greeting of this start on, so that an empty mind means that its power went. */
export const presenceMark = "~~";

/** First characters of a key for each mark, so that no mark of one job is another mark of a second one. */
const leadsPerMark = 31;
const firstPrintable = 0x20;
const printables = 95;

/** The marks of a job by its name: to be found again after a restart, and no other job's. */
export function marksOf(job: string): JobMarks {
  const digest = createHash("sha256").update(job).digest();
  const key = (place: number) => {
    const lead = firstPrintable + leadsPerMark * place + ((digest[2 * place] ?? 0) % leadsPerMark);
    return String.fromCharCode(lead, firstPrintable + ((digest[2 * place + 1] ?? 0) % printables));
  };
  return { begun: key(0), whole: key(1), cut: key(2) };
}

/** The id under which the printer confirms a job (GS ( H function 48), by the job's name. */
export function confirmationIdOf(job: string): string {
  const digest = createHash("sha256").update(job).digest();
  return String.fromCharCode(...digest.subarray(6, 10).map((byte) => firstPrintable + (byte % printables)));
}

/** Defines a graphic of eight white dots under the key: GS ( L function 83, at the beginning of a line. */
export function encodeMark(key: string): Buffer {
  const [m, fn, a, colours, width, height, colour, dots] = [0x30, 0x53, 0x30, 1, 8, 1, 0x31, 0];
  const body = [m, fn, a, ...Buffer.from(key, "latin1"), colours, width, 0, height, 0, colour, dots];
  return Buffer.from([0x1d, 0x28, 0x4c, body.length, 0, ...body]);
}

/** Asks for the keys of all graphics: GS ( L function 80. The printer waits for a word after its answer. */
export const marksRequest = Buffer.from([0x1d, 0x28, 0x4c, 4, 0, 0x30, 0x50, 0x4b, 0x43]);
/** ACK after the last block of keys: that was all. */
export const marksReceived = Buffer.from([0x06]);
/** CAN: the printer is to leave the rest. */
export const marksRefused = Buffer.from([0x18]);

/**
 * What the marks say about the last job that bore any. The order in which a printer obeys makes it certain: a job that was
 * not begun or not whole was not cut off, and nothing of it is to come once the printer has answered.
 */
export function judgeMarks(job: string, found: ReadonlySet<string>): PrintOutcome {
  const marks = marksOf(job);
  const [begun, whole, cut] = [found.has(marks.begun), found.has(marks.whole), found.has(marks.cut)];
  if (begun && whole && cut) return { outcome: "printed", sure: true, detail: "the printer remembers it" };
  if (begun && !whole && !cut) return { outcome: "failed", sure: true, detail: "broke off on the paper" };
  if (found.size === 0) return { outcome: "unknown", sure: false, detail: "the printer was off or reset" };
  if (!begun && !whole && !cut) return { outcome: "failed", sure: true, detail: nothingArrived };
  return { outcome: "unknown", sure: false, detail: "printed, and perhaps not cut off" };
}

/** The detail where not a line of the job is on the paper. */
export const nothingArrived = "nothing of it reached the printer";
