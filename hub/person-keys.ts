import { isIP } from "node:net";
import type { Person } from "../protocol/requests.ts";
import type { Secrets } from "./secrets.ts";

/** Spellings of one mail address that reach the same box: capitals, and what follows a `+`. */
function plainAddress(email: string): string {
  const [local = "", domain = ""] = email.toLowerCase().split("@");
  return `${local.replace(/\+.*$/, "")}@${domain}`;
}

/** The network of an address: /24 of IPv4, /48 of IPv6, which is what one customer of a provider has. */
function networkOf(ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, "");
  if (isIP(plain) !== 6) return plain.split(".").slice(0, 3).join(".");
  const [head = ""] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  return [0, 1, 2].map((index) => Number.parseInt(groups[index] ?? "0", 16).toString(16)).join(":");
}

/** The hashes by which the office knows a person. */
export function keysOf(secrets: Secrets, person: Person, ip?: string) {
  const { email, birthdates } = person;
  return {
    address: email === undefined ? null : secrets.seal("address", plainAddress(email)),
    network: ip === undefined ? null : secrets.seal("network", networkOf(ip)),
    births: [...new Set(birthdates)].map((date) => secrets.seal("birthdate", date)),
  };
}
