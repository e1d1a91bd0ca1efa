import type { Verb } from "../../protocol/requests.ts";
import { isVerb, verbs } from "../../protocol/requests.ts";
import type { Caller } from "../office/decision.ts";

export const staffRoles = ["clerk", "manager", "admin"] as const;
export type StaffRole = (typeof staffRoles)[number];

/** What a manager sees and sets besides what every clerk does. */
const managerVerbs: readonly string[] = [
  "office.show",
  "office.preview",
  "stats.day",
  "stats.range",
  "display.message",
  "device.list",
] satisfies (Verb | "stats.day" | "stats.range" | "display.message")[];

/** Whether somebody in this role may use a verb of the protocol from a page. */
function mayUse(role: StaffRole, verb: string): boolean {
  // What does not exist is answered as such, to whoever asks.
  if (!isVerb(verb)) return true;
  const roles: readonly string[] = verbs[verb].roles;
  if (role === "admin") return roles.includes("admin");
  return roles.includes("desk") || (role === "manager" && managerVerbs.includes(verb));
}

/** What the pages behind the sign-in let somebody do besides the desks. */
export type StaffTask = "accounts" | "audit";

const tasks: Record<StaffTask, readonly StaffRole[]> = { accounts: ["manager", "admin"], audit: ["admin"] };

export const mayDo = (role: StaffRole, task: StaffTask): boolean => tasks[task].includes(role);

/** Whose accounts somebody may manage: a manager those of clerks, an admin all. */
export const managedRoles = (role: StaffRole): readonly StaffRole[] =>
  role === "admin" ? staffRoles : role === "manager" ? ["clerk"] : [];

/** Whether somebody may act for a desk. */
export const mayActFor = ({ role, desks }: { role: StaffRole; desks: readonly string[] }, desk: string): boolean =>
  role !== "clerk" || desks.includes(desk);

/** Before the account in the name under which staff ask. It holds a `/`, so no MQTT user can have such a name. */
const prefix = "staff/";

/** Under which name somebody asks the office; it stands in the events as `by`. */
export const staffClient = (account: string): string => prefix + account;

/** The account behind such a name; undefined for any other client. */
export const accountOf = (client: string): string | undefined =>
  client.startsWith(prefix) ? client.slice(prefix.length) : undefined;

/** Who somebody is to the office, which knows desk and admin; a manager is an admin who may not use everything. */
export const staffCaller = (account: { name: string; role: StaffRole; desks: readonly string[] }): Caller => ({
  client: staffClient(account.name),
  role: account.role === "clerk" ? "desk" : "admin",
  desks: account.desks,
  mayUse: (verb) => mayUse(account.role, verb),
});
