import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RenderedMail } from "../../hub/mail/render.ts";
import type { SmtpOptions } from "../../hub/mail/smtp.ts";
import { smtpTransport } from "../../hub/mail/smtp.ts";
import { MailError } from "../../hub/mail/transport.ts";
import type { Answer, PostOffice } from "./post-office.ts";
import { addressOf, openPostOffice } from "./post-office.ts";

const test = suite("smtp");
const mail: RenderedMail = {
  messageId: "<k7m29xq001.1.activation@test.example.org>",
  date: new Date("2026-11-23T09:00:00+01:00"),
  language: "de",
  subject: "Bitte bestätigen",
  text: "Guten Tag\n",
  html: "<p>Guten Tag</p>",
  attachments: [],
};
const anna = { name: "Anna Probst", address: "anna@example.org" };
const never = new AbortController().signal;

const options = (port: number): SmtpOptions => ({
  host: "127.0.0.1",
  port,
  secure: false,
  tls: "none",
  timeoutMs: 5_000,
});

/** How sending ends: `taken`, or the verdict and what is said of it. */
async function send(server: SmtpOptions, to = anna, signal = never): Promise<string[]> {
  try {
    await smtpTransport("office@example.org", server).send(mail, to, signal);
    return ["taken"];
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return [error.verdict, error.message];
  }
}

async function withServer(
  use: (server: PostOffice) => Promise<void>,
  setup: { users?: Record<string, string> } = {},
): Promise<void> {
  const server = await openPostOffice(0, setup);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

test("what a server's answer means for this mail, and for all others", () =>
  withServer(async (server) => {
    const cases: [keyof PostOffice["answers"], Answer, string][] = [
      ["recipient", { code: 550, words: "5.1.1 <anna@example.org>: no such user" }, "refused"],
      ["recipient", 553, "refused"],
      ["recipient", { code: 554, words: "5.7.1 <anna@example.org>: relay access denied" }, "deferred"],
      ["recipient", { code: 451, words: "4.7.1 <anna@example.org>: greylisted" }, "deferred"],
      ["recipient", 452, "deferred"],
      ["recipient", 421, "unreachable"],
      ["data", 552, "refused"],
      ["data", 451, "deferred"],
      ["sender", 550, "unreachable"],
      ["sender", 530, "unreachable"],
      ["sender", 451, "unreachable"],
    ];
    for (const [point, answer, verdict] of cases) {
      server.answers[point].push(answer);
      const [said, message = ""] = await send(options(server.port));
      const { code } = typeof answer === "number" ? { code: answer } : answer;
      assert.is(said, verdict, `${point} ${code}`);
      assert.match(message, String(code));
      assert.not.match(message, "@", "no address in what is logged");
    }
    assert.is(server.taken.length, 0);
    assert.equal(await send(options(server.port)), ["taken"]);
    assert.is(addressOf(server.taken[0] as NonNullable<(typeof server.taken)[0]>), anna.address);
  }));

test("an address that would be more than an address is refused before it is sent", () =>
  withServer(async (server) => {
    for (const address of ["anna@example.org>\r\nRCPT TO:<eve@example.org", ""]) {
      const [verdict, message = ""] = await send(options(server.port), { ...anna, address });
      assert.is(verdict, "refused", JSON.stringify(address));
      assert.not.match(message, "@");
    }
    assert.is(server.taken.length, 0);
  }));

test("nobody there, nobody who answers, and a hub that stops: each ends soon, and says that it is the server", async () => {
  const gone = await openPostOffice();
  await gone.stop();
  assert.equal(await send(options(gone.port)), ["unreachable", "ECONNREFUSED CONN"]);
  for (const point of ["connect", "recipient", "data"] as const) {
    await withServer(async (server) => {
      server.before[point] = () => new Promise(() => {});
      const [verdict, message = ""] = await send({ ...options(server.port), timeoutMs: 200 });
      assert.is(verdict, "unreachable", point);
      assert.match(message, "ETIMEDOUT");
      const stop = new AbortController();
      server.before[point] = () => {
        stop.abort();
        return new Promise(() => {});
      };
      assert.is((await send(options(server.port), anna, stop.signal))[0], "unreachable", point);
      assert.is(server.taken.length, 0);
    });
  }
});

test("a password is asked for, and a wrong one holds all mails back", () =>
  withServer(
    async (server) => {
      const signedIn = { ...options(server.port), user: "hub", password: "secret" };
      assert.equal(await send(signedIn), ["taken"]);
      assert.is((await send({ ...signedIn, password: "wrong" }))[0], "unreachable");
      assert.is((await send(options(server.port)))[0], "unreachable");
      assert.is(server.taken.length, 1);
    },
    { users: { hub: "secret" } },
  ));

test("a server without TLS gets neither password nor sender where TLS is required", () =>
  withServer(
    async (server) => {
      const careful = { ...options(server.port), tls: "required", user: "hub", password: "secret" } as const;
      assert.is((await send(careful))[0], "unreachable");
      assert.equal(server.senders, []);
    },
    { users: { hub: "secret" } },
  ));

test.run();
