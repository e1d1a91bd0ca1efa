import type { Event } from "../../protocol/messages.ts";
import type { BookedService, Sealed } from "./appointments/record.ts";
import type { CallReason, DateRules, MeasuredTimes, ReserveRange, TicketRecord, UserRecord } from "./state.ts";

type About = { ticket: string; number: string; service: string };

/**
 * What happens in the office. Each is recorded, published and enough to repeat its effect on the state; none holds
 * personal data.
 */
export type OfficeEvent =
  | ({ type: "ticket.issued" } & About &
      Pick<
        TicketRecord,
        | "day"
        | "services"
        | "letter"
        | "issuedAt"
        | "earnedAt"
        | "origin"
        | "kind"
        | "priority"
        | "reason"
        | "persons"
        | "language"
        | "issuer"
        | "promised"
        | "paper"
        | "appointment"
        | "appointmentAt"
      >)
  /** A number that a terminal gave while it was alone. `aliasOf`: its visitor has another number already. */
  | ({ type: "ticket.adopted" } & About &
      Pick<
        TicketRecord,
        | "day"
        | "services"
        | "letter"
        | "issuedAt"
        | "earnedAt"
        | "kind"
        | "persons"
        | "language"
        | "issuer"
        | "appointment"
        | "appointmentAt"
        | "shownFor"
        | "aliasOf"
      > & {
        clock: "sure" | "unsure";
        /** Its day is over: it is only recorded. */
        expired: boolean;
        /** It had been adopted before; the backup that was put in place since does not know it. */
        afterRestore: boolean;
        /** What the hub had made of the same touch, where that is finished: it does not come back to a desk. */
        finished?: string;
      })
  /** A number that the hub had given, that the backup which was put in place does not know, and that a terminal does. */
  | ({ type: "ticket.recovered" } & About &
      Pick<
        TicketRecord,
        | "day"
        | "services"
        | "letter"
        | "issuedAt"
        | "earnedAt"
        | "kind"
        | "persons"
        | "language"
        | "issuer"
        | "appointment"
        | "appointmentAt"
        | "aliasOf"
      > & {
        /** What the hub had made of the same touch, where that is finished: it does not come back to a desk. */
        finished?: string;
      })
  /** The visitor has another number on his paper; with a desk, he was called there and is called by that number now. */
  | ({ type: "ticket.replaced" } & About & {
        replacement: string;
        replacementNumber: string;
        appointment: string | null;
        desk: string | null;
        deskName: string;
        groups: string[];
        call: string;
        by: string;
      })
  | ({ type: "ticket.printed" | "ticket.shown" | "ticket.print-failed" | "ticket.print-unknown" } & About & {
        sure: boolean;
        detail: string;
      })
  /** A copy was asked of a terminal; `command` names what was sent to it. */
  | ({ type: "ticket.reprinted" } & About & { terminal: string; command: string; by: string })
  | ({ type: "ticket.called" } & About & {
        desk: string;
        deskName: string;
        groups: string[];
        call: string;
        reason: CallReason;
        /** How long before this call lies the time that the ticket has waited. */
        earnedAt: number;
        /** The visitor who was finished to make room for it. */
        finished: string | null;
        by: string;
      })
  | ({ type: "ticket.recalled" } & About & {
        desk: string;
        deskName: string;
        groups: string[];
        call: string;
        by: string;
      })
  /** The last call of a desk is taken back; `groups` are the displays that showed it. */
  | ({ type: "ticket.undone" } & About & {
        desk: string;
        groups: string[];
        call: string;
        finished: string | null;
        by: string;
      })
  | ({ type: "ticket.no-show" | "ticket.finished" | "ticket.parked" } & About & { desk: string; by: string })
  /**
   * Who was parked is called to the desk, as `ticket.called` says next; a no-show waits again, at no desk: in front, or where
   * he came back `late` at his own place.
   */
  | ({ type: "ticket.resumed" } & About & { desk: string | null; earnedAt: number; late?: boolean; by: string })
  /**
   * `service` and `services` are those it waits for from now on, `desk` is where the visitor was; `toDesk` is the one desk
   * that is to call him.
   */
  | ({ type: "ticket.transferred" } & About & {
        services: string[];
        fromService: string;
        desk: string | null;
        toDesk: string | null;
        earnedAt: number;
        /** Staff did so, or nobody calls at the desk that it was sent to. */
        reason: { code: "staff" | "desk-closed" };
        by: string;
      })
  | ({ type: "ticket.prioritized" } & About & { priority: number; reason: CallReason; by: string })
  | ({ type: "ticket.cancelled" } & About & {
        desk: string | null;
        void: boolean;
        reason: { code: string };
        by: string;
      })
  | ({ type: "ticket.expired" } & About)
  | {
      type: "appointment.reserved";
      appointment: string;
      day: string;
      time: number;
      until: number;
      services: BookedService[];
      origin: "web" | "staff";
      language: string;
      reminder: boolean;
      confirmBy: number;
      by: string;
      sealed: Sealed;
    }
  | { type: "appointment.confirmed"; appointment: string; by: string; sealed: Sealed }
  | {
      type: "appointment.lapsed";
      appointment: string;
      time: number;
      services: BookedService[];
      reason: { code: "not-confirmed" | "not-checked-in" };
    }
  | { type: "appointment.cancelled"; appointment: string; reason: { code: "visitor" | "staff" | "closed" }; by: string }
  | {
      type: "appointment.moved";
      appointment: string;
      day: string;
      time: number;
      until: number;
      from: number;
      by: string;
      sealed: Sealed;
    }
  | {
      type: "appointment.checked-in";
      appointment: string;
      ticket: string;
      /** When the code was read. */
      readAt: number;
      /** The number was a walk-in's, given when he came too early: from now on it waits for the appointment's time. */
      time?: number;
      reason: { code: "code" | "birthdate" | "staff"; text?: string };
      by: string;
    }
  /** A new link for whoever has the mail address: `sealed` holds its hash. */
  | { type: "appointment.link"; appointment: string; sealed: Sealed }
  | { type: "appointment.no-match"; client: string }
  | { type: "appointment.unlocked"; client: string | null; by: string }
  | { type: "desk.opened"; desk: string; services: string[]; by: string }
  | { type: "desk.closed" | "desk.paused" | "desk.resumed"; desk: string; by: string }
  | { type: "device.online" | "device.offline"; client: string; role: string }
  /** No desk can call this ticket. */
  | ({ type: "device.alarm"; client: string; alarm: "unserved"; detail: string; open?: never } & About)
  /** `open`: whether it holds from now on, or is over; left out for what just happened once. */
  | { type: "device.alarm"; client: string; alarm: string; detail: string; open?: boolean }
  | { type: "office.opened" | "office.closed"; day: string }
  | {
      type: "office.changed";
      what: "reserve";
      client: string;
      /** All that it held before is lost. */
      anew: boolean;
      grants: ({ day: string } & Pick<ReserveRange, "letter" | "first" | "last" | "digits">)[];
    }
  /** `isSure`: whether the clock is to be relied on. */
  | { type: "office.changed"; what: "day"; day: string; series: Record<string, number>; isSure: boolean }
  /** A backup was put in place: the first event of a new epoch. Nothing is known of what happened between two instants. */
  | {
      type: "office.changed";
      what: "restored";
      from: number;
      until: number;
      /** Behind which numbers of today it goes on, and how far that is behind the highest known. */
      series: Record<string, number>;
      skip: number;
      /** The terminals that are to say what they know before a number is given. */
      awaited: string[];
      /** Whether a terminal may have lost since what the backup says that it holds: it is whose a terminal says it is. */
      rangesUnsure: boolean;
      /** What terminals may hold without the hub knowing. */
      held: ({ day: string } & Pick<ReserveRange, "letter" | "first" | "last" | "digits">)[];
    }
  /** After that: a terminal said what it knows of the day, or there was time enough to do so. */
  | {
      type: "office.changed";
      what: "collected";
      /** Null when the time was up. */
      client: string | null;
      /** Who is still to be heard: once there is nobody numbers are given again. */
      awaited: string[];
      /** Who was waited for in vain, and has not been heard since. */
      unheard: string[];
      /** Behind which numbers of today it goes on because of what was said. */
      series: Record<string, number>;
      /** What that terminal holds without the hub having known. */
      held: ({ day: string } & Pick<ReserveRange, "letter" | "first" | "last" | "digits">)[];
    }
  | ({ type: "office.changed"; what: "dates"; by: string } & DateRules)
  /** `sealed` is what proves who it is: it is kept with the user alone. */
  | ({ type: "office.changed"; what: "user"; user: string; change: "added" | "changed"; by: string } & {
      sealed: Pick<UserRecord, "passwordHash">;
    } & Pick<UserRecord, "role" | "desks" | "device" | "addedAt">)
  | { type: "office.changed"; what: "user"; user: string; change: "removed"; by: string }
  | { type: "office.changed"; what: "service-times"; services: MeasuredTimes }
  /** All services that are closed by hand now, and until when. */
  | { type: "office.changed"; what: "services"; closed: { service: string; until: number | null }[]; by: string }
  | { type: "office.changed"; what: "emergency"; message: string | null; by: string }
  | {
      type: "office.changed";
      what: "message";
      group: string;
      message: string | null;
      until: number | null;
      by: string;
    };

/** An event with its place in the record: `seq` has no gaps within an epoch. */
export type RecordedEvent = OfficeEvent & { epoch: number; seq: number; at: number };

/** An event as it is recorded: without the hashes, which are kept with what they belong to and erased with it. */
export function recordOf(event: RecordedEvent): object {
  if (!("sealed" in event)) return event;
  const { sealed: _, ...rest } = event;
  return rest;
}

const iso = (time: number) => new Date(time).toISOString();
/** Fields that hold an instant. */
const instants = ["issuedAt", "earnedAt", "appointmentAt", "time", "until", "from", "confirmBy", "readAt", "addedAt"];

/** The event that `publicEvent` showed, as far as that tells: its times are numbers again. */
export function readEvent(shown: Event): RecordedEvent {
  const event: Record<string, unknown> = { ...shown, at: Date.parse(shown.at) };
  for (const field of instants) if (typeof event[field] === "string") event[field] = Date.parse(event[field]);
  return event as unknown as RecordedEvent;
}

/** An event as others may see it: its times in words, without hashes and what staff wrote about a visitor. */
export function publicEvent(event: RecordedEvent): Event {
  const { epoch, seq, type } = event;
  const shown: Event = { ...recordOf(event), epoch, seq, type, at: iso(event.at) };
  for (const field of instants) if (typeof shown[field] === "number") shown[field] = iso(shown[field]);
  if (
    event.type === "ticket.issued" ||
    event.type === "ticket.prioritized" ||
    event.type === "appointment.checked-in"
  ) {
    shown.reason = event.reason && { code: event.reason.code };
  }
  if (event.type === "office.changed" && event.what === "services") {
    shown.closed = event.closed.map(({ service, until }) => ({ service, until: until === null ? null : iso(until) }));
  }
  return shown;
}
