import type { ProtocolError } from "../protocol/errors.ts";
import { refuse } from "../protocol/errors.ts";
import type { Parsed, Result, Verb } from "../protocol/requests.ts";
import type { Devices } from "./devices.ts";
import type { Caller, Decision } from "./office/decision.ts";
import { decline, findTicket, findUnknownService } from "./office/decision.ts";
import { callAgain, callNext, callNumber, closeDesk, finishTicket, markNoShow, openDesk } from "./office/desks.ts";
import { publicEvent } from "./office/events.ts";
import { takePage } from "./office/page.ts";
import type { OfficeState } from "./office/state.ts";
import { cancelTicket, issueTicket, reportPaper } from "./office/tickets.ts";
import { deskView, officeView, queueEntries, ticketView } from "./office/views.ts";
import type { Store } from "./store/store.ts";
import { version } from "./version.ts";

/** Entries in a page of a list when the request names no limit. */
const listEntriesDefault = 50;

/** What a verb may look at besides the state of the office. */
export interface Surroundings {
  store: Store;
  devices: Devices;
}

interface Change<V extends Verb> {
  decide(state: OfficeState, caller: Caller, args: Parsed<V>, now: number): Decision;
  /** What the reply says, once the events are applied. */
  result(state: OfficeState, args: Parsed<V>): Result<V>;
}

type Answered<V extends Verb> = { ok: true; result: Result<V> } | { ok: false; error: ProtocolError };

interface Question<V extends Verb> {
  answer(state: OfficeState, args: Parsed<V>, now: number, around: Surroundings): Answered<V>;
}

/** A question that takes its time, so that it is answered outside the batch. */
interface LongQuestion<V extends Verb> {
  later(state: OfficeState, around: Surroundings): Promise<Result<V>>;
}

/** A withdrawal reaches into what is kept of another request, so that the service itself does it. */
type ServiceVerb = "ticket.withdraw";

/** How each verb is done: a change is decided by the core and recorded; a question is only answered. */
export const handlers: { [V in Exclude<Verb, ServiceVerb>]: Change<V> | Question<V> | LongQuestion<V> } = {
  "ticket.issue": {
    decide: issueTicket,
    // The ticket that the decision just put at the end of its series.
    result: (state, { service }) => {
      const { letter } = state.plan.services.find(({ id }) => id === service) ?? { letter: "" };
      const number = letter + String(state.series.get(letter)).padStart(state.plan.numberDigits, "0");
      return { ticket: namedTicket(state, { number }) };
    },
  },
  "ticket.show": {
    answer(state, args) {
      const found = findTicket(state, args);
      return found.ok ? { ok: true, result: { ticket: ticketView(state, found.value) } } : found;
    },
  },
  "ticket.printed": { decide: reportPaper, result: () => ({}) },
  "ticket.cancel": { decide: cancelTicket, result: (state, args) => ({ ticket: namedTicket(state, args) }) },
  "desk.open": { decide: openDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "desk.close": { decide: closeDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "call.next": {
    decide: callNext,
    result(state, args) {
      const id = state.desks.get(args.desk)?.ticket ?? null;
      return { ticket: id === null ? null : namedTicket(state, { ticket: id }) };
    },
  },
  "call.number": { decide: callNumber, result: (state, args) => ({ ticket: namedTicket(state, args) }) },
  "call.again": { decide: callAgain, result: (state, args) => ({ ticket: namedTicket(state, args) }) },
  "ticket.no-show": { decide: markNoShow, result: (state, args) => ({ ticket: namedTicket(state, args) }) },
  "ticket.finish": { decide: finishTicket, result: (state, args) => ({ ticket: namedTicket(state, args) }) },
  "queue.list": {
    answer(state, args) {
      const unknown = findUnknownService(state, args.service === undefined ? [] : [args.service]);
      if (unknown !== undefined) {
        return { ok: false, error: refuse("unknown-service", `there is no service ${unknown}`) };
      }
      const after = args.after === undefined ? undefined : findTicket(state, { ticket: args.after });
      if (after && !after.ok) return after;
      const { page, next } = takePage(
        queueEntries(state, args.service, after?.value),
        args.limit ?? listEntriesDefault,
        ({ id }) => id,
      );
      return { ok: true, result: { tickets: page, next } };
    },
  },
  "office.show": {
    answer: (state, _args, now) => ({ ok: true, result: { office: officeView(state, now) } }),
  },
  "device.list": {
    answer(_state, args, _now, { devices }) {
      const all = devices.list().filter(({ client }) => args.after === undefined || client > args.after);
      const { page, next } = takePage(all, args.limit ?? listEntriesDefault, ({ client }) => client);
      return { ok: true, result: { devices: page, next } };
    },
  },
  "event.list": {
    answer(state, args, _now, { store }) {
      const limit = args.limit ?? listEntriesDefault;
      const recorded = store.events(args.epoch ?? state.epoch, args.after ?? 0, limit + 1);
      const published = recorded.map(publicEvent);
      const { page, next } = takePage(published, limit, ({ seq }) => seq);
      return { ok: true, result: { events: page, next } };
    },
  },
  "hub.check": {
    async later(state, { store, devices }) {
      const { epoch, seq } = state;
      const { problems, bytes, counts } = await store.check();
      const all = { ...counts, waiting: state.waiting.length, devices: devices.list().length };
      return { ok: problems.length === 0, version, epoch, seq, databaseBytes: bytes, problems, counts: all };
    },
  },
  "command.done": {
    decide: (_state, _caller, { command }) => decline("bad-request", `command: ${command} was not sent from here`),
    result: () => ({}),
  },
};

function namedTicket(state: OfficeState, name: { ticket?: string | undefined; number?: string | undefined }) {
  const found = findTicket(state, name);
  if (found.ok) return ticketView(state, found.value);
  // A command on yesterday's visitor at a desk names him by his number: he is the one who was just changed.
  const earlier = [...state.tickets.values()].find(({ number }) => number === name.number);
  if (!earlier) throw new Error(`a command succeeded for an unknown ticket ${JSON.stringify(name)}`);
  return ticketView(state, earlier);
}

function namedDesk(state: OfficeState, id: string) {
  const desk = state.desks.get(id);
  if (!desk) throw new Error(`a command succeeded for an unknown desk ${id}`);
  return deskView(state, desk);
}
