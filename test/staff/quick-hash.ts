import { randomBytes, scryptSync } from "node:crypto";

/** A hash as the hub takes it, at the least cost that it takes: what it costs to guess is not what these tests are about. */
export function quickHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password.normalize("NFKC"), salt, 32, { N: 2 ** 10, r: 8, p: 1 });
  const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
  return `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(hash)}`;
}
