import * as fc from "fast-check";
import type { Caller, Decision } from "../../hub/office/decision.ts";
import type { OfficeEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { handlers } from "../../hub/verbs.ts";
import { frontPriority } from "../../protocol/requests.ts";
import { modelOffice } from "./test-office.ts";

/** Something that staff or a visitor ask for, and how long after the one before. */
export interface Request {
  verb: keyof typeof handlers;
  args: Record<string, unknown>;
  afterMs: number;
}

const admin: Caller = { client: "admin", role: "admin", desks: [] };
const services = modelOffice.services.map(({ id }) => id);
const desks = modelOffice.desks.map(({ id }) => id);

/** So many numbers of each series are named, most of them given sooner or later. */
const numbersMax = 6;
const number = fc
  .tuple(fc.constantFrom("A", "B", "C"), fc.integer({ min: 1, max: numbersMax }))
  .map(([letter, n]) => letter + String(n).padStart(3, "0"));
const desk = fc.constantFrom(...desks);
const service = fc.constantFrom(...services);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const argsOf = {
  "ticket.issue": fc.record({ service, persons: fc.integer({ min: 1, max: 3 }) }),
  "desk.open": fc.record({ desk, services: optional(fc.subarray(services, { minLength: 1 })) }),
  "desk.close": fc.record({ desk }),
  "desk.pause": fc.record({ desk }),
  "desk.resume": fc.record({ desk }),
  "call.next": fc.record({ desk, finish: fc.constant(true) }),
  "call.number": fc.record({ desk, number }),
  "call.again": fc.record({ desk, number }),
  "call.undo": fc.record({ desk, number }),
  "ticket.park": fc.record({ desk, number }),
  "ticket.resume": fc.record({ desk, number }),
  "ticket.no-show": fc.record({ desk, number }),
  "ticket.finish": fc.record({ desk, number }),
  "ticket.transfer": fc
    .record({ desk, number, service: optional(service), toDesk: optional(desk) })
    .filter(({ service: to, toDesk }) => to !== undefined || toDesk !== undefined),
  "ticket.cancel": fc.record({ number }),
  "ticket.priority": fc.record({
    number,
    priority: fc.constantFrom(0, 30, 240, frontPriority),
    reason: fc.constant("x"),
  }),
} as const satisfies { [V in keyof typeof handlers]?: fc.Arbitrary<object> };

/** How often each is asked for: visitors come and are called more often than all else. */
const weights: Partial<Record<keyof typeof argsOf, number>> = {
  "ticket.issue": 8,
  "call.next": 8,
  "call.again": 5,
  "ticket.no-show": 4,
  "desk.open": 3,
};
/** Verbs that name the visitor at the desk, whom chance alone would seldom meet. */
const aboutVisitor = new Set([
  "call.again",
  "call.undo",
  "ticket.park",
  "ticket.no-show",
  "ticket.finish",
  "ticket.transfer",
]);

const request: fc.Arbitrary<Request> = fc.oneof(
  ...Object.entries(argsOf).map(([verb, args]) => ({
    weight: weights[verb as keyof typeof argsOf] ?? 2,
    arbitrary: fc.record({
      verb: fc.constant(verb as Request["verb"]),
      args: fc
        .tuple(args as fc.Arbitrary<object>, fc.integer({ min: 0, max: 3 }))
        .map(([given, chance]) => ({ ...given, isLikely: chance > 0 })),
      afterMs: fc.constantFrom(0, 1_000, 9_000, 60_000, 600_000),
    }),
  })),
);

/** A stretch of a day at the office. */
export const requests = fc.array(request, { minLength: 20, maxLength: 80 });

/** The ticket that a verb is about, whom chance alone would seldom meet. */
function likelyTicket(state: OfficeState, { verb, args }: Request): string | null {
  if (aboutVisitor.has(verb)) return state.desks.get(String(args.desk))?.ticket ?? null;
  if (verb !== "ticket.resume") return null;
  return [...state.tickets.values()].find(({ state: is }) => is === "parked" || is === "no-show")?.id ?? null;
}

type Decide = (state: OfficeState, caller: Caller, args: object, now: number) => Decision;

/** What the request leads to in this state: nothing where it is declined. */
export function eventsOf(state: OfficeState, request: Request, now: number): OfficeEvent[] {
  const { decide } = handlers[request.verb] as unknown as { decide: Decide };
  const { isLikely, ...args } = request.args;
  const ticket = isLikely ? likelyTicket(state, request) : null;
  const { number: _, ...rest } = args;
  const named = ticket === null ? args : { ...rest, ticket };
  const current = state.desks.get(String(args.desk))?.ticket ?? null;
  const decision = decide(state, admin, request.verb === "call.next" ? { ...named, current } : named, now);
  return decision.ok ? decision.events : [];
}
