// time limit: 240 s
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { validate } from "../../protocol/codec.ts";
import { reply, verbs } from "../../protocol/requests.ts";
import { badArguments, goodArguments } from "../bad-arguments.ts";
import { fuzzRuns, hostileNumber, hostilePayload, hostileText } from "../fuzz.ts";
import { quickHash } from "../staff/quick-hash.ts";
import type { Answer, BookingSite } from "./booking-site.ts";
import { ask, hiddenIn, openSite, textIn, typed } from "./booking-site.ts";

const password = "four words are a password";
const staff = { accounts: [{ name: "ada", role: "admin", passwordHash: quickHash(password) }] };
/** Behind a proxy each request may come from another address: what is looked at here is not the limit of one address. */
const http = { port: 0, trustProxy: ["127.0.0.1"] };

let addresses = 0;
const fromAnywhere = () => {
  addresses += 1;
  return { "x-forwarded-for": `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}` };
};

async function withSite(work: (site: BookingSite) => Promise<void>, config: object): Promise<void> {
  const site = await openSite({ config });
  try {
    await work(site);
  } finally {
    await site.stop();
  }
}

/** A mark that would be an element if anything echoed it as it came. */
const mark = `"><i data-broken='`;

function judge(what: string, { status, body, headers }: Answer): void {
  assert.ok(status >= 200 && status < 500, `${what}: ${status} ${body.slice(0, 300)}`);
  assert.not.ok(body.includes("<i data-broken"), `${what}: echoed unescaped`);
  assert.not.ok(/\bat .*\.ts:\d+/.test(body), `${what}: shows a stack`);
  if (status === 303) assert.match(String(headers.location), /^\/(?!\/)/, `${what}: leads elsewhere`);
}

const value = fc.oneof(hostileText, hostileNumber.map(String), fc.constant(mark));
const read =
  "lang from at n-id-card booking until said sent name email phone birthdate reminder service next out".split(" ");
const fieldNames = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...read) }, { weight: 1, arbitrary: hostileText });
const fields = fc.array(fc.tuple(fieldNames, value), { maxLength: 6 });
/** Instants and dates at the edges of what they can say, for the pages that go on only with one. */
const times = fc.constantFrom<[string, string]>(
  ...["1", "8640000000000000", "8640000000000001", "9007199254740991", "1e15"].map((at): [string, string] => [
    "at",
    at,
  ]),
  ...["9999-99-99", "9999-12-31", "0000-01-01", "2027-02-29"].map((from): [string, string] => ["from", from]),
);
const queryOf = (pairs: [string, string][]) =>
  pairs.map(([name, text]) => `${wellFormed(name)}=${wellFormed(text)}`).join("&");
/** A lone surrogate cannot stand in a URL; what stands there instead is no UTF-8 either. */
const wellFormed = (text: string) => (text.isWellFormed() ? encodeURIComponent(text) : "%ed%a0%80%zz");

const visitorPaths = "/ /book/times /book/person /book/done /my-booking /imprint /privacy /booking/booking.css".split(
  " ",
);
const linkPaths = ["", "/cancel", "/move", "/data", "/data.json", "/confirm"];

test("visitors' pages: whatever stands in the address, no answer is an error of ours, and nothing is echoed", () =>
  withSite(
    async (site) => {
      const reserved = await site.reserve();
      assert.ok(reserved.ok);
      const link = site.mail("activation").link ?? "";
      const ends = fc.constantFrom(...linkPaths);
      const path = fc.oneof(
        fc.constantFrom(...visitorPaths),
        fc.tuple(fc.constantFrom(link, mark, "x".repeat(65)), ends).map(([secret, end]) => {
          return `/appointment/${wellFormed(secret)}${end}`;
        }),
        fc.tuple(value, ends).map(([text, end]) => `/appointment/${wellFormed(text)}${end}`),
        value.map((text) => `/${wellFormed(text)}`),
      );
      // A choice that is right gets further in than noise.
      const chosen = fc.constantFrom<[string, string][]>([], [["n-id-card", "1"]], [["n-registration", "3"]]);
      await fc.assert(
        fc.asyncProperty(path, chosen, times, fields, fc.nat(2), async (at, right, time, more, kind) => {
          const query = queryOf([...right, ...(kind > 0 ? [time] : []), ...more, ...(kind > 1 ? more : [])]);
          const address = `${at}?${query}`;
          judge(address, await ask(site.port, "GET", address, fromAnywhere()));
        }),
        fuzzRuns(400),
      );
    },
    { http },
  ));

test("a date or an instant that no calendar has is as good as none", () =>
  withSite(
    async (site) => {
      for (const at of ["8640000000000001", "9007199254740991", "-1", "1.5", "NaN"]) {
        const answer = await ask(site.port, "GET", `/book/person?n-id-card=1&at=${at}`, fromAnywhere());
        assert.is(answer.status, 303, at);
      }
      const today = await ask(site.port, "GET", "/book/times?n-id-card=1", fromAnywhere());
      for (const from of ["9999-99-99", "2026-02-30", "0000-00-00", "tomorrow"]) {
        const answer = await ask(site.port, "GET", `/book/times?n-id-card=1&from=${from}`, fromAnywhere());
        assert.is(answer.status, 200, from);
        assert.is(textIn(answer.body), textIn(today.body), from);
      }
      const { link } = await site.bookFor(site.now + 86_400_000);
      const move = await ask(site.port, "GET", `/appointment/${link}/move?from=9999-99-99`, fromAnywhere());
      assert.is(move.status, 200);
    },
    { http },
  ));

test("visitors' forms: whatever is sent, no answer is an error of ours, and a booking is one that fits the calendar", () =>
  withSite(
    async (site) => {
      const page = await ask(site.port, "GET", "/book/person?n-id-card=1&at=1764000000000", fromAnywhere());
      const hidden = hiddenIn(page.body);
      const cookie = (page.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
      const type = "application/x-www-form-urlencoded";
      const forms = fc.constantFrom("/book", "/my-booking", ...linkPaths.map((end) => `/appointment/nobody${end}`));
      const bodies = fc.oneof(
        fields.map((pairs) => queryOf([...Object.entries({ ...hidden, ...typed }), ...pairs])),
        fc.tuple(fields, fields).map(([some, others]) => {
          return queryOf([...some, ["_csrf", hidden._csrf ?? ""], ...others, ...Object.entries(hidden)]);
        }),
        fc.string({ unit: "binary-ascii", maxLength: 400 }),
        fc.constant(`${"a=1&".repeat(5_000)}`),
      );
      const types = fc.constantFrom(type, type, type, "application/json", "multipart/form-data", "text/plain", "");
      await fc.assert(
        fc.asyncProperty(forms, bodies, types, async (at, body, kind) => {
          const headers = { cookie, ...fromAnywhere(), ...(kind === "" ? {} : { "content-type": kind }) };
          judge(`POST ${at} ${body.slice(0, 300)}`, await ask(site.port, "POST", at, headers, body));
        }),
        fuzzRuns(300),
      );
      for (const { at, until } of site.state.appointments.records.values()) assert.ok(until > at && at > site.now);
    },
    { http },
  ));

test("staff pages: whatever is in the address, a form or a request, no answer is an error of ours", () =>
  withSite(
    async (site) => {
      const visitor = site.visitor();
      const signIn = "/staff/sign-in";
      assert.is((await visitor.send(signIn, signIn, { name: "ada", password })).status, 303);
      const gets = "/desk /desk/1 /desk/1/tickets /desk/1/appointments /staff/accounts /staff/audit /staff/password";
      const names = fc.oneof(value.map(wellFormed), fc.constantFrom("ada", "nobody"));
      const path = fc.oneof(
        fc.constantFrom(...gets.split(" "), signIn),
        names.map((name) => `/staff/accounts/${name}`),
        names.map((name) => `/desk/${name}`),
      );
      await fc.assert(
        fc.asyncProperty(path, fields, async (at, pairs) => {
          const address = `${at}?${queryOf(pairs)}`;
          judge(address, await visitor.get(address));
        }),
        fuzzRuns(150),
      );
      const accountForm = await visitor.get("/staff/accounts");
      const forms = fc.oneof(
        fc.constantFrom("/staff/accounts", "/staff/password", signIn),
        names.map((name) => `/staff/accounts/${name}`),
        fc
          .tuple(names, fc.constantFrom("lock", "unlock", "remove"))
          .map(([name, act]) => `/staff/accounts/${name}/${act}`),
      );
      const filled = fc.dictionary(
        fc.constantFrom("name", "role", "password", "desk-1", "old", "chosen", "next"),
        value,
      );
      await fc.assert(
        fc.asyncProperty(forms, filled, async (at, given) => {
          judge(
            `POST ${at} ${JSON.stringify(given)}`,
            await visitor.post(at, { ...hiddenIn(accountForm.body), ...given }),
          );
        }),
        fuzzRuns(20),
      );
      assert.is((await visitor.get("/staff/accounts")).status, 200, "the last admin is still there");
    },
    { staff },
  ));

test("a desk's page: whatever its script sends, the answer is a reply of the protocol, and nobody's desk is harmed", () =>
  withSite(async (site) => {
    const asked = Object.entries(verbs).flatMap(([verb, { args }]) =>
      [...goodArguments(args), ...badArguments(args)].map((variant) => ({ verb, args: variant.args })),
    );
    let ids = 0;
    const valid = fc.constantFrom(...asked);
    const sent = fc.tuple(valid, fc.nat()).chain(([{ verb, args }]) => {
      const bodies = hostilePayload(fc.constant(args).map((given) => ({ ...given, id: `page-${++ids}` })));
      return fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constant(verb) }, { weight: 1, arbitrary: value }), bodies);
    });
    await fc.assert(
      fc.asyncProperty(sent, async ([verb, body]) => {
        const address = `/desk/1/request/${wellFormed(verb)}`;
        const headers = { "content-type": "application/json" };
        const answer = await fetch(site.url + address, { method: "POST", headers, body: Uint8Array.from(body) });
        const text = await answer.text();
        assert.ok(answer.status < 500, `${address}: ${answer.status} ${text.slice(0, 300)}`);
        if (answer.status === 200) assert.ok(validate(reply, JSON.parse(text)).ok, `${address}: ${text.slice(0, 300)}`);
      }),
      fuzzRuns(300),
    );
    const { day, desks, tickets } = site.state;
    for (const { ticket } of desks.values()) if (ticket !== null) assert.is(tickets.get(ticket)?.state, "called");
    assert.match(day, /^\d{4}-\d\d-\d\d$/);
  }, {}));

test.run();
