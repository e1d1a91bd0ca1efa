/**
 * Our own protocol for home-built signs, version 1: one line of ASCII a message, a number to match answers, a checksum.
 * Documented for builders in deploy/docs/sign-protocol.md. Pure: what it means in, one line out, and back.
 */

/** A whole line with its line feed; so a sign needs a buffer of no more. */
export const lineBytesMax = 64;
/** Numbers run from 1 to this and start again; 0 stands for a number that could not be read. */
export const sequenceMax = 9999;

export type LineCommand =
  | { verb: "SHOW" | "FLASH"; text: string }
  | { verb: "LIGHT"; brightness: number }
  | { verb: "BEAT" };

export type LineAnswer = { ok: true; sequence: number } | { ok: false; sequence: number; reason: string };

/** One command as the bytes on the wire, with checksum and line feed. */
export function encodeCommand(sequence: number, command: LineCommand): Uint8Array {
  return Buffer.from(sealed(`${sequence} ${words(command)}`), "latin1");
}

function words(command: LineCommand): string {
  if (command.verb === "BEAT") return "BEAT";
  return command.verb === "LIGHT" ? `LIGHT ${command.brightness}` : `${command.verb} ${command.text}`;
}

/** What a sign answered, from one line without its line feed; undefined when it is no answer or its checksum is wrong. */
export function decodeAnswer(line: string): LineAnswer | undefined {
  const match = /^(OK|ERR) (\d{1,4})(?: ([a-z][a-z-]{0,19}))?\*([0-9A-F]{4})\r?$/.exec(line);
  if (!match) return undefined;
  const [, word, digits, reason, sum] = match;
  if (sum !== checksum(line.slice(0, line.lastIndexOf("*")))) return undefined;
  const sequence = Number(digits);
  if (word === "OK") return reason === undefined ? { ok: true, sequence } : undefined;
  return reason === undefined ? undefined : { ok: false, sequence, reason };
}

function sealed(body: string): string {
  return `${body}*${checksum(body)}\n`;
}

/** CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) over the bytes before the `*`: four hexadecimal digits. */
function checksum(body: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(body, "latin1")) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, "0");
}
