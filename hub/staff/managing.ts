import { createHash } from "node:crypto";
import type { Secrets } from "../secrets.ts";
import type { StaffTables } from "../store/staff.ts";
import type { PasswordProblem } from "./password.ts";
import { hashStaffPassword, passwordProblem } from "./password.ts";
import type { StaffAccount } from "./record.ts";
import { staffName } from "./record.ts";
import type { StaffRole } from "./roles.ts";
import { managedRoles } from "./roles.ts";
import type { Staff } from "./staff.ts";

/** What a form about an account says. An empty password leaves the one that there is. */
export interface AccountForm {
  name: string;
  role: StaffRole;
  desks: string[];
  password: string;
}

export type Managed =
  | "done"
  | "forbidden"
  | "unknown"
  | "taken"
  | "bad-name"
  | "no-desks"
  | "last-admin"
  | "self"
  | "no-password"
  | PasswordProblem;

/** What managers and admins do with accounts. Each is on record, with whom it was about. */
export interface Managing {
  /** Those whom this role may manage. */
  list(role: StaffRole): StaffAccount[];
  add(by: StaffAccount, form: AccountForm): Promise<Managed>;
  /** Another role, other desks, or a password that its owner must change. */
  change(by: StaffAccount, form: AccountForm): Promise<Managed>;
  /** Nobody signs in with it any more, and whoever is signed in is out; or its owner may again, wrong passwords forgotten. */
  lock(by: StaffAccount, name: string, locked: boolean): Managed;
  remove(by: StaffAccount, name: string): Managed;
}

export interface ManagingOptions {
  tables: StaffTables;
  secrets: Pick<Secrets, "seal">;
  staff: Pick<Staff, "audit">;
}

export function createManaging({ tables, secrets, staff }: ManagingOptions): Managing {
  /** The office must always have somebody who can let the others in again. */
  const isLastAdmin = ({ name }: StaffAccount) =>
    !tables.accounts().some((other) => other.name !== name && other.role === "admin" && !other.locked);

  /** The account, if this one may manage it. */
  function managed(by: StaffAccount, name: string): { account: StaffAccount } | { no: Managed } {
    const account = tables.account(name);
    if (!account) return { no: "unknown" };
    return managedRoles(by.role).includes(account.role) ? { account } : { no: "forbidden" };
  }

  const record = (by: StaffAccount, what: string, about: string, outcome: Managed) => {
    staff.audit({ who: by.name, what, about, outcome: outcome === "done" ? "ok" : outcome });
    return outcome;
  };

  const desksOf = ({ role, desks }: AccountForm) => (role === "clerk" ? desks : []);

  async function added(by: StaffAccount, form: AccountForm): Promise<Managed> {
    const { name, role, password } = form;
    if (!managedRoles(by.role).includes(role)) return "forbidden";
    if (!staffName.safeParse(name).success) return "bad-name";
    if (role === "clerk" && form.desks.length === 0) return "no-desks";
    const problem = password === "" ? "no-password" : passwordProblem(name, password);
    if (problem) return problem;
    const passwordHash = await hashStaffPassword(password);
    if (tables.account(name)) return "taken";
    tables.put({ name, role, desks: desksOf(form), passwordHash, subject: null, locked: false, mustChange: true });
    return "done";
  }

  async function changed(by: StaffAccount, form: AccountForm): Promise<Managed> {
    const { name, role, password } = form;
    const first = managed(by, name);
    if ("no" in first) return first.no;
    if (!managedRoles(by.role).includes(role)) return "forbidden";
    if (role === "clerk" && form.desks.length === 0) return "no-desks";
    if (first.account.subject !== null && password !== "") return "forbidden";
    const problem = password === "" ? undefined : passwordProblem(name, password);
    if (problem) return problem;
    const passwordHash = password === "" ? undefined : await hashStaffPassword(password);
    // As it is now: others work on accounts too.
    const again = managed(by, name);
    if ("no" in again) return again.no;
    const { account } = again;
    if (account.role === "admin" && role !== "admin" && isLastAdmin(account)) return "last-admin";
    const renewed = passwordHash ? { passwordHash, mustChange: account.name !== by.name } : {};
    tables.put({ ...account, role, desks: desksOf(form), ...renewed });
    if (passwordHash) tables.endAll(name);
    return "done";
  }

  function locked(by: StaffAccount, name: string, lock: boolean): Managed {
    const found = managed(by, name);
    if ("no" in found) return found.no;
    if (lock && name === by.name) return "self";
    if (lock && found.account.role === "admin" && isLastAdmin(found.account)) return "last-admin";
    tables.put({ ...found.account, locked: lock });
    if (lock) tables.endAll(name);
    else tables.forgive(`account/${secrets.seal("staff", name)}`);
    return "done";
  }

  function removed(by: StaffAccount, name: string): Managed {
    const found = managed(by, name);
    if ("no" in found) return found.no;
    if (name === by.name) return "self";
    tables.remove(name);
    return "done";
  }

  return {
    list: (role) => tables.accounts().filter((account) => managedRoles(role).includes(account.role)),
    add: async (by, form) => record(by, "account.add", form.name.slice(0, 32), await added(by, form)),
    change: async (by, form) => record(by, "account.change", form.name.slice(0, 32), await changed(by, form)),
    lock: (by, name, lock) =>
      record(by, lock ? "account.lock" : "account.unlock", name.slice(0, 32), locked(by, name, lock)),
    remove: (by, name) => record(by, "account.remove", name.slice(0, 32), removed(by, name)),
  };
}

/** An account as the configuration names it. */
export type PlantedAccount = Pick<StaffAccount, "name" | "role" | "desks"> & { passwordHash: string };

/**
 * Makes the accounts of the configuration: each once, and again when what it says there has changed, which is how the
 * machine's administrator lets himself in again. One that was removed on the pages stays away.
 *
 * @returns the names of those that were made.
 */
export function plantAccounts(tables: StaffTables, accounts: readonly PlantedAccount[]): string[] {
  return accounts.flatMap(({ name, role, desks, passwordHash }) => {
    const seed = createHash("sha256")
      .update(JSON.stringify([name, role, desks, passwordHash]))
      .digest("hex");
    if (tables.seed(name) === seed) return [];
    tables.plant({ name, role, desks, passwordHash, subject: null, locked: false, mustChange: false }, seed);
    return [name];
  });
}
