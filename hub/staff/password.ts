import type { ScryptOptions } from "node:crypto";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** Characters of a password that staff may choose: a single factor, and nobody may guess for long (see `lockout.ts`). */
export const passwordCharsMin = 12;
/** More than this is not looked at. */
export const passwordCharsMax = 200;

/**
 * What a new hash costs: 32 MiB and three rounds, one of the equal choices of the OWASP Password Storage Cheat Sheet
 * ("scrypt"); on a Raspberry Pi 4 about half a second. One is derived at a time.
 */
const cost = { lnN: 15, r: 8, p: 3 };
/** A hash that asks for more memory than this is none of ours, in bytes. */
const memoryBytesMax = 256 * 1_048_576;
const saltBytes = 16;
const hashBytes = 32;
/** Passwords that may wait for their turn. */
const waitingMax = 20;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

interface Parsed {
  lnN: number;
  r: number;
  p: number;
  salt: Buffer;
  hash: Buffer;
}

const memoryOf = ({ lnN, r }: Pick<Parsed, "lnN" | "r">) => 128 * 2 ** lnN * r;

export type PasswordProblem = "short" | "long" | "like-name";

/** What is wrong with a password that somebody chose; undefined when it may be taken. */
export function passwordProblem(name: string, password: string): PasswordProblem | undefined {
  if (password.length < passwordCharsMin) return "short";
  if (password.length > passwordCharsMax) return "long";
  return password.toLowerCase().includes(name) && name.length > 3 ? "like-name" : undefined;
}

/** The same letters typed on different keyboards are the same password (NIST SP 800-63B, section 3.1.1.2). */
const plain = (password: string) => password.slice(0, passwordCharsMax).normalize("NFKC");

const stretch = (password: string, { lnN, r, p, salt }: Omit<Parsed, "hash">) =>
  derive(plain(password), salt, hashBytes, { N: 2 ** lnN, r, p, maxmem: 2 * memoryOf({ lnN, r }) });

/** Hashes a password with a salt of its own; parameters and salt stand in the result (PHC string format). */
export async function hashStaffPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await stretch(password, { ...cost, salt });
  const { lnN, r, p } = cost;
  return `$scrypt$ln=${lnN},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");

function parse(text: string): Parsed | undefined {
  const [, lnN, r, p, salt, hash] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,64})\$([A-Za-z0-9+/]{43})$/.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const parsed = { lnN: Number(lnN), r: Number(r), p: Number(p) };
  const isSane = parsed.lnN >= 10 && parsed.r >= 1 && parsed.p >= 1 && memoryOf(parsed) <= memoryBytesMax;
  return isSane ? { ...parsed, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") } : undefined;
}

/** Whether a text has the form of a hash that `wartemarke hash-password --staff` prints. */
export const isStaffPasswordHash = (text: string): boolean => parse(text) !== undefined;

/** What is verified where there is no account, so that the time does not tell which names exist. */
const nobody: Parsed = { ...cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) };

/**
 * Verifies passwords one after the other, so that a storm of them takes one thread and one piece of memory. Gives
 * undefined, which says nothing about the password, when too many wait.
 */
export function createVerifier() {
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  return async function verify(password: string, hash: string | null | undefined): Promise<boolean | undefined> {
    if (waiting >= waitingMax) return undefined;
    waiting += 1;
    const known = hash ? parse(hash) : undefined;
    const compared = turn.then(async () => {
      const parsed = known ?? nobody;
      return timingSafeEqual(await stretch(password, parsed), parsed.hash) && known !== undefined;
    });
    turn = compared
      .catch(() => undefined)
      .finally(() => {
        waiting -= 1;
      });
    return compared;
  };
}
