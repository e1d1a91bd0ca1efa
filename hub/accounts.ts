import { createHash, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Principal } from "../protocol/access.ts";
import { hubUser } from "../protocol/access.ts";
import type { Role } from "../protocol/messages.ts";

/**
 * Iterations of PBKDF2 in a new hash. Mosquitto verifies in its only thread, and after a power cut all devices of an
 * office log in at once: 60 logins at 5,000 iterations hold everybody up for about 0.2 s on a PC and 0.7 s on a
 * Raspberry Pi 4, well below the 10 s after which a device calls its hub away. Mosquitto's own tool uses 101. A device's
 * password is made by chance and needs no stretching at all; what there is helps the passwords that people choose.
 */
const iterations = 5_000;
/** A hash with more iterations than this is not verified: each attempt would hold a Mosquitto up for seconds. */
const iterationsMax = 1_000_000;
const saltBytes = 12;
/** Mosquitto always derives as much as SHA-512 yields. */
const hashBytes = 64;

const derive = promisify(pbkdf2);

/** Who may log in, and the desks a `desk` user may act for. `hub` is not an account: it is the hub itself. */
export interface Account {
  name: string;
  role: Role;
  desks: readonly string[];
  /** As in Mosquitto's password file, `$7$iterations$salt$hash`. */
  passwordHash: string;
}

/** Hashes a password as mosquitto_passwd(1) does, `$7$iterations$salt$hash`: one hash serves both brokers. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  return hashText(salt, await derive(password, salt, iterations, hashBytes, "sha512"));
}

/**
 * As `hashPassword`, while everything else in this process waits for some milliseconds.
 *
 * @param salt by chance when left out; the same salt gives the same hash.
 */
export function hashPasswordNow(password: string, salt: Buffer = randomBytes(saltBytes)): string {
  return hashText(salt, pbkdf2Sync(password, salt, iterations, hashBytes, "sha512"));
}

const hashText = (salt: Buffer, hash: Buffer) =>
  `$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;

/** Whether a text has the form of a hash that `verifyPassword` and Mosquitto accept. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/** Whether the password belongs to the hash, in constant time. False for a hash of any other form; never throws. */
export async function verifyPassword(password: string | Buffer, passwordHash: string): Promise<boolean> {
  const parsed = parseHash(passwordHash);
  if (!parsed) return false;
  const given = await derive(password, parsed.salt, parsed.iterations, hashBytes, "sha512");
  return timingSafeEqual(given, parsed.hash);
}

function parseHash(text: string): { iterations: number; salt: Buffer; hash: Buffer } | undefined {
  const [, count, salt, hash] =
    /^\$7\$([1-9][0-9]{0,6})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{86}==)$/.exec(text) ?? [];
  if (count === undefined || salt === undefined || hash === undefined || Number(count) > iterationsMax)
    return undefined;
  return { iterations: Number(count), salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

/** Whether a login as the one is still a login as the other. */
export function isSameAccount(one: Account | undefined, other: Account | undefined): boolean {
  return one?.passwordHash === other?.passwordHash && one?.role === other?.role;
}

/** Logins that may wait for their turn; with more than this, further ones are refused and may try again. */
const loginsWaitingMax = 1_000;

/** What came of a login; `busy` says nothing about the password. */
export type Login = { state: "in"; principal: Principal } | { state: "refused" } | { state: "busy" };

/**
 * Checks logins for the embedded broker. One is derived at a time, so that a storm of wrong passwords takes one thread
 * of the pool and leaves the others to the files; a password that was right before is known again by a digest under a
 * key of this process, so that reconnecting costs nothing.
 *
 * @param find the account as it is at that moment.
 */
export function createLogins(find: (user: string) => Account | undefined, hubPassword: string) {
  const key = randomBytes(32);
  const digest = (password: Buffer) => createHash("sha256").update(key).update(password).digest();
  const hubDigest = digest(Buffer.from(hubPassword));
  const known = new Map<string, { digest: Buffer; passwordHash: string }>();
  // Verified in place of a user's hash when there is no such user, so that the time does not tell which names exist.
  const nobody = `$7$${iterations}$${randomBytes(saltBytes).toString("base64")}$${Buffer.alloc(hashBytes).toString("base64")}`;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  return async function login(user: string | undefined, password: Buffer | undefined): Promise<Login> {
    if (user === undefined || password === undefined) return { state: "refused" };
    const presented = digest(password);
    if (user === hubUser) {
      const right = timingSafeEqual(presented, hubDigest);
      return right ? { state: "in", principal: { user, role: "hub" } } : { state: "refused" };
    }
    const account = find(user);
    const before = known.get(user);
    const isKnown = before?.passwordHash === account?.passwordHash;
    if (!account || !before || !isKnown || !timingSafeEqual(before.digest, presented)) {
      if (waiting >= loginsWaitingMax) return { state: "busy" };
      waiting += 1;
      const verified = turn.then(() => verifyPassword(password, account?.passwordHash ?? nobody));
      turn = verified.catch(() => undefined).finally(() => (waiting -= 1));
      // The account may have become another one while the password was looked at.
      if (!(await verified) || !account || !isSameAccount(find(user), account)) return { state: "refused" };
      known.set(user, { digest: presented, passwordHash: account.passwordHash });
    }
    return { state: "in", principal: { user, role: account.role } };
  };
}
