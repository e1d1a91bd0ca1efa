import { randomBytes } from "node:crypto";
import cookie from "@fastify/cookie";
import csrf from "@fastify/csrf-protection";
import formbody from "@fastify/formbody";
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { HubConfig } from "../../config.ts";
import type { HubLog } from "../../log.ts";
import type { StaffDoor } from "../../staff/open.ts";
import { mayDo } from "../../staff/roles.ts";
import { fieldsOf } from "../booking/forms.ts";
import { message } from "../booking/layout.ts";
import type { DeskRouteOptions } from "../desk-routes.ts";
import { addDeskRoutes } from "../desk-routes.ts";
import { addAccountRoutes } from "./account-routes.ts";
import type { StaffSite } from "./frame.ts";
import { createEntrance, createGate, passwordPath, signInPath } from "./gate.ts";
import type { StaffContext } from "./layout.ts";
import { staffLayout } from "./layout.ts";
import { addOpenIdRoutes } from "./openid-routes.ts";
import { auditPage } from "./pages.ts";
import { addSignInRoutes } from "./sign-in-routes.ts";
import { staffTexts } from "./texts.ts";

/** Bytes of a form; the longest names all desks. */
const formBytesMax = 32_768;
/** Entries of one page of the audit log. */
const auditEntriesShown = 100;

export interface StaffSiteOptions {
  config: HubConfig;
  log: HubLog;
  staff: StaffDoor;
  desks: Omit<DeskRouteOptions, "gate">;
  now(): number;
}

/** Adds the sign-in, the pages about accounts and the audit log, and behind it the pages of the desks. */
export async function staffSite(app: FastifyInstance, options: StaffSiteOptions): Promise<void> {
  const { config, log, staff: door } = options;
  const { staff } = door;
  const entrance = createEntrance(config, staff);
  await app.register(formbody, { bodyLimit: formBytesMax });
  await app.register(cookie);
  /** A form is of one session only; before the sign-in it is of none. */
  const userInfo = (request: FastifyRequest) => entrance.who(request, false)?.session.id ?? "nobody";
  await app.register(csrf, {
    cookieKey: "staff-form",
    cookieOpts: { path: "/", httpOnly: true, sameSite: "strict", secure: "auto" },
    csrfOpts: { hmacKey: randomBytes(32).toString("hex") },
    getUserInfo: userInfo,
    getToken: (request) => request.headers["x-csrf-token"]?.toString() ?? fieldsOf(request.body)._csrf,
  });
  // Without a referrer a browser would not say of a form where it comes from (Fetch standard, "Origin header").
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("referrer-policy", "same-origin");
  });

  const context = (request: FastifyRequest, reply: FastifyReply): StaffContext => {
    const { lang } = fieldsOf(request.query);
    const language = lang === "en" ? lang : "de";
    const account = entrance.who(request, false)?.account;
    return {
      office: config.name,
      timeZone: config.timeZone,
      language,
      texts: staffTexts[language] as StaffContext["texts"],
      here: (request.routeOptions.url ?? "").includes(":") ? "/staff/accounts" : (request.url.split("?")[0] ?? "/desk"),
      csrf: reply.generateCsrf({ userInfo: userInfo(request) }),
      account,
    };
  };
  const send: StaffSite["send"] = (request, reply, page, code = 200) => {
    const around = context(request, reply);
    return reply
      .code(code)
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(staffLayout(around, page(around)));
  };
  const problem = (text: keyof StaffContext["texts"]["problem"]) => (around: StaffContext) => ({
    title: around.texts.problem.title,
    body: message("problem", around.texts.problem[text]),
  });
  const site: StaffSite = {
    ...door,
    config,
    log,
    entrance,
    send,
    form: { preHandler: app.csrfProtection as preHandlerHookHandler, bodyLimit: formBytesMax },
    allow(request, reply, task) {
      const who = entrance.who(request);
      const isAllowed = who && (task === undefined || mayDo(who.account.role, task));
      if (who && isAllowed && !(who.account.mustChange && task !== undefined)) return who;
      if (!who) reply.redirect(`${signInPath}?next=${encodeURIComponent(request.url.split("?")[0] ?? "")}`, 303);
      else if (isAllowed) reply.redirect(passwordPath, 303);
      else send(request, reply, problem("forbidden"), 403);
      return undefined;
    },
  };
  app.setErrorHandler((error: { statusCode?: number; code?: string }, request, reply) => {
    const { statusCode = 500, code = "" } = error;
    if (statusCode >= 500) log.error({ err: error }, "a page for staff failed");
    // A desk's page asks by script and shows words of its own.
    if (request.url.startsWith("/desk/")) return reply.code(statusCode).send({ error: code || "failed" });
    const text = code.startsWith("FST_CSRF") ? "csrf" : statusCode < 500 ? "input" : "other";
    return send(request, reply, problem(text), statusCode);
  });

  addSignInRoutes(app, site);
  if (door.openid) addOpenIdRoutes(app, site, door.openid);
  addAccountRoutes(app, site);
  app.get("/staff", (_request, reply) => reply.redirect("/desk", 303));
  app.get("/staff/audit", (request, reply) => {
    if (!site.allow(request, reply, "audit")) return reply;
    const given = Number(fieldsOf(request.query).before);
    const before = Number.isSafeInteger(given) && given > 0 ? given : undefined;
    const found = door.audits(auditEntriesShown + 1, before);
    const entries = found.slice(0, auditEntriesShown);
    const older = found.length > entries.length ? entries.at(-1)?.id : undefined;
    const view = { entries, days: config.staff?.auditDays ?? 0, isNewest: before === undefined, older };
    return send(request, reply, (around) => auditPage(around, view));
  });
  const colours = `:root { --accent: ${config.accent}; }\n`;
  app.get("/staff/colours.css", (_request, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "no-cache").send(colours),
  );
  const gate = createGate({
    entrance,
    staff,
    log,
    csrfProtection: app.csrfProtection as preHandlerHookHandler,
    forbid: (request, reply) => void send(request, reply, problem("forbidden"), 403),
  });
  addDeskRoutes(app, { ...options.desks, gate });
}
