import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { OfficeState } from "../office/state.ts";
import type { Incoming, OutgoingReply } from "../requests.ts";
import type { Live } from "./live.ts";
import { appointmentsOnPage, deskPageView, desksPageView, ticketsAround } from "./views.ts";

/** Somebody at the page of a desk. */
export interface Visit {
  /** Under which name requests reach the office. */
  client: string;
  /** What the page must know of this visit besides the server's version. */
  hello: object;
  /** Whether it goes on: a stream ends with the session. */
  isStill(): boolean;
  mayActFor(desk: string): boolean;
  /** Whether visitors' names are shown. */
  seesNames: boolean;
  /** Puts on record what was looked at. */
  look(what: string, desk: string): void;
  /** Puts on record what was asked for and what came of it. */
  note(desk: string, asked: Buffer, reply: OutgoingReply): void;
}

/** Lets people to the pages of the desks, or turns them away. */
export interface Gate {
  /** Before everything that is sent with POST. */
  guards: preHandlerHookHandler[];
  /** Who this is; undefined when the answer has been given instead. Without a desk it is about the list of desks. */
  admit(request: FastifyRequest, reply: FastifyReply, desk?: string): Visit | undefined;
}

export interface DeskRouteOptions {
  gate: Gate;
  live: Live;
  /** What each stream says first. */
  hello: object;
  receive(request: Incoming): void;
  state(): OfficeState;
  /** What is kept of a visitor's name. */
  nameOf(appointment: string): string | undefined;
  now(): number;
  send(reply: FastifyReply, path: string): unknown;
  /** Whether the list of desks is at `/` too. */
  atRoot: boolean;
}

/**
 * `/desk` is the list of desks, `/desk/<id>` the page of one; both are kept up to date over Server-Sent Events
 * (`…/events`). `GET /desk/<id>/appointments` tells today's, with names where somebody is signed in; `…/tickets?at=&service=`
 * today's tickets that were issued around an instant. `POST /desk/<id>/request/<verb>` takes a request's JSON as MQTT would carry it and answers with the reply.
 * 404 for an unknown desk, 413 and 415 for bad input.
 */
export function addDeskRoutes(app: FastifyInstance, options: DeskRouteOptions): void {
  const { gate, live, receive, state, now, send } = options;
  const watch = (reply: FastifyReply, visit: Visit, view: () => object) => {
    const hello = { ...options.hello, ...visit.hello };
    if (!live.open(reply, hello, view, visit.isStill)) return reply.code(503).send({ error: "too many pages" });
  };

  const showDesks = (request: FastifyRequest, reply: FastifyReply) =>
    gate.admit(request, reply) ? send(reply, "/page/desks.html") : reply;
  app.get("/desk", showDesks);
  if (options.atRoot) app.get("/", showDesks);
  app.get("/events", (request, reply) => {
    const visit = gate.admit(request, reply);
    if (!visit) return reply;
    return watch(reply, visit, () => desksPageView(state(), now(), visit.mayActFor));
  });

  for (const plan of state().plan.desks) {
    const base = `/desk/${plan.id}`;
    app.get(base, (request, reply) => (gate.admit(request, reply, plan.id) ? send(reply, "/page/desk.html") : reply));
    app.get(`${base}/events`, (request, reply) => {
      const visit = gate.admit(request, reply, plan.id);
      if (!visit) return reply;
      return watch(reply, visit, () => deskPageView(state(), plan, now()));
    });
    app.get(`${base}/appointments`, (request, reply) => {
      const visit = gate.admit(request, reply, plan.id);
      if (!visit) return reply;
      if (visit.seesNames) visit.look("appointments.names", plan.id);
      const nameOf = visit.seesNames ? options.nameOf : () => undefined;
      return reply.header("cache-control", "no-store").send(appointmentsOnPage(state(), now(), nameOf));
    });
    app.get<{ Querystring: { at?: unknown; service?: unknown } }>(`${base}/tickets`, (request, reply) => {
      if (!gate.admit(request, reply, plan.id)) return reply;
      const { at, service } = request.query;
      const around = Number(at);
      const wanted = typeof service === "string" && service !== "" ? service : undefined;
      if (!Number.isSafeInteger(around)) return reply.code(400).send({ error: "at: use milliseconds since the epoch" });
      return reply.header("cache-control", "no-store").send(ticketsAround(state(), around, wanted));
    });
    app.post<{ Params: { verb: string }; Body: Buffer }>(
      `${base}/request/:verb`,
      { preHandler: gate.guards },
      (request, reply) => {
        const visit = gate.admit(request, reply, plan.id);
        if (!visit) return reply;
        const { verb } = request.params;
        const payload = request.body ?? Buffer.alloc(0);
        receive({
          client: visit.client,
          verb,
          payload,
          respond(answer) {
            visit.note(plan.id, payload, answer);
            void reply.header("cache-control", "no-store").send(answer);
          },
        });
        return reply;
      },
    );
  }
}
