import type { AddressInfo } from "node:net";
import helmet from "@fastify/helmet";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import * as z from "zod";
import type { Screen, StatusEvent, TouchEvent } from "../ports.ts";
import { loadPage, pageVersion } from "./files.ts";
import { hostsOf, strangerReason } from "./origin.ts";
import { openStream, type Stream } from "./streams.ts";

export interface ScreenOptions {
  /** TCP port on loopback; 0 lets the system choose (see `ScreenServer.url`). */
  port: number;
  /** Folder of the page: `index.html` and what lies beside it, flat. */
  pageFolder: string;
  /** Further host names under which a browser may come, without the port, e.g. of a proxy before it. */
  allowedHosts?: readonly string[];
  limits?: Partial<typeof screenLimits>;
}

export const screenLimits = {
  /** Body of one touch. */
  touchBytesMax: 64 * 1024,
  /** Pages that may be connected at one time. */
  pagesMax: 16,
  /** Pause between two signs of life to the page; the page calls itself not live after about three. */
  beatMs: 3000,
  /** A page that has taken no byte for so long, though there was one to take, is cut off. */
  stalledMs: 30_000,
  /** Pause before trying again when the port is taken. */
  listenRetryMs: 2000,
};

/**
 * A screen that is a page in a browser on this machine. Ready means that at least one page is connected; offline that
 * the server stands but nobody looks; error that it could not listen, and tries on, or that a page may make no sound.
 */
export interface ScreenServer<View> extends Screen<View> {
  /** Where the page is, once it is served: `http://127.0.0.1:8081/`. */
  url(): string | undefined;
}

const soundReport = z.object({ isAllowed: z.boolean() });
const noSound = "no sound: the browser is to be started with --autoplay-policy=no-user-gesture-required";

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
 * Serves a page folder and the typeface on loopback, pushes each view whole as JSON over Server-Sent Events (`/events`)
 * and takes touches as JSON by POST on `/touch`: 204 when taken, 403 for a stranger, 400, 413 or 415 for bad input. A page
 * with a voice says on `/sound` whether the browser lets it be heard.
 */
export function createScreen<View>(options: ScreenOptions, logger?: Logger): ScreenServer<View> {
  const limits = { ...screenLimits, ...options.limits };
  const streams = new Set<Stream>();
  let app: FastifyInstance | undefined;
  let listening: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let beats: NodeJS.Timeout | undefined;
  let url: string | undefined;
  let newest: string | undefined;
  let deliver: ((event: TouchEvent | StatusEvent) => void) | undefined;
  let reported = "";
  /** A page said so last; a browser that is started anew begins with a new page. */
  let isSilent = false;

  function report(state: StatusEvent["status"]["state"], detail: string): void {
    if (reported === `${state} ${detail}`) return;
    reported = `${state} ${detail}`;
    deliver?.({ type: "status", status: { state, detail } });
  }

  function reportPages(): void {
    if (streams.size === 0) isSilent = false;
    if (streams.size === 0) report("offline", "no page is connected");
    else if (isSilent) report("error", noSound);
    else report("ready", streams.size === 1 ? "1 page" : `${streams.size} pages`);
  }

  async function build(): Promise<FastifyInstance> {
    const files = loadPage(options.pageFolder);
    const version = pageVersion(files);
    let hosts = hostsOf(options.port, options.allowedHosts);
    const server = Fastify({ bodyLimit: limits.touchBytesMax, forceCloseConnections: true });
    await server.register(helmet, { contentSecurityPolicy, hsts: false });
    server.removeContentTypeParser("text/plain");
    server.addHook("onListen", async () => {
      const { port } = server.server.address() as AddressInfo;
      hosts = hostsOf(port, options.allowedHosts);
      url = `http://127.0.0.1:${port}/`;
    });
    server.addHook("onRequest", async (request, reply) => {
      const reason = strangerReason(hosts, request.method, request.headers);
      if (!reason) return;
      logger?.warn({ reason, method: request.method }, "screen: request refused");
      await reply.code(403).send({ error: reason });
    });
    for (const [path, file] of files) {
      server.get(path, (_request, reply) => reply.type(file.type).header("cache-control", "no-cache").send(file.body));
    }
    // Every browser asks for it, and a page for one screen has none.
    server.get("/favicon.ico", (_request, reply) => reply.code(204).send());
    server.get("/events", (_request, reply) => {
      if (streams.size >= limits.pagesMax) return reply.code(503).send({ error: "too many pages" });
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value) reply.raw.setHeader(name, value);
      const stream = openStream(reply.raw, version, limits.stalledMs, () => {
        streams.delete(stream);
        reportPages();
      });
      streams.add(stream);
      if (newest !== undefined) stream.view(newest);
      reportPages();
    });
    server.post("/touch", (request, reply) => {
      deliver?.({ type: "touch", input: request.body });
      return reply.code(204).send();
    });
    server.post("/sound", (request, reply) => {
      const told = soundReport.safeParse(request.body);
      if (!told.success) return reply.code(400).send({ error: "not whether sound is allowed" });
      isSilent = !told.data.isAllowed;
      reportPages();
      return reply.code(204).send();
    });
    return server;
  }

  async function listen(): Promise<void> {
    const server = await build();
    try {
      await server.listen({ host: "127.0.0.1", port: options.port });
      app = server;
      logger?.info({ url }, "screen: page served");
      reportPages();
    } catch (error) {
      await server.close();
      failed(error);
    }
  }

  function failed(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    logger?.error({ detail }, "screen: cannot serve the page");
    report("error", detail.slice(0, 200));
    if (deliver) retry = setTimeout(open, limits.listenRetryMs);
  }

  function open(): void {
    listening = listen().catch(failed);
  }

  return {
    url: () => url,
    start(on) {
      deliver = on;
      reported = "";
      beats = setInterval(() => {
        for (const stream of streams) stream.beat();
      }, limits.beatMs);
      open();
    },
    show(view) {
      newest = JSON.stringify(view);
      for (const stream of streams) stream.view(newest);
    },
    async stop() {
      deliver = undefined;
      clearTimeout(retry);
      clearInterval(beats);
      await listening;
      clearTimeout(retry);
      for (const stream of [...streams]) stream.end();
      await app?.close();
      app = undefined;
      url = undefined;
    },
  };
}
