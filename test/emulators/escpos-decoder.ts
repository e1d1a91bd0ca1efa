/**
 * A second reading of ESC/POS, for the tests that compare what was meant with what was sent. It was written from the
 * command reference alone and shares nothing with the printer emulator, so that a mistake has to be made twice to hide.
 */
export interface DecodedReceipt {
  /** Text lines without leading and trailing blanks, empty ones left out. */
  lines: string[];
  qr: string[];
}

/** Code page 858 from 0x80 on, as Unicode code points. */
const upperHalf = [
  0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9, 0xe6, 0xc6,
  0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xf8, 0xa3, 0xd8, 0xd7, 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1,
  0xaa, 0xba, 0xbf, 0xae, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0xc1, 0xc2, 0xc0,
  0xa9, 0x2563, 0x2551, 0x2557, 0x255d, 0xa2, 0xa5, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0xe3, 0xc3,
  0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0xa4, 0xf0, 0xd0, 0xca, 0xcb, 0xc8, 0x20ac, 0xcd, 0xce, 0xcf,
  0x2518, 0x250c, 0x2588, 0x2584, 0xa6, 0xcc, 0x2580, 0xd3, 0xdf, 0xd4, 0xd2, 0xf5, 0xd5, 0xb5, 0xfe, 0xde, 0xda, 0xdb,
  0xd9, 0xfd, 0xdd, 0xaf, 0xb4, 0xad, 0xb1, 0x2017, 0xbe, 0xb6, 0xa7, 0xf7, 0xb8, 0xb0, 0xa8, 0xb7, 0xb9, 0xb3, 0xb2,
  0x25a0, 0xa0,
];

/** Commands without data of their own length, by their first two bytes: how long they are altogether. */
const fixedLength: Record<string, number> = {
  "1b40": 2, // ESC @ initialise
  "1b74": 3, // ESC t code table
  "1b61": 3, // ESC a justification
  "1b45": 3, // ESC E emphasis
  "1d21": 3, // GS ! size
  "1d61": 3, // GS a automatic status
  "1d72": 3, // GS r status
  "1c2e": 2, // FS . no Kanji
  "1004": 3, // DLE EOT status
};

/**
 * Takes bytes apart into receipts, one for each cut.
 *
 * @throws Error at a command it does not know, or one that is not finished.
 */
export function decodeEscpos(bytes: Uint8Array): DecodedReceipt[] {
  const receipts: DecodedReceipt[] = [];
  let current: DecodedReceipt = { lines: [], qr: [] };
  let line = "";
  let stored = "";
  let germanTable = false;
  const view = Buffer.from(bytes);
  const byteAt = (index: number): number => {
    const byte = view[index];
    if (byte === undefined) throw new Error(`the bytes end in the middle of a command at ${index}`);
    return byte;
  };
  const lineDone = () => {
    if (line.trim() !== "") current.lines.push(line.trim());
    line = "";
  };

  let index = 0;
  while (index < view.length) {
    const byte = byteAt(index);
    if (byte >= 0x20) {
      if (byte >= 0x80 && !germanTable) throw new Error(`letter ${byte} before code page 858 at ${index}`);
      line += byte < 0x80 ? String.fromCharCode(byte) : String.fromCodePoint(upperHalf[byte - 0x80] ?? 0xfffd);
      index += 1;
      continue;
    }
    if (byte === 0x0a || byte === 0x00) {
      if (byte === 0x0a) lineDone();
      index += 1;
      continue;
    }
    if (view.indexOf("\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", index, "latin1") === index) {
      line = "";
      index += 10;
      continue;
    }
    const key = view.toString("hex", index, index + 2);
    const length = fixedLength[key];
    if (length !== undefined) {
      byteAt(index + length - 1);
      if (key === "1b40") germanTable = false;
      if (key === "1b74") germanTable = byteAt(index + 2) === 19;
      index += length;
    } else if (key === "1d56") {
      lineDone();
      receipts.push(current);
      current = { lines: [], qr: [] };
      index += byteAt(index + 2) >= 65 ? 4 : 3;
    } else if (key === "1d28") {
      const count = byteAt(index + 3) + 256 * byteAt(index + 4);
      byteAt(index + 4 + count);
      const [symbol, task] = view.subarray(index + 5, index + 7);
      if (byteAt(index + 2) === 0x6b && symbol === 0x31 && task === 0x50) {
        stored = view.toString("utf8", index + 8, index + 5 + count);
      }
      if (byteAt(index + 2) === 0x6b && symbol === 0x31 && task === 0x51) current.qr.push(stored);
      index += 5 + count;
    } else throw new Error(`unknown command ${key} at ${index}`);
  }
  return receipts;
}
