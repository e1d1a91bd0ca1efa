import type { ScanEvent } from "../ports.ts";

type Symbology = ScanEvent["symbology"];

/** Code characters of ISO/IEC 15424, annex A, as far as the product tells them apart. */
const symbologies: Record<string, Symbology> = {
  Q: "qr",
  d: "data-matrix",
  z: "aztec",
  L: "pdf417",
  C: "code128",
  E: "ean",
};

/** An AIM symbology identifier: a bracket, the letter of the code, and a modifier (ISO/IEC 15424, clause 4). */
const identifierPattern = /^\][A-Za-z][0-9A-Za-z]/;

/** `]Q1` is a QR code. Undefined or anything malformed, as of a scanner that sends none, is `unknown`. */
export function symbologyOf(identifier: string | undefined): Symbology {
  if (identifier === undefined || !identifierPattern.test(identifier)) return "unknown";
  return symbologies[identifier.charAt(1)] ?? "other";
}

/** Takes the identifier off a text that begins with one. */
export function splitSymbologyIdentifier(text: string): { identifier: string | undefined; text: string } {
  const found = identifierPattern.exec(text)?.[0];
  return found === undefined ? { identifier: undefined, text } : { identifier: found, text: text.slice(found.length) };
}
