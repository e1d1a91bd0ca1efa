import type * as z from "zod";
import type { Caller } from "../office/decision.ts";
import type { Secrets } from "../secrets.ts";
import type { StaffTables } from "../store/staff.ts";
import type { staffSection } from "./config.ts";
import type { Managing } from "./managing.ts";
import { createManaging, plantAccounts } from "./managing.ts";
import type { OpenId } from "./openid.ts";
import { createOpenId } from "./openid.ts";
import { accountOf, staffCaller } from "./roles.ts";
import type { Staff } from "./staff.ts";
import { attemptLimits, createStaff } from "./staff.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What the pages behind the sign-in need of the hub. */
export interface StaffDoor {
  staff: Staff;
  managing: Managing;
  /** Left out where the town has no sign-in of its own. */
  openid?: OpenId;
  audits: StaffTables["audits"];
  /** Who a client of the pages is to the office; undefined for an account that is no longer there, or locked. */
  caller(client: string): Caller | undefined;
}

/** Makes the accounts of the configuration and lets people sign in. */
export function openStaff(
  section: z.output<typeof staffSection>,
  tables: StaffTables,
  secrets: Pick<Secrets, "seal">,
  now: () => number,
): StaffDoor {
  const limits = {
    ...attemptLimits,
    idleMs: section.idleMinutes * minuteMs,
    absoluteMs: section.absoluteHours * hourMs,
    auditMs: section.auditDays * 24 * hourMs,
  };
  const staff = createStaff({ tables, secrets, limits, now });
  for (const name of plantAccounts(tables, section.accounts)) {
    staff.audit({ who: null, what: "account.configured", about: name });
  }
  return {
    ...(section.openid ? { openid: createOpenId({ section: section.openid, tables, staff, now }) } : {}),
    staff,
    managing: createManaging({ tables, secrets, staff }),
    audits: tables.audits,
    caller(client) {
      const account = staff.account(accountOf(client) ?? "");
      return account && !account.locked ? staffCaller(account) : undefined;
    },
  };
}
