import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OpenId } from "../../staff/openid.ts";
import { fieldsOf } from "../booking/forms.ts";
import type { StaffSite } from "./frame.ts";
import { onward, ownPath } from "./gate.ts";
import { signInPage } from "./pages.ts";

const startPath = "/staff/openid";
const callbackPath = "/staff/openid/callback";
const ticketCookie = "staff-openid";

/** The way to the town's own sign-in and back. */
export function addOpenIdRoutes(app: FastifyInstance, site: StaffSite, openid: OpenId): void {
  const { config, entrance, log, send } = site;
  const baseOf = (request: FastifyRequest) => {
    const url = config.staff?.url;
    const host = request.headers.host?.toLowerCase();
    return url !== undefined && new URL(url).host === host ? new URL(url).origin : `http://${host}`;
  };
  // The provider sends the browser back from another site: a strict cookie would stay behind.
  const cookieOptions = (request: FastifyRequest) =>
    ({ path: startPath, httpOnly: true, sameSite: "lax", secure: entrance.isSecure(request) }) as const;
  const failed = (request: FastifyRequest, reply: Parameters<typeof send>[1], what: "openidFailed" | "openidRefused") =>
    send(
      request,
      reply,
      (context) =>
        signInPage(context, { name: "", next: "", problem: context.texts.signIn[what], openid: openid.name }),
      what === "openidFailed" ? 502 : 403,
    );

  app.get(startPath, async (request, reply) => {
    const next = ownPath(fieldsOf(request.query).next) ?? "/desk";
    try {
      const { to, ticket } = await openid.begin(`${baseOf(request)}${callbackPath}`, next);
      return reply
        .setCookie(ticketCookie, ticket, { ...cookieOptions(request), maxAge: 600 })
        .header("cache-control", "no-store")
        .redirect(to.href, 303);
    } catch (error) {
      log.error({ err: error }, "the provider for the sign-in of staff cannot be reached");
      return failed(request, reply, "openidFailed");
    }
  });

  app.get(callbackPath, async (request, reply) => {
    const ended = await openid.end(request.cookies[ticketCookie], new URL(request.url, baseOf(request)));
    void reply.clearCookie(ticketCookie, cookieOptions(request));
    if (!ended.answered) {
      log.warn({ why: ended.why }, "a sign-in by OpenID Connect came to nothing");
      return failed(request, reply, ended.came === "failed" ? "openidFailed" : "openidRefused");
    }
    if (ended.came.state !== "in") return failed(request, reply, "openidRefused");
    const before = entrance.token(request);
    if (before !== undefined) site.staff.signOut(before);
    entrance.setToken(request, reply, ended.came.token);
    // The cookie is sent along only where our own page leads on.
    return reply.header("cache-control", "no-store").type("text/html; charset=utf-8").send(onward(ended.next));
  });
}
