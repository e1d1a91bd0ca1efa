import { createHash, randomBytes } from "node:crypto";
import type { Secrets } from "../secrets.ts";
import type { StaffTables } from "../store/staff.ts";
import type { AttemptLimit } from "./lockout.ts";
import { lockedUntil } from "./lockout.ts";
import type { PasswordProblem } from "./password.ts";
import { createVerifier, hashStaffPassword, passwordProblem } from "./password.ts";
import type { AuditEntry, StaffAccount, StaffSession } from "./record.ts";

const minuteMs = 60_000;

export interface StaffLimits {
  /** A session ends when nothing was pressed for so long, and so long after the sign-in in any case. */
  idleMs: number;
  absoluteMs: number;
  /** Wrong passwords for one account, and from one address: colleagues behind one router share theirs. */
  account: AttemptLimit;
  address: AttemptLimit;
  /** How long what staff did is kept. */
  auditMs: number;
}

export const attemptLimits: Pick<StaffLimits, "account" | "address"> = {
  account: { attempts: 5, windowMs: 15 * minuteMs },
  address: { attempts: 20, windowMs: 15 * minuteMs },
};

/** That a session is in use is noted this seldom, in milliseconds. */
const touchMs = minuteMs;
const tokenBytes = 32;
const tokenForm = /^[A-Za-z0-9_-]{43}$/;

/** Somebody who is signed in. */
export interface SignedIn {
  session: StaffSession;
  account: StaffAccount;
}

/** What came of a sign-in. `refused` says nothing about whether there is such an account; `busy` nothing about the password. */
export type SignIn =
  | { state: "in"; token: string; account: StaffAccount }
  | { state: "locked"; until: number }
  | { state: "refused" }
  | { state: "busy" };

export interface Staff {
  signIn(name: string, password: string, address: string): Promise<SignIn>;
  /** Signs in somebody whom another place has vouched for. Refused when the account is locked. */
  enter(account: StaffAccount): SignIn;
  /** Who has this token. Pressing a key counts as use, watching does not. */
  of(token: string | undefined, isUse: boolean): SignedIn | undefined;
  signOut(token: string): void;
  /** Ends the account's other sessions. */
  changePassword(who: SignedIn, old: string, chosen: string, address: string): Promise<"done" | PasswordChange>;
  account(name: string): StaffAccount | undefined;
  /** Until when wrong passwords keep everybody out of this account; undefined when they do not. */
  lockedOut(name: string): number | undefined;
  audit(entry: Partial<AuditEntry> & Pick<AuditEntry, "who" | "what">): void;
  /** Work for quiet moments: forgets what has been kept long enough. */
  tidy(): void;
}

export type PasswordChange = "wrong" | "locked" | "busy" | PasswordProblem;

export interface StaffOptions {
  tables: StaffTables;
  secrets: Pick<Secrets, "seal">;
  limits: StaffLimits;
  now(): number;
}

const idOf = (token: string) => createHash("sha256").update(token).digest("hex");

export function createStaff({ tables, secrets, limits, now }: StaffOptions): Staff {
  const verify = createVerifier();

  const audit: Staff["audit"] = (entry) =>
    tables.audit({ at: now(), desk: null, ticket: null, outcome: "ok", about: null, ...entry });

  type Limited = [subject: string, limit: AttemptLimit];
  // Hashed: people type their password into the wrong field.
  const accountLimit = (name: string): Limited => [`account/${secrets.seal("staff", name)}`, limits.account];
  const limitOf = (address: string, name: string): Limited[] => [
    accountLimit(name),
    [`address/${secrets.seal("staff", address)}`, limits.address],
  ];

  function untilOf(subjects: Limited[]): number | undefined {
    const ends = subjects.flatMap(([subject, limit]) => {
      const at = now();
      // What a clock noted that was ahead is no reason to keep anybody out until then.
      const times = tables.attempts(subject, at - limit.windowMs).filter((time) => time <= at);
      return lockedUntil(times, limit) ?? [];
    });
    return ends.length === 0 ? undefined : Math.max(...ends);
  }

  /**
   * Compares a password within the limits. The attempt counts before it is looked at, so that many at once are no way
   * around them, and is taken back when it was right.
   */
  async function attempt(name: string, password: string, address: string): Promise<SignIn | { state: "right" }> {
    const subjects = limitOf(address, name);
    const until = untilOf(subjects);
    if (until !== undefined) {
      audit({ who: tables.account(name)?.name ?? null, what: "sign-in", outcome: "locked" });
      return { state: "locked", until };
    }
    const notes = tables.attempt(
      subjects.map(([subject]) => subject),
      now(),
    );
    const known = tables.account(name);
    const isRight = await verify(password, known?.passwordHash);
    if (isRight === undefined) {
      tables.takeBack(notes);
      return { state: "busy" };
    }
    if (!isRight || !known || known.locked) {
      const locks = untilOf(subjects);
      audit({ who: known?.name ?? null, what: "sign-in", outcome: "refused" });
      if (locks !== undefined) audit({ who: known?.name ?? null, what: "sign-in.lock-out", outcome: "locked" });
      return { state: "refused" };
    }
    tables.takeBack(notes);
    return { state: "right" };
  }

  function begin(account: StaffAccount): SignIn {
    const token = randomBytes(tokenBytes).toString("base64url");
    tables.begin({ id: idOf(token), name: account.name, began: now(), seen: now() });
    audit({ who: account.name, what: "sign-in" });
    return { state: "in", token, account };
  }

  /** A full disk, of which staff are told elsewhere, turns nobody away from what can still be seen: noted the next time. */
  function touch(id: string, at: number): void {
    try {
      tables.touch(id, at);
    } catch {}
  }

  return {
    audit,
    account: (name) => tables.account(name),
    lockedOut: (name) => untilOf([accountLimit(name)]),
    async signIn(name, password, address) {
      const tried = await attempt(name, password, address);
      if (tried.state !== "right") return tried;
      const account = tables.account(name);
      // It may have been removed or locked meanwhile.
      if (!account || account.locked) return { state: "refused" };
      tables.forgive(accountLimit(name)[0]);
      return begin(account);
    },
    enter(account) {
      if (!account.locked) return begin(account);
      audit({ who: account.name, what: "sign-in", outcome: "refused" });
      return { state: "refused" };
    },
    of(token, isUse) {
      if (token === undefined || !tokenForm.test(token)) return undefined;
      const session = tables.session(idOf(token));
      if (!session) return undefined;
      const at = now();
      // Further ahead it is of a clock that was wrong, and would last until then.
      const isOver = Math.abs(at - session.seen) > limits.idleMs || Math.abs(at - session.began) > limits.absoluteMs;
      const account = tables.account(session.name);
      if (isOver || !account || account.locked) return undefined;
      if (isUse && Math.abs(at - session.seen) > touchMs) {
        touch(session.id, at);
        session.seen = at;
      }
      return { session, account };
    },
    signOut(token) {
      const session = tables.session(idOf(token));
      if (!session) return;
      tables.end(session.id);
      audit({ who: session.name, what: "sign-out" });
    },
    async changePassword({ account, session }, old, chosen, address) {
      const problem = passwordProblem(account.name, chosen);
      if (problem) return problem;
      const tried = await attempt(account.name, old, address);
      if (tried.state === "locked" || tried.state === "busy") return tried.state;
      if (tried.state !== "right") return "wrong";
      const passwordHash = await hashStaffPassword(chosen);
      const present = tables.account(account.name);
      if (!present || present.locked) return "wrong";
      tables.put({ ...present, passwordHash, mustChange: false });
      tables.endAll(account.name, session.id);
      audit({ who: account.name, what: "password.change", about: account.name });
      return "done";
    },
    tidy() {
      const at = now();
      const longest = Math.max(limits.account.windowMs, limits.address.windowMs);
      tables.forget({
        attempts: at - longest,
        audits: at - limits.auditMs,
        sessionsBegan: at - limits.absoluteMs,
        sessionsSeen: at - limits.idleMs,
      });
    },
  };
}
