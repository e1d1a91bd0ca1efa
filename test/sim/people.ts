import { type Appointment, earlyMs } from "./appointments.ts";
import * as office from "./office.ts";
import type { Random } from "./random.ts";
import type { Visitor } from "./visitors.ts";

const minuteMs = 60_000;
/** People who come on one day. */
const visitorsCount = 200;
/** What some visitors do besides waiting; twice as many leave for good as do any of the others. */
const errands: readonly Visitor["errand"][] = [
  "leave",
  "leave",
  "away",
  "away",
  "cancel",
  "priority",
  "emergency",
  "other-service",
];
const shares = { errand: 0.2, family: 0.04, nervous: 0.1, oldMail: 0.5 } as const;

/**
 * Those who will come: most without an appointment, some with a code that was mailed to them, or their date of birth; some
 * too early, and some too late.
 *
 * @param takes is called when staff tell somebody his number.
 */
export function invite(
  random: Random,
  { openFrom, closesAt }: office.OfficeDay,
  appointments: readonly Appointment[],
  takes: (visitor: Visitor, number: string) => void,
): Visitor[] {
  const visitor = (name: string, service: string, arrivesAt: number, appointment?: Appointment): Visitor => ({
    name,
    service,
    appointment,
    hasOldMail: random.chance(shares.oldMail),
    arrivesAt,
    errand: random.chance(shares.errand) ? random.pick(errands) : "none",
    persons: appointment === undefined && random.chance(shares.family) ? random.whole(2, 6) : 1,
    nervous: random.chance(shares.nervous),
    number: undefined,
    touches: [],
    sentAway: undefined,
    atDesk: undefined,
    servedAt: undefined,
    away: false,
    givenUp: false,
    gone: false,
    takes(number) {
      takes(this, number);
    },
  });
  const visitors = appointments.map((appointment, index) => {
    // The two who share a birth date come while both may check in.
    const arrivesIn = index < 2 ? random.whole(-9, -4) : random.whole(-earlyMs / minuteMs - 4, 8);
    return visitor(
      `appointment ${index}`,
      random.pick(office.services),
      Math.max(openFrom, appointment.at + arrivesIn * minuteMs),
      appointment,
    );
  });
  const span = closesAt - openFrom;
  for (let index = visitors.length; index < visitorsCount; index += 1) {
    const arrivesAt = openFrom + random.unit() * (span - 5 * minuteMs);
    visitors.push(visitor(`walk-in ${index}`, random.pick(office.services), arrivesAt));
  }
  return visitors;
}
