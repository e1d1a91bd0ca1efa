import type { RecordedEvent } from "../../hub/office/events.ts";

/**
 * Whose turn it is, once more and apart from the product: plain lists, read from the record, without its shortcuts. Numbers
 * are those of the rules.
 */
const leadMs = 2 * 60_000;
const maxWaitMs = 45 * 60_000;
const printingMs = 10_000;
/** The head start of an emergency, in minutes: before everybody. */
const front = 1_440;
const minuteMs = 60_000;

interface Waiting {
  ticket: string;
  number: string;
  kind: "walk-in" | "appointment";
  services: string[];
  service: string;
  /** The one desk that may call it. */
  toDesk: string | null;
  earnedAt: number;
  priority: number;
  appointmentAt: number;
  issuedAt: number;
  pending: boolean;
  /** Was not there when he was called, and has come back. */
  returned: boolean;
}

/** A person chose them: by their number, or because they were parked. */
const byPerson = new Set(["by-number", "resumed"]);

/** Each call in the record that was somebody else's turn, in words. */
export function callsOutOfTurn(events: readonly RecordedEvent[], letterOf: (service: string) => string): string[] {
  const known = new Map<string, Waiting>();
  const waiting = new Set<string>();
  const parked = new Set<string>();
  const desks = new Map<string, string[]>();
  /** The kinds of the calls of a service group, the last one at the end. */
  const kinds = new Map<string, { call: string; kind: string }[]>();
  /** How each ticket was before it was called, and among whom. */
  const before = new Map<string, { one: Waiting; among: Set<string> | undefined }>();
  const wrong: string[] = [];

  const place = (one: Waiting) =>
    (one.kind === "appointment" ? one.appointmentAt : one.earnedAt) - one.priority * minuteMs;
  const rank = ({ priority, returned }: Waiting) => (priority === front ? 0 : returned ? 1 : 2);
  const inOrder = (a: Waiting, b: Waiting) =>
    rank(a) - rank(b) || place(a) - place(b) || (a.number < b.number ? -1 : 1);
  const mayCall = (desk: string, services: string[], { toDesk, services: wanted }: Waiting) =>
    toDesk === null ? wanted.every((service) => services.includes(service)) : toDesk === desk;

  /** Whose turn it is, and why. */
  function chosen(desk: string, now: number, withPending: boolean): { one: Waiting; why: string } | undefined {
    const services = desks.get(desk) ?? [];
    const able = [...waiting]
      .flatMap((id) => known.get(id) ?? [])
      .filter((one) => mayCall(desk, services, one))
      .filter((one) => withPending || !(one.pending && now - one.issuedAt < printingMs))
      .sort(inOrder);
    const [first] = able;
    if (first && rank(first) === 0) return { one: first, why: "emergency" };
    if (first && rank(first) === 1) return { one: first, why: "returned" };
    const appointments = able.filter(({ kind }) => kind === "appointment");
    const walkIns = able.filter(({ kind }) => kind === "walk-in");
    const [due] = appointments.filter((one) => place(one) - leadMs <= now);
    if (!due) {
      const [walkIn] = walkIns;
      const why = walkIn?.toDesk ? "sent" : walkIn?.priority ? "priority" : "first-come";
      if (walkIn) return { one: walkIn, why };
      return appointments[0] && { one: appointments[0], why: "appointment-early" };
    }
    const over = walkIns
      .filter(({ earnedAt }) => now - earnedAt > maxWaitMs)
      .sort((a, b) => a.earnedAt - b.earnedAt || (a.number < b.number ? -1 : 1))[0];
    return over && kinds.get(letterOf(over.service))?.at(-1)?.kind === "appointment"
      ? { one: over, why: "walk-in-over" }
      : { one: due, why: "appointment-due" };
  }

  for (const event of events) {
    const one = "ticket" in event ? known.get(event.ticket) : undefined;
    switch (event.type) {
      case "ticket.issued":
        known.set(event.ticket, {
          ...event,
          toDesk: null,
          appointmentAt: event.appointmentAt ?? 0,
          pending: event.paper === "pending",
          returned: false,
        });
        waiting.add(event.ticket);
        break;
      case "ticket.adopted":
        if (event.aliasOf !== null || event.expired) break;
        known.set(event.ticket, {
          ...{ ...event, toDesk: null, priority: 0, pending: true, returned: false },
          appointmentAt: event.appointmentAt ?? 0,
        });
        waiting.add(event.ticket);
        break;
      case "ticket.recovered":
        if (event.aliasOf !== null) break;
        known.set(event.ticket, {
          ...{ ...event, toDesk: null, priority: 0, pending: true, returned: false },
          appointmentAt: event.appointmentAt ?? 0,
        });
        waiting.add(event.ticket);
        break;
      case "appointment.checked-in":
        // Whoever came too early has a number already.
        if (one && event.time !== undefined) Object.assign(one, { kind: "appointment", appointmentAt: event.time });
        break;
      case "ticket.replaced": {
        const paper = known.get(event.replacement);
        waiting.delete(event.ticket);
        const last = event.desk === null ? undefined : before.get(event.ticket);
        if (one && paper) {
          const { service, services, priority } = one;
          const { toDesk, returned } = last?.one ?? one;
          Object.assign(paper, { service, services, toDesk, priority, returned });
        }
        if (parked.delete(event.ticket)) {
          parked.add(event.replacement);
          waiting.delete(event.replacement);
        }
        if (event.desk === null || !paper) break;
        before.set(event.replacement, { one: { ...paper }, among: last?.among === parked ? parked : waiting });
        Object.assign(paper, { toDesk: null, returned: false });
        waiting.delete(event.replacement);
        for (const group of new Set([paper.service, ...(desks.get(event.desk) ?? [])].map(letterOf))) {
          kinds.set(group, [...(kinds.get(group) ?? []), { call: event.call, kind: paper.kind }]);
        }
        break;
      }
      case "ticket.printed":
      case "ticket.shown":
      case "ticket.print-failed":
      case "ticket.print-unknown":
        if (one) one.pending = false;
        break;
      case "ticket.transferred":
        if (one) {
          Object.assign(one, { service: event.service, services: event.services, toDesk: event.toDesk });
          one.earnedAt = event.earnedAt;
        }
        parked.delete(event.ticket);
        waiting.add(event.ticket);
        break;
      case "ticket.prioritized":
        if (one) one.priority = event.priority;
        break;
      case "ticket.parked":
        parked.add(event.ticket);
        break;
      case "ticket.resumed":
        // Whoever was parked is called next; a no-show waits again.
        if (event.desk !== null) break;
        if (one) Object.assign(one, { earnedAt: event.earnedAt, returned: event.late !== true });
        waiting.add(event.ticket);
        break;
      case "desk.opened":
        desks.set(event.desk, event.services);
        break;
      case "ticket.called": {
        const services = desks.get(event.desk) ?? [];
        if (!byPerson.has(event.reason.code)) {
          const turn = chosen(event.desk, event.at, false) ?? chosen(event.desk, event.at, true);
          if (turn?.one.ticket !== event.ticket) {
            const whose = turn ? `${turn.one.number}, ${turn.why}` : "nobody";
            wrong.push(`desk ${event.desk} called ${event.number}, and it was the turn of ${whose}`);
          } else if (turn.why !== event.reason.code) {
            wrong.push(`desk ${event.desk} called ${event.number} as ${event.reason.code}, and he was ${turn.why}`);
          }
        }
        if (one) {
          before.set(event.ticket, { one: { ...one }, among: [waiting, parked].find((all) => all.has(event.ticket)) });
          one.earnedAt = event.earnedAt;
          one.toDesk = null;
          one.returned = false;
          for (const group of new Set([one.service, ...services].map(letterOf))) {
            kinds.set(group, [...(kinds.get(group) ?? []), { call: event.call, kind: one.kind }]);
          }
        }
        waiting.delete(event.ticket);
        parked.delete(event.ticket);
        break;
      }
      case "ticket.undone": {
        const was = before.get(event.ticket);
        if (was && one) known.set(event.ticket, { ...was.one, pending: one.pending });
        was?.among?.add(event.ticket);
        for (const [group, calls] of kinds) {
          kinds.set(
            group,
            calls.filter(({ call }) => call !== event.call),
          );
        }
        break;
      }
      case "ticket.cancelled":
      case "ticket.expired":
        parked.delete(event.ticket);
        waiting.delete(event.ticket);
        break;
    }
  }
  return wrong;
}
