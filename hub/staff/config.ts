import * as z from "zod";
import { deskId } from "../../protocol/messages.ts";
import { isLoopbackUrl, loopbackHosts, pageAddress } from "../page-address.ts";
import { isStaffPasswordHash } from "./password.ts";
import { staffName } from "./record.ts";
import { staffRoles } from "./roles.ts";

const account = z.strictObject({
  name: staffName,
  role: z.enum(staffRoles),
  /** The desks a clerk may act for. */
  desks: z.array(deskId).default([]),
  /** As `wartemarke hash-password --staff` prints it. */
  passwordHash: z.string().refine(isStaffPasswordHash, "take what `wartemarke hash-password --staff` prints"),
});

/** Sign-in at the town's own provider: see deploy/docs/staff.md. */
export const openidSection = z.strictObject({
  issuer: z
    .url()
    .refine((url) => url.startsWith("https:") || isLoopbackUrl(url), "use https://, or http:// on this machine"),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** What it is called on the key that leads there. */
  name: z.string().min(1).max(40).default("OpenID Connect"),
  scope: z
    .string()
    .refine((text) => text.split(" ").includes("openid"), "must hold openid")
    .default("openid profile"),
  /** Of the ID token: what somebody is called here, and by what his role is told. */
  nameClaim: z.string().min(1).default("preferred_username"),
  roleClaim: z.string().min(1).default("groups"),
  roles: z
    .array(z.strictObject({ value: z.string().min(1), role: z.enum(staffRoles), desks: z.array(deskId).default([]) }))
    .min(1),
});

/** Sign-in of staff: see deploy/docs/staff.md. Left out: no sign-in, and desk pages on this machine alone. */
export const staffSection = z.strictObject({
  /** Where staff find the desk pages from other machines. */
  url: pageAddress.optional(),
  accounts: z.array(account).max(500).default([]),
  openid: openidSection.optional(),
  idleMinutes: z.int().min(5).max(1440).default(120),
  absoluteHours: z.int().min(1).max(24).default(12),
  auditDays: z.int().min(1).max(3650).default(90),
});

interface Parts {
  staff?: z.output<typeof staffSection> | undefined;
  desks: { id: string }[];
  http: { host: string; trustProxy: string[]; allowPlainHttp: boolean };
}

type Complain = (path: (string | number)[], message: string) => void;

const readAlong =
  "over plain http everybody on the way reads passwords and names: put a proxy with TLS before it (see staff.md), or set http.allowPlainHttp";

/** What is wrong about the sign-in and about who can reach the pages of the desks. */
export function checkStaff({ staff, desks, http }: Parts, complain: Complain): void {
  const isLocal = loopbackHosts.includes(http.host);
  if (!staff) {
    if (!isLocal) {
      complain(["http", "host"], `without \`staff\` nobody signs in: use one of ${loopbackHosts.join(", ")}`);
    }
    return;
  }
  const known = new Set(desks.map(({ id }) => id));
  const names = staff.accounts.map(({ name }) => name);
  for (const [index, { name, role, desks: own }] of staff.accounts.entries()) {
    const path = ["staff", "accounts", index];
    if (names.indexOf(name) !== index) complain([...path, "name"], `${name} is used twice`);
    for (const id of own) if (!known.has(id)) complain([...path, "desks"], `no desk ${id}`);
    if (role === "clerk" && own.length === 0) complain([...path, "desks"], "a clerk acts for at least one desk");
  }
  for (const [index, { role, desks: own }] of (staff.openid?.roles ?? []).entries()) {
    const path = ["staff", "openid", "roles", index, "desks"];
    for (const id of own) if (!known.has(id)) complain(path, `no desk ${id}`);
    if (role === "clerk" && own.length === 0) complain(path, "a clerk acts for at least one desk");
  }
  if (!staff.accounts.some(({ role }) => role === "admin")) {
    complain(["staff", "accounts"], "name one with the role admin, who lets the others in");
  }
  const { url } = staff;
  if (!isLocal && url === undefined) complain(["staff", "url"], "is needed, as http.host is not this machine alone");
  if (url === undefined || isLoopbackUrl(url)) return;
  if (!url.startsWith("https:") && !http.allowPlainHttp) complain(["staff", "url"], readAlong);
  if (!url.startsWith("https:")) return;
  if (http.trustProxy.length === 0) {
    complain(
      ["http", "trustProxy"],
      "name the proxy before staff.url, or all staff have one address and lock each other out",
    );
  }
}
