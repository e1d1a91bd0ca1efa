import type { AddressInfo } from "node:net";
import type { Address, Email } from "postal-mime";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

/** What a test has the server say: a code, or a code with words of its own. */
export type Answer = number | { code: number; words: string };

/** Where in a delivery something can be done: before the greeting, at the recipient, at the first bytes of the mail. */
export type Point = "connect" | "recipient" | "data";

/** A mail server that keeps what it took, and answers as a test tells it to. */
export interface PostOffice {
  readonly port: number;
  /** Everything that was answered with 250, parsed, and as it came. */
  readonly taken: Email[];
  readonly raw: Buffer[];
  /** What is said to the next senders, recipients and mails, in order; undefined takes them. */
  readonly answers: Record<"sender" | "recipient" | "data", (Answer | undefined)[]>;
  /** Names of those who connected and said who sends; nothing is known of a mail before that. */
  readonly senders: string[];
  /** The server says nothing at this point until what stands here has resolved. */
  readonly before: Partial<Record<Point, () => Promise<void> | void>>;
  stop(): Promise<void>;
}

export const addressOf = (mail: Email) => (mail.to?.[0] as Address | undefined)?.address;

/** What kind of mail it is, by its Message-ID. */
export const kindOf = (mail: Email) => mail.messageId?.match(/\.(?:\d+)\.([a-z-]+)@/)?.[1];

/** Connections that are still open are cut after so long when the server stops, in milliseconds. */
const closeMs = 50;

export async function openPostOffice(
  port = 0,
  { users = {} }: { users?: Record<string, string> } = {},
): Promise<PostOffice> {
  const taken: Email[] = [];
  const raw: Buffer[] = [];
  const senders: string[] = [];
  const answers: PostOffice["answers"] = { sender: [], recipient: [], data: [] };
  const before: PostOffice["before"] = {};
  const said = (answer: Answer | undefined) => {
    if (answer === undefined) return null;
    const { code, words } = typeof answer === "number" ? { code: answer, words: "said by the test" } : answer;
    return Object.assign(new Error(words), { responseCode: code });
  };
  const wait = async (point: Point) => before[point]?.();
  const server = new SMTPServer({
    authOptional: Object.keys(users).length === 0,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    closeTimeout: closeMs,
    onConnect: (_session, done) => void wait("connect").then(() => done()),
    onAuth({ username = "", password }, _session, done) {
      if (users[username] !== undefined && users[username] === password) done(null, { user: username });
      else done(said(535) ?? undefined);
    },
    onMailFrom({ address }, _session, done) {
      senders.push(address);
      done(said(answers.sender.shift()));
    },
    onRcptTo: (_address, _session, done) => void wait("recipient").then(() => done(said(answers.recipient.shift()))),
    onData(stream, _session, done) {
      const parts: Buffer[] = [];
      stream.once("data", () => {
        const answer = said(answers.data.shift());
        const ready = wait("data");
        stream.on(
          "end",
          () =>
            void ready.then(async () => {
              if (answer) return done(answer);
              const mail = Buffer.concat(parts);
              taken.push(await PostalMime.parse(mail));
              raw.push(mail);
              done();
            }),
        );
      });
      stream.on("data", (part: Buffer) => parts.push(part));
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  // A client that dies in the middle is an error of its connection.
  server.on("error", () => {});
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    raw,
    answers,
    senders,
    before,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
