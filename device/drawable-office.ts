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

/** The zones that were tried: the office comes with every change in the queue. */
const tried = new Map<string, boolean>();
/** An office moves to no other zone; whoever publishes more of them than this wants to fill the memory. */
const triedMax = 100;

function isTimeZone(name: string): boolean {
  const known = tried.get(name);
  if (known !== undefined) return known;
  if (tried.size >= triedMax) tried.clear();
  let isOne = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    isOne = false;
  }
  tried.set(name, isOne);
  return isOne;
}
