import type { Ticket } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import { callValidMs } from "../../protocol/requests.ts";
import type { Session } from "../../protocol/session.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** Between two mistakes at one desk, in milliseconds. */
const mistakesMs = 4 * 60_000;

export interface SecondTabParts {
  schedule: Schedule;
  random: Random;
  desk: string;
  /** The other desks, for which this one may not act. */
  others: readonly string[];
  services: readonly string[];
  session: Session;
  life: Life;
  /** Whom the clerk has had, the last one at the end, and who is there now as far as he knows. */
  had(): readonly Ticket[];
  now(): Ticket | null;
}

type Mistake = (parts: SecondTabParts) => { [V in Verb]: [V, Arguments<V>] }[Verb] | undefined;

/** A ticket from a page that was not loaded anew: anybody but who is there now. */
function stale({ random, had, now }: SecondTabParts): string | undefined {
  const others = had().filter(({ id }) => id !== now()?.id);
  return others.length === 0 ? undefined : random.pick(others.slice(-6)).id;
}

const aboutStale =
  (verb: "ticket.finish" | "ticket.no-show" | "ticket.park" | "call.again" | "call.undo" | "ticket.resume"): Mistake =>
  (parts) => {
    const ticket = stale(parts);
    return ticket === undefined ? undefined : [verb, { desk: parts.desk, ticket }];
  };

/** What a hasty hand sends, with two pages open or an old one, or at a device that a colleague uses too. */
const mistakes: readonly Mistake[] = [
  ({ desk }) => ["call.next", { desk }],
  ({ desk }) => ["call.next", { desk, finish: true }],
  ({ desk }) => ["call.next", { desk, current: null, finish: true }],
  (parts) => {
    const current = stale(parts);
    return current === undefined ? undefined : ["call.next", { desk: parts.desk, current, finish: true }];
  },
  ({ desk, now }) => {
    const current = now()?.id;
    return current === undefined ? undefined : ["call.next", { desk, current }];
  },
  aboutStale("ticket.finish"),
  aboutStale("ticket.no-show"),
  aboutStale("ticket.park"),
  aboutStale("call.again"),
  aboutStale("call.undo"),
  aboutStale("ticket.resume"),
  (parts) => {
    const ticket = stale(parts);
    return ticket === undefined ? undefined : ["call.number", { desk: parts.desk, ticket }];
  },
  (parts) => {
    const ticket = stale(parts);
    const { desk, random, services } = parts;
    return ticket === undefined ? undefined : ["ticket.transfer", { desk, ticket, service: random.pick(services) }];
  },
  (parts) => {
    const ticket = stale(parts);
    return ticket === undefined ? undefined : ["ticket.priority", { ticket, reason: "verklickt" }];
  },
  // The key beside it, for somebody who has hardly been called.
  ({ desk, now }) => {
    const ticket = now()?.id;
    return ticket === undefined ? undefined : ["ticket.no-show", { desk, ticket }];
  },
  // The last call is taken back long after it was made.
  ({ desk, now }) => {
    const ticket = now()?.id;
    return ticket === undefined ? undefined : ["call.undo", { desk, ticket }];
  },
  ({ desk }) => ["desk.close", { desk }],
  ({ desk }) => ["desk.pause", { desk }],
  ({ desk }) => ["desk.resume", { desk }],
  ({ others, random }) => ["call.next", { desk: random.pick(others) }],
  ({ desk, random }) => ["call.number", { desk, number: `A${String(random.whole(1, 60)).padStart(3, "0")}` }],
];

/** Another page at the same desk, on which something wrong is pressed now and then. */
export function openSecondTab(parts: SecondTabParts): void {
  const { schedule, random, session, life } = parts;
  const press = () => {
    schedule.after(random.exponential(mistakesMs), life, press);
    const request = random.pick(mistakes)(parts);
    if (!request) return;
    const [verb, args] = request;
    const isCall = verb.startsWith("call.");
    void session.request(verb, args as Arguments<typeof verb>, {
      timeoutMs: callValidMs,
      ...(isCall ? { validUntil: new Date(schedule.now() + callValidMs).toISOString() } : {}),
    });
  };
  schedule.after(random.exponential(mistakesMs), life, press);
}
