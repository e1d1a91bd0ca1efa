import type { AddressInfo } from "node:net";
import helmet from "@fastify/helmet";
import type { FastifyInstance, FastifyReply } from "fastify";
import fastify from "fastify";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { HubConfig } from "../config.ts";
import type { HubLog } from "../log.ts";
import type { OfficeState } from "../office/state.ts";
import type { Incoming } from "../requests.ts";
import { loadFiles, versionOf } from "./files.ts";
import { createLive, liveLimits } from "./live.ts";
import { hostsOf, strangerReason } from "./origin.ts";
import { pageClient } from "./page-client.ts";
import { deskPageView, desksPageView } from "./views.ts";

export interface PagesOptions {
  config: HubConfig;
  log: HubLog;
  /** Takes a request as if it had come over MQTT. */
  receive(request: Incoming): void;
  /** The state as of the last commit. */
  state(): OfficeState;
  limits?: Partial<typeof liveLimits>;
}

/** The hub's own pages, on loopback. */
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
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    objectSrc: ["'none'"],
  },
};

/**
 * `/` is the list of desks, `/desk/<id>` the page of one; both are kept up to date over Server-Sent Events (`…/events`).
 * `POST /desk/<id>/request/<verb>` takes a request's JSON as MQTT would carry it, from a client that may act for this
 * desk, and answers with the reply. 403 for another site's page, 404 for an unknown desk, 413 and 415 for bad input.
 */
export function createPages({ config, log, receive, state, limits }: PagesOptions): Pages {
  const live = createLive({ ...liveLimits, ...limits });
  let server: FastifyInstance | undefined;

  async function build(): Promise<FastifyInstance> {
    const files = loadFiles();
    const hello = { version: versionOf(files) };
    let hosts = hostsOf(config.http.port);
    const app = fastify({ bodyLimit: payloadBytesMax, forceCloseConnections: true });
    await app.register(helmet, { contentSecurityPolicy, hsts: false });
    app.removeAllContentTypeParsers();
    // Bytes as they came: what is wrong with them is said by the service, as over MQTT.
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    app.addHook("onListen", async () => {
      hosts = hostsOf((app.server.address() as AddressInfo).port);
    });
    app.addHook("onRequest", async (request, reply) => {
      const reason = strangerReason(hosts, request.method, request.headers);
      if (!reason) return;
      log.warn({ reason, method: request.method }, "request to a page refused");
      await reply.code(403).send({ error: reason });
    });

    const send = (reply: FastifyReply, path: string) => {
      const file = files.get(path);
      if (!file) return reply.callNotFound();
      return reply.type(file.type).header("cache-control", "no-cache").send(file.body);
    };
    const watch = (reply: FastifyReply, view: () => object) => {
      if (!live.open(reply, hello, view)) return reply.code(503).send({ error: "too many pages" });
    };
    for (const path of files.keys()) app.get(path, (_request, reply) => send(reply, path));
    app.get("/", (_request, reply) => send(reply, "/page/desks.html"));
    app.get("/events", (_request, reply) => watch(reply, () => desksPageView(state(), Date.now())));
    for (const plan of state().plan.desks) {
      const base = `/desk/${plan.id}`;
      app.get(base, (_request, reply) => send(reply, "/page/desk.html"));
      app.get(`${base}/events`, (_request, reply) => watch(reply, () => deskPageView(state(), plan, Date.now())));
      app.post<{ Params: { verb: string }; Body: Buffer }>(`${base}/request/:verb`, (request, reply) => {
        const { verb } = request.params;
        receive({
          client: pageClient(plan.id),
          verb,
          payload: request.body ?? Buffer.alloc(0),
          respond: (answer) => void reply.header("cache-control", "no-store").send(answer),
        });
        return reply;
      });
    }
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
