import type { Person } from "../../protocol/requests.ts";
import type { BookedService } from "./appointments/record.ts";

export type MailKind = "activation" | "confirmation" | "reminder" | "cancelled" | "moved" | "office-closed" | "link";

/** A mail to be written: facts and secrets, no name and no address. Those are added where they are kept. */
export interface MailOrder {
  /** Stable and unique: the Message-ID is made of it. */
  id: string;
  kind: MailKind;
  appointment: string;
  language: string;
  orderedAt: number;
  /** Not sent before this, nor after that: then it would be of no use. */
  sendAt: number;
  dropAt: number;
  at: number;
  until: number;
  services: BookedService[];
  /** For an activation: the last instant at which it can be confirmed. */
  confirmBy?: number;
  /** For a move: when it was before. */
  previousAt?: number;
  /** For a closure: what staff gave as its reason. */
  reason?: string;
  /** The secret of the link in it, and the check-in code. */
  link?: string;
  code?: string;
}

/** Personal data, which is kept beside the office's state and never in it. */
export type PersonChange = { do: "keep"; appointment: string; person: Person } | { do: "erase"; appointment: string };

/**
 * What a decision does besides its events, in the same transaction: personal data and mails. In this order: persons are
 * kept, mails not yet sent are dropped, new ones get their name and address, persons are erased, old days are forgotten.
 */
export interface Aside {
  persons?: PersonChange[];
  mails?: MailOrder[];
  /** Appointments of which no mail that waits is to be sent any more: it would come behind the one that says what holds now. */
  dropMails?: string[];
  /** The day has come on which what lies long enough before it is erased, appointments and all that belongs to them. */
  forget?: { day: string; at: number };
}
