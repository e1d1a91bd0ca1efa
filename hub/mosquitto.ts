import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { hubUser, mosquittoAcl } from "../protocol/access.ts";
import type { TopicNames } from "../protocol/topics.ts";
import type { Account } from "./accounts.ts";
import { backlogBytesMax, connectionsMax, packetBytesMax } from "./broker-limits.ts";

export interface MosquittoSite {
  names: TopicNames;
  accounts: readonly Account[];
  /** The hub's own password, hashed as an account's. */
  hubPasswordHash: string;
  host: string;
  port: number;
  /** Where Mosquitto will find the other two files. */
  aclFile: string;
  passwordFile: string;
  /** Encrypts the listener with these files, PEM. */
  tls?: { certFile: string; keyFile: string };
  /** The system user Mosquitto runs as when root starts it; by default its own, `mosquitto`. */
  runAs?: string;
}

export interface MosquittoFiles {
  conf: string;
  acl: string;
  passwords: string;
}

/**
 * The three files that make a Mosquitto 2 behave as the embedded broker does: the same accounts, the same rights from
 * the same table, the same limits.
 */
export function mosquittoFiles(site: MosquittoSite): MosquittoFiles {
  return { conf: conf(site), ...accountFiles(site) };
}

/** What changes with the users of a site. */
type SiteAccounts = Pick<MosquittoSite, "names" | "accounts" | "hubPasswordHash">;

/** The two files in which Mosquitto finds its users, and what each may do. */
export function accountFiles(site: SiteAccounts): Pick<MosquittoFiles, "acl" | "passwords"> {
  return { acl: acl(site), passwords: passwords(site) };
}

/** Replaces a file in one step: a Mosquitto that reads it in between finds the old one or the new one. */
export function replaceFile(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode });
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
}

/** The mode of the two files: secret, but readable by Mosquitto's group. */
export const accountFileMode = 0o640;

function conf(site: MosquittoSite): string {
  const { host, port, aclFile, passwordFile, tls, runAs } = site;
  const sections: [why: string, ...lines: string[]][] = [
    ["Who may log in, and what each may do. Whoever has no account gets nothing.", "allow_anonymous false"],
    ["Made from the hub's configuration: change it there and generate again.", `password_file ${passwordFile}`],
    ["What is not listed is denied.", `acl_file ${aclFile}`],
    [
      "The broker keeps nothing for later: the hub publishes its state anew, senders repeat what was not answered.",
      "persistence false",
    ],
    [
      "A client that asks for a lasting session gets one, but hardly anything waits in it (0 would mean: no limit).",
      "max_queued_messages 1",
      "persistent_client_expiration 1h",
    ],
    [
      "The default of 20 would cap how many requests the hub takes into one commit; 0 is no cap.",
      "max_inflight_messages 0",
    ],
    [
      "For a client that has stopped reading no more than this is kept, in bytes.",
      `max_inflight_bytes ${backlogBytesMax}`,
    ],
    [
      "A larger packet ends the connection. It is well above the 64 KiB of a payload, so that the hub can say what is wrong.",
      `max_packet_size ${packetBytesMax}`,
    ],
    [
      "Without it each request costs 44 to 88 ms by the interplay of Nagle's algorithm and delayed ACKs.",
      "set_tcp_nodelay true",
    ],
    ["Nobody may read $SYS, so it need not be kept.", "sys_interval 0"],
    ["Logins, refusals and disconnections go to the journal.", "log_dest stderr"],
    ["", `listener ${port} ${host}`, `max_connections ${connectionsMax}`],
  ];
  if (tls) sections.push(["", `certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`]);
  if (runAs) sections.unshift(["", `user ${runAs}`]);
  return sections.map(([why, ...lines]) => `${why ? `# ${why}\n` : ""}${lines.join("\n")}\n`).join("\n");
}

function acl({ names, accounts }: SiteAccounts): string {
  const hub = mosquittoAcl(names, { user: hubUser, role: "hub" });
  return [hub, ...accounts.map(({ name, role }) => mosquittoAcl(names, { user: name, role }))].join("\n");
}

function passwords({ accounts, hubPasswordHash }: SiteAccounts): string {
  const lines = accounts.map(({ name, passwordHash }) => `${name}:${passwordHash}`);
  return `${[`${hubUser}:${hubPasswordHash}`, ...lines].join("\n")}\n`;
}
