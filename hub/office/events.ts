import type { TicketRecord } from "./state.ts";

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
      >)
  | ({ type: "ticket.printed" | "ticket.shown" | "ticket.print-failed" | "ticket.print-unknown" } & About & {
        sure: boolean;
        detail: string;
      })
  | ({ type: "ticket.called" } & About & {
        desk: string;
        deskName: string;
        groups: string[];
        call: string;
        reason: { code: string };
        by: string;
      })
  | ({ type: "ticket.recalled" } & About & { desk: string; groups: string[]; call: string; by: string })
  | ({ type: "ticket.no-show" | "ticket.finished" } & About & { desk: string; by: string })
  | ({ type: "ticket.cancelled" } & About & {
        desk: string | null;
        void: boolean;
        reason: { code: string };
        by: string;
      })
  | ({ type: "ticket.expired" } & About)
  | { type: "desk.opened"; desk: string; services: string[]; by: string }
  | { type: "desk.closed"; desk: string; by: string }
  | { type: "device.online" | "device.offline"; client: string; role: string }
  | { type: "device.alarm"; client: string; alarm: string; detail: string }
  | { type: "office.opened" | "office.closed"; day: string }
  | { type: "office.changed"; what: "day"; day: string };

/** An event with its place in the record: `seq` has no gaps within an epoch. */
export type RecordedEvent = OfficeEvent & { epoch: number; seq: number; at: number };
