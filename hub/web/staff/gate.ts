import type { FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import { decodeObject } from "../../../protocol/codec.ts";
import type { HubConfig } from "../../config.ts";
import type { HubLog } from "../../log.ts";
import type { OutgoingReply } from "../../requests.ts";
import type { StaffRole } from "../../staff/roles.ts";
import { mayActFor, staffClient } from "../../staff/roles.ts";
import type { SignedIn, Staff } from "../../staff/staff.ts";
import type { Gate } from "../desk-routes.ts";

/** Where a session's token is kept: by a name that browsers let only this very host set, where the way is encrypted. */
const cookieName = { secure: "__Host-staff", plain: "staff" };
export const signInPath = "/staff/sign-in";
export const passwordPath = "/staff/password";

/** Cookies of staff and who is behind them. */
export interface Entrance {
  /** Whether the browser came over https, by the address that the configuration names. */
  isSecure(request: FastifyRequest): boolean;
  token(request: FastifyRequest): string | undefined;
  /** Who is signed in; reading along is no use of the session, all else is. */
  who(request: FastifyRequest, isUse?: boolean): SignedIn | undefined;
  setToken(request: FastifyRequest, reply: FastifyReply, token: string): void;
  clearToken(request: FastifyRequest, reply: FastifyReply): void;
}

export function createEntrance({ staff: section }: HubConfig, staff: Staff): Entrance {
  const url = section?.url === undefined ? undefined : new URL(section.url);
  const isSecure = (request: FastifyRequest) =>
    url?.protocol === "https:" && request.headers.host?.toLowerCase() === url.host;
  const nameFor = (request: FastifyRequest) => (isSecure(request) ? cookieName.secure : cookieName.plain);
  const options = (request: FastifyRequest) =>
    ({ path: "/", httpOnly: true, sameSite: "strict", secure: isSecure(request) }) as const;
  const token = (request: FastifyRequest) => request.cookies[nameFor(request)];
  return {
    isSecure,
    token,
    who: (request, isUse = true) => staff.of(token(request), isUse),
    setToken: (request, reply, value) => void reply.setCookie(nameFor(request), value, options(request)),
    clearToken: (request, reply) => void reply.clearCookie(nameFor(request), options(request)),
  };
}

/**
 * A browser does not send the session's cookie along when a link on another site led here: such a page is asked for once
 * more, by itself.
 */
export function comesFromElsewhere({ headers }: FastifyRequest): boolean {
  return headers["sec-fetch-site"] === "cross-site" && headers["sec-fetch-mode"] === "navigate";
}

/** A page that leads on by itself to a path of ours. */
export const onward = (path: string): string =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${path}"><a href="${path}">wartemarke</a>`;

/** Paths that a sign-in may lead to: our own, and nothing that needs escaping. */
export const ownPath = (path: string | undefined): string | undefined =>
  /^\/(?:desk|staff)(?:\/[a-z0-9-]+)*(?:\?lang=[a-z]{2})?$/.test(path ?? "") ? path : undefined;

export interface GateOptions {
  entrance: Entrance;
  staff: Staff;
  log: HubLog;
  csrfProtection: preHandlerHookHandler;
  /** Says on a page that this account may not be there. */
  forbid(request: FastifyRequest, reply: FastifyReply): void;
}

/** What the page of a desk is told of whoever looks at it. */
export interface Me {
  name: string;
  role: StaffRole;
}

/** Whether a person looks at the answer, not a page's script. */
const isPage = ({ method, routeOptions: { url = "" } }: FastifyRequest) =>
  method === "GET" && !/\/(?:events|tickets|appointments)$/.test(url);

/** Lets in whoever is signed in and may act for the desk. */
export function createGate({ entrance, staff, log, csrfProtection, forbid }: GateOptions): Gate {
  /** Sends a person to the sign-in, and tells a program that there is none. */
  function turnAway(request: FastifyRequest, reply: FastifyReply, to: string): undefined {
    void reply.header("cache-control", "no-store");
    if (!isPage(request)) void reply.code(401).send({ error: "not signed in" });
    else if (comesFromElsewhere(request) && ownPath(request.url)) {
      void reply.type("text/html; charset=utf-8").send(onward(request.url));
    } else void reply.redirect(to, 303);
  }

  function signedIn(request: FastifyRequest, reply: FastifyReply, isUse: boolean): SignedIn | undefined {
    const who = entrance.who(request, isUse);
    if (!who) {
      const next = ownPath(request.url);
      return turnAway(request, reply, next ? `${signInPath}?next=${encodeURIComponent(next)}` : signInPath);
    }
    if (who.account.mustChange) return turnAway(request, reply, passwordPath);
    return who;
  }

  return {
    guards: [
      (request, reply, done) => {
        if (signedIn(request, reply, true)) done();
      },
      csrfProtection,
    ],
    admit(request, reply, desk) {
      const isWatching = request.url.endsWith("/events");
      const who = signedIn(request, reply, !isWatching);
      if (!who) return undefined;
      const { account, session } = who;
      if (desk !== undefined && !mayActFor(account, desk)) {
        if (isPage(request)) forbid(request, reply);
        else void reply.code(403).send({ error: `${account.name} may not act for desk ${desk}` });
        return undefined;
      }
      const me: Me = { name: account.name, role: account.role };
      const token = entrance.token(request);
      const csrf = () => reply.generateCsrf({ userInfo: session.id });
      // Its other half is in a cookie, which a stream cannot set any more; whoever came from elsewhere has none yet.
      if (isPage(request)) csrf();
      return {
        client: staffClient(account.name),
        hello: isWatching ? { me, csrf: csrf() } : {},
        isStill: () => {
          const now = staff.of(token, false);
          return now !== undefined && (desk === undefined || mayActFor(now.account, desk));
        },
        mayActFor: (id) => mayActFor(staff.account(account.name) ?? account, id),
        seesNames: true,
        look: (what, at) => staff.audit({ who: account.name, what, desk: at }),
        note(from, asked, reply) {
          // It is done, or refused, by now: whoever asked is to hear so even where it cannot be put on record.
          try {
            staff.audit({ who: account.name, what: reply.verb, ...aboutOf(from, asked, reply) });
          } catch (error) {
            log.error({ err: error }, "what staff did could not be put on record");
          }
        },
      };
    },
  };
}

/** What a request was about: ids alone, never what somebody wrote. */
function aboutOf(from: string, asked: Buffer, reply: OutgoingReply) {
  const object = decodeObject(asked);
  const given = object.ok ? object.value : {};
  const id = (value: unknown, form: RegExp) => (typeof value === "string" && form.test(value) ? value : null);
  const answered = reply.ok ? (reply.result as { ticket?: { id?: unknown } | null }).ticket?.id : undefined;
  return {
    desk: id(given.desk, /^[a-z0-9-]{1,32}$/) ?? from,
    ticket: id(answered ?? given.ticket ?? given.number, /^(?:\d{4}-\d{2}-\d{2}\/)?[A-Z]\d{3,6}$/),
    about: id(given.appointment, /^[a-z0-9-]{1,32}$/),
    outcome: reply.ok ? "ok" : reply.error.code,
  };
}
