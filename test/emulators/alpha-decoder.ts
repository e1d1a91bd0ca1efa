/**
 * A second reading of the Alpha protocol, for end-to-end tests: written from the format's description alone and sharing
 * nothing with encoder or emulator, so that a mistake in one of them does not hide itself.
 */
export interface DecodedAlpha {
  typeCode: string;
  address: string;
  label: string;
  pages: { mode: string; text: string }[];
}

/** A stretch of wire as readable text: each control byte by its name in braces. */
function named(wire: Uint8Array): string {
  const names: Record<number, string> = { 0: "NUL", 1: "SOH", 2: "STX", 3: "ETX", 4: "EOT", 27: "ESC" };
  return [...wire]
    .map((byte) => (byte < 32 || byte > 126 ? `{${names[byte] ?? byte}}` : String.fromCharCode(byte)))
    .join("");
}

const transmission =
  /(?:\{NUL\}){5}\{SOH\}(.)([0-9A-F]{2})\{STX\}A(.)((?:\{ESC\}[ "&0][a-u].*?)*)\{ETX\}([0-9A-F]{4})\{EOT\}/g;

/** Every whole transmission with a right checksum in a stretch of wire, in order; anything else is passed over. */
export function decodeAlpha(wire: Uint8Array): DecodedAlpha[] {
  const found: DecodedAlpha[] = [];
  for (const match of named(wire).matchAll(transmission)) {
    const [, typeCode = "", address = "", label = "", body = "", sum = ""] = match;
    // Back to bytes: STX and ETX count 2 and 3, "A" 65, each escape 27.
    const plain = `A${label}${body.replaceAll("{ESC}", "\u001b").replace(/\{(\d+)\}/g, (_, n) => String.fromCharCode(n))}`;
    const total = [...plain].reduce((at, letter) => at + letter.charCodeAt(0), 2 + 3);
    if ((total & 0xffff) !== Number.parseInt(sum, 16)) continue;
    const pages = body
      .split("{ESC}")
      .slice(1)
      .map((page) => ({ mode: page.charAt(1), text: page.slice(2).replace(/^\{2[1-5]\}/, "") }));
    found.push({ typeCode, address, label, pages });
  }
  return found;
}
