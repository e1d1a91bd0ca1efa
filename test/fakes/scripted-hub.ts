import { decodeObject } from "../../protocol/codec.ts";
import type { ProtocolError } from "../../protocol/errors.ts";
import type { Display, Ticket } from "../../protocol/messages.ts";
import type { Verb } from "../../protocol/requests.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import type { TestBroker } from "../brokers.ts";
import { testSite } from "../brokers.ts";
import { until } from "../until.ts";

/** A request as it came in, repeats included. */
export interface SeenRequest {
  client: string;
  verb: string;
  id: string;
  args: Record<string, unknown>;
}

/** What a test answers: a result, a refusal, or nothing at all. */
export type ScriptedAnswer = { result: object } | { error: ProtocolError } | undefined;

/** A hub that says what a test tells it to, over a real broker. */
export interface ScriptedHub {
  session: Session;
  seen: SeenRequest[];
  /** Waits for the first request of this verb after the first `skip` of it. */
  request(verb: Verb, skip?: number): Promise<SeenRequest>;
  stop(): Promise<void>;
}

export async function startScriptedHub(
  broker: Pick<TestBroker, "url" | "hubPassword">,
  answer: (request: SeenRequest) => ScriptedAnswer,
  /** Further subscriptions, which must stand before it connects. */
  listen: (session: Session) => void = () => {},
): Promise<ScriptedHub> {
  const seen: SeenRequest[] = [];
  let isUp = false;
  const session = createSession({
    url: broker.url,
    user: "hub",
    password: broker.hubPassword,
    daemon: true,
    site: testSite,
  });
  session.subscribeRaw("request", {}, ({ client = "", verb = "" }, payload) => {
    const decoded = decodeObject(payload);
    if (!decoded.ok) throw new Error(decoded.reason);
    const request: SeenRequest = { client, verb, id: String(decoded.value.id), args: decoded.value };
    seen.push(request);
    const said = answer(request);
    if (!said) return;
    const { id } = request;
    const reply =
      "result" in said ? { id, verb, ok: true as const, ...said } : { id, verb, ok: false as const, ...said };
    void session.publish("reply", { client }, reply as Parameters<typeof session.publish<"reply">>[2]);
  });
  session.onLink(({ up }) => {
    isUp = up;
  });
  listen(session);
  session.start();
  await until("the scripted hub is connected", () => isUp);
  return {
    session,
    seen,
    request: (verb, skip = 0) =>
      until(`a request ${verb}`, () => seen.filter((request) => request.verb === verb)[skip]),
    stop: () => session.stop(),
  };
}

/** A ticket of the day as the hub describes it. */
export function makeTicket(number: string, changes: Partial<Ticket> = {}): Ticket {
  const at = "2026-11-23T09:00:00Z";
  return {
    id: `2026-11-23/${number}`,
    day: "2026-11-23",
    number,
    service: "id-card",
    services: ["id-card"],
    state: "called",
    paper: "printed",
    origin: "hub",
    issuedAt: at,
    earnedAt: at,
    ahead: 0,
    estimateMinutes: null,
    kind: "walk-in",
    priority: 0,
    persons: 1,
    desk: "1",
    calledAt: at,
    calls: 1,
    reason: null,
    boards: [],
    ...changes,
  };
}

/** What the boards show after calls of these numbers to these desks, newest first. */
export function makeDisplay(...calls: [number: string, desk: string][]): Display {
  return {
    epoch: 1,
    revision: calls.length,
    message: null,
    calls: calls.map(([number, desk]) => ({
      call: `2026-11-23/${number}/1`,
      number,
      desk,
      deskName: `Platz ${desk}`,
      calledAt: "2026-11-23T09:00:00Z",
      count: 1,
    })),
  };
}
