import type { Role } from "./messages.ts";
import type { TopicKey, TopicNames } from "./topics.ts";
import { topics } from "./topics.ts";

/** The MQTT user name under which the hub itself speaks; no client may have it. */
export const hubUser = "hub";

/** Who is connected: an MQTT user name and what it may do. The hub is a role of its own here. */
export interface Principal {
  user: string;
  role: Role | "hub";
}

/** What the hub tells Home Assistant is outside the base: nobody else writes it, and nothing in it is secret. */
const isDiscovery = (names: TopicNames, topic: string) => names.discovery.some((each) => each.owns(topic));

/** Whether this user may publish here (retained and will messages are publishes like any other). */
export function mayPublish(names: TopicNames, who: Principal, topic: string): boolean {
  if (isDiscovery(names, topic)) return who.role === "hub";
  const found = names.parse(topic);
  if (!found) return false;
  const { writer } = topics[found.key];
  return writer === "hub" ? who.role === "hub" : who.role !== "hub" && found.levels.client === who.user;
}

/** Whether a message on this topic may be delivered to this user, whatever filter it subscribed with. */
export function mayReceive(names: TopicNames, who: Principal, topic: string): boolean {
  if (isDiscovery(names, topic)) return true;
  const found = names.parse(topic);
  if (!found) return false;
  return topics[found.key].readers.some((party) => {
    if (party === "hub") return who.role === "hub";
    if (party === "self") return who.role !== "hub" && found.levels.client === who.user;
    return (party as readonly string[]).includes(who.role);
  });
}

/**
 * The rights of one user as an access list for Mosquitto (mosquitto.conf(5), `acl_file`), made from the same table as
 * the checks above. What is not listed is denied.
 */
export function mosquittoAcl(names: TopicNames, who: Principal): string {
  const own = (key: TopicKey) => names.filter(key, { client: who.user });
  const lines = [`user ${who.user}`];
  for (const [key, { path, writer, readers }] of Object.entries(topics) as [TopicKey, (typeof topics)[TopicKey]][]) {
    const branch = path.startsWith("client/") && who.role !== "hub" ? own(key) : names.filter(key);
    const writes = who.role === "hub" ? writer === "hub" : writer === "self";
    const reads = readers.some((party) =>
      typeof party === "string"
        ? party === (who.role === "hub" ? "hub" : "self")
        : (party as readonly string[]).includes(who.role),
    );
    if (reads && writes) lines.push(`topic readwrite ${branch}`);
    else if (reads) lines.push(`topic read ${branch}`);
    else if (writes) lines.push(`topic write ${branch}`);
  }
  for (const { filter } of names.discovery) lines.push(`topic ${who.role === "hub" ? "readwrite" : "read"} ${filter}`);
  return `${lines.join("\n")}\n`;
}
