import type { AppointmentState } from "../../../protocol/messages.ts";

/** What an office that gives appointments goes by; all times are milliseconds. */
export interface AppointmentPlan {
  /** The site's number in check-in codes, 0 to 999. */
  siteNumber: number;
  /** Appointments begin at whole steps of this after each opening. */
  slotMs: number;
  /** Shares of what the bookable desks can do in an hour, 0 to 1: kept for walk-ins, and for staff who book by telephone. */
  walkInShare: number;
  telephoneShare: number;
  /** Share of a day's places that reservations nobody has confirmed may hold. */
  unconfirmedShare: number;
  /** Nobody books for sooner than this, nor for more days ahead than that. */
  leadMs: number;
  daysAhead: number;
  /** Open bookings of one mail address, and unconfirmed ones from one network. */
  perAddress: number;
  perNetwork: number;
  /** How long a reservation waits for its confirmation. */
  confirmMs: number;
  /** Check-in is possible from so long before the time to so long after it, and by staff until the grace has passed. */
  checkInEarlyMs: number;
  checkInLateMs: number;
  deskGraceMs: number;
  /** How far back a terminal may say that the code was read. */
  readBackMs: number;
  /** Wrong birth dates, of one terminal and of the whole site, within so long; then entering them pauses as long. */
  wrongEntriesTerminal: number;
  wrongEntriesSite: number;
  wrongEntriesMs: number;
  /** Local hour at which the reminder goes out the day before. */
  reminderHour: number;
  /** Whole days behind its own for which an appointment is kept; then all of it is erased. */
  keptDays: number;
}

/** A service, and for how many persons. */
export interface BookedService {
  service: string;
  persons: number;
}

/**
 * Hashes by which an appointment is found again. They are kept with it and erased with it, and never in an event: whoever
 * knows the hub's key could try all birth dates.
 */
export interface Sealed {
  /** Keyed, of the mail address without its aliases. */
  address: string | null;
  /** Keyed, of the network from which it was reserved. */
  network: string | null;
  /** Keyed, of each person's birth date. */
  births: string[];
  /** Of the check-in code that is valid now; there is none before the confirmation. */
  code: string | null;
  /** Of codes that a move made void. */
  formerCodes: string[];
  /** Keyed, of the links in its mails. */
  links: string[];
}

export interface AppointmentRecord {
  id: string;
  day: string;
  at: number;
  until: number;
  services: BookedService[];
  state: AppointmentState;
  origin: "web" | "staff";
  language: string;
  /** The visitor wants a mail the day before. */
  reminder: boolean;
  reservedAt: number;
  /** The last instant at which the reservation can be confirmed, to the second. */
  confirmBy: number;
  confirmedAt: number | null;
  /** Why it lapsed or was cancelled. */
  ended: string | null;
  /** The ticket that the check-in gave. */
  ticket: string | null;
  /** The days for which the codes were made that a move made void, in the order of `formerCodes`. */
  formerDays: string[];
  /** The epoch in which it was moved last. */
  movedIn?: number;
  /** Rises with every change; each mail is named after it. */
  revision: number;
  sealed: Sealed;
}

/** The series of the appointments' numbers. */
export const appointmentLetter = "T";

/** Boundaries are judged in whole seconds, on both sides. */
export const toSecond = (at: number) => Math.floor(at / 1000);

/** A secret as it is mailed, and the hash by which it is known again: only that is kept. */
export interface Secret {
  plain: string;
  hash: string;
}
