import type { AddressInfo } from "node:net";
import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyReply } from "fastify";
import fastify from "fastify";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { Booking } from "../booking.ts";
import { metricsReaders } from "../config/metrics.ts";
import type { HubConfig } from "../config.ts";
import type { HubLog } from "../log.ts";
import type { OfficeState } from "../office/state.ts";
import type { Incoming } from "../requests.ts";
import type { StaffDoor } from "../staff/open.ts";
import { bookingSite } from "./booking/site.ts";
import { addDeskRoutes } from "./desk-routes.ts";
import { loadFiles, versionOf } from "./files.ts";
import { createLive, liveLimits } from "./live.ts";
import { addMetricsRoute } from "./metrics-route.ts";
import type { Reach } from "./origin.ts";
import { hostsOf, strangerReason } from "./origin.ts";
import { openGate } from "./page-client.ts";
import { staffSite } from "./staff/site.ts";

export interface PagesOptions {
  config: HubConfig;
  log: HubLog;
  /** Takes a request as if it had come over MQTT. */
  receive(request: Incoming): void;
  /** The state as of the last commit. */
  state(): OfficeState;
  /** Left out where the office gives no appointments. */
  booking?: Booking | undefined;
  /** What is kept of whoever booked. */
  person(appointment: string): { name: string } | undefined;
  /** Left out where nobody signs in: then the desks' pages are for this machine alone. */
  staff?: StaffDoor | undefined;
  now(): number;
  /** What `/metrics` says. */
  metrics(): string;
  limits?: Partial<typeof liveLimits>;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whom a page is for; left out for those of the desks. One for machines guards itself. */
    audience?: "visitors" | "everybody" | "machines";
  }
}

/** The hub's own pages. */
export interface Pages {
  /** Resolves with the port once it listens. */
  start(): Promise<number>;
  stop(): Promise<void>;
  /** To be called when the state has changed. */
  show(): void;
}

/** Nothing but what this server itself sends: no other site, no inline code, in nobody's frame. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    objectSrc: ["'none'"],
  },
};

/**
 * Visitors book at `/` (`booking/site.ts`) where the office gives appointments. Staff sign in at `/staff/sign-in`
 * (`staff/site.ts`) where there is a sign-in, and work at `/desk` (`desk-routes.ts`). 403 for another site's page.
 */
export function createPages(options: PagesOptions): Pages {
  const { config, log, receive, state, booking, staff, now, metrics, limits } = options;
  const live = createLive({ ...liveLimits, ...limits });
  const { publicUrl } = config.http;
  const staffUrls = config.staff?.url === undefined ? [] : [config.staff.url];
  const publicUrls = publicUrl === undefined ? [] : [publicUrl];
  const reaches: Record<"desks" | "visitors" | "everybody", Reach> = {
    desks: { urls: staffUrls, isForEverybody: false },
    visitors: { urls: publicUrls, isForEverybody: true },
    everybody: { urls: [...publicUrls, ...staffUrls], isForEverybody: true },
  };
  let server: FastifyInstance | undefined;

  async function build(): Promise<FastifyInstance> {
    const files = loadFiles();
    let hosts = hostsOf(config.http.port);
    const app = fastify({
      bodyLimit: payloadBytesMax,
      forceCloseConnections: true,
      trustProxy: config.http.trustProxy,
    });
    await app.register(helmet, { contentSecurityPolicy, hsts: false });
    app.removeAllContentTypeParsers();
    // Bytes as they came: what is wrong with them is said by the service, as over MQTT.
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.addHook("onListen", async () => {
      hosts = hostsOf((app.server.address() as AddressInfo).port);
    });
    app.addHook("onRequest", async (request, reply) => {
      const { method, headers, socket } = request;
      // That there is no such page is said to whoever may see the start page.
      const { audience = request.is404 && booking ? "visitors" : "desks" } = request.routeOptions.config;
      if (audience === "machines") return;
      const approach = { method, headers, isFromHere: isLoopback(socket.remoteAddress) };
      const reason = strangerReason(hosts, approach, reaches[audience]);
      if (!reason) return;
      log.warn({ reason, method }, "request to a page refused");
      await reply.code(403).send({ error: reason });
    });

    const send = (reply: FastifyReply, path: string) => {
      const file = files.get(path);
      if (!file) return reply.callNotFound();
      return reply.type(file.type).header("cache-control", "no-cache").send(file.body);
    };
    for (const path of files.keys()) {
      // Nothing in them is secret, and the page to sign in at needs them too.
      const audience = path.startsWith("/fonts/") ? "everybody" : undefined;
      app.get(path, { config: audience ? { audience } : {} }, (_request, reply) => send(reply, path));
    }
    addMetricsRoute(app, metricsReaders(config.metrics), metrics);
    if (booking) await app.register(bookingSite, { config, booking, log, now });
    const hello = { version: versionOf(files) };
    const nameOf = (appointment: string) => options.person(appointment)?.name;
    const desks = { live, hello, receive, state, nameOf, now, send, atRoot: !booking };
    if (staff) await app.register(staffSite, { config, staff, desks, now, log });
    else addDeskRoutes(app, { ...desks, gate: openGate });
    return app;
  }

  return {
    async start() {
      server = await build();
      await server.listen(config.http);
      live.start();
      return (server.server.address() as AddressInfo).port;
    },
    async stop() {
      live.stop();
      await server?.close();
    },
    show: () => live.changed(),
  };
}

const isLoopback = (address: string | undefined) => address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address);
