import { createHmac, randomBytes } from "node:crypto";
import type { CheckInCode } from "../protocol/check-in-code.ts";
import { hashCheckInCode, makeCheckInCode } from "../protocol/check-in-code.ts";
import { hashPasswordNow } from "./accounts.ts";
import type { Secret } from "./office/appointments/record.ts";

/** Bytes of a link's secret, and of a keyed hash. */
const linkBytes = 18;
const sealBytes = 16;

/** What may be compared, but not read back: each kind of text has hashes of its own. */
export type SealedKind = "address" | "birthdate" | "network" | "link" | "staff";

/** Makes what nobody can guess, and hides what nobody may read. */
export interface Secrets {
  /** For a link in a mail. */
  link(): Secret;
  /** The hash of a password, as a broker keeps it. */
  password(plain: string): string;
  code(about: CheckInCode): Secret;
  /** A reference that people can read aloud. */
  reference(): string;
  /** The keyed hash of a text: equal for equal texts, in this hub's file only. */
  seal(kind: SealedKind, text: string): string;
}

/** Crockford's base 32 in small letters: no `i`, `l`, `o`, `u`. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const referenceLetters = 10;

/** @param key the secret of the hub's file. */
export function createSecrets(key: Buffer): Secrets {
  const seal = (kind: SealedKind, text: string) =>
    createHmac("sha256", key).update(`${kind}\0${text}`).digest().subarray(0, sealBytes).toString("hex");
  return {
    seal,
    link() {
      const plain = randomBytes(linkBytes).toString("base64url");
      return { plain, hash: seal("link", plain) };
    },
    password: (plain) => hashPasswordNow(plain),
    code(about) {
      const plain = makeCheckInCode(about);
      return { plain, hash: hashCheckInCode(plain) };
    },
    reference: () => [...randomBytes(referenceLetters)].map((byte) => alphabet[byte % alphabet.length] ?? "").join(""),
  };
}
