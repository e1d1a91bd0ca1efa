import * as z from "zod";
import type { StaffRole } from "./roles.ts";

/** What an account is called: also the name under which its owner's actions are on record. */
export const staffName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/,
    "use 1 to 32 of a-z, 0-9, . _ -, beginning and ending with a-z or 0-9",
  );

/** An account of somebody who works here. */
export interface StaffAccount {
  name: string;
  role: StaffRole;
  /** The desks a clerk may act for; of no meaning for the other roles. */
  desks: string[];
  /** Null for an account of the town's own sign-in. */
  passwordHash: string | null;
  /** Whose account it is at the town's own sign-in (issuer and subject); null for one of the hub's own. */
  subject: string | null;
  /** Set by whoever manages accounts: nobody signs in with it. */
  locked: boolean;
  /** The password was chosen by somebody else. */
  mustChange: boolean;
}

/** A browser that is signed in. The token itself is only in its cookie. */
export interface StaffSession {
  /** SHA-256 of the token, in hex. */
  id: string;
  name: string;
  /** Milliseconds since the epoch. */
  began: number;
  seen: number;
}

/** What staff did, without a word about visitors. */
export interface AuditEntry {
  at: number;
  /** The account; null where a name was given that is none. */
  who: string | null;
  /** A verb of the protocol, or `sign-in`, `sign-in.failed`, … */
  what: string;
  desk: string | null;
  ticket: string | null;
  /** `ok`, or the code of the refusal. */
  outcome: string;
  /** Whom or what else it was about: an account, an appointment. */
  about: string | null;
}
