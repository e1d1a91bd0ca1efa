import type { Aside } from "../aside.ts";
import type { Decision } from "../decision.ts";
import { decline } from "../decision.ts";
import type { OfficeEvent } from "../events.ts";
import type { OfficeState } from "../state.ts";
import { orderMail, reminderFor } from "./mails.ts";
import type { AppointmentRecord, Secret } from "./record.ts";
import { toSecond } from "./record.ts";

/** What a binding appointment needs: the code for its QR, and a link of its own. */
export interface BindingSecrets {
  code: Secret;
  link: Secret;
}

/** Whether a reservation can no longer be confirmed: judged by the clock, not by what has been cleared away. */
export const isExpired = ({ state, ended, confirmBy }: AppointmentRecord, now: number) =>
  (state === "reserved" && toSecond(now) > toSecond(confirmBy)) || (state === "lapsed" && ended === "not-confirmed");

/**
 * Makes a reservation binding, at the moment of the click. One that is confirmed stays so, and that is no error.
 *
 * Declines: `unknown-appointment`, `too-late`, `cancelled`.
 */
export function confirmAppointment(
  state: OfficeState,
  id: string | undefined,
  secrets: BindingSecrets,
  by: string,
  now: number,
): Decision {
  const record = id === undefined ? undefined : state.appointments.records.get(id);
  if (!record) return decline("unknown-appointment", "there is no such booking");
  if (isExpired(record, now)) {
    const until = new Date(record.confirmBy).toISOString();
    return decline("too-late", `this reservation could be confirmed until ${until}: please book again`, { until });
  }
  if (record.state === "cancelled") return decline("cancelled", "this booking was cancelled");
  if (record.state !== "reserved") return { ok: true, events: [] };
  return { ok: true, ...confirmation(state, record, secrets, by, now) };
}

/** The event and the mails by which a reservation becomes binding. */
export function confirmation(
  state: OfficeState,
  record: AppointmentRecord,
  { code, link }: BindingSecrets,
  by: string,
  now: number,
): { events: OfficeEvent[]; aside: Aside } {
  const { sealed } = record;
  const links = [...new Set([...sealed.links, link.hash])];
  const confirmed = { ...record, revision: record.revision + 1 };
  return {
    events: [
      { type: "appointment.confirmed", appointment: record.id, by, sealed: { ...sealed, code: code.hash, links } },
    ],
    aside: {
      mails: [
        orderMail(confirmed, "confirmation", now, { link: link.plain, code: code.plain }),
        ...reminderFor(state, confirmed, now),
      ],
    },
  };
}
