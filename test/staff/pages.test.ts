import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Store } from "../../hub/store/store.ts";
import type { BookingSite, Visitor } from "../web/booking-site.ts";
import { ask, helloOf, hiddenIn, openSite, textIn, unescapeHtml } from "../web/booking-site.ts";
import { quickHash } from "./quick-hash.ts";

const right = "four words are a password";
const passwordHash = quickHash(right);
const accounts = [
  { name: "rosa", role: "clerk", desks: ["1"], passwordHash },
  { name: "max", role: "manager", passwordHash },
  { name: "ada", role: "admin", passwordHash },
];

async function withSite(
  work: (site: BookingSite) => Promise<void>,
  config: object = {},
  options: Omit<Parameters<typeof openSite>[0] & object, "config"> = {},
): Promise<void> {
  const site = await openSite({ config: { staff: { accounts }, ...config }, ...options });
  try {
    await work(site);
  } finally {
    await site.stop();
  }
}

const signInPath = "/staff/sign-in";

async function signedIn(site: BookingSite, name: string, headers: Record<string, string> = {}): Promise<Visitor> {
  const visitor = site.visitor();
  const answer = await visitor.send(signInPath, signInPath, { name, password: right }, headers);
  assert.is(answer.status, 303, textIn(answer.body));
  return visitor;
}

/** A session by hand, so that a test can send what no browser would. */
async function session(site: BookingSite, name: string) {
  const page = await ask(site.port, "GET", signInPath);
  const pair = (lines: string[] = []) => lines.map((line) => line.split(";")[0]).join("; ");
  const form = pair(page.headers["set-cookie"]);
  const body = new URLSearchParams({ ...hiddenIn(page.body), name, password: right }).toString();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await ask(site.port, "POST", signInPath, { ...type, cookie: form }, body);
  const cookie = `${form}; ${pair(answer.headers["set-cookie"])}`;
  return { cookie, set: (answer.headers["set-cookie"] ?? []).join("\n"), ...(await helloOf(site, cookie)) };
}

test("nobody sees a desk without a sign-in, and the sign-in leads back to it", () =>
  withSite(async (site) => {
    const visitor = site.visitor();
    for (const [path, to] of [
      ["/desk", "/desk"],
      ["/desk/1", "/desk/1"],
      ["/staff/accounts", "/staff/accounts"],
      ["/staff/audit", "/staff/audit"],
    ] as const) {
      const answer = await visitor.get(path);
      assert.is(answer.status, 303, path);
      assert.is(answer.headers.location, `${signInPath}?next=${encodeURIComponent(to)}`);
    }
    for (const path of ["/events", "/desk/1/events"]) assert.is((await visitor.get(path)).status, 401, path);
    const json = { "content-type": "application/json" };
    assert.is((await ask(site.port, "POST", "/desk/1/request/desk.open", json, "{}")).status, 401);

    const wrong = await visitor.send(signInPath, signInPath, { name: "rosa", password: "a wrong password" });
    assert.is(wrong.status, 403);
    const unknown = await visitor.send(signInPath, signInPath, { name: "nobody", password: "a wrong password" });
    const plain = (body: string) => textIn(body).replace(/rosa|nobody/g, "");
    assert.is(plain(unknown.body), plain(wrong.body), "the same answer");

    const page = await visitor.get(`${signInPath}?next=/desk/1`);
    const answer = await visitor.post(signInPath, { ...hiddenIn(page.body), name: "Rosa", password: right });
    assert.is(answer.headers.location, "/desk/1");
    assert.is((await visitor.get("/desk/1")).status, 200);
    for (const next of ["https://evil.example", "//evil.example", "/desk/1%0d%0aset-cookie:x", "/", "javascript:x"]) {
      const other = site.visitor();
      const form = await other.get(signInPath);
      const fields = { ...hiddenIn(form.body), next, name: "rosa", password: right };
      assert.is((await other.post(signInPath, fields)).headers.location, "/desk", next);
    }
  }));

test("the cookie is for this host's requests alone, and holds nothing that the file holds", () =>
  withSite(async (site) => {
    const { set, cookie } = await session(site, "rosa");
    assert.match(set, /^staff=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/m);
    const token = /staff=([\w-]{43})/.exec(cookie)?.[1] ?? "";
    assert.is(site.store.staff.session(token), undefined);
  }));

test("behind https the cookie is secure and bound to the host, and other hosts are turned away", () =>
  withSite(
    async (site) => {
      const host = "warte.example";
      const proxied = { host, "x-forwarded-for": "192.0.2.9", "x-forwarded-proto": "https" };
      assert.is((await ask(site.port, "GET", "/desk", { ...proxied, host: "evil.example" })).status, 403);
      assert.is((await ask(site.port, "GET", "/desk", { ...proxied, host: `127.0.0.1:${site.port}` })).status, 403);
      assert.is((await ask(site.port, "GET", "/desk", { ...proxied, host: "termine.example" })).status, 403);
      const page = await ask(site.port, "GET", signInPath, proxied);
      assert.is(page.status, 200);
      const form = (page.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
      const type = { "content-type": "application/x-www-form-urlencoded", origin: `https://${host}` };
      const body = new URLSearchParams({ ...hiddenIn(page.body), name: "rosa", password: right }).toString();
      const answer = await ask(site.port, "POST", signInPath, { ...proxied, ...type, cookie: form }, body);
      assert.is(answer.status, 303, textIn(answer.body));
      assert.match(
        String(answer.headers["set-cookie"]),
        /__Host-staff=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict/,
      );
    },
    {
      staff: { accounts, url: "https://warte.example" },
      http: { port: 0, trustProxy: ["127.0.0.1"], publicUrl: "https://termine.example" },
    },
  ));

test("a form that is not ours changes nothing, and one session's form is of no use in another", () =>
  withSite(async (site) => {
    const fields = { name: "rosa", password: right };
    assert.is((await site.visitor().post(signInPath, fields)).status, 403, "no cookie, no token");
    const visitor = site.visitor();
    await visitor.get(signInPath);
    assert.is((await visitor.post(signInPath, { ...fields, _csrf: "guessed" })).status, 403);

    const rosa = await session(site, "rosa");
    const max = await session(site, "max");
    const json = { "content-type": "application/json" };
    const open = JSON.stringify({ id: "open-1", desk: "1" });
    const press = (headers: Record<string, string>) =>
      ask(site.port, "POST", "/desk/1/request/desk.open", { ...json, ...headers }, open);
    for (const [what, headers] of [
      ["without a token", { cookie: rosa.cookie }],
      ["with somebody else's token", { cookie: rosa.cookie, "x-csrf-token": max.csrf }],
      ["from another site", { cookie: rosa.cookie, "x-csrf-token": rosa.csrf, origin: "https://evil.example" }],
      ["with a token and no cookie", { "x-csrf-token": rosa.csrf }],
    ] as const) {
      const { status } = await press(headers as Record<string, string>);
      assert.ok(status === 403 || status === 401, `${what}: ${status}`);
    }
    assert.not(site.state.desks.get("1")?.open);
    const done = await press({ cookie: rosa.cookie, "x-csrf-token": rosa.csrf });
    assert.is(JSON.parse(done.body).ok, true, done.body);
    assert.ok(site.state.desks.get("1")?.open);
  }));

test("who may act for which desk, and the events name the account", () =>
  withSite(async (site) => {
    const json = { "content-type": "application/json" };
    let ids = 0;
    const press = async (who: Awaited<ReturnType<typeof session>>, desk: string, verb: string, args: object = {}) => {
      const headers = { ...json, cookie: who.cookie, "x-csrf-token": who.csrf };
      const body = JSON.stringify({ id: `press-${++ids}`, ...args });
      const answer = await ask(site.port, "POST", `/desk/${desk}/request/${verb}`, headers, body);
      if (answer.status !== 200) return answer.status;
      const reply = JSON.parse(answer.body);
      return reply.ok ? "ok" : reply.error.code;
    };
    const [rosa, max, ada] = [await session(site, "rosa"), await session(site, "max"), await session(site, "ada")];
    assert.equal(rosa.me, { name: "rosa", role: "clerk" });
    const table: [who: typeof rosa, desk: string, verb: string, args: object, came: string | number][] = [
      [rosa, "2", "desk.open", { desk: "2" }, 403],
      [rosa, "1", "desk.open", { desk: "2" }, "forbidden"],
      [rosa, "1", "desk.open", { desk: "1" }, "ok"],
      [rosa, "1", "office.show", {}, "forbidden"],
      [rosa, "1", "hub.check", {}, "forbidden"],
      [rosa, "1", "ticket.withdraw", { request: "x" }, "forbidden"],
      [rosa, "1", "nonsense", {}, "unknown-verb"],
      [max, "2", "desk.open", { desk: "2" }, "ok"],
      [max, "2", "office.show", {}, "ok"],
      [max, "2", "backup.now", {}, "forbidden"],
      [ada, "1", "office.show", {}, "ok"],
      [ada, "1", "hub.check", {}, "ok"],
    ];
    for (const [who, desk, verb, args, came] of table) {
      assert.is(await press(who, desk, verb, args), came, `${JSON.stringify(who.me)} ${desk} ${verb}`);
    }
    const opened = site.events.filter(({ type }) => type === "desk.opened");
    assert.equal(
      opened.map((event) => ("by" in event ? event.by : "")),
      ["staff/rosa", "staff/max"],
    );
    const list = await ask(site.port, "GET", "/desk/2", { cookie: rosa.cookie });
    assert.is(list.status, 403);
    const entries = site.store.staff
      .audits(20)
      .map(({ who, what, desk, outcome }) => [who, what, desk, outcome].join(" "));
    for (const line of ["rosa desk.open 1 ok", "rosa desk.open 2 forbidden", "max office.show 2 ok"]) {
      assert.ok(entries.includes(line), `${line} in ${entries.join(", ")}`);
    }
  }));

test("a locked-out account is told until when, at the office's time", () =>
  withSite(async (site) => {
    const visitor = site.visitor();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await visitor.send(signInPath, signInPath, { name: "rosa", password: "a wrong password" });
    }
    site.now += 30_000;
    const answer = await visitor.send(signInPath, signInPath, { name: "rosa", password: right });
    assert.is(answer.status, 429);
    assert.match(textIn(answer.body), "Zu viele falsche Passwörter. Wieder möglich ab 09:15 Uhr.");
    const english = await visitor.send(`${signInPath}?lang=en`, `${signInPath}?lang=en`, {
      name: "rosa",
      password: right,
    });
    assert.match(textIn(english.body), "Possible again from 09:15.");
    const max = await signedIn(site, "max");
    assert.match(
      textIn((await max.get("/staff/accounts")).body),
      "falsche Passwörter: zu bis 09:15 Ändern Entsperren Sperren",
    );
    assert.is((await max.send("/staff/accounts", "/staff/accounts/rosa/unlock")).status, 303);
    assert.not((await max.get("/staff/accounts")).body.includes("falsche Passwörter"));
    await signedIn(site, "rosa");
  }));

test("an account's way: added by a manager, a password of its own, changed, locked, removed", () =>
  withSite(async (site) => {
    const max = await signedIn(site, "max");
    const first = "the first password";
    const fields = { name: "ali", role: "clerk", "desk-1": "yes", password: first };
    const clash = await max.send("/staff/accounts", "/staff/accounts", { ...fields, name: "rosa" });
    assert.is(clash.status, 409);
    assert.match(textIn(clash.body), "Diesen Namen gibt es schon.");
    assert.match(clash.body, /id="name"[^>]* value="rosa"/, "what was typed stays");
    const added = await max.send("/staff/accounts", "/staff/accounts", fields);
    assert.is(added.headers.location, "/staff/accounts?saved=yes");
    assert.match(
      textIn((await max.get("/staff/accounts")).body),
      "ali Sachbearbeitung Platz 1 aktiv, wählt noch ein Passwort",
    );
    assert.not(textIn((await max.get("/staff/accounts")).body).includes(" ada "), "admins are none of his");

    const ali = site.visitor();
    const entered = await ali.send(signInPath, signInPath, { name: "ali", password: first });
    assert.is(entered.headers.location, "/staff/password");
    assert.is((await ali.get("/desk/1")).headers.location, "/staff/password", "nothing else before that");
    const own = "a password of his own";
    const typed = { old: first, chosen: own, again: own };
    const different = await ali.send("/staff/password", "/staff/password", { ...typed, again: "another one here" });
    assert.match(textIn(different.body), "Die beiden neuen Passwörter sind nicht gleich.");
    const changed = await ali.send("/staff/password", "/staff/password", typed);
    assert.match(textIn(changed.body), "Das Passwort ist geändert.");
    assert.is((await ali.get("/desk/1")).status, 200);

    const moved = await max.send("/staff/accounts/ali", "/staff/accounts/ali", { role: "clerk", "desk-2": "yes" });
    assert.is(moved.status, 303);
    assert.is((await ali.get("/desk/1")).status, 403);
    assert.is((await ali.get("/desk/2")).status, 200);
    assert.is((await max.send("/staff/accounts", "/staff/accounts/ada/lock")).status, 403);
    assert.is((await max.send("/staff/accounts", "/staff/accounts/ali/lock")).status, 303);
    assert.is((await ali.get("/desk/2")).status, 303, "out at once");
    assert.is((await max.send("/staff/accounts", "/staff/accounts/ali/remove")).status, 303);
    assert.is((await max.get("/staff/accounts/ali")).status, 404);
    assert.is((await signedIn(site, "rosa").then((rosa) => rosa.get("/staff/accounts"))).status, 403);
  }));

test("the audit log is for admins, and shows what managers did", () =>
  withSite(async (site) => {
    const max = await signedIn(site, "max");
    await max.send("/staff/accounts", "/staff/accounts/rosa/lock");
    assert.is((await max.get("/staff/audit")).status, 403);
    const ada = await signedIn(site, "ada");
    const text = textIn((await ada.get("/staff/audit?lang=en")).body);
    assert.match(text, /23 Nov 2026, 09:00:00 max account\.lock rosa ok/);
    assert.match(text, "It is erased after 90 days.");
    for (let n = 0; n < 120; n += 1)
      site.store.staff.audit({
        at: site.now,
        who: "x",
        what: `w${n}`,
        desk: null,
        ticket: null,
        outcome: "ok",
        about: null,
      });
    const page = await ada.get("/staff/audit");
    const older = /href="(\/staff\/audit\?before=\d+)"/.exec(unescapeHtml(page.body))?.[1] ?? "";
    assert.match(textIn((await ada.get(older)).body), "account.lock");
  }));

test("on a full disk the page of a desk goes on, and says of what is pressed that it was not done", () => {
  let isFull = false;
  const onDisk = <A extends unknown[]>(write: (...args: A) => void) => {
    return (...args: A) => {
      if (isFull) throw new Error("database or disk is full");
      write(...args);
    };
  };
  const wrapStore = (store: Store): Store => ({
    ...store,
    commit: onDisk(store.commit),
    staff: { ...store.staff, touch: onDisk(store.staff.touch), audit: onDisk(store.staff.audit) },
  });
  return withSite(
    async (site) => {
      const { cookie, csrf } = await session(site, "rosa");
      site.now += 2 * 60_000;
      isFull = true;
      const headers = { "content-type": "application/json", cookie, "x-csrf-token": csrf };
      const path = "/desk/1/request/desk.open";
      const body = JSON.stringify({ id: "open-1", desk: "1" });
      const answer = await ask(site.port, "POST", path, headers, body);
      assert.is(JSON.parse(answer.body).error?.code, "unavailable");
      assert.is((await ask(site.port, "GET", "/desk/1", { cookie })).status, 200);
      const names = await ask(site.port, "GET", "/desk/1/appointments", { cookie });
      assert.is(names.status, 500, "no names without a record of who looked at them");
      isFull = false;
      assert.ok(JSON.parse((await ask(site.port, "POST", path, headers, body)).body).ok);
    },
    {},
    { wrapStore },
  );
});

test("signing out ends the session; pages of it are not kept by the browser", () =>
  withSite(async (site) => {
    const ada = await signedIn(site, "ada");
    assert.is((await ada.get("/staff/audit")).headers["cache-control"], "no-store");
    const out = await ada.send("/staff/audit", "/staff/sign-out");
    assert.is(out.headers.location, `${signInPath}?out=yes`);
    assert.match(textIn((await ada.get(`${signInPath}?out=yes`)).body), "Sie sind abgemeldet.");
    assert.is((await ada.get("/staff/audit")).status, 303);
  }));

test("a stream ends with its session, and says so", () =>
  withSite(async (site) => {
    const rosa = await session(site, "rosa");
    const answer = await fetch(`${site.url}/desk/1/events`, { headers: { cookie: rosa.cookie } });
    const ended = answer.text();
    const max = await signedIn(site, "max");
    assert.is((await max.send("/staff/accounts", "/staff/accounts/rosa/lock")).status, 303);
    assert.match(await ended, /event: over\n/);
  }));

test("what a link on another site led to is asked for once more, with the cookie", () =>
  withSite(async (site) => {
    const followed = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const answer = await ask(site.port, "GET", "/desk/1", followed);
    assert.is(answer.status, 200);
    assert.match(answer.body, 'content="0;url=/desk/1"');
  }));

test("nothing that somebody typed is in the log of the hub", () =>
  withSite(async (site) => {
    await site.visitor().send(signInPath, signInPath, { name: "somebody", password: "a wrong password" });
    await site.visitor().post(signInPath, { name: "somebody", password: "a wrong password" });
    assert.not(/somebody|wrong password/.test(site.logged.join("\n")));
  }));

test.run();
