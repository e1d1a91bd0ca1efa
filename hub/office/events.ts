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
  | ({ type: "ticket.recalled" } & About & {
        desk: string;
        deskName: string;
        groups: string[];
        call: string;
        by: string;
      })
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
  | { type: "office.changed"; what: "day"; day: string; series: Record<string, number> };

/** An event with its place in the record: `seq` has no gaps within an epoch. */
export type RecordedEvent = OfficeEvent & { epoch: number; seq: number; at: number };

/** An event as others may see it: its time in words, and without what staff wrote about a visitor. */
export function publicEvent(event: RecordedEvent) {
  const iso = (time: number) => new Date(time).toISOString();
  const at = iso(event.at);
  if (event.type !== "ticket.issued") return { ...event, at };
  const reason = event.reason && { code: event.reason.code };
  return { ...event, at, issuedAt: iso(event.issuedAt), earnedAt: iso(event.earnedAt), reason };
}
