/**
 * The topics at which Home Assistant looks for devices (MQTT discovery): the only ones outside the protocol's base. The
 * hub writes them, anybody may read them, and each site has a branch of its own.
 */
export interface DiscoveryNames {
  readonly prefix: string;
  /** Matches every topic of the branch, and no other site's. */
  readonly filter: string;
  /**
   * @param object letters, digits, `-` and `_`.
   * @throws when a part is anything else.
   */
  topic(component: string, object: string, leaf: "config" | "state"): string;
  owns(topic: string): boolean;
}

const part = /^[a-zA-Z0-9_-]+$/;

export function discoveryNames(prefix: string, site: string): DiscoveryNames {
  const node = `wartemarke-${site}`;
  return {
    prefix,
    filter: `${prefix}/+/${node}/+/+`,
    topic(component, object, leaf) {
      for (const each of [component, object])
        if (!part.test(each)) throw new Error(`not a name for discovery: ${each}`);
      return `${prefix}/${component}/${node}/${object}/${leaf}`;
    },
    owns(topic) {
      if (!topic.startsWith(`${prefix}/`)) return false;
      const [component = "", owner, object = "", leaf = "", ...more] = topic.slice(prefix.length + 1).split("/");
      const isWhole = part.test(component) && part.test(object) && ["config", "state"].includes(leaf);
      return owner === node && isWhole && more.length === 0;
    },
  };
}
