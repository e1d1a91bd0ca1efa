import { hash, randomInt } from "node:crypto";
import { day as calendarDay } from "./messages.ts";

/**
 * A check-in code is 34 digits: version, site, day, random, check digits. Digits alone come through every scanner in any
 * keyboard layout unchanged, and fit a QR code of version 1 (ISO/IEC 18004: level M holds exactly 34 in numeric mode).
 */
const pattern = /^1(\d{3})(\d{6})\d{22}(\d{2})$/;
/** Check-in works from so long before the time of an appointment to so long after it, in milliseconds. */
export const checkInEarlyMs = 15 * 60_000;
export const checkInLateMs = 5 * 60_000;
/** Bytes of the SHA-256 by which a code is known; nobody keeps the code itself. */
const hashBytes = 16;

/** What a code says of itself. */
export interface CheckInCode {
  /** 0 to 999 */
  site: number;
  /** `YYYY-MM-DD` */
  day: string;
}

/** ISO/IEC 7064, MOD 97-10: what must follow these digits so that the whole leaves 1 when divided by 97. */
const checkDigits = (digits: string) => String(98n - ((BigInt(digits) * 100n) % 97n)).padStart(2, "0");

/** 22 digits from the system's secure source, some 73 bits. `randomInt` takes no range above 2^48. */
const randomDigits = () =>
  [randomInt(10 ** 11), randomInt(10 ** 11)].map((half) => String(half).padStart(11, "0")).join("");

/** @param random 22 digits that nobody can guess; from the system's secure source when left out. */
export function makeCheckInCode({ site, day }: CheckInCode, random = randomDigits()): string {
  const digits = `1${String(site).padStart(3, "0")}${day.slice(2).replaceAll("-", "")}${random}`;
  return digits + checkDigits(digits);
}

/** What the code says, or undefined for anything that was not read as it was made. Never throws. */
export function readCheckInCode(text: string): CheckInCode | undefined {
  const [, site, day, check] = pattern.exec(text) ?? [];
  if (site === undefined || day === undefined || check !== checkDigits(text.slice(0, -2))) return undefined;
  const date = `20${day.slice(0, 2)}-${day.slice(2, 4)}-${day.slice(4)}`;
  return calendarDay.safeParse(date).success ? { site: Number(site), day: date } : undefined;
}

/** What is kept of a code: 32 hexadecimal digits from which nobody gets it back. */
export function hashCheckInCode(code: string): string {
  return hash("sha256", code, "buffer").subarray(0, hashBytes).toString("hex");
}
