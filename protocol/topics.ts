import type * as z from "zod";
import type { DiscoveryNames } from "./discovery.ts";
import { discoveryNames } from "./discovery.ts";
import type { Role } from "./messages.ts";
import * as m from "./messages.ts";
import { reply, requestFrame } from "./requests.ts";

/** Who reads or writes a topic: the hub, the client whose branch it is, or clients by role. */
type Party = "hub" | "self" | readonly Role[];

interface TopicDefinition {
  /** Below the base; `{…}` stands for one level. */
  path: string;
  writer: "hub" | "self";
  readers: readonly Party[];
  retained: boolean;
  qos: 0 | 1;
  payload: z.ZodType;
}

const everyRole: readonly Role[] = m.role.options;

/**
 * The one table of topics. Access on the embedded broker, the ACL file for Mosquitto and the published description are
 * all made from it; nothing else in the code spells a topic.
 */
export const topics = {
  hub: {
    path: "hub",
    writer: "hub",
    readers: ["hub", everyRole],
    retained: true,
    qos: 1,
    payload: m.hubPresence,
  },
  beat: { path: "beat", writer: "hub", readers: ["hub", everyRole], retained: false, qos: 0, payload: m.beat },
  office: { path: "office", writer: "hub", readers: ["hub", everyRole], retained: true, qos: 1, payload: m.office },
  queue: {
    path: "queue/{service}",
    writer: "hub",
    readers: ["hub", everyRole],
    retained: true,
    qos: 1,
    payload: m.queue,
  },
  display: {
    path: "display/{group}",
    writer: "hub",
    readers: ["hub", everyRole],
    retained: true,
    qos: 1,
    payload: m.display,
  },
  event: {
    path: "event/{type}",
    writer: "hub",
    readers: ["hub", ["desk", "admin"]],
    retained: false,
    qos: 1,
    payload: m.event,
  },
  status: {
    path: "client/{client}/status",
    writer: "self",
    readers: ["hub", "self"],
    retained: true,
    qos: 1,
    payload: m.deviceStatus,
  },
  request: {
    path: "client/{client}/request/{verb}",
    writer: "self",
    readers: ["hub"],
    retained: false,
    qos: 1,
    payload: requestFrame,
  },
  reply: {
    path: "client/{client}/reply",
    writer: "hub",
    readers: ["self"],
    retained: false,
    qos: 1,
    payload: reply,
  },
  namedReply: {
    path: "client/{client}/reply/{name}",
    writer: "hub",
    readers: ["self"],
    retained: false,
    qos: 1,
    payload: reply,
  },
  terminalAppointments: {
    path: "client/{client}/appointments/{day}",
    writer: "hub",
    // The hub looks for what it left there before it was started anew.
    readers: ["hub", "self"],
    retained: true,
    qos: 1,
    payload: m.terminalAppointments,
  },
  command: {
    path: "client/{client}/command/{verb}",
    writer: "hub",
    readers: ["self"],
    retained: false,
    qos: 1,
    payload: m.command,
  },
} as const satisfies Record<string, TopicDefinition>;

export type TopicKey = keyof typeof topics;
export type Payload<K extends TopicKey> = z.output<(typeof topics)[K]["payload"]>;

type Placeholders<P extends string> = P extends `${string}{${infer N}}${infer Rest}` ? N | Placeholders<Rest> : never;
/** The levels that a topic's path leaves open, such as `{ client, verb }`. */
export type Levels<K extends TopicKey> = Record<Placeholders<(typeof topics)[K]["path"]>, string>;

export interface ParsedTopic {
  key: TopicKey;
  levels: Record<string, string>;
}

/** Topic names below one site's base, `<prefix>/1/<site>`. */
export interface TopicNames {
  readonly base: string;
  /** Outside the base: where Home Assistant looks, for each prefix that is in use there. */
  readonly discovery: readonly DiscoveryNames[];
  /** The topic itself. A level may not be empty nor hold `/`, `+`, `#` or NUL: throws, it would be another topic. */
  topic<K extends TopicKey>(key: K, levels: Levels<K>): string;
  /** The filter that matches the topic; levels left out become `+`. */
  filter<K extends TopicKey>(key: K, levels?: Partial<Levels<K>>): string;
  /** Which topic of the table this is; undefined for anything else, filters included. */
  parse(topic: string): ParsedTopic | undefined;
}

/** One level of a topic's path: a fixed word, or one that is left open. */
interface Part {
  word: string;
  isOpen: boolean;
}

const partsOf = (path: string): Part[] =>
  path.split("/").map((part) => {
    const isOpen = part.startsWith("{");
    return { word: isOpen ? part.slice(1, -1) : part, isOpen };
  });

// Each message goes through these: they are taken apart once.
const paths = (Object.entries(topics) as [TopicKey, TopicDefinition][]).map(
  ([key, { path }]) => [key, partsOf(path)] as const,
);
const pathOf = Object.fromEntries(paths) as Record<TopicKey, Part[]>;

const fill = (key: TopicKey, levels: Record<string, string | undefined>, missing: (level: string) => string) =>
  pathOf[key].map(({ word, isOpen }) => (isOpen ? (levels[word] ?? missing(word)) : word)).join("/");

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what MQTT forbids (3.1.1, section 4.7.3)
const isOneLevel = (value: string) => value !== "" && !/[/+#\u0000]/.test(value);

export function topicNames(site: string, prefix = "wartemarke", discovery: readonly string[] = []): TopicNames {
  const base = `${prefix}/${m.protocolVersion}/${site}`;
  return {
    base,
    discovery: discovery.map((each) => discoveryNames(each, site)),
    topic(key, levels) {
      for (const [level, value] of Object.entries<string>(levels)) {
        if (!isOneLevel(value)) throw new Error(`not one topic level: ${level} of ${key}`);
      }
      return `${base}/${fill(key, levels, (level) => {
        throw new Error(`topic ${key} needs ${level}`);
      })}`;
    },
    filter(key, levels = {}) {
      return `${base}/${fill(key, levels, () => "+")}`;
    },
    parse(topic) {
      if (!topic.startsWith(`${base}/`)) return undefined;
      const given = topic.slice(base.length + 1).split("/");
      for (const [key, parts] of paths) {
        if (parts.length !== given.length) continue;
        const matches = parts.every(({ word, isOpen }, index) =>
          isOpen ? isOneLevel(given[index] ?? "") : word === given[index],
        );
        if (!matches) continue;
        const open = parts.flatMap(({ word, isOpen }, index) => (isOpen ? [[word, given[index] ?? ""]] : []));
        return { key, levels: Object.fromEntries(open) };
      }
      return undefined;
    },
  };
}
