import type { Session } from "../../protocol/session.ts";
import type { Devices } from "../devices.ts";
import type { HubLog } from "../log.ts";
import type { OfficeState } from "../office/state.ts";
import { findUser } from "../office/users.ts";
import { officeView } from "../office/views.ts";
import type { Store } from "../store/store.ts";
import { version } from "../version.ts";
import { discovered } from "./entities.ts";

/** Under which the store remembers what was published, so that it can be taken back after a change of configuration. */
const memoKey = "homeAssistant";

/**
 * What is taken back is said again and again for so long, in milliseconds: nobody keeps it for Home Assistant, which may
 * still be on its way back to a broker that was started anew.
 */
const takeBackMs = 60_000;
const repeatMs = 10_000;

/** What was published, by prefix. */
interface Memo {
  [prefix: string]: string[];
}

/** The prefixes under which something may still lie that an earlier configuration published. */
export const formerPrefixes = (store: Pick<Store, "memo">): string[] =>
  Object.keys((store.memo(memoKey) ?? {}) as Memo);

export interface DiscoveryOptions {
  session: Session;
  store: Pick<Store, "memo" | "setMemo">;
  devices: Devices;
  site: string;
  /** Left out where it is switched off. */
  prefix: string | undefined;
  state(): OfficeState;
  now(): number;
  log: HubLog;
}

/** Keeps what Home Assistant finds as the office is. */
export interface Discovery {
  /** To be called when the connection stands: everything is published afresh. */
  up(): void;
  down(): void;
  /** Publishes what has changed and takes back what is no more. To be called regularly and when something changed. */
  look(): void;
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { session, store, devices, site, prefix, state, now, log } = options;
  const { names } = session;
  /** What each topic holds, as far as this connection knows; null for one that was taken back. */
  const held = new Map<string, string | null>();
  /** Topics that are taken back, with when that began and when it was said last. */
  const takenBack = new Map<string, { since: number; said: number }>();
  /** Those of which everybody has heard. */
  const gone = new Set<string>();
  let isUp = false;

  const memo = () => (store.memo(memoKey) ?? {}) as Memo;

  function wanted(): Map<string, object> {
    const discovery = names.discovery.find((each) => each.prefix === prefix);
    if (!discovery) return new Map();
    const office = state();
    const desksOpen = [...office.desks.values()].filter(({ open }) => open).length;
    const messages = discovered({
      ...{ names, discovery, site, version, desksOpen },
      office: officeView(office, now()),
      devices: devices.list(),
    });
    return new Map(messages.map(({ topic, payload }) => [topic, payload]));
  }

  /** Of a device that may still come, and has not been heard since the hub started: it is no news that it is silent. */
  function isExpected(topic: string): boolean {
    const [kind, client = ""] = topic.split("/").at(-2)?.split("_") ?? [];
    return kind === "device" && !devices.get(client) && findUser(state(), client) !== undefined;
  }

  function retain(topic: string, payload: object | null): Promise<boolean> {
    const text = payload && JSON.stringify(payload);
    if (held.get(topic) === text) return Promise.resolve(true);
    held.set(topic, text);
    return session.retain(topic, payload).then((reached) => {
      // It is tried again at the next look.
      if (!reached && held.get(topic) === text) held.delete(topic);
      return reached;
    });
  }

  function takeBack(topic: string): void {
    const at = now();
    const before = takenBack.get(topic);
    if (before && at - before.said < repeatMs) return;
    const { since } = before ?? { since: at };
    takenBack.set(topic, { since, said: at });
    held.delete(topic);
    void retain(topic, null).then((reached) => {
      if (!reached || at - since < takeBackMs) return;
      gone.add(topic);
      takenBack.delete(topic);
    });
  }

  function tell(): void {
    const present = wanted();
    const before = memo();
    const after: Memo = {};
    for (const key of new Set([...Object.keys(before), ...(prefix === undefined ? [] : [prefix])])) {
      const own = key === prefix ? [...present.keys()] : [];
      // What is to go is remembered until it is gone.
      const stale = (before[key] ?? []).filter((topic) => !present.has(topic) && !gone.has(topic));
      const topics = [...own, ...stale];
      if (topics.length > 0) after[key] = topics;
      for (const topic of stale) {
        if (key === prefix && isExpected(topic)) continue;
        takeBack(topic);
      }
    }
    // Before anything new is published, so that nothing is left for ever.
    if (JSON.stringify(after) !== JSON.stringify(before)) store.setMemo(memoKey, after);
    for (const [topic, payload] of present) {
      gone.delete(topic);
      takenBack.delete(topic);
      void retain(topic, payload);
    }
  }

  function look(): void {
    if (!isUp) return;
    try {
      tell();
    } catch (error) {
      log.error({ err: error }, "Home Assistant could not be told: tried again later");
    }
  }

  return {
    up() {
      isUp = true;
      held.clear();
      takenBack.clear();
      look();
    },
    down() {
      isUp = false;
    },
    look,
  };
}
