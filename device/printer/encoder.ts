import type { Receipt, ReceiptLine } from "../ports.ts";
import { collectEscpos, type EscposBuilder } from "./escpos-package.ts";
import { fitText } from "./layout.ts";
import { toPaperLetters } from "./letters.ts";
import { encodeMark, marksOf } from "./marks.ts";
import type { PrinterProfile } from "./profiles.ts";

/** Bytes in a QR code: version 10 at level M, which at six dots a module still fits paper of 58 mm. */
export const qrBytesMax = 213;
/** Dots a module: 0.75 mm at 203 dpi, which any telephone reads. */
const qrModuleDots = 6;
/** Lines between the last text and the knife of a printer that does not feed to it by itself. */
const feedLinesToKnife = 5;
export const receiptLinesMax = 100;
export const feedLinesMax = 20;

/** A receipt that cannot be put on paper as it is; nothing of it has been sent. */
export class ReceiptError extends Error {}

/**
 * One receipt as ESC/POS commands, from initialising the printer to the cut.
 *
 * The escpos package builds what it builds right. Size (GS !), weight (ESC E) and QR codes (GS ( k) are written here:
 * its own methods for them send italics commands and codes of other vendors.
 *
 * @param job its name where the printer shall remember how far it came with it (marks.ts).
 * @throws ReceiptError when a QR code's text is too long or holds control characters.
 */
export function encodeReceipt(receipt: Receipt, profile: PrinterProfile, columns: number, job?: string): Buffer {
  if (receipt.lines.length > receiptLinesMax) throw new ReceiptError(`more than ${receiptLinesMax} lines`);
  const marks = job !== undefined && profile.remembersJobs ? marksOf(job) : undefined;
  return collectEscpos((printer) => {
    begin(printer, profile);
    if (marks) printer.raw(encodeMark(marks.begun));
    for (const line of receipt.lines) addLine(printer, line, columns);
    // Whoever ends a command that broke off in the middle may thereby end the cut.
    if (marks) printer.raw(encodeMark(marks.whole));
    cut(printer, profile);
    if (marks) printer.raw(encodeMark(marks.cut));
  });
}

/** DLE DC4 function 8, which no data can hold by accident: clear the receive and the print buffer. */
const clearBuffers = Buffer.from([0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8]);

/**
 * The first bytes on a new link. A printer that stopped in the middle would print the rest of an old ticket once it has
 * paper again, so it is told to forget it where it can. A command that broke off is ended, initialising clears a
 * half-written line, and the printer is asked for its automatic status where it has one.
 *
 * @param marks what it is to keep in mind, since initialising wipes that out.
 */
export function encodeGreeting(profile: PrinterProfile, marks: Iterable<string> = []): Buffer {
  return collectEscpos((printer) => {
    if (profile.clearsBuffers) printer.raw(clearBuffers);
    printer.raw(endOfCommand);
    begin(printer, profile);
    for (const mark of profile.remembersJobs ? marks : []) printer.raw(encodeMark(mark));
  });
}

/** Zeros use up a command that still waits for its data since a link broke; outside of a command they do nothing. */
export const endOfCommand = Buffer.alloc(qrBytesMax + 1);

/** Parts what a broken-off job left on the paper from the next ticket. */
export function encodeSeparation(profile: PrinterProfile): Buffer {
  return collectEscpos((printer) => {
    begin(printer, profile);
    cut(printer, profile);
  });
}

/** Automatic status back (GS a) with everything it can tell; the printer answers at once with its state. */
const automaticStatusRequest = Buffer.from([0x1d, 0x61, 0xff]);

/** Asks for status `n` in real time (DLE EOT n), 1 to 4. */
export function statusRequest(n: number): Buffer {
  return Buffer.from([0x10, 0x04, n]);
}

/**
 * Asks for an answer when everything before it has been printed: GS ( H function 48.
 *
 * @param id four printable ASCII characters.
 */
export function confirmationRequest(id: string): Buffer {
  return Buffer.concat([Buffer.from([0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30]), Buffer.from(id, "latin1")]);
}

function begin(printer: EscposBuilder, profile: PrinterProfile): void {
  printer.hardware("init");
  // Initialising ends the automatic status back.
  if (profile.automaticStatus) printer.raw(automaticStatusRequest);
  if (profile.leavesKanjiMode) printer.raw(Buffer.from([0x1c, 0x2e]));
  printer.setCharacterCodeTable(profile.codeTable);
}

function cut(printer: EscposBuilder, profile: PrinterProfile): void {
  if (profile.cut === "feed-and-cut") printer.raw(Buffer.from([0x1d, 0x56, 66, 0]));
  else printer.cut(false, feedLinesToKnife);
}

function addLine(printer: EscposBuilder, line: ReceiptLine, columns: number): void {
  switch (line.kind) {
    case "text": {
      const { lines, scale } = fitText(toPaperLetters(line.text), line.scale, columns);
      printer.align(line.align === "center" ? "ct" : "lt");
      printer.raw(Buffer.from([0x1b, 0x45, line.bold ? 1 : 0, 0x1d, 0x21, ((scale - 1) << 4) | (scale - 1)]));
      for (const text of lines) printer.text(text, "cp858");
      printer.raw(Buffer.from([0x1d, 0x21, 0, 0x1b, 0x45, 0]));
      break;
    }
    case "qr":
      // A line of white above and below: readers want four modules of it, and printers add none.
      printer.align("ct").feed(1).raw(encodeQr(line.data)).feed(1);
      break;
    case "feed":
      if (line.lines > 0) printer.feed(Math.min(Math.trunc(line.lines), feedLinesMax));
      break;
  }
}

/** A QR code, model 2, level M (GS ( k functions 165, 167, 169, 180 and 181). */
function encodeQr(text: string): Buffer {
  const data = Buffer.from(text, "utf8");
  if (data.length === 0 || data.length > qrBytesMax) {
    throw new ReceiptError(`a QR code holds 1 to ${qrBytesMax} bytes, not ${data.length}`);
  }
  // Real-time commands are obeyed even inside data, and codes with control characters are no texts anyway.
  if (data.some((byte) => byte < 0x20)) throw new ReceiptError("a QR code with control characters");
  const stored = data.length + 3;
  return Buffer.concat([
    Buffer.from([0x1d, 0x28, 0x6b, 4, 0, 0x31, 0x41, 50, 0]),
    Buffer.from([0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x43, qrModuleDots]),
    Buffer.from([0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x45, 49]),
    Buffer.from([0x1d, 0x28, 0x6b, stored & 0xff, stored >> 8, 0x31, 0x50, 0x30]),
    data,
    Buffer.from([0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x51, 0x30]),
  ]);
}
