import type { User } from "../../protocol/accounts.ts";
import type { Role } from "../../protocol/messages.ts";
import type { Caller, Decision, Found } from "./decision.ts";
import { accept, decline } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState, UserRecord } from "./state.ts";

/** Users that can be added besides those of the configuration. */
const usersMax = 1_000;

type UserEvent = Extract<OfficeEvent, { type: "office.changed"; what: "user" }>;

const isoOrNull = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());

/** Who this is, without what proves it; undefined for nobody. A user of the configuration hides one that was added. */
export function findUser(state: OfficeState, name: string): User | undefined {
  const configured = state.plan.users.find((user) => user.name === name);
  const found = configured ?? state.users.get(name);
  if (!found) return undefined;
  const added = configured ? undefined : state.users.get(name);
  return {
    user: name,
    role: found.role,
    desks: [...found.desks],
    source: configured ? "configuration" : "hub",
    device: added?.device ?? false,
    addedAt: isoOrNull(added?.addedAt),
  };
}

/** Everybody, in order of their names. */
export function allUsers(state: OfficeState): User[] {
  const names = new Set([...state.plan.users.map(({ name }) => name), ...state.users.keys()]);
  return [...names].sort().flatMap((name) => findUser(state, name) ?? []);
}

/** The names of those that give numbers to visitors. */
export const allTerminals = (state: OfficeState): string[] =>
  allUsers(state).flatMap(({ user, role }) => (role === "terminal" ? [user] : []));

/** Who asks under this name; undefined for nobody. */
export function callerOf(state: OfficeState, client: string): Caller | undefined {
  const found = findUser(state, client);
  return found && { client, role: found.role, desks: found.desks };
}

/** A user as asked for, its password hashed. */
export type NewUser = Pick<UserRecord, "name" | "role" | "desks" | "passwordHash" | "device">;

export function addUser(state: OfficeState, { client }: Caller, wanted: NewUser, now: number): Decision {
  const { name, role, desks, passwordHash, device } = wanted;
  if (findUser(state, name)) {
    return decline("wrong-state", `there is a user ${name} already: change it, or choose another name`, {
      state: "present",
      current: null,
    });
  }
  if (state.users.size >= usersMax) return decline("bad-request", `there are ${usersMax} users already: remove some`);
  const wrong = wrongDesks(state, role, desks);
  if (wrong) return wrong;
  const sealed = { passwordHash };
  return accept({ ...changed(name, "added", client), role, desks, device, addedAt: now, sealed });
}

const changed = <C extends UserEvent["change"]>(user: string, change: C, by: string) => ({
  type: "office.changed" as const,
  what: "user" as const,
  user,
  change,
  by,
});

/** What of a user is to become another. */
export type UserPatch = Partial<Pick<UserRecord, "role" | "desks" | "passwordHash">>;

export function changeUser(state: OfficeState, { client }: Caller, name: string, patch: UserPatch): Decision {
  const found = changeable(state, name);
  if (!found.ok) return found;
  const before = found.value;
  const role = patch.role ?? before.role;
  // Whoever acts for desks no longer has none.
  const desks = patch.desks ?? (role === "desk" ? before.desks : []);
  if (role !== "admin") {
    const kept = keepsAdmin(state, before, client, "give up that role");
    if (kept) return kept;
  }
  const wrong = wrongDesks(state, role, desks);
  if (wrong) return wrong;
  const { device, addedAt } = before;
  const sealed = { passwordHash: patch.passwordHash ?? before.passwordHash };
  return accept({ ...changed(name, "changed", client), role, desks, device, addedAt, sealed });
}

/** @param onlyDevice whether whoever asks takes it for a device. */
export function removeUser(state: OfficeState, { client }: Caller, name: string, onlyDevice: boolean): Decision {
  const found = changeable(state, name);
  if (!found.ok) return found;
  if (onlyDevice && !found.value.device) {
    return decline("bad-request", `client: ${name} was not added as a device: use user.remove`);
  }
  return keepsAdmin(state, found.value, client, "remove") ?? accept(changed(name, "removed", client));
}

/** The user, if it is one that was added and not one of the configuration. */
function changeable(state: OfficeState, name: string): Found<UserRecord> {
  if (state.plan.users.some((user) => user.name === name)) {
    const message = `${name} stands in the hub's configuration file: change it there and start the hub anew`;
    return decline("wrong-state", message, { state: "configured", current: null }) as Found<never>;
  }
  const value = state.users.get(name);
  return value ? { ok: true, value } : (decline("bad-request", `there is no user ${name}`) as Found<never>);
}

/** Why an admin must stay one: nobody locks himself out, and somebody must be able to undo it. */
function keepsAdmin(state: OfficeState, user: UserRecord, by: string, what: string): Decision | undefined {
  if (user.role !== "admin") return undefined;
  const details = { state: "present", current: null };
  if (allUsers(state).filter(({ role }) => role === "admin").length <= 1) {
    return decline("wrong-state", `${user.name} is the last admin: add another one first`, details);
  }
  if (user.name !== by) return undefined;
  return decline("wrong-state", `you cannot ${what} yourself: another admin can`, details);
}

function wrongDesks(state: OfficeState, role: Role, desks: readonly string[]): Decision | undefined {
  if (role === "desk" && desks.length === 0) return decline("bad-request", "desks: name the desks it acts for");
  if (role !== "desk" && desks.length > 0) return decline("bad-request", "desks: only for the role `desk`");
  const unknown = desks.find((id) => !state.plan.desks.some((desk) => desk.id === id));
  return unknown === undefined ? undefined : decline("unknown-desk", `there is no desk ${unknown}`);
}

export function evolveUser(state: OfficeState, event: UserEvent): void {
  if (event.change === "removed") {
    state.users.delete(event.user);
    return;
  }
  const { user: name, role, desks, device, addedAt, sealed } = event;
  state.users.set(name, { name, role, desks, device, addedAt, passwordHash: sealed.passwordHash });
}
