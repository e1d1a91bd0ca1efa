import type { IClientPublishOptions, IPublishPacket } from "mqtt";
import { hubUser } from "./access.ts";
import { type Decoded, decode, encode } from "./codec.ts";
import type { ProtocolError } from "./errors.ts";
import { makeId } from "./ids.ts";
import type { Connection, Link, LinkEvents, LinkOptions } from "./link.ts";
import { createLink, goodbyeTimeoutMs } from "./link.ts";
import type { Arguments, Result, Verb } from "./requests.ts";
import type { Levels, Payload, TopicKey, TopicNames } from "./topics.ts";
import { topicNames, topics } from "./topics.ts";

/** A request without an answer is sent again this often, in milliseconds; the id keeps a repeat harmless. */
export const resendMs = 2_000;
/** How long a request waits for its answer unless told otherwise, in milliseconds. */
export const answerTimeoutMs = 10_000;
/** A publish that the broker has not acknowledged by then is given up, in milliseconds. */
const publishTimeoutMs = 10_000;
/** A connection on which the broker has not acknowledged the subscriptions by then is of no use, in milliseconds. */
export const subscribeTimeoutMs = 10_000;

/** What the session tells its owner's log; the shape of pino. */
export interface SessionLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface SessionOptions extends LinkOptions {
  site: string;
  prefix?: string;
  /** Prefixes at which Home Assistant is told of devices; for the hub alone. */
  discovery?: readonly string[];
  log?: SessionLog;
  /** What this client says of itself; only daemons and the hub have one. */
  presence?: Presence;
  /** How it connects; over TCP, TLS or within the process when left out. */
  connect?: (options: LinkOptions, events: LinkEvents) => Link;
}

/** A birth and a will on one retained topic. Both carry the session, so that a late will is not believed. */
export interface Presence {
  key: "hub" | "status";
  online(session: string): Payload<"hub"> | Payload<"status">;
  offline(session: string): Payload<"hub"> | Payload<"status">;
}

/**
 * What came of a request. `unknown` means that nobody answered: the effect may or may not have happened, and only a
 * repeat with the same id can tell.
 */
export type Answer<V extends Verb> =
  | { state: "done"; result: Result<V> }
  | { state: "refused"; error: ProtocolError }
  | { state: "unknown"; why: string };

export interface RequestOptions {
  /** A request that may have been sent before keeps its id. */
  id?: string;
  /** After this long without an answer the outcome is `unknown`, in milliseconds. */
  timeoutMs?: number;
  /** The hub does nothing once this instant has passed, ISO 8601. */
  validUntil?: string;
}

export type LinkState = { up: true; session: string; version: 4 | 5 } | { up: false; why: string };
export type RawHandler = (levels: Record<string, string>, payload: Buffer, packet: IPublishPacket) => void;

/** One client's conversation with its site over MQTT: for the hub, the devices and the tools alike. */
export interface Session {
  readonly names: TopicNames;
  readonly user: string;
  start(): void;
  stop(): Promise<void>;
  /** Called at every change of the connection; only after the subscriptions stand is it `up`. */
  onLink(listener: (state: LinkState) => void): void;
  /** To be called before `start`. A payload that is not of the topic's schema is counted, logged and dropped. */
  subscribe<K extends TopicKey>(
    key: K,
    levels: Partial<Levels<K>>,
    handler: (payload: Payload<K>, levels: Levels<K>, retained: boolean) => void,
  ): void;
  /** As `subscribe`, with the bytes as they came. */
  subscribeRaw<K extends TopicKey>(key: K, levels: Partial<Levels<K>>, handler: RawHandler): void;
  /** True once the broker acknowledged it (for QoS 0: once it is sent); false when it did not. Never rejects. */
  publish<K extends TopicKey>(key: K, levels: Levels<K>, payload: Payload<K>): Promise<boolean>;
  /** Takes back what a topic retains: to listeners of our own it is no message. As `publish`. */
  clear<K extends TopicKey>(key: K, levels: Levels<K>): Promise<boolean>;
  /** For the hub: a retained message for Home Assistant, on one of `names.discovery`; null takes it back. As `publish`. */
  retain(topic: string, payload: object | null): Promise<boolean>;
  /** For the hub: a reply, with the correlation data of an MQTT 5 request where it had any. */
  respond<K extends "reply" | "namedReply">(key: K, levels: Levels<K>, reply: object, correlation?: Buffer): void;
  request<V extends Verb>(verb: V, args: Arguments<V>, options?: RequestOptions): Promise<Answer<V>>;
  /** Publishes the presence again, after something in it changed. */
  announce(): void;
  /** How many messages were dropped because they were not of their schema. */
  discards(): number;
}

interface Subscription {
  key: TopicKey;
  levels: Record<string, string | undefined>;
  filter: string;
  handler: RawHandler;
}

interface PendingRequest {
  send(): void;
  settle(answer: Answer<Verb>): void;
  answer: Promise<Answer<Verb>>;
}

export function createSession(options: SessionOptions): Session {
  const { user, log, presence } = options;
  const names = topicNames(options.site, options.prefix, options.discovery);
  const subscriptions: Subscription[] = [];
  const linkListeners: ((state: LinkState) => void)[] = [];
  const pending = new Map<string, PendingRequest>();
  let connection: Connection | undefined;
  let subscribing: ReturnType<typeof setTimeout> | undefined;
  let discarded = 0;
  let stopping = false;

  const presenceTopic = presence && (presence.key === "hub" ? names.topic("hub", {}) : statusTopic());
  function statusTopic(): string {
    return names.topic("status", { client: user });
  }

  const link = (options.connect ?? createLink)(options, {
    will: (session) =>
      presence && presenceTopic
        ? { topic: presenceTopic, payload: encode(presence.offline(session)), retain: true }
        : undefined,
    up(now) {
      // The same filter twice in one SUBSCRIBE gets one return code from aedes, which mqtt.js takes for an error.
      const filters = [...new Set(subscriptions.map(({ filter }) => filter))];
      const ready = (error?: Error | null) => {
        clearTimeout(subscribing);
        if (error || now.client.disconnecting || !now.client.connected) {
          if (error && !now.client.disconnecting) log?.warn({ error: error.message }, "subscribing failed");
          now.client.end(true);
          return;
        }
        connection = now;
        announce();
        for (const listener of linkListeners) listener({ up: true, session: now.session, version: now.version });
        for (const request of pending.values()) request.send();
      };
      if (filters.length === 0) return ready();
      subscribing = setTimeout(() => ready(new Error("the broker does not acknowledge")), subscribeTimeoutMs);
      now.client.subscribe(filters, { qos: 1 }, ready);
    },
    down(why) {
      clearTimeout(subscribing);
      const wasUp = connection !== undefined;
      connection = undefined;
      if (!stopping) log?.[wasUp ? "warn" : "info"]({ why }, wasUp ? "connection lost" : "broker not reached");
      for (const listener of linkListeners) listener({ up: false, why });
    },
    message(topic, payload, packet) {
      const parsed = names.parse(topic);
      if (!parsed) return;
      for (const { key, levels, handler } of subscriptions) {
        if (key !== parsed.key) continue;
        if (Object.entries(levels).some(([level, value]) => value !== undefined && parsed.levels[level] !== value)) {
          continue;
        }
        handler(parsed.levels, payload, packet);
      }
    },
  });

  function subscribeRaw<K extends TopicKey>(key: K, levels: Partial<Levels<K>>, handler: RawHandler): void {
    subscriptions.push({ key, levels, filter: names.filter(key, levels), handler });
  }

  /** The last message, for all who have subscribed to it. */
  let latest: { packet: IPublishPacket; decoded: Decoded<unknown> } | undefined;
  function decodeOnce(key: TopicKey, payload: Buffer, packet: IPublishPacket): Decoded<unknown> {
    if (latest?.packet !== packet) latest = { packet, decoded: decode(topics[key].payload, payload) };
    return latest.decoded;
  }

  const subscribe: Session["subscribe"] = (key, levels, handler) => {
    subscribeRaw(key, levels, (found, payload, packet) => {
      // Nothing is retained there any more (MQTT 3.1.1, section 3.3.1.3).
      if (topics[key].retained && payload.length === 0) return;
      const decoded = decodeOnce(key, payload, packet);
      if (decoded.ok) return handler(decoded.value as Payload<typeof key>, found as Levels<typeof key>, packet.retain);
      discarded += 1;
      log?.warn({ topic: packet.topic, reason: decoded.reason, discarded }, "message dropped");
    });
  };

  function send(
    topic: string,
    payload: Buffer,
    how: IClientPublishOptions,
    timeoutMs = publishTimeoutMs,
  ): Promise<boolean> {
    const over = connection;
    if (!over) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      over.client.publish(topic, payload, how, (error) => {
        clearTimeout(timer);
        resolve(!error);
      });
    });
  }

  const publish: Session["publish"] = (key, levels, payload) => {
    const { qos, retained } = topics[key];
    return send(names.topic(key, levels), encode(payload as object), { qos, retain: retained });
  };

  const clear: Session["clear"] = (key, levels) =>
    send(names.topic(key, levels), Buffer.alloc(0), { qos: topics[key].qos, retain: true });

  const retain: Session["retain"] = (topic, payload) => {
    if (!names.discovery.some((each) => each.owns(topic))) throw new Error(`not a topic for discovery: ${topic}`);
    return send(topic, payload ? encode(payload) : Buffer.alloc(0), { qos: 1, retain: true });
  };

  const respond: Session["respond"] = (key, levels, reply, correlation) => {
    const correlated = correlation && connection?.version === 5 ? { properties: { correlationData: correlation } } : {};
    void send(names.topic(key, levels), encode(reply), { qos: 1, retain: false, ...correlated });
  };

  function announce(): void {
    if (!presence || !presenceTopic || !connection || stopping) return;
    void send(presenceTopic, encode(presence.online(connection.session)), { qos: 1, retain: true });
  }

  if (presence) {
    const levels = presence.key === "status" ? { client: user } : {};
    // An earlier connection's will may arrive after our birth: who sees itself offline says again that it is not.
    subscribe(presence.key, levels, (seen) => {
      if (seen.state === "offline") announce();
    });
  }
  if (user !== hubUser) {
    subscribe("reply", { client: user }, (reply) => {
      const request = pending.get(reply.id ?? "");
      if (!request) return;
      if (reply.ok) request.settle({ state: "done", result: reply.result as Result<Verb> });
      else request.settle({ state: "refused", error: reply.error });
    });
  }

  return {
    names,
    user,
    start: () => link.start(),
    async stop() {
      stopping = true;
      clearTimeout(subscribing);
      for (const request of pending.values()) request.settle({ state: "unknown", why: "session stopped" });
      const goodbye = presence && presenceTopic && connection;
      if (goodbye) {
        const farewell = encode(presence.offline(goodbye.session));
        await send(presenceTopic, farewell, { qos: 1, retain: true }, goodbyeTimeoutMs);
      }
      await link.stop();
      connection = undefined;
    },
    onLink(listener) {
      linkListeners.push(listener);
    },
    subscribe,
    subscribeRaw,
    publish,
    clear,
    retain,
    respond,
    announce,
    discards: () => discarded,
    request(verb, args, { id = makeId(Date.now()), timeoutMs = answerTimeoutMs, validUntil } = {}) {
      if (stopping) return Promise.resolve({ state: "unknown", why: "session stopped" });
      const underWay = pending.get(id);
      if (underWay) return underWay.answer as Promise<Answer<typeof verb>>;
      const topic = names.topic("request", { client: user, verb });
      const body = encode({ ...args, id, ...(validUntil ? { validUntil } : {}) });
      const sendNow = () => void send(topic, body, { qos: 1, retain: false });
      const { promise, resolve } = Promise.withResolvers<Answer<Verb>>();
      const resend = setInterval(sendNow, resendMs);
      const giveUp = setTimeout(() => {
        const why = connection ? "no answer: the hub is away, or this user may not write here" : "no connection";
        settle({ state: "unknown", why });
      }, timeoutMs);
      function settle(answer: Answer<Verb>): void {
        clearInterval(resend);
        clearTimeout(giveUp);
        pending.delete(id);
        resolve(answer);
      }
      pending.set(id, { send: sendNow, settle, answer: promise });
      sendNow();
      return promise as Promise<Answer<typeof verb>>;
    },
  };
}
