import type { Logger } from "pino";
import type { Display, Event, EventType } from "../protocol/messages.ts";
import { ticketId, ticketNumber } from "../protocol/messages.ts";
import { callValidMs } from "../protocol/requests.ts";
import type { Answer, Session } from "../protocol/session.ts";
import type { CommandHandlers } from "./commands.ts";
import { ledOf, stepDesk } from "./desk/machine.ts";
import type { DeskAnswer, DeskInput, DeskRequest, DeskTimer } from "./desk/state.ts";
import { deskButtons, deskLed, initialDesk } from "./desk/state.ts";
import type { HubClock } from "./hub-clock.ts";
import type { ButtonEvent, Clock, Panel, StatusEvent } from "./ports.ts";
import type { Report, Role } from "./role.ts";

/** The boards' topic holds at least the last so many calls; fewer mean that it holds all of the day. */
const displayCallsMin = 20;

/** After these the ticket is at no desk any more. */
const leavingEvents: ReadonlySet<EventType> = new Set([
  "ticket.finished",
  "ticket.no-show",
  "ticket.parked",
  "ticket.transferred",
  "ticket.undone",
  "ticket.cancelled",
  "ticket.expired",
]);
/** Whether somebody calls at a desk from this event on. */
const deskEvents: Partial<Record<EventType, boolean>> = {
  "desk.opened": true,
  "desk.closed": false,
  "desk.paused": false,
  "desk.resumed": true,
};

export interface DeskRoleParts {
  /** The desk's id at the hub. */
  desk: string;
  /** Whose queues make the LED blink; all services when left out. */
  services?: readonly string[] | undefined;
  panel: Panel;
  session: Pick<Session, "subscribe" | "request" | "onLink">;
  clock: Clock;
  hubClock: Pick<HubClock, "now">;
  log: Pick<Logger, "info" | "warn">;
  report: Report;
}

/** Connects a desk's panel with the hub: what happens becomes an input of the machine, and its effects happen. */
export function createDeskRole(parts: DeskRoleParts): Role & { commands: CommandHandlers } {
  const { desk, panel, session, clock, hubClock, log } = parts;
  const waitingBy = new Map<string, number>();
  const timers = new Map<DeskTimer, () => void>();
  let state = initialDesk();
  let running = false;

  function handle(input: DeskInput): void {
    if (!running) return;
    const step = stepDesk(state, input, clock.uptime());
    state = step.state;
    for (const effect of step.effects) {
      if (effect.do === "led") panel.setLed(deskLed, effect.mode);
      else if (effect.do === "ask") void ask(effect.ask, effect.request);
      else {
        timers.get(effect.timer)?.();
        const { timer } = effect;
        if (effect.do === "timer")
          timers.set(
            timer,
            clock.after(effect.ms, () => handle({ type: "timer", timer })),
          );
      }
    }
  }

  /** Sent again with the same id until it is answered or no longer valid: it has one effect at most. */
  async function ask(number: number, request: DeskRequest): Promise<void> {
    const options = {
      timeoutMs: callValidMs,
      validUntil: new Date(hubClock.now() + callValidMs).toISOString(),
    };
    const answer = await send(request, options);
    const { verb } = request;
    if (answer.state !== "done" && verb !== "ticket.show") log.warn({ desk, verb, answer }, "not done");
    else log.info({ desk, verb, answer }, "answered");
    handle({ type: "answer", ask: number, answer });
  }

  async function send(request: DeskRequest, options: { timeoutMs: number; validUntil: string }): Promise<DeskAnswer> {
    switch (request.verb) {
      case "call.next":
        return meaning(
          await session.request("call.next", { desk, current: request.current, finish: true }, options),
          ({ ticket }) => ticket?.id ?? null,
        );
      case "call.again":
        return meaning(
          await session.request("call.again", { desk, ticket: request.ticket }, options),
          ({ ticket }) => ticket.id,
        );
      case "ticket.no-show":
        return meaning(await session.request("ticket.no-show", { desk, ticket: request.ticket }, options), () => null);
      case "ticket.show": {
        const which = "number" in request ? { number: request.number } : { ticket: request.ticket };
        return meaning(await session.request("ticket.show", which, options), ({ ticket }) =>
          ticket.state === "called" && ticket.desk === desk ? ticket.id : null,
        );
      }
    }
  }

  function takeEvent(event: Event): void {
    const ticket = ticketId.safeParse(event.ticket);
    const open = deskEvents[event.type];
    if (open !== undefined) {
      if (event.desk === desk) handle({ type: "desk", open });
    } else if (!ticket.success) return;
    else if (event.type === "ticket.called" && event.desk === desk) handle({ type: "called", ticket: ticket.data });
    else if (leavingEvents.has(event.type)) handle({ type: "left", ticket: ticket.data });
    // A call that is taken back may bring back the visitor who was finished for it.
    const back = event.type === "ticket.undone" && event.desk === desk ? ticketId.safeParse(event.finished) : undefined;
    if (back?.success) handle({ type: "called", ticket: back.data });
  }

  function takePanel(event: ButtonEvent | StatusEvent): void {
    if (event.type === "status") {
      parts.report("panel", event.status);
      return;
    }
    const button = deskButtons.find((name) => name === event.button);
    if (button) handle({ type: event.action, button });
  }

  return {
    start() {
      running = true;
      session.subscribe("display", { group: "all" }, (display) => {
        handle({ type: "boards", lastNumber: lastNumberAt(desk, display) });
      });
      session.subscribe("queue", {}, ({ service, waiting }) => {
        if (parts.services && !parts.services.includes(service)) return;
        waitingBy.set(service, waiting);
        handle({ type: "waiting", waiting: [...waitingBy.values()].some((count) => count > 0) });
      });
      session.subscribe("event", {}, takeEvent);
      session.subscribe("beat", {}, () => handle({ type: "beat" }));
      session.onLink(({ up }) => handle({ type: "link", up }));
      panel.start(takePanel);
      panel.setLed(deskLed, ledOf(state));
    },
    async stop() {
      running = false;
      for (const cancel of timers.values()) cancel();
      await panel.stop();
    },
    commands: {
      identify() {
        handle({ type: "identify" });
        return { ok: true, detail: `the LED of desk ${desk} flashes` };
      },
    },
  };
}

/** The number last called to the desk, null when none has been today; undefined when these calls cannot tell. */
function lastNumberAt(desk: string, { calls }: Display): string | null | undefined {
  const last = calls.find((call) => call.desk === desk);
  if (last) return last.number;
  return calls.length < displayCallsMin ? null : undefined;
}

type DeskVerb = DeskRequest["verb"];

function meaning<V extends DeskVerb>(
  answer: Answer<V>,
  ticketNow: (result: Extract<Answer<V>, { state: "done" }>["result"]) => string | null,
): DeskAnswer {
  if (answer.state === "unknown") return { state: "unknown" };
  if (answer.state === "done") return { state: "done", ticket: ticketNow(answer.result) };
  const { code, current, number } = answer.error;
  const visitor = ticketId.nullable().safeParse(current);
  const busyWith = ticketNumber.safeParse(number);
  return {
    state: "refused",
    code,
    ...(visitor.success ? { current: visitor.data } : {}),
    ...(busyWith.success ? { number: busyWith.data } : {}),
  };
}
