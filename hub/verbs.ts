import { refuse } from "../protocol/errors.ts";
import type { Verb } from "../protocol/requests.ts";
import { accountHandlers } from "./account-verbs.ts";
import { appointmentHandlers } from "./appointment-verbs.ts";
import { deviceHandlers } from "./device-verbs.ts";
import { figuresHandlers } from "./figures-verbs.ts";
import type { Handler } from "./handler.ts";
import { showMessage } from "./office/closing.ts";
import type { TicketName } from "./office/decision.ts";
import { findTicket, findUnknownService } from "./office/decision.ts";
import {
  callAgain,
  callNext,
  callNumber,
  closeDesk,
  finishTicket,
  markNoShow,
  openDesk,
  pauseDesk,
  resumeDesk,
} from "./office/desks.ts";
import { publicEvent } from "./office/events.ts";
import { takePage } from "./office/page.ts";
import { grantReserves, grantsOf } from "./office/reserves.ts";
import { numberText } from "./office/series.ts";
import type { OfficeState } from "./office/state.ts";
import { cancelTicket, issueTicket, prioritizeTicket, reportPaper } from "./office/tickets.ts";
import { undoCall } from "./office/undo.ts";
import { deskView, officeView, queueEntries, ticketsIn, ticketView } from "./office/views.ts";
import { parkTicket, resumeTicket, transferTicket } from "./office/visits.ts";
import type { TouchVerb } from "./touch-requests.ts";
import { version } from "./version.ts";

/** Entries in a page of a list when the request names no limit. */
const listEntriesDefault = 50;

/** These reach into what is kept of other requests. */
type ServiceVerb = TouchVerb;

/** How each verb is done. */
export const handlers: { [V in Exclude<Verb, ServiceVerb>]: Handler<V> } = {
  ...appointmentHandlers,
  ...accountHandlers,
  ...deviceHandlers,
  "ticket.issue": {
    decide: issueTicket,
    // The ticket that the decision just put at the end of its series.
    result: (state, { service }, _decision, now) => {
      const { letter } = state.plan.services.find(({ id }) => id === service) ?? { letter: "" };
      const number = numberText(letter, state.series.get(letter) ?? 0, state.plan.numberDigits);
      return { ticket: namedTicket(state, { number }, now) };
    },
  },
  "ticket.show": {
    answer(state, args, now) {
      const found = findTicket(state, args);
      return found.ok ? { ok: true, result: { ticket: ticketView(state, found.value, now) } } : found;
    },
  },
  "ticket.printed": { decide: reportPaper, result: () => ({}) },
  "ticket.cancel": {
    decide: cancelTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.priority": {
    decide: prioritizeTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "reserve.get": {
    decide: grantReserves,
    result: (state, _args, _decision, _now, _around, { client }) => ({ grants: grantsOf(state, client) }),
  },
  "desk.open": { decide: openDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "desk.close": { decide: closeDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "desk.pause": { decide: pauseDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "desk.resume": { decide: resumeDesk, result: (state, args) => ({ desk: namedDesk(state, args.desk) }) },
  "call.next": {
    decide: (state, caller, args, now) => callNext(state, caller, args, now),
    result(state, args, _decision, now) {
      const id = state.desks.get(args.desk)?.ticket ?? null;
      return { ticket: id === null ? null : namedTicket(state, { ticket: id }, now) };
    },
  },
  "call.number": {
    decide: callNumber,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "call.again": {
    decide: callAgain,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "call.undo": {
    decide: undoCall,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.park": {
    decide: parkTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.resume": {
    decide: resumeTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.transfer": {
    decide: transferTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.no-show": {
    decide: markNoShow,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "ticket.finish": {
    decide: finishTicket,
    result: (state, args, _decision, now) => ({ ticket: namedTicket(state, args, now) }),
  },
  "queue.list": {
    answer(state, args, now) {
      const unknown = findUnknownService(state, args.service === undefined ? [] : [args.service]);
      if (unknown !== undefined) {
        return { ok: false, error: refuse("unknown-service", `there is no service ${unknown}`) };
      }
      const after = args.after === undefined ? undefined : findTicket(state, { ticket: args.after });
      if (after && !after.ok) return after;
      const { page, next } = takePage(
        args.state === undefined || args.state === "waiting"
          ? queueEntries(state, now, args.service, after?.value)
          : ticketsIn(state, args.state, args.service, after?.value, now),
        args.limit ?? listEntriesDefault,
        ({ id }) => id,
      );
      return { ok: true, result: { tickets: page, next } };
    },
  },
  "office.show": {
    answer(state, _args, now) {
      const desks = [...state.desks.values()].map((desk) => deskView(state, desk));
      return { ok: true, result: { office: officeView(state, now), desks } };
    },
  },
  "display.message": { decide: showMessage, result: () => ({}) },
  "event.list": {
    answer(state, args, _now, { store }) {
      const limit = args.limit ?? listEntriesDefault;
      const recorded = store.events(args.epoch ?? state.epoch, args.after ?? 0, limit + 1);
      const published = recorded.map(publicEvent);
      const { page, next } = takePage(published, limit, ({ seq }) => seq);
      return { ok: true, result: { events: page, next } };
    },
  },
  ...figuresHandlers,
  "backup.now": { later: (_state, _args, { backup }) => backup() },
  "hub.check": {
    async later(state, _args, { store, devices }) {
      const { epoch, seq } = state;
      const { problems, bytes, counts } = await store.check();
      const all = {
        ...counts,
        waiting: state.waiting.length + state.waitingAppointments.length,
        devices: devices.list().length,
      };
      return {
        ok: problems.length === 0,
        version,
        epoch,
        seq,
        databaseBytes: bytes,
        problems,
        alarms: openAlarms(state),
        counts: all,
      };
    },
  },
};

function namedTicket(state: OfficeState, name: TicketName, now: number) {
  const found = findTicket(state, name);
  if (found.ok) return ticketView(state, found.value, now);
  // A command on yesterday's visitor at a desk names him by his number: he is the one who was just changed.
  const earlier = [...state.tickets.values()].find(({ number }) => number === name.number);
  if (!earlier) throw new Error(`a command succeeded for an unknown ticket ${JSON.stringify(name)}`);
  return ticketView(state, earlier, now);
}

/** Alarms in one answer; more of them are a fault of one kind, and `device.list` has them all. */
const alarmsMax = 100;

function openAlarms({ alarms }: OfficeState) {
  return [...alarms.values()]
    .sort((a, b) => a.since - b.since)
    .slice(0, alarmsMax)
    .map(({ client, alarm, detail, since }) => ({ client, alarm, detail, since: new Date(since).toISOString() }));
}

function namedDesk(state: OfficeState, id: string) {
  const desk = state.desks.get(id);
  if (!desk) throw new Error(`a command succeeded for an unknown desk ${id}`);
  return deskView(state, desk);
}
