import { randomBytes } from "node:crypto";
import * as openid from "openid-client";
import type * as z from "zod";
import type { StaffTables } from "../store/staff.ts";
import type { openidSection } from "./config.ts";
import { staffName } from "./record.ts";
import type { StaffRole } from "./roles.ts";
import { staffRoles } from "./roles.ts";
import type { SignIn, Staff } from "./staff.ts";

/** So long somebody may take to sign in at the other place, in milliseconds, and so many may be on their way. */
const onTheWayMs = 10 * 60_000;
const onTheWayMax = 1_000;
/** An answer of the other place is waited for so long, in seconds. */
const timeoutSeconds = 10;

type Section = z.output<typeof openidSection>;

/** Who the other place says this is. */
export type Known = { name: string; role: StaffRole; desks: string[] } | { no: "no-name" | "no-role" };

/** Makes of the claims of an ID token who somebody is here: the highest of his roles counts, and all its desks. */
export function readClaims(claims: Readonly<Record<string, unknown>>, section: Section): Known {
  const named = claims[section.nameClaim];
  const name = staffName.safeParse(typeof named === "string" ? named.toLowerCase() : undefined);
  if (!name.success) return { no: "no-name" };
  const given = claims[section.roleClaim];
  const values = (Array.isArray(given) ? given : [given]).map(String);
  const fitting = section.roles.filter(({ value }) => values.includes(value));
  const role = staffRoles.findLast((each) => fitting.some((one) => one.role === each));
  if (!role) return { no: "no-role" };
  const desks = fitting.filter((one) => one.role === role).flatMap((one) => one.desks);
  return { name: name.data, role, desks: role === "clerk" ? [...new Set(desks)] : [] };
}

export type Returned =
  | { answered: true; came: SignIn; next: string }
  | { answered: false; came: "failed" | "not-admitted"; why: string };

/** Sign-in at the town's own provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636). */
export interface OpenId {
  /** What the provider is called on the key that leads there. */
  readonly name: string;
  /**
   * Where to send the browser, and what it must bring back in a cookie.
   *
   * @param callback the address to which the provider sends it back.
   * @throws when the provider cannot be reached.
   */
  begin(callback: string, next: string): Promise<{ to: URL; ticket: string }>;
  /** What came of it. Never rejects. */
  end(ticket: string | undefined, returned: URL): Promise<Returned>;
}

export interface OpenIdOptions {
  section: Section;
  tables: StaffTables;
  staff: Pick<Staff, "audit" | "enter">;
  now(): number;
}

interface OnTheWay {
  verifier: string;
  state: string;
  nonce: string;
  next: string;
  at: number;
}

export function createOpenId({ section, tables, staff, now }: OpenIdOptions): OpenId {
  const onTheWay = new Map<string, OnTheWay>();
  let found: Promise<openid.Configuration> | undefined;

  /** The provider describes itself; a failure is forgotten, so that the next one asks again. */
  function provider(): Promise<openid.Configuration> {
    const isPlain = section.issuer.startsWith("http:");
    // Not only the connection to the token endpoint, the signature must vouch for an ID token too.
    const execute = [openid.enableNonRepudiationChecks, ...(isPlain ? [openid.allowInsecureRequests] : [])];
    const { clientId, clientSecret } = section;
    found ??= openid
      .discovery(new URL(section.issuer), clientId, clientSecret, undefined, { execute, timeout: timeoutSeconds })
      .catch((error) => {
        found = undefined;
        throw error;
      });
    return found;
  }

  /** Makes or renews the account. One that is somebody else's is left alone. */
  function admit(known: Exclude<Known, { no: string }>, subject: string): SignIn | "taken" {
    const { name, role, desks } = known;
    const before = tables.account(name);
    if (before && before.subject !== subject) return "taken";
    const account = {
      name,
      role,
      desks,
      passwordHash: null,
      subject,
      locked: before?.locked ?? false,
      mustChange: false,
    };
    tables.put(account);
    return staff.enter(account);
  }

  function forgetOld(): void {
    for (const [ticket, { at }] of onTheWay) if (now() - at > onTheWayMs) onTheWay.delete(ticket);
  }

  return {
    name: section.name,
    async begin(callback, next) {
      const config = await provider();
      forgetOld();
      if (onTheWay.size >= onTheWayMax) throw new Error("too many are signing in at this moment");
      const way = {
        verifier: openid.randomPKCECodeVerifier(),
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        next,
        at: now(),
      };
      const ticket = randomBytes(32).toString("base64url");
      onTheWay.set(ticket, way);
      const to = openid.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: section.scope,
        code_challenge: await openid.calculatePKCECodeChallenge(way.verifier),
        code_challenge_method: "S256",
        state: way.state,
        nonce: way.nonce,
      });
      return { to, ticket };
    },
    async end(ticket, returned) {
      forgetOld();
      const way = onTheWay.get(ticket ?? "");
      if (!way) return { answered: false, came: "failed", why: "nobody is on the way with this ticket" };
      // Once: a code that somebody saw in a history is of no use.
      onTheWay.delete(ticket ?? "");
      let claims: openid.IDToken | undefined;
      try {
        const tokens = await openid.authorizationCodeGrant(await provider(), returned, {
          pkceCodeVerifier: way.verifier,
          expectedState: way.state,
          expectedNonce: way.nonce,
          idTokenExpected: true,
        });
        claims = tokens.claims();
      } catch (error) {
        staff.audit({ who: null, what: "sign-in.openid", outcome: "failed" });
        return { answered: false, came: "failed", why: error instanceof Error ? error.message : String(error) };
      }
      const known = readClaims(claims ?? {}, section);
      const admitted = "no" in known ? known.no : admit(known, `${section.issuer} ${claims?.sub}`);
      if (typeof admitted === "string") {
        staff.audit({ who: null, what: "sign-in.openid", outcome: admitted });
        return { answered: false, came: "not-admitted", why: admitted };
      }
      return { answered: true, came: admitted, next: way.next };
    },
  };
}
