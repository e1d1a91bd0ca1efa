import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../hub/config.ts";
import { modelOffice } from "../hub/test-office.ts";
import type { Answer, BookingSite, Visitor } from "../web/booking-site.ts";
import { ask, helloOf, openSite, textIn } from "../web/booking-site.ts";
import type { Provider } from "./openid-provider.ts";
import { clientId, clientSecret, startProvider } from "./openid-provider.ts";
import { quickHash } from "./quick-hash.ts";

const accounts = [{ name: "ada", role: "admin", passwordHash: quickHash("four words are a password") }];
const roles = [
  { value: "counter", role: "clerk", desks: ["1"] },
  { value: "collection", role: "clerk", desks: ["2"] },
  { value: "heads", role: "manager" },
];

async function withProvider(work: (site: BookingSite, provider: Provider) => Promise<void>): Promise<void> {
  const provider = await startProvider();
  const openid = { issuer: provider.issuer, clientId, clientSecret, name: "Stadtkonto", roles };
  const site = await openSite({ config: { staff: { accounts, openid } }, now: Date.now() });
  try {
    await work(site, provider);
  } finally {
    await site.stop();
    await provider.stop();
  }
}

interface OnTheWay {
  visitor: Visitor;
  /** The path with which the provider sends the browser back. */
  back: string;
}

/** The browser's way to the provider and to where that sends it back. */
async function goThere(site: BookingSite, next = ""): Promise<OnTheWay> {
  const visitor = site.visitor();
  const start = await visitor.get(`/staff/openid${next}`, { host: `127.0.0.1:${site.port}` });
  assert.is(start.status, 303, textIn(start.body));
  const there = await fetch(start.headers.location ?? "", { redirect: "manual" });
  const { pathname, search } = new URL(there.headers.get("location") ?? "");
  return { visitor, back: pathname + search };
}

const comeBack = (site: BookingSite, { visitor, back }: OnTheWay): Promise<Answer> =>
  visitor.get(back, {
    host: `127.0.0.1:${site.port}`,
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  });

const signIn = async (site: BookingSite, next = "") => {
  const way = await goThere(site, next);
  return { ...way, answer: await comeBack(site, way) };
};

test("whoever the town's own sign-in knows is in, with the role and the desks of his groups", () =>
  withProvider(async (site, provider) => {
    assert.match(textIn((await site.visitor().get("/staff/sign-in")).body), "Anmelden über Stadtkonto");
    provider.claims = { preferred_username: "Rosa.Klein", groups: ["counter", "collection", "something else"] };
    const { visitor, answer } = await signIn(site, "?next=/desk/2");
    assert.is(answer.status, 200);
    assert.match(answer.body, 'content="0;url=/desk/2"', "our own page leads on, with the cookie");
    assert.match(String(answer.headers["set-cookie"]), /staff=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/);
    assert.is((await visitor.get("/desk/1")).status, 200);
    assert.is((await visitor.get("/desk/2")).status, 200);
    assert.is((await visitor.get("/staff/accounts")).status, 403);
    assert.match(textIn((await visitor.get("/staff/password")).body), "wird dort geändert");
    assert.equal(site.store.staff.account("rosa.klein"), {
      ...{ name: "rosa.klein", role: "clerk", desks: ["1", "2"], passwordHash: null },
      ...{ subject: `${provider.issuer} 4711`, locked: false, mustChange: false },
    });

    provider.claims.groups = ["counter", "heads"];
    const later = await signIn(site);
    assert.is((await later.visitor.get("/staff/accounts")).status, 200, "the highest role counts, as it is now");
  }));

test("the keys of a desk work for whoever came straight from the town's own sign-in", () =>
  withProvider(async (site, provider) => {
    provider.claims = { preferred_username: "rosa.klein", groups: ["counter"] };
    const { visitor, answer } = await signIn(site, "?next=/desk/1");
    const page = await visitor.get("/desk/1");
    const given = [answer, page].flatMap(({ headers }) => headers["set-cookie"] ?? []);
    const cookie = given.map((line) => line.split(";")[0]).join("; ");
    const { csrf } = await helloOf(site, cookie);
    const headers = { "content-type": "application/json", cookie, "x-csrf-token": csrf };
    const opened = await ask(site.port, "POST", "/desk/1/request/desk.open", headers, '{"id":"1","desk":"1"}');
    assert.ok(JSON.parse(opened.body).ok, opened.body);
  }));

test("who has none of the groups, whose name is somebody else's, or whose account is locked stays outside", () =>
  withProvider(async (site, provider) => {
    const refused = async (claims: Record<string, unknown>, what: string) => {
      provider.claims = claims;
      const { visitor, answer } = await signIn(site);
      assert.is(answer.status, 403, what);
      assert.match(textIn(answer.body), "nicht zugelassen");
      assert.is((await visitor.get("/desk")).status, 303, what);
    };
    await refused({ preferred_username: "rosa", groups: ["guests"] }, "no role");
    await refused({ preferred_username: "rosa" }, "no groups");
    await refused({ groups: ["heads"] }, "no name");
    await refused({ preferred_username: "rosa klein!", groups: ["heads"] }, "a name that cannot be one here");
    await refused({ preferred_username: "ada", groups: ["heads"] }, "the hub's own account");
    provider.claims = { preferred_username: "max", groups: ["heads"] };
    assert.is((await signIn(site)).answer.status, 200);
    await refused(
      { preferred_username: "max", groups: ["heads"], sub: "another person" },
      "the same name, somebody else",
    );
    const max = site.store.staff.account("max");
    if (!max) throw new Error("no account");
    site.store.staff.put({ ...max, locked: true });
    await refused({ preferred_username: "max", groups: ["heads"] }, "locked here");
  }));

test("what is not the provider's word about this very sign-in lets nobody in", () =>
  withProvider(async (site, provider) => {
    const right = { preferred_username: "rosa", groups: ["heads"] };
    const past = Math.floor(Date.now() / 1000) - 3_600;
    const wrongs: [what: string, claims: Record<string, unknown>, forges?: boolean][] = [
      ["another nonce", { nonce: "replayed" }],
      ["for another client", { aud: "somebody-else" }],
      ["of another issuer", { iss: "https://evil.example" }],
      ["from an hour ago", { iat: past, exp: past + 60 }],
      ["signed with another key", {}, true],
    ];
    for (const [what, claims, forges = false] of wrongs) {
      Object.assign(provider, { claims: { ...right, ...claims }, forges });
      const { answer } = await signIn(site);
      assert.is(answer.status, 502, what);
    }
    Object.assign(provider, { claims: right, forges: false });
    const way = await goThere(site);
    const other = await goThere(site);
    assert.is((await comeBack(site, { ...way, back: other.back })).status, 502, "somebody else's code and state");
    assert.is((await comeBack(site, way)).status, 502, "a ticket counts once");
    assert.is((await comeBack(site, { ...(await goThere(site)), visitor: site.visitor() })).status, 502, "no cookie");
    const slow = await goThere(site);
    site.now += 10 * 60_000 + 1;
    assert.is((await comeBack(site, slow)).status, 502, "too slow");
    site.now -= 10 * 60_000 + 1;
    assert.is((await signIn(site)).answer.status, 200, "and the right one still does");
    const outcomes = site.store.staff.audits(20).map(({ what, outcome }) => `${what} ${outcome}`);
    assert.ok(outcomes.includes("sign-in.openid failed"));
  }));

test("a provider that is away is said, and the next one who tries finds it again", async () => {
  const provider = await startProvider();
  const port = Number(new URL(provider.issuer).port);
  await provider.stop();
  const openid = { issuer: `http://127.0.0.1:${port}`, clientId, clientSecret, roles };
  const site = await openSite({ config: { staff: { accounts, openid } } });
  try {
    const answer = await site.visitor().get("/staff/openid", { host: `127.0.0.1:${site.port}` });
    assert.is(answer.status, 502);
    assert.match(textIn(answer.body), "nicht gelungen");
  } finally {
    await site.stop();
  }
});

test("the configuration of the provider is checked", () => {
  const whole = { issuer: "https://login.example", clientId, clientSecret, roles };
  for (const [openid, message] of [
    [{ ...whole, issuer: "http://login.example" }, /^staff\.openid\.issuer: use https/],
    [{ ...whole, scope: "profile" }, /^staff\.openid\.scope: must hold openid/],
    [{ ...whole, roles: [] }, /^staff\.openid\.roles/],
    [{ ...whole, roles: [{ value: "x", role: "clerk", desks: ["9"] }] }, /no desk 9/],
    [{ ...whole, roles: [{ value: "x", role: "clerk" }] }, /at least one desk/],
    [whole, /^accepted$/],
  ] as const) {
    const result = parseConfig({ ...modelOffice, staff: { accounts, openid } });
    assert.match(result.ok ? "accepted" : result.message, message, JSON.stringify(openid));
  }
});

test.run();
