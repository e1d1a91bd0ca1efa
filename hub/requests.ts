import { hash, timingSafeEqual } from "node:crypto";
import { decodeObject, validate } from "../protocol/codec.ts";
import type { ErrorCode, ProtocolError } from "../protocol/errors.ts";
import { refuse } from "../protocol/errors.ts";
import { idTime } from "../protocol/ids.ts";
import type { Parsed, RequestFrame, Result, Verb } from "../protocol/requests.ts";
import { isVerb, replyDaysMax, requestFrame, verbs } from "../protocol/requests.ts";
import { hashPasswordNow } from "./accounts.ts";
import type { Asked, Surroundings } from "./handler.ts";
import { takeReport } from "./journal-report.ts";
import type { Aside } from "./office/aside.ts";
import type { Caller, Decision } from "./office/decision.ts";
import type { OfficeEvent, RecordedEvent } from "./office/events.ts";
import type { OfficeState } from "./office/state.ts";
import type { StoredReply } from "./store/store.ts";
import type { TouchReply, TouchVerb, TouchWork } from "./touch-requests.ts";
import { adopt, withdraw } from "./touch-requests.ts";
import type { LateAnswer, UnderWay } from "./under-way.ts";
import { handlers } from "./verbs.ts";

/** How long a reply is kept for a repeat, in milliseconds. */
export const replyKeptMs = replyDaysMax * 24 * 3_600_000;

/** A reply as it goes out; the id is null where the request was too broken to have one. */
export type OutgoingReply =
  | { id: string | null; verb: string; ok: true; result: object }
  | { id: string | null; verb: string; ok: false; error: ProtocolError };

/** A request as it came in, from a broker or from a page of the hub's own. */
export interface Incoming {
  /** Whose branch it was published on: the broker let nobody else write there. */
  client: string;
  verb: string;
  payload: Buffer;
  /** Sends the reply; `to` is the reply name that the request asked for. */
  respond(reply: OutgoingReply, to?: string): void;
  /** Set where the request asks for a reply to a place that its client may not use. */
  badReplyTopic?: string;
}

/** What a batch will write and say. Nothing of it is known to anybody before it is committed. */
export interface Draft {
  events: RecordedEvent[];
  asides: Aside[];
  replies: Map<string, StoredReply>;
  answers: (() => void)[];
  /** Whether tickets of past days may be in memory that nobody needs after this batch. */
  touchedPast: boolean;
}

export interface Context extends Surroundings {
  underWay: UnderWay;
  state: OfficeState;
  now: number;
  draft: Draft;
  apply(events: OfficeEvent[], aside?: Aside): void;
  caller(state: OfficeState, client: string): Caller | undefined;
}

const failed = (id: string | null, verb: string, error: ProtocolError): OutgoingReply => ({
  id,
  verb,
  ok: false,
  error,
});

/** Characters of an unknown verb that a reply repeats. */
const verbCharsMax = 40;

/** The answer, and its place, while nothing can be taken: a repeat later is safe. */
export function unavailable({ payload, verb }: Incoming, why: string): [OutgoingReply, string | undefined] {
  const object = decodeObject(payload);
  const frame = object.ok ? validate(requestFrame, object.value) : object;
  const { id = null, reply } = frame.ok ? frame.value : {};
  return [failed(id, verb.slice(0, verbCharsMax), refuse("unavailable", `${why}: send it again`)), reply];
}

/** Whether a verb only asks: it has no effect, so that it can be answered while nothing can be written. */
export function isQuestion(verb: string): boolean {
  const handler = isVerb(verb) ? (handlers[verb as keyof typeof handlers] as AnyHandler | undefined) : undefined;
  return handler?.answer !== undefined || (handler?.later !== undefined && !handler.acts);
}

const draftKey = (client: string, id: string) => `${client}/${id}`;

/** Answers one request within a batch: a repeat gets the answer it had, anything new is decided and applied. */
export function answerRequest(context: Context, incoming: Incoming) {
  const { draft } = context;
  const say = (reply: OutgoingReply, to?: string) => draft.answers.push(() => incoming.respond(reply, to));
  const verb = isVerb(incoming.verb) ? incoming.verb : incoming.verb.slice(0, verbCharsMax);

  const object = decodeObject(incoming.payload);
  if (!object.ok) return void say(failed(null, verb, refuse("bad-request", object.reason)));
  const frame = validate(requestFrame, object.value);
  if (!frame.ok) {
    const given = object.value.id;
    const id = typeof given === "string" && given.length <= 64 ? given : null;
    return void say(failed(id, verb, refuse("bad-request", frame.reason)));
  }
  const { id, reply: to } = frame.value;
  const no = (code: ErrorCode, message: string) => void say(failed(id, verb, refuse(code, message)), to);

  if (incoming.badReplyTopic !== undefined) {
    const message = "the response topic must be your own reply topic or one level below it";
    return void say(failed(id, verb, refuse("bad-request", message)));
  }
  const known = draft.replies.get(draftKey(incoming.client, id)) ?? context.store.reply(incoming.client, id);
  const reused = () => no("id-reused", "this id was used for another request: nothing was done, choose a new id");
  if (known && known.verb !== verb) return reused();
  if (!isVerb(verb)) return no("unknown-verb", `there is no verb ${verb}`);
  const caller = context.caller(context.state, incoming.client);
  if (!caller) return no("forbidden", `${incoming.client} is not a user of this office`);
  const roles: readonly string[] = verbs[verb].roles;
  if (!roles.includes(caller.role)) return no("forbidden", `${verb} is for ${roles.join(", ")}`);
  if (caller.mayUse?.(verb) === false) return no("forbidden", `${caller.client} may not use ${verb}`);
  const args = validate(verbs[verb].args, object.value);
  if (!args.ok) return known ? reused() : no("bad-request", args.reason);

  const digest = hashOf(context.store.key, verb, args.value);
  if (known?.hash && !timingSafeEqual(known.hash, digest)) return reused();
  if (known) return void say(JSON.parse(known.reply) as OutgoingReply, to);
  const asked = context.underWay.asked(draftKey(caller.client, id));
  if (asked && !timingSafeEqual(asked, digest)) return reused();
  const remember = (reply: OutgoingReply): StoredReply => ({
    client: caller.client,
    id,
    at: context.now,
    verb,
    hash: digest,
    reply: JSON.stringify(reply),
  });
  const handler = handlers[verb as keyof typeof handlers] as AnyHandler | undefined;
  const made = idTime(id);
  const expired = tooLate(frame.value, context.now) || (made !== undefined && made < context.now - replyKeptMs);
  if (handler?.later && !expired) {
    const { later } = handler;
    const replyOf = (answer: LateAnswer): OutgoingReply => ({ id, verb, ...answer });
    const question = {
      hash: digest,
      mustKeep: handler.acts === true,
      begin: () => later(context.state, args.value, context, { caller, id }),
      keep: (answer: LateAnswer) => {
        const replies = [remember(replyOf(answer))];
        context.store.commit({ events: [], asides: [], replies, state: context.state });
      },
    };
    // Not before the batch is committed: what it asks about is then in the file.
    draft.answers.push(() => {
      context.underWay.ask(draftKey(caller.client, id), question, (answer) => incoming.respond(replyOf(answer), to));
    });
    return;
  }
  const reply = expired
    ? failed(id, verb, refuse("expired", "this request came too late: nothing was done"))
    : perform(context, caller, verb, args.value, id);
  // Of what cannot be done yet nothing has happened: it may be sent again as it is.
  if (reply.ok || reply.error.code !== "unavailable") keep(draft, remember(reply));
  say(reply, to);
}

const tooLate = ({ validUntil }: RequestFrame, now: number) => validUntil !== undefined && Date.parse(validUntil) < now;

const keep = (draft: Draft, stored: StoredReply) => draft.replies.set(draftKey(stored.client, stored.id), stored);

/** Bytes of the keyed hash that are kept. */
const hashBytes = 16;

/**
 * Tells two requests apart without keeping what they said. The parsed arguments are in the order of their schema.
 *
 * The key before the text makes a keyed hash, as no more than half of the digest is kept; an HMAC object would cost more
 * than all the rest of reading a request.
 */
function hashOf(key: Buffer, verb: string, args: unknown): Buffer {
  const text = Buffer.from(verb + JSON.stringify(withoutPassword(args, key)));
  return hash("sha256", Buffer.concat([key, text]), "buffer").subarray(0, hashBytes);
}

/** A password is hashed as slowly here as where it is kept, or whoever has the file would rather guess it by this hash. */
function withoutPassword(args: unknown, key: Buffer): unknown {
  const { password } = args as { password?: unknown };
  return typeof password === "string" ? { ...(args as object), password: hashPasswordNow(password, key) } : args;
}

/** The handlers' table is typed by verb; here the verb is only known to be one of them. */
interface AnyHandler {
  decide?(state: OfficeState, caller: Caller, args: unknown, now: number, around: Surroundings): Decision;
  result?(
    state: OfficeState,
    args: unknown,
    decision: Decision,
    now: number,
    around: Surroundings,
    caller: Caller,
  ): Result<Verb>;
  answer?(state: OfficeState, args: unknown, now: number, around: Surroundings, caller: Caller): LateAnswer;
  later?(state: OfficeState, args: unknown, around: Surroundings, asked: Asked): Promise<object>;
  acts?: true;
}

function perform(context: Context, caller: Caller, verb: Verb, args: unknown, id: string): OutgoingReply {
  const { state, now, apply } = context;
  if (isTouchVerb(verb)) return performTouch(context, caller, id, { verb, args });
  recallNamedTicket(context, args);
  const handler = handlers[verb] as AnyHandler;
  if (handler.answer) {
    const answer = handler.answer(state, args, now, context, caller);
    return answer.ok ? { id, verb, ok: true, result: answer.result } : failed(id, verb, answer.error);
  }
  const decision = handler.decide?.(state, caller, args, now, context);
  if (!decision?.ok) {
    apply(decision?.events ?? []);
    return failed(id, verb, decision?.error ?? refuse("unknown-verb", verb));
  }
  apply(decision.events, decision.aside);
  return { id, verb, ok: true, result: handler.result?.(state, args, decision, now, context, caller) ?? {} };
}

/**
 * A ticket that is named by its id and not in memory is fetched from the store: one of a past day, which is forgotten again after
 * the commit, or one that had ended when the clock came back to its day.
 */
function recallNamedTicket({ state, store, draft }: Pick<Context, "state" | "store" | "draft">, args: unknown): void {
  const { ticket: id } = args as { ticket?: string };
  if (id === undefined || state.tickets.has(id)) return;
  const past = store.ticket(id);
  if (!past) return;
  state.tickets.set(id, past);
  draft.touchedPast = true;
  if (past.aliasOf !== null) recallNamedTicket({ state, store, draft }, { ticket: past.aliasOf });
}

/** How they are done; like the handlers' table, by verb. */
const touchWork: Record<TouchVerb, (work: TouchWork, args: unknown) => TouchReply<TouchVerb>> = {
  "ticket.withdraw": (work, args) => withdraw(work, args as Parsed<"ticket.withdraw">),
  "ticket.adopt": (work, args) => adopt(work, args as Parsed<"ticket.adopt">),
  "journal.report": (work, args) => takeReport(work, args as Parsed<"journal.report">),
};
const isTouchVerb = (verb: Verb): verb is TouchVerb => Object.hasOwn(touchWork, verb);

/** The verbs that reach into what is kept of other requests of the same client. */
function performTouch(
  context: Context,
  caller: Caller,
  id: string,
  about: { verb: TouchVerb; args: unknown },
): OutgoingReply {
  const { draft, store, now, state, apply } = context;
  const kept = (request: string) =>
    draft.replies.get(draftKey(caller.client, request)) ?? store.reply(caller.client, request);
  const work: TouchWork = {
    state,
    caller,
    now,
    apply,
    answered(request) {
      const known = kept(request);
      return known && { verb: known.verb, body: JSON.parse(known.reply) as object };
    },
    tombstone(request, verb, body) {
      const reply = JSON.stringify({ id: request, verb, ...body });
      const hash = kept(request)?.hash ?? null;
      keep(draft, { client: caller.client, id: request, at: now, verb, hash, reply });
    },
    recall: (ticket) => recallNamedTicket(context, { ticket }),
  };
  const done = touchWork[about.verb](work, about.args);
  return done.ok ? { id, verb: about.verb, ok: true, result: done.result } : failed(id, about.verb, done.error);
}
