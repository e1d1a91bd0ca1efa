import type { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { Duplex } from "node:stream";
import type { AedesOptions, Client } from "aedes";
import { Aedes } from "aedes";
import type { Principal } from "../protocol/access.ts";
import { hubUser, mayPublish, mayReceive } from "../protocol/access.ts";
import type { TopicNames } from "../protocol/topics.ts";
import type { Account } from "./accounts.ts";
import { createLogins, isSameAccount } from "./accounts.ts";
import { connectionsMax } from "./broker-limits.ts";
import { insideConnection } from "./inside.ts";
import type { SocketGuard } from "./socket-guard.ts";
import { guardSocket } from "./socket-guard.ts";

/** Whoever has not said CONNECT by then is dropped, in milliseconds. */
const connectTimeoutMs = 5_000;
/** A connection that is silent for this long is probed, so that one whose other end is gone is noticed; milliseconds. */
const probeAfterMs = 60_000;
/** How often it is looked at who does not take what waits for him, in milliseconds. */
const stallCheckMs = 1_000;
/**
 * How often brokers of a cluster greet each other, in milliseconds. This one is alone, and aedes judges the greetings by
 * the wall clock: a clock that is set forward by some minutes would make it publish the wills of clients that are alive.
 * So it is as rare as a timer can be (aedes waits for four of them).
 */
const heartbeatMs = 6 * 24 * 3_600_000;
/** Whoever changed his own password is disconnected so much later, in milliseconds: the answer is on its way. */
const answerReachesMs = 250;
/** Characters of a client id at most. */
const clientIdCharsMax = 128;
/** Retained topics that one client may hold; a daemon needs one. More are delivered but not kept. */
const retainedPerUserMax = 16;
/** Where denied messages go: a topic that is outside every site, so that nobody may read it. */
const sink = "$denied";
/** What subscriptions to `$…` are granted as: nothing is ever published there. */
const nothing = "$nothing";

/** CONNACK codes (MQTT 3.1.1, section 3.2.2.3). */
const identifierRejected = 2;
const serverUnavailable = 3;
const notAuthorized = 5;

export interface BrokerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface BrokerOptions {
  host: string;
  /** 0 takes any free one; `start` says which. */
  port: number;
  names: TopicNames;
  /** Who may log in, until `admit` says otherwise. */
  accounts: readonly Account[];
  /** For the user `hub`, which is the hub itself. */
  hubPassword: string;
  log?: BrokerLog;
}

/** What has been refused since the start, and who is connected now. */
export interface BrokerCounters {
  connections: number;
  /** Connections beyond the limit. */
  overLimit: number;
  loginsRefused: number;
  publishesDenied: number;
  retainsDenied: number;
  /** Connections ended for a packet that was too large. */
  oversized: number;
  /** Connections ended because the client did not take what waited for it. */
  stalled: number;
  /** Connections ended for what is not MQTT 3.1.1, for silence, or by an error of the network. */
  faulty: number;
}

export interface Broker {
  /** Resolves with the port once it listens; rejects when it cannot. */
  start(): Promise<number>;
  /** A connection for this process itself, which costs no way through the network. */
  connect(): Duplex;
  /**
   * These are the accounts from now on. Whoever has none any more, or another password or role, is disconnected and what
   * he still sends is denied.
   *
   * @param asking whose request led to it: he is let go a moment later, so that the answer still reaches him.
   */
  admit(accounts: readonly Account[], asking?: string): void;
  /** Ends all connections. */
  stop(): Promise<void>;
  counters(): BrokerCounters;
}

/**
 * The broker inside the hub's process: MQTT 3.1.1 over aedes, with the rights of protocol/access.ts. A message that its
 * sender may not publish (a retained one or a will included) is acknowledged and dropped; every subscription is granted,
 * and each delivery is checked. A Mosquitto with the generated files does the same.
 */
export function createEmbeddedBroker(options: BrokerOptions): Broker {
  const { names, log } = options;
  let accounts = new Map(options.accounts.map((account) => [account.name, account]));
  const login = createLogins((user) => accounts.get(user), options.hubPassword);
  const counts = { overLimit: 0, loginsRefused: 0, publishesDenied: 0, retainsDenied: 0 };
  const dropped = { oversized: 0, stalled: 0, faulty: 0 };
  const principals = new WeakMap<Client, Principal>();
  const isUser = (name: string) => name === hubUser || accounts.has(name);
  const deniedBefore = new WeakSet<Client>();
  const guards = new Map<Socket, SocketGuard>();
  /** Who uses a client id now. */
  const idOwners = new Map<string, Client>();
  const retainedBy = new Map<string, Set<string>>();
  let running: { aedes: Aedes; server: Server; stallCheck: NodeJS.Timeout } | undefined;

  /** Whose client id this is, by the longest name that it is or begins with; undefined for an id of any other form. */
  function userNamedBy(clientId: string): string | undefined {
    for (let end = clientId.length; end > 0; end = clientId.lastIndexOf("-", end - 1)) {
      const user = clientId.slice(0, end);
      if (isUser(user)) return user;
    }
    return undefined;
  }

  const preConnect: AedesOptions["preConnect"] = (_client, packet, done) => {
    // Nothing queues here for an absent client: every session is clean, also that of a client which asks for another.
    packet.clean = true;
    done(null, true);
  };

  const authenticate: AedesOptions["authenticate"] = (client, user, password, done) => {
    const refuse = (returnCode: number, why: string) => {
      counts.loginsRefused += 1;
      const [name, id] = [user, client.id].map((text) => text?.slice(0, clientIdCharsMax));
      log?.warn({ user: name, client: id, why }, "login refused");
      done(Object.assign(new Error(why), { returnCode }), false);
    };
    if (client.id.length > clientIdCharsMax) return refuse(identifierRejected, "client id too long");
    login(user, password).then(
      (result) => {
        const socket = client.conn;
        if (socket.destroyed) return;
        if (result.state === "busy") return refuse(serverUnavailable, "too many logins at once");
        if (result.state === "refused") return refuse(notAuthorized, "unknown user or wrong password");
        const { principal } = result;
        // It may be away at the moment: whoever took its id would keep it off when it comes back.
        const named = userNamedBy(client.id);
        if (named !== undefined && named !== principal.user) {
          return refuse(identifierRejected, "client id names another user");
        }
        const owner = idOwners.get(client.id);
        // MQTT lets a new connection end an older one with the same client id; that is for one's own connections only.
        if (owner && principals.get(owner)?.user !== principal.user) {
          return refuse(identifierRejected, "client id in use by another user");
        }
        principals.set(client, principal);
        idOwners.set(client.id, client);
        socket.once("close", () => {
          if (idOwners.get(client.id) === client) idOwners.delete(client.id);
        });
        // The hub runs in this process: it is never frozen while the broker is not, and when it is busy its senders wait.
        if (principal.role === "hub") guards.get(socket as Socket)?.trust();
        done(null, true);
      },
      (error: Error) => refuse(serverUnavailable, error.message),
    );
  };

  /** Who this is, as long as there is such a user with that role. */
  function principalOf(client: Client | null): Principal | undefined {
    const who = client ? principals.get(client) : undefined;
    return who && (who.role === "hub" || accounts.get(who.user)?.role === who.role) ? who : undefined;
  }

  const authorizePublish: AedesOptions["authorizePublish"] = (client, packet, done) => {
    const who = principalOf(client);
    if (!client || !who || !mayPublish(names, who, packet.topic)) {
      counts.publishesDenied += 1;
      if (client && !deniedBefore.has(client)) {
        deniedBefore.add(client);
        log?.warn(
          { user: who?.user, topic: packet.topic.slice(0, 200) },
          "publish denied; further ones are only counted",
        );
      }
      packet.topic = sink;
      packet.payload = Buffer.alloc(0);
      packet.retain = false;
    } else if (packet.retain && who.role !== "hub" && !mayRetain(who.user, packet.topic, packet.payload.length)) {
      counts.retainsDenied += 1;
      packet.retain = false;
    }
    done(null);
  };

  /** Counts the topics a client holds; an empty payload lets one go (MQTT 3.1.1, section 3.3.1.3). */
  function mayRetain(user: string, topic: string, payloadBytes: number): boolean {
    const held = retainedBy.get(user) ?? new Set();
    retainedBy.set(user, held);
    if (payloadBytes === 0) held.delete(topic);
    else if (held.has(topic) || held.size < retainedPerUserMax) held.add(topic);
    else return false;
    return true;
  }

  const authorizeSubscribe: AedesOptions["authorizeSubscribe"] = (_client, subscription, done) => {
    // No topic with a `$` is for anybody. They must not even be attempted: aedes numbers messages, a retained one is
    // delivered a little after the broker's own `$SYS` ones with higher numbers, and is then taken for a repeat.
    if (subscription.topic.startsWith("$")) subscription.topic = nothing;
    done(null, subscription);
  };

  const authorizeForward: AedesOptions["authorizeForward"] = (client, packet) => {
    const who = principalOf(client);
    return who && mayReceive(names, who, packet.topic) ? packet : null;
  };

  function accept(aedes: Aedes, socket: Socket): void {
    const guard = guardSocket(socket, (reason) => {
      dropped[reason] += 1;
      log?.warn({ user: userOf(socket), reason }, "connection dropped");
    });
    guards.set(socket, guard);
    socket.once("close", () => guards.delete(socket));
    aedes.handle(socket);
  }

  /** Whoever is no user any more is no device that could be on or off. */
  function forgetStatus(client: string): void {
    retainedBy.delete(client);
    const topic = names.topic("status", { client });
    running?.aedes.publish(
      { cmd: "publish", topic, payload: Buffer.alloc(0), retain: true, qos: 0, dup: false },
      () => {},
    );
  }

  function userOf(socket: Socket & { client?: Client }): string | undefined {
    return socket.client && principals.get(socket.client)?.user;
  }

  return {
    async start() {
      const aedes = new Aedes({
        connectTimeout: connectTimeoutMs,
        heartbeatInterval: heartbeatMs,
        preConnect,
        authenticate,
        authorizePublish,
        authorizeSubscribe,
        authorizeForward,
      });
      const faulty = (client: Client, error: Error) => {
        // A refused CONNECT is an error of the connection too. Logins are counted; MQTT 5 is refused before every fallback.
        if ("errorCode" in error) return;
        dropped.faulty += 1;
        log?.info({ user: principals.get(client)?.user, error: error.message }, "connection failed");
      };
      const emitter: EventEmitter = aedes;
      emitter.on("error", (error: Error) => log?.warn({ error: error.message }, "broker error"));
      aedes.on("connectionError", faulty);
      aedes.on("clientError", faulty);
      // A broker that has just started retains nothing.
      retainedBy.clear();
      await aedes.listen();
      const server = createServer(
        { noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs },
        (socket: Socket) => accept(aedes, socket),
      );
      server.maxConnections = connectionsMax;
      server.on("drop", () => {
        counts.overLimit += 1;
      });
      try {
        await new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(options.port, options.host, resolve);
        });
      } catch (error) {
        aedes.close();
        throw error;
      }
      const stallCheck = setInterval(() => {
        const now = performance.now();
        for (const guard of guards.values()) guard.look(now);
      }, stallCheckMs);
      running = { aedes, server, stallCheck };
      const address = server.address();
      return typeof address === "object" && address ? address.port : options.port;
    },
    connect() {
      const [ours, theirs] = insideConnection();
      if (running) running.aedes.handle(theirs);
      else theirs.destroy();
      return ours;
    },
    admit(next, asking) {
      const before = accounts;
      accounts = new Map(next.map((account) => [account.name, account]));
      for (const name of before.keys()) if (!accounts.has(name)) forgetStatus(name);
      const isAnother = (name: string) => !isSameAccount(before.get(name), accounts.get(name));
      for (const socket of guards.keys()) {
        const user = userOf(socket);
        if (user === undefined || user === hubUser || !isAnother(user)) continue;
        log?.info({ user }, "disconnected: its account was changed");
        if (user !== asking) socket.destroy();
        else setTimeout(() => socket.destroy(), answerReachesMs);
      }
    },
    async stop() {
      if (!running) return;
      const { aedes, server, stallCheck } = running;
      running = undefined;
      clearInterval(stallCheck);
      const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of guards.keys()) socket.destroy();
      await serverClosed;
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
    counters: () => ({ connections: guards.size, ...counts, ...dropped }),
  };
}
