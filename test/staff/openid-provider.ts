import type { KeyObject } from "node:crypto";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const keys = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const json64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An ID token: JWS compact serialization, RS256 (RFC 7515, RFC 7518). */
function signedToken(claims: object, key: KeyObject): string {
  const head = `${json64({ alg: "RS256", typ: "JWT", kid: "key-1" })}.${json64(claims)}`;
  return `${head}.${sign("sha256", Buffer.from(head), key).toString("base64url")}`;
}

/** A small OpenID provider on loopback, which signs in at once whoever the test says. */
export interface Provider {
  readonly issuer: string;
  /** Of the next ID token, over what belongs there. */
  claims: Record<string, unknown>;
  /** Signs with a key that is not the provider's. */
  forges: boolean;
  stop(): Promise<void>;
}

export const clientId = "wartemarke";
export const clientSecret = "a secret of both";

/** OpenID Connect Core 1.0, section 3.1, with PKCE (RFC 7636) checked as a strict provider does. */
export async function startProvider(): Promise<Provider> {
  const own = keys();
  const other = keys();
  const codes = new Map<string, { challenge: string; nonce: string; callback: string }>();
  const answer = (response: ServerResponse, body: object, status = 200) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const callback = query.get("redirect_uri") ?? "";
    const wrong = query.get("client_id") !== clientId || query.get("code_challenge_method") !== "S256";
    if (wrong || query.get("response_type") !== "code") return void response.writeHead(400).end();
    const code = randomUUID();
    codes.set(code, { challenge: query.get("code_challenge") ?? "", nonce: query.get("nonce") ?? "", callback });
    const to = new URL(callback);
    to.searchParams.set("code", code);
    to.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { location: to.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of request) text += part;
    const form = new URLSearchParams(text);
    const basic = Buffer.from(request.headers.authorization?.split(" ")[1] ?? "", "base64").toString();
    const [id, secret] = basic === "" ? [form.get("client_id"), form.get("client_secret")] : basic.split(":").map((part) => decodeURIComponent(part.replaceAll("+", " "))); // biome-ignore format: two ways to say the same
    const given = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (id !== clientId || secret !== clientSecret) return void answer(response, { error: "invalid_client" }, 401);
    if (!given || given.challenge !== challenge || given.callback !== form.get("redirect_uri")) {
      return void answer(response, { error: "invalid_grant" }, 400);
    }
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: provider.issuer, sub: "4711", aud: clientId, iat: now, exp: now + 60, nonce: given.nonce };
    const idToken = signedToken({ ...usual, ...provider.claims }, provider.forges ? other.privateKey : own.privateKey);
    answer(response, { access_token: randomUUID(), token_type: "Bearer", expires_in: 60, id_token: idToken });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", provider.issuer);
    if (url.pathname === "/.well-known/openid-configuration") {
      answer(response, {
        issuer: provider.issuer,
        authorization_endpoint: `${provider.issuer}/authorize`,
        token_endpoint: `${provider.issuer}/token`,
        jwks_uri: `${provider.issuer}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        code_challenge_methods_supported: ["S256"],
      });
    } else if (url.pathname === "/keys") {
      answer(response, {
        keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "key-1", alg: "RS256", use: "sig" }],
      });
    } else if (url.pathname === "/authorize") authorize(url.searchParams, response);
    else if (url.pathname === "/token") void token(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const provider: Provider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    claims: {},
    forges: false,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return provider;
}
