import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { passwordCharsMax, passwordCharsMin } from "../../staff/password.ts";
import type { SignIn } from "../../staff/staff.ts";
import { fieldsOf } from "../booking/forms.ts";
import { fill } from "../booking/texts.ts";
import type { StaffSite } from "./frame.ts";
import { comesFromElsewhere, onward, ownPath, passwordPath, signInPath } from "./gate.ts";
import type { StaffContext } from "./layout.ts";
import { timeText } from "./layout.ts";
import { passwordPage, signInPage } from "./pages.ts";

/** What a sign-in that led to nothing is answered with. */
function answerTo(tried: Exclude<SignIn, { state: "in" }>): [code: number, words: (context: StaffContext) => string] {
  if (tried.state === "locked") {
    return [429, (context) => fill(context.texts.signIn.locked, { time: timeText(context, roundedUp(tried.until)) })];
  }
  return tried.state === "busy" ? [503, ({ texts }) => texts.signIn.busy] : [403, ({ texts }) => texts.signIn.refused];
}

const minuteMs = 60_000;
/** What is shown without seconds must not lie before the instant. */
const roundedUp = (at: number) => Math.ceil(at / minuteMs) * minuteMs;

/** Signing in and out, and one's own password. */
export function addSignInRoutes(app: FastifyInstance, site: StaffSite): void {
  const { staff, entrance, send, form } = site;
  const shown = (request: FastifyRequest) => {
    const { next, name = "" } = fieldsOf(request.method === "GET" ? request.query : request.body);
    return { name, next: ownPath(next) ?? "", openid: site.openid?.name };
  };

  app.get(signInPath, (request, reply) => {
    if (entrance.who(request, false)) return reply.redirect(shown(request).next || "/desk", 303);
    if (comesFromElsewhere(request) && ownPath(request.url)) {
      return reply.type("text/html; charset=utf-8").send(onward(request.url));
    }
    const isOut = fieldsOf(request.query).out !== undefined;
    return send(request, reply, (context) =>
      signInPage(context, { ...shown(request), notice: isOut ? context.texts.signIn.signedOut : undefined }),
    );
  });

  app.post(signInPath, form, async (request, reply) => {
    const { name = "" } = fieldsOf(request.body);
    const tried = await staff.signIn(name.toLowerCase(), passwordIn(request, "password"), request.ip);
    if (tried.state !== "in") {
      const [code, words] = answerTo(tried);
      return send(
        request,
        reply,
        (context) => signInPage(context, { ...shown(request), problem: words(context) }),
        code,
      );
    }
    const before = entrance.token(request);
    if (before !== undefined) staff.signOut(before);
    entrance.setToken(request, reply, tried.token);
    const next = shown(request).next || "/desk";
    const { lang } = fieldsOf(request.query);
    const to = tried.account.mustChange ? passwordPath : next;
    return reply.redirect(lang === "en" && !to.includes("?") ? `${to}?lang=en` : to, 303);
  });

  app.post("/staff/sign-out", form, (request, reply) => {
    const token = entrance.token(request);
    if (token !== undefined) staff.signOut(token);
    entrance.clearToken(request, reply);
    const { lang } = fieldsOf(request.query);
    return reply.redirect(`${signInPath}?out=yes${lang === "en" ? "&lang=en" : ""}`, 303);
  });

  app.get(passwordPath, (request, reply) => {
    if (!site.allow(request, reply)) return reply;
    return send(request, reply, (context) => passwordPage(context, {}));
  });
  app.post(passwordPath, form, async (request, reply) => {
    const who = site.allow(request, reply);
    if (!who) return reply;
    const [old, chosen, again] = ["old", "chosen", "again"].map((name) => passwordIn(request, name));
    const done =
      chosen === again ? await staff.changePassword(who, old ?? "", chosen ?? "", request.ip) : ("different" as const);
    if (done === "done") return send(request, reply, (context) => passwordPage(context, { done: true }));
    return refuseChange(site, request, reply, done);
  });
}

function refuseChange(
  { send }: StaffSite,
  request: FastifyRequest,
  reply: FastifyReply,
  why: Exclude<Awaited<ReturnType<StaffSite["staff"]["changePassword"]>>, "done"> | "different",
) {
  const words = ({ texts }: StaffContext) => {
    if (why === "wrong" || why === "different") return texts.change[why];
    if (why === "busy") return texts.signIn.busy;
    if (why === "locked") return texts.change.wrong;
    return fill(texts.managed[why], { min: passwordCharsMin, max: passwordCharsMax });
  };
  return send(request, reply, (context) => passwordPage(context, { problem: words(context) }), 400);
}

/** A password as it was typed, spaces and all. */
export function passwordIn({ body }: FastifyRequest, name: string): string {
  const given = (body as Record<string, unknown> | undefined)?.[name];
  return typeof given === "string" ? given.slice(0, passwordCharsMax + 1) : "";
}
