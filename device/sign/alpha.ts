/**
 * Bytes of the Alpha sign communications protocol (Adaptive Micro Systems, document 9708-8061F), as spoken by Alpha and
 * BetaBrite signs. Pure: page texts in, one whole transmission out.
 */

const nul = 0x00;
const soh = 0x01;
const stx = 0x02;
const etx = 0x03;
const eot = 0x04;
const esc = 0x1b;

/** The sign finds the baud rate from five of these at the start of each transmission (section 5.1). */
const autoBaudBytes = 5;
/** Where in the display a text stands; a sign of one row has only this place. */
const middleLine = 0x20;
const holdMode = "b";
const flashMode = "c";
/** How long a page is held before the next one: speed 3 of 5, near two seconds on a sign of one row. */
const pageSpeed = 0x17;
const writeText = "A";
const fileLabels = { priority: "0", text: "A" } as const;

/** What the priority file can hold (section 6.1.1). */
export const priorityFileBytesMax = 125;

export interface AlphaTarget {
  /** One character: which models listen. */
  typeCode: string;
  /** Two hexadecimal digits: which sign on the wire listens. */
  address: string;
  file: keyof typeof fileLabels;
}

/**
 * One transmission that makes the sign show these pages in turn by itself, holding or flashing each. No pages clear the
 * file: an empty priority file gives the display back to whatever else the sign has.
 *
 * @param pages printable ASCII, at most the sign's columns each
 */
export function encodePages(target: AlphaTarget, pages: readonly string[], flash: boolean): Uint8Array {
  const mode = flash ? flashMode : holdMode;
  const speed = pages.length > 1 ? [pageSpeed] : [];
  const data = pages.flatMap((page) => [esc, middleLine, ...ascii(mode), ...speed, ...ascii(page)]);
  const packet = [stx, ...ascii(writeText + fileLabels[target.file]), ...data, etx];
  return Uint8Array.from([
    ...new Array<number>(autoBaudBytes).fill(nul),
    soh,
    ...ascii(target.typeCode + target.address),
    ...packet,
    ...ascii(checksum(packet)),
    eot,
  ]);
}

/** The sum of all bytes from STX to ETX, both included, in 16 bits: four hexadecimal digits. */
function checksum(packet: readonly number[]): string {
  const sum = packet.reduce((total, byte) => total + byte, 0);
  return (sum & 0xffff).toString(16).toUpperCase().padStart(4, "0");
}

function ascii(text: string): number[] {
  return [...Buffer.from(text, "latin1")];
}
