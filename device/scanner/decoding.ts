import type { ScanEvent } from "../ports.ts";
import { splitSymbologyIdentifier, symbologyOf } from "./symbology.ts";

/** Longest code taken, in characters; our own codes are far shorter, and a scanned text goes nowhere unread. */
export const codeCharactersMax = 512;
/** The same in bytes as a scanner sends them: UTF-8 of the longest code, and the symbology identifier before it. */
export const codeBytesMax = codeCharactersMax * 4 + 3;
/** Parts of one code follow each other within this time, in milliseconds; a longer pause ends it unfinished. */
export const partPauseMs = 250;

/** What a decoder made of some bytes: a code, or the reason why they were dropped. */
export type Decoded = { scan: Omit<ScanEvent, "type"> } | { discard: string };

/** Turns what a scanner sends into codes. Pure: time is an argument, in milliseconds. Never throws. */
export interface ScanDecoder {
  push(bytes: Uint8Array, now: number): Decoded[];
  /** Time has passed: drops a code that was not finished within `partPauseMs`. */
  idle(now: number): Decoded[];
  /** When to call `idle`, while a code is unfinished. */
  idleAt(): number | undefined;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A code from its bytes, which must be UTF-8; anything else is noise or a scanner that is set to a code page. */
export function decodeBytes(bytes: Uint8Array, identifier?: string): Decoded {
  try {
    return decodeText(strictUtf8.decode(bytes), identifier);
  } catch {
    return { discard: "not UTF-8" };
  }
}

/**
 * A code from its text. `identifier` is the AIM symbology identifier where the scanner sends it apart; otherwise one
 * at the beginning of the text is taken for it.
 */
export function decodeText(text: string, identifier?: string): Decoded {
  const parts = identifier === undefined ? splitSymbologyIdentifier(text) : { identifier, text };
  if (parts.text === "") return { discard: "an empty code" };
  if (hasForeignCharacter(parts.text)) return { discard: "control characters" };
  if ([...parts.text].length > codeCharactersMax) return { discard: `longer than ${codeCharactersMax} characters` };
  return { scan: { text: parts.text, symbology: symbologyOf(parts.identifier) } };
}

/** Separators that occur inside of codes: EOT, GS and RS (ISO/IEC 15434), besides the tab. */
const codeControls = new Set([0x04, 0x09, 0x1d, 0x1e]);

function hasForeignCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && !codeControls.has(code)) || (code >= 0x7f && code < 0xa0) || code === 0xfffd) return true;
  }
  return !text.isWellFormed();
}
