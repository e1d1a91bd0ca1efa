import type { Office } from "../protocol/messages.ts";

/** Stands in for a time zone that this machine does not know. */
const usualTimeZone = "Europe/Berlin";

/**
 * The office as it can be drawn: formatting a time in a zone that is none throws, and would end the device whenever it
 * shows one, also after every restart, since the office is retained.
 */
export function drawableOffice(office: Office): Office {
  return isTimeZone(office.timeZone) ? office : { ...office, timeZone: usualTimeZone };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
