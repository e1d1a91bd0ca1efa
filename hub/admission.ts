import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { InForce } from "../protocol/accounts.ts";
import type { TopicNames } from "../protocol/topics.ts";
import type { Account } from "./accounts.ts";
import { hashPasswordNow } from "./accounts.ts";
import type { Broker } from "./broker.ts";
import type { HubConfig } from "./config.ts";
import type { HubLog } from "./log.ts";
import { accountFileMode, accountFiles, replaceFile } from "./mosquitto.ts";
import type { UserRecord } from "./office/state.ts";

/** A command that reloads the broker is given up after this, in milliseconds. */
const reloadTimeoutMs = 10_000;
const errorCharsMax = 160;
/**
 * The file whose existence makes systemd have the broker read its accounts again: it is taken away before they are read.
 * That a file was changed systemd does not notice while it is still busy with the change before.
 */
const changedFile = "changed";

/** Those of the configuration, and those who were added: the configuration beats what was added under the same name. */
export function accountsOf({ users }: Pick<HubConfig, "users">, added: Iterable<UserRecord>): Account[] {
  const configured = new Set(users.map(({ name }) => name));
  return [...users, ...[...added].filter(({ name }) => !configured.has(name))];
}

/** Tells the broker who may log in. */
export interface Admission {
  /** When it knows of a change; undefined where its accounts cannot be changed from here. */
  readonly inForce: InForce | undefined;
  /** @param asking whose request led to it, if any. */
  admit(accounts: readonly Account[], asking?: string): void;
}

/**
 * @param told after each change: why the broker goes on with the accounts that it had, as far as that is known here, or
 * undefined.
 */
export function createAdmission(
  { mqtt }: HubConfig,
  names: TopicNames,
  broker: Broker | undefined,
  log: HubLog,
  told: (failure: string | undefined) => void,
): Admission {
  if (broker) return { inForce: "now", admit: (accounts, asking) => broker.admit(accounts, asking) };
  if (mqtt.broker !== "external" || !mqtt.accounts) return { inForce: undefined, admit() {} };
  const { folder, reload } = mqtt.accounts;
  const hubPasswordHash = hashPasswordNow(mqtt.password);
  return {
    inForce: reload ? "now" : "after-reload",
    admit(accounts) {
      const files = accountFiles({ names, accounts, hubPasswordHash });
      try {
        mkdirSync(folder, { recursive: true });
        replaceFile(join(folder, "acl"), files.acl, accountFileMode);
        replaceFile(join(folder, "passwords"), files.passwords, accountFileMode);
        if (!reload) replaceFile(join(folder, changedFile), "", accountFileMode);
      } catch (error) {
        return fail("the broker's accounts cannot be written", error);
      }
      const [command, ...args] = reload ?? [];
      if (command === undefined) {
        log.info({ folder }, "the broker's accounts are written: it must read them again");
        return told(undefined);
      }
      execFile(command, args, { timeout: reloadTimeoutMs }, (error) => {
        if (error) return fail("the broker does not read its accounts again", error);
        log.info({ folder }, "the broker reads its accounts again");
        told(undefined);
      });
    },
  };

  function fail(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    log.error({ why }, what);
    told(`${what}: ${why.slice(0, errorCharsMax)}`);
  }
}
