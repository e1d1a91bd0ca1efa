import type { InForce, User } from "../../protocol/accounts.ts";
import type { Arguments, Result } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";
import { dayAndTime, paint, table } from "./print.ts";
import { askPasswordHash } from "./setup.ts";

/** All users, however many pages of the list it takes. */
export async function list({ ask }: Conversation): Promise<Outcome> {
  const users: User[] = [];
  let after: string | null = null;
  let page = 0;
  do {
    const result: Result<"user.list"> = await ask("user.list", after ? { after } : {}, String(page++));
    users.push(...result.users);
    after = result.next;
  } while (after);
  const rows = users.map(({ user, role, desks, source, device, addedAt }) => [
    user,
    role,
    desks.join(", "),
    source === "configuration"
      ? "configuration"
      : `${device ? "device" : "user"}, ${addedAt ? dayAndTime(addedAt) : ""}`,
  ]);
  return { json: { users }, text: table(["user", "role", "desks", "added"], rows, "nobody may log in") };
}

interface AccountOptions {
  role?: string;
  desk?: string[];
  passwordNew?: boolean;
}

const desksOf = ({ desk }: AccountOptions) => (desk === undefined ? {} : { desks: desk });

/** A broker of its own reads its files anew before it knows. */
const forceText = (inForce: InForce) =>
  inForce === "now" ? "" : "\nThe broker must read its files again: see deploy/docs/mosquitto.md";

const saved = (result: Result<"user.add">): Outcome => ({
  json: result,
  text: `${paint("bold", result.user.user)}  ${result.user.role}${forceText(result.inForce)}`,
});

const gone = (name: string, result: Result<"user.remove">): Outcome => ({
  json: result,
  text: `${paint("bold", name)}  may log in no more${forceText(result.inForce)}`,
});

/** Roles are checked by the hub, which says which there are. */
type UserRole = Arguments<"user.add">["role"];
type DeviceRole = Arguments<"device.add">["role"];

export async function add({ ask }: Conversation, user: string, role: string, options: AccountOptions) {
  const passwordHash = await askPasswordHash();
  return saved(await ask("user.add", { user, role: role as UserRole, ...desksOf(options), passwordHash }));
}

export async function change({ ask }: Conversation, user: string, options: AccountOptions): Promise<Outcome> {
  const { role, desk, passwordNew } = options;
  if (role === undefined && desk === undefined && !passwordNew) {
    throw usageFailure("what is to be changed? Use --role, --desk or --password-new");
  }
  const args: Arguments<"user.change"> = {
    user,
    ...(role === undefined ? {} : { role: role as UserRole }),
    ...desksOf(options),
    ...(passwordNew ? { passwordHash: await askPasswordHash() } : {}),
  };
  return saved(await ask("user.change", args));
}

export const remove = async ({ ask }: Conversation, user: string): Promise<Outcome> =>
  gone(user, await ask("user.remove", { user }));

export async function addDevice({ ask }: Conversation, client: string, role: string, options: AccountOptions) {
  const passwordHash = await askPasswordHash();
  return saved(await ask("device.add", { client, role: role as DeviceRole, ...desksOf(options), passwordHash }));
}

export const revokeDevice = async ({ ask }: Conversation, client: string): Promise<Outcome> =>
  gone(client, await ask("device.revoke", { client }));
