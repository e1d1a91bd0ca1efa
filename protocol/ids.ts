import { randomBytes } from "node:crypto";

/** The last millisecond that an id can hold. */
const lastMs = 2 ** 48 - 1;

/**
 * A UUID version 7 (RFC 9562, section 5.7): its first 48 bits are the time of making, so ids sort by time and the hub
 * can tell one that is too old to be remembered. A time that it cannot hold, as of a clock that was never set, becomes the
 * nearest that it can.
 */
export function makeId(now: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Math.min(Math.max(0, Math.trunc(now)), lastMs), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** When a UUID version 7 was made, in milliseconds since the epoch; undefined for an id of any other form. */
export function idTime(given: string): number | undefined {
  const id = given.toLowerCase();
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
