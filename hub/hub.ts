import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { HubPresence } from "../protocol/messages.ts";
import { protocolVersion } from "../protocol/messages.ts";
import type { LinkState } from "../protocol/session.ts";
import { createSession } from "../protocol/session.ts";
import { topicNames } from "../protocol/topics.ts";
import { makeAlmanac } from "./almanac.ts";
import { createEmbeddedBroker } from "./broker.ts";
import type { Clock } from "./clock.ts";
import type { HubConfig } from "./config.ts";
import { createDevices } from "./devices.ts";
import { createDoor } from "./door.ts";
import type { HubLog } from "./log.ts";
import type { Plan } from "./office/state.ts";
import { everyBoard } from "./office/state.ts";
import { beatMs, createPublisher } from "./publisher.ts";
import { replyKeptMs } from "./requests.ts";
import { createService } from "./service.ts";
import type { Store } from "./store/store.ts";
import { version } from "./version.ts";
import { pageCaller } from "./web/page-client.ts";
import { createPages } from "./web/pages.ts";

/** How often quiet work on the file is done, in milliseconds. */
const tidyMs = 30_000;

export interface Hub {
  /** Ports as they were taken, where the configuration left the choice. */
  readonly ports: { mqtt?: number; http: number };
  /** Resolves once the broker knows the present state. */
  readonly ready: Promise<void>;
  /** Answers what has arrived, says goodbye and closes the file. */
  stop(): Promise<void>;
}

/** How this process reaches a listener on `host`. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** What the core needs to know of the configuration. */
export function planOf(config: HubConfig): Plan {
  const desks = config.desks.map((desk) => ({ ...desk, groups: [...new Set([everyBoard, ...desk.groups])] }));
  const { name, languages, timeZone, accent, services, boards, numberDigits } = config;
  return { name, languages, timeZone, accent, services, desks, boards, numberDigits };
}

/**
 * Starts a hub: broker, store, service, pages, in the order in which they need each other.
 *
 * @throws when a port or the store cannot be had; what had been started is stopped again.
 */
export async function startHub(config: HubConfig, store: Store, clock: Clock, log: HubLog): Promise<Hub> {
  const stops: (() => Promise<void> | void)[] = [() => store.close()];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
    stops.length = 0;
  };
  try {
    const hubPassword =
      config.mqtt.broker === "embedded" ? randomBytes(18).toString("base64url") : config.mqtt.password;
    const names = topicNames(config.site, config.prefix);
    let url: string;
    let inside: (() => Duplex) | undefined;
    let mqttPort: number | undefined;
    if (config.mqtt.broker === "embedded") {
      const { host, port } = config.mqtt;
      const broker = createEmbeddedBroker({ host, port, names, accounts: config.users, hubPassword, log });
      mqttPort = await broker.start();
      stops.push(() => broker.stop());
      inside = broker.connect;
      url = `mqtt://${loopbackOf(host)}:${mqttPort}`;
    } else {
      url = config.mqtt.url;
    }

    const since = new Date(clock.now()).toISOString();
    const presence = (state: HubPresence["state"], session: string): HubPresence => ({
      state,
      version,
      protocol: protocolVersion,
      since,
      session,
    });
    const session = createSession({
      url,
      user: "hub",
      password: hubPassword,
      site: config.site,
      prefix: config.prefix,
      daemon: true,
      ...(inside ? { inside } : {}),
      log,
      presence: {
        key: "hub",
        online: (id) => presence("online", id),
        offline: (id) => presence("offline", id),
      },
    });

    const devices = createDevices();
    const accounts = new Map(config.users.map((account) => [account.name, account]));
    const publisher = createPublisher({ session, store, clock, state: () => service.state });
    const pages = createPages({
      config,
      log,
      receive: (request) => service.receive(request),
      state: () => service.state,
    });
    const service = createService({
      plan: planOf(config),
      almanac: (now) => makeAlmanac(config, now),
      store,
      devices,
      clock,
      log,
      caller(client) {
        const account = accounts.get(client);
        return account ? { client, role: account.role, desks: account.desks } : pageCaller(config, client);
      },
      committed(_state, events) {
        publisher.committed(events);
        if (events.length > 0) pages.show();
      },
    });
    service.start();
    // The session is stopped after the service, which still answers what has arrived.
    stops.push(() => session.stop());
    stops.push(() => {
      service.stop();
      publisher.savePosition();
    });

    createDoor({ session, service, devices, accounts, log });
    const ready = new Promise<void>((resolve) => {
      session.onLink((link: LinkState) => {
        if (!link.up) return publisher.down();
        publisher.up(link.session);
        publisher.beat();
        void publisher.settled().then(resolve);
      });
    });
    session.start();

    // What can be done later may fail: a full disk is told by the requests that it refuses.
    const spare = (what: string, work: () => void) => {
      try {
        work();
      } catch (error) {
        log.error({ err: error }, `${what} failed and is tried again later`);
      }
    };
    const stopBeat = clock.every(beatMs, () => {
      service.tick();
      publisher.beat();
      spare("saving how far the events have come", () => publisher.savePosition());
    });
    const stopTidy = clock.every(tidyMs, () => spare("tidying", () => store.tidy(clock.now() - replyKeptMs)));
    stops.push(() => {
      stopBeat();
      stopTidy();
    });

    const httpPort = await pages.start();
    stops.push(() => pages.stop());
    log.info({ mqtt: url, http: httpPort, version }, "hub started");
    return { ports: { ...(mqttPort === undefined ? {} : { mqtt: mqttPort }), http: httpPort }, ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
