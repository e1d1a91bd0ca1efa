import { readFileSync } from "node:fs";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import csrf from "@fastify/csrf-protection";
import formbody from "@fastify/formbody";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { problemPage } from "./appointment-pages.ts";
import { addAppointmentRoutes } from "./appointment-routes.ts";
import { addBookRoutes } from "./book-routes.ts";
import { fieldsOf } from "./forms.ts";
import type { Site, SiteOptions } from "./frame.ts";
import type { PageContext } from "./layout.ts";
import { layout } from "./layout.ts";
import { readLogo } from "./logo.ts";
import { acceptedLanguages, bookingTexts, chooseLanguage } from "./texts.ts";

/** Bytes of a form; the longest has a few hundred. */
const formBytesMax = 16_384;
/** Requests of one visitor's address: pages looked at, and forms sent. A household or an office shares one address. */
const pagesPerMinute = 300;
const formsPerTenMinutes = 30;
const tenMinutesMs = 600_000;

/** As for the hub's other pages, but with forms that go back to it. */
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

/** Adds the public pages: everything on them works without scripts, and only a POST changes anything. */
export async function bookingSite(app: FastifyInstance, options: SiteOptions): Promise<void> {
  const { config } = options;
  const logo = readLogo(config, options.log);
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, audience: "visitors" };
  });
  // Without a referrer a browser would not say of a form where it comes from (Fetch standard, "Origin header").
  const headers = { contentSecurityPolicy, hsts: false, referrerPolicy: { policy: "same-origin" } } as const;
  app.addHook("onRequest", async (_request, reply) => {
    await reply.helmet(headers);
  });
  await app.register(formbody, { bodyLimit: formBytesMax });
  await app.register(cookie);
  await app.register(rateLimit, { global: true, max: pagesPerMinute, timeWindow: 60_000 });
  const secure = config.http.publicUrl?.startsWith("https:") ?? false;
  await app.register(csrf, {
    cookieKey: "form",
    cookieOpts: { path: "/", httpOnly: true, sameSite: "lax", secure },
    getToken: (request) => fieldsOf(request.body)._csrf,
  });

  const context = (request: FastifyRequest): PageContext => {
    const { lang } = fieldsOf(request.query);
    const accepted = acceptedLanguages(request.headers["accept-language"]);
    const language = chooseLanguage(config.languages, [lang, ...accepted]);
    return {
      office: config.name,
      address: config.town.address,
      hasLogo: logo !== undefined,
      timeZone: config.timeZone,
      languages: config.languages,
      language,
      texts: bookingTexts[language] ?? (bookingTexts.de as PageContext["texts"]),
      here: request.method === "GET" && !request.is404 ? request.url : "/",
      services: config.services.filter(({ bookable }) => bookable),
    };
  };
  const send: Site["send"] = (request, reply, page, code = 200) =>
    reply
      .code(code)
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(layout(context(request), page));
  const site: Site = {
    ...options,
    context,
    send,
    token: (reply) => reply.generateCsrf(),
    form: {
      preHandler: app.csrfProtection,
      bodyLimit: formBytesMax,
      config: { rateLimit: { max: formsPerTenMinutes, timeWindow: tenMinutesMs } },
    },
  };

  app.setErrorHandler((error: { statusCode?: number; code?: string }, request, reply) => {
    const { statusCode = 500, code = "" } = error;
    const { problem } = context(request).texts;
    if (code.startsWith("FST_CSRF")) return send(request, reply, problemPage(context(request), problem.csrf), 403);
    if (statusCode === 429) return send(request, reply, problemPage(context(request), problem.tooMany), 429);
    const text = statusCode < 500 ? problem.input : problem.other;
    if (statusCode >= 500) request.log.error({ err: error }, "a booking page failed");
    return send(request, reply, problemPage(context(request), text), statusCode);
  });

  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
    // Programs ask here as well, and read no page.
    if (!request.headers.accept?.includes("text/html")) return reply.code(404).send({ error: "there is no such page" });
    const own = context(request);
    return send(request, reply, problemPage(own, own.texts.problem.missing), 404);
  });

  addBookRoutes(app, site);
  addAppointmentRoutes(app, site);
  const uncounted = { config: { rateLimit: false } } as const;
  const styles = readFileSync(join(import.meta.dirname, "booking.css"), "utf8");
  const colours = `:root { --accent: ${config.accent}; --on-accent: #ffffff; }\n`;
  for (const [path, body] of [
    ["/booking/booking.css", styles],
    ["/booking/colours.css", colours],
  ] as const) {
    app.get(path, uncounted, (_request, reply) =>
      reply.type("text/css; charset=utf-8").header("cache-control", "no-cache").send(body),
    );
  }
  if (logo) app.get("/booking/logo", uncounted, (_request, reply) => reply.type(logo.type).send(logo.body));
}
