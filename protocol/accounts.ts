import * as z from "zod";
import * as m from "./messages.ts";

/** Characters of a password that may be chosen over MQTT. One made by chance needs no more; one of a person no fewer. */
export const passwordCharsMin = 8;
const passwordCharsMax = 128;

/** The MQTT user name of a person, a tool or a device; `hub` is the hub itself. */
const userName = m.name.refine((user) => user !== "hub", "`hub` is reserved");
/** The role of whatever is no administrator and may be a device. */
const deviceRole = z.enum(["terminal", "board", "desk"]);
const desks = z.array(m.deskId).max(200);

const secret = {
  password: z.string().min(passwordCharsMin).max(passwordCharsMax).optional(),
  /** As `wartemarke hash-password` prints it, for where others could read a password along. */
  passwordHash: z
    .string()
    .max(300)
    .regex(/^\$7\$[0-9]+\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*$/, "take what `wartemarke hash-password` prints")
    .optional(),
};
type Secret = { password?: string | undefined; passwordHash?: string | undefined };
const oneSecret = ({ password, passwordHash }: Secret) => (password === undefined) !== (passwordHash === undefined);
const oneSecretError = { error: "give either `password` or `passwordHash`" };

/** Arguments of `user.add`; `desks` are those that a user with the role `desk` acts for. */
const newUser = z
  .object({ user: userName, role: m.role, desks: desks.optional(), ...secret })
  .refine(oneSecret, oneSecretError);

/** Arguments of `user.change`: what is left out stays as it is. */
const changedUser = z
  .object({ user: userName, role: m.role.optional(), desks: desks.optional(), ...secret })
  .refine((args) => Object.keys(args).length > 1, "say what to change: `role`, `desks`, `password` or `passwordHash`")
  .refine((args) => args.password === undefined || args.passwordHash === undefined, oneSecretError);

/** Arguments of `device.add`. */
const newDevice = z
  .object({ client: userName, role: deviceRole, desks: desks.optional(), ...secret })
  .refine(oneSecret, oneSecretError);

/** Who may log in, without what proves it. */
const user = z.object({
  user: m.name,
  role: m.role,
  desks: z.array(m.deskId),
  /** Whether it stands in the hub's configuration, where alone it can be changed, or was added since. */
  source: z.enum(["configuration", "hub"]),
  /** Added as a device. */
  device: z.boolean(),
  addedAt: m.instant.nullable(),
});
export type User = z.infer<typeof user>;

/** Whether the broker knows of it already, or only after it has read its files again. */
const inForce = z.enum(["now", "after-reload"]);
export type InForce = z.infer<typeof inForce>;

const userResult = z.object({ user, inForce });
const removedResult = z.object({ inForce });

/** The verbs about who may log in. */
export const accountVerbs = {
  "user.list": {
    args: z.object({ limit: m.listLimit.optional(), after: m.name.optional() }),
    result: z.object({ users: z.array(user), next: m.name.nullable() }),
    roles: ["admin"],
  },
  "user.add": { args: newUser, result: userResult, roles: ["admin"] },
  "user.change": { args: changedUser, result: userResult, roles: ["admin"] },
  "user.remove": { args: z.object({ user: m.name }), result: removedResult, roles: ["admin"] },
  "device.add": { args: newDevice, result: userResult, roles: ["admin"] },
  "device.revoke": { args: z.object({ client: m.name }), result: removedResult, roles: ["admin"] },
} as const;
