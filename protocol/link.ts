import { randomBytes } from "node:crypto";
import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import mqtt from "mqtt";

/** Nothing heard for one and a half times this long ends a connection on both sides, in seconds. */
const keepaliveSeconds = 10;
/** A broker that does not answer CONNECT within this is given up, in milliseconds. */
const connectTimeoutMs = 5_000;
/** A broker that does not take the goodbye within this is left without one, in milliseconds. */
export const goodbyeTimeoutMs = 1_000;
/** Waits between attempts, in milliseconds; the last one stays, plus up to as much again by chance. */
const retryWaitsMs = [50, 200, 1_000, 2_000, 5_000] as const;

/** A connection that ends sooner is no success: the next attempts wait longer and longer all the same, in milliseconds. */
export const lastingMs = 10_000;

/** DISCONNECT of MQTT 5 (section 3.14.2.1); an older broker closes the connection and says nothing. */
const sessionTakenOver = 0x8e;
const takenOver = "taken over by another connection of this user: give each device a user of its own";
const briefAgain = "connection closed soon after it was made, again: does another device have the same user?";

/** CONNACK 1 in MQTT 3.1.1 (section 3.2.2.3) and 0x84 in MQTT 5 (section 3.2.2.2): the version is not spoken here. */
const versionRefused = new Set([1, 0x84]);

export interface LinkOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  url: string;
  user: string;
  password: string;
  /** MQTT 5 first and 3.1.1 where it is refused, or only the version given. */
  version?: "auto" | 4 | 5;
  /** Reaches a broker of this process without the network, in place of `url`; called for each attempt. */
  inside?: () => Duplex;
  /** The daemon's client id is its user name; everything else of that user adds a random part. */
  daemon: boolean;
}

export interface Will {
  topic: string;
  payload: Buffer;
  retain: boolean;
}

export interface Connection {
  client: Pick<mqtt.MqttClient, "on" | "publish" | "subscribe" | "end" | "connected" | "disconnecting">;
  /** The MQTT version in use. */
  version: 4 | 5;
  /** Names this connection in births, wills and beats. */
  session: string;
}

/**
 * Keeps one connection to a broker: each attempt is a new client with a will of its own, so that nothing is queued
 * in the library for a broker that is away, and a late will can be told from the present one.
 */
export interface Link {
  start(): void;
  /** Says goodbye (so the will is not sent) and waits until the socket is closed. */
  stop(): Promise<void>;
}

export interface LinkEvents {
  /** The will for a connection that is about to be made. */
  will(session: string): Will | undefined;
  up(connection: Connection): void;
  down(reason: string): void;
  message(topic: string, payload: Buffer, packet: mqtt.IPublishPacket): void;
}

/** A socket with Nagle's algorithm off: left on, each request costs 44 to 88 ms by its interplay with delayed ACKs. */
function openSocket(url: URL) {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "mqtts:") {
    // A server is not asked for by its number (RFC 6066, section 3).
    const named = isIP(host) ? {} : { servername: host };
    const socket = connectTls({ host, port: Number(url.port || 8883), ...named });
    socket.setNoDelay(true);
    return socket;
  }
  return connectTcp({ host, port: Number(url.port || 1883), noDelay: true });
}

export function createLink(options: LinkOptions, events: LinkEvents): Link {
  const url = new URL(options.url);
  let version: 4 | 5 = options.version === 4 ? 4 : 5;
  let current: mqtt.MqttClient | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  /** Connections in a row that did not last. The first of them is made anew as fast as one that did. */
  let brief = 0;
  let stopped = true;

  const again = (immediately: boolean) => {
    if (stopped) return;
    const wait = retryWaitsMs[Math.min(failures, retryWaitsMs.length - 1)] ?? 0;
    failures += 1;
    retry = setTimeout(attempt, immediately ? 0 : wait + Math.random() * wait);
  };

  function attempt(): void {
    const session = randomBytes(6).toString("hex");
    const will = events.will(session);
    const client = new mqtt.MqttClient(options.inside ?? (() => openSocket(url)), {
      protocolVersion: version,
      protocolId: "MQTT",
      clientId: options.daemon ? options.user : `${options.user}-${session}`,
      username: options.user,
      password: options.password,
      clean: true,
      keepalive: keepaliveSeconds,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      ...(will ? { will: { ...will, qos: 1 as const } } : {}),
    });
    current = client;
    let isUp = false;
    let upAt = 0;
    let reason = "";
    let ended = false;
    client.on("connect", () => {
      isUp = true;
      upAt = performance.now();
      events.up({ client, version, session });
    });
    client.on("message", (topic, payload, packet) => events.message(topic, payload, packet));
    client.on("disconnect", ({ reasonCode }) => {
      if (reasonCode === sessionTakenOver) reason = takenOver;
    });
    client.on("error", (error) => {
      reason = error.message;
      const code = "code" in error ? Number(error.code) : Number.NaN;
      if (!isUp && options.version !== 4 && options.version !== 5 && version === 5 && versionRefused.has(code)) {
        version = 4;
        end(true);
      }
    });
    client.on("close", () => end(false));

    function end(immediately: boolean): void {
      if (ended) return;
      ended = true;
      if (current === client) current = undefined;
      client.end(true);
      if (isUp) {
        brief = performance.now() - upAt < lastingMs ? brief + 1 : 0;
        failures = Math.max(0, brief - 1);
      }
      const isFight = isUp && options.daemon && brief > 1;
      if (!immediately) events.down(reason || (isFight ? briefAgain : "connection closed"));
      again(immediately);
    }
  }

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      attempt();
    },
    async stop() {
      stopped = true;
      clearTimeout(retry);
      const client = current;
      if (!client) return;
      // A graceful end waits for every acknowledgement, and a broker that has frozen sends none.
      await new Promise<void>((resolve) => {
        const impatience = setTimeout(() => {
          client.stream.destroy();
          resolve();
        }, goodbyeTimeoutMs);
        client.end(!client.connected, {}, () => {
          clearTimeout(impatience);
          resolve();
        });
      });
    },
  };
}
