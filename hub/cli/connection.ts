import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { makeId } from "../../protocol/ids.ts";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import { callValidMs } from "../../protocol/requests.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { exitCodes, Failure, refusal, usageFailure } from "./outcome.ts";

/** The office's time zone is waited for so long, in milliseconds. A broker tells it at once, if a hub was ever there. */
const zoneWaitMs = 500;

/** What the command line says about where and as whom; see `wartemarke --help`. */
export interface ConnectionOptions {
  url: string;
  user: string;
  password: string;
  passwordFile?: string;
  site: string;
  prefix: string;
  /** Seconds to wait for an answer. */
  timeout: number;
  /** The id of a request that is repeated. */
  id?: string;
}

/** A connection to the hub on which a command asks. */
export interface Conversation {
  readonly session: Session;
  /**
   * Asks and gives the result.
   *
   * @param step tells requests of one command apart, so that a repeat of the command repeats each of them.
   * @throws Failure when the hub refuses or nobody answers.
   */
  ask<V extends Verb>(verb: V, args: Arguments<V>, step?: string): Promise<Result<V>>;
}

function passwordFrom({ password, passwordFile }: ConnectionOptions): string {
  if (passwordFile === undefined) return password;
  try {
    return readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw usageFailure(`--password-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sessionOf(options: ConnectionOptions): Session {
  const { url, user, site, prefix } = options;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^mqtts?:$/.test(parsed.protocol)) {
    throw usageFailure(`--url: ${url} is not an address such as mqtt://127.0.0.1:1883 or mqtts://hub.example:8883`);
  }
  return createSession({ url, user, password: passwordFrom(options), site, prefix, daemon: false });
}

function connectFailure({ url, user }: ConnectionOptions, why: string): Failure {
  if (/not authorized|user ?name or password/i.test(why)) {
    const message = `login refused: ${url} does not know the user ${user} with this password.
Set --user and --password, or WARTEMARKE_USER and WARTEMARKE_PASSWORD.`;
    return new Failure(exitCodes.login, message, { unknown: why });
  }
  const message = `no connection to ${url} (${why || "nobody listens there"}): nothing was sent.
Is the hub running? \`npm start\` starts the demo office; another place is named by --url or WARTEMARKE_URL.`;
  return new Failure(exitCodes.noAnswer, message, { unknown: why });
}

/** Times are typed and shown as the clocks in the office have them, in whatever zone this machine is. */
function learnZone(session: Session): Promise<void> {
  return new Promise((resolve) => {
    session.subscribe("office", {}, ({ timeZone }) => {
      process.env.TZ = timeZone;
      resolve();
    });
  });
}

/**
 * Connects, does the work in the office's time zone and says goodbye.
 *
 * @param prepare subscribes to what the work needs, before the connection is made.
 * @throws Failure at once when there is nobody to talk to: a person waits.
 */
export async function converse<T>(
  options: ConnectionOptions,
  work: (conversation: Conversation) => Promise<T>,
  prepare: (session: Session) => void = () => {},
): Promise<T> {
  const session = sessionOf(options);
  prepare(session);
  const zone = learnZone(session);
  const connected = new Promise<void>((resolve, reject) => {
    session.onLink((link) => (link.up ? resolve() : reject(connectFailure(options, link.why))));
  });
  session.start();
  try {
    await connected;
    await Promise.race([zone, setTimeout(zoneWaitMs, undefined, { ref: false })]);
    const baseId = options.id ?? makeId(Date.now());
    return await work({ session, ask: (verb, args, step) => ask(session, options, verb, args, baseId, step) });
  } finally {
    await session.stop();
  }
}

async function ask<V extends Verb>(
  session: Session,
  { timeout }: ConnectionOptions,
  verb: V,
  args: Arguments<V>,
  baseId: string,
  step?: string,
): Promise<Result<V>> {
  const validUntil = verb.startsWith("call.") ? new Date(Date.now() + callValidMs).toISOString() : undefined;
  const id = step === undefined ? baseId : `${baseId}.${step}`;
  const answer = await session.request(verb, args, {
    id,
    timeoutMs: timeout * 1_000,
    ...(validUntil ? { validUntil } : {}),
  });
  if (answer.state === "done") return answer.result;
  if (answer.state === "refused") throw refusal(answer.error);
  const message = `${answer.why}.
It is not known whether it was done. Repeat it without doing it twice by adding: --id ${baseId}`;
  throw new Failure(exitCodes.noAnswer, message, { unknown: answer.why, id: baseId });
}
