import type { Decision } from "../decision.ts";
import { decline } from "../decision.ts";
import type { OfficeState } from "../state.ts";
import { dayAt } from "../state.ts";
import type { BindingSecrets } from "./confirm.ts";
import { isExpired } from "./confirm.ts";
import { farewell, orderMail, reminderFor } from "./mails.ts";
import type { AppointmentRecord, Secret } from "./record.ts";
import { whyNot } from "./reserve.ts";
import type { Channel } from "./slots.ts";

type Found = { ok: true; record: AppointmentRecord } | (Decision & { ok: false });

/** Looks an appointment up that can still be changed. */
function findOpen(state: OfficeState, id: string | undefined, now: number): Found {
  const record = id === undefined ? undefined : state.appointments.records.get(id);
  if (!record) return decline("unknown-appointment", "there is no such booking") as Decision & { ok: false };
  if (record.state === "cancelled")
    return decline("cancelled", "this booking was cancelled") as Decision & { ok: false };
  if (isExpired(record, now)) {
    const message = "this reservation was not confirmed in time: please book again";
    return decline("too-late", message) as Decision & { ok: false };
  }
  const isOpen = (record.state === "reserved" || record.state === "confirmed") && now < record.until;
  if (isOpen) return { ok: true, record };
  const message = `this appointment can no longer be changed: it is ${record.state}`;
  return decline("wrong-state", message, { state: record.state, current: null }) as Decision & { ok: false };
}

/** Cancels an appointment; its place is free at once. One that is cancelled already stays so, and that is no error. */
export function cancelAppointment(
  state: OfficeState,
  id: string | undefined,
  why: { code: "visitor" | "staff" },
  by: string,
  now: number,
): Decision {
  const known = id === undefined ? undefined : state.appointments.records.get(id);
  if (known?.state === "cancelled") return { ok: true, events: [] };
  const found = findOpen(state, id, now);
  if (!found.ok) return found;
  const { record } = found;
  const ended = { ...record, revision: record.revision + 1 };
  return {
    ok: true,
    events: [{ type: "appointment.cancelled", appointment: record.id, reason: { code: why.code }, by }],
    aside: farewell(record.id, orderMail(ended, "cancelled", now)),
  };
}

/**
 * Moves a confirmed appointment. The old time is given up in the same step that takes the new one, and the person's data
 * stay; the code on the old paper is void.
 *
 * Declines as `reserve` does, and `wrong-state`, `cancelled`, `too-late`, `not-confirmed`.
 */
export function moveAppointment(
  state: OfficeState,
  id: string | undefined,
  at: number,
  { code, link }: BindingSecrets,
  who: { channel: Channel; by: string },
  now: number,
): Decision {
  const found = findOpen(state, id, now);
  if (!found.ok) return found;
  const { record } = found;
  const { sealed, services } = record;
  if (record.state === "reserved") return decline("not-confirmed", "confirm the reservation before you move it");
  if (record.at === at) return { ok: true, events: [] };
  const notFree = whyNot(state, { services, channel: who.channel, instead: record }, at, now);
  if (notFree) return notFree;
  const until = at + (record.until - record.at);
  const day = dayAt(state, at)?.date ?? "";
  const moved = { ...record, day, at, until, revision: record.revision + 1 };
  const formerCodes = sealed.code === null ? sealed.formerCodes : [...sealed.formerCodes, sealed.code];
  return {
    ok: true,
    events: [
      {
        type: "appointment.moved",
        appointment: record.id,
        day,
        time: at,
        until,
        from: record.at,
        by: who.by,
        sealed: { ...sealed, code: code.hash, formerCodes, links: [...sealed.links, link.hash] },
      },
    ],
    aside: {
      dropMails: [record.id],
      mails: [
        orderMail(moved, "moved", now, { previousAt: record.at, link: link.plain, code: code.plain }),
        ...reminderFor(state, moved, now),
      ],
    },
  };
}

/** Erases what is kept of the person; an appointment that is still open is cancelled by it. */
export function eraseAppointment(state: OfficeState, id: string | undefined, by: string, now: number): Decision {
  const record = id === undefined ? undefined : state.appointments.records.get(id);
  if (!record) return decline("unknown-appointment", "there is no such booking");
  // All is erased already, but for the mail that says so and may still wait.
  if (record.state === "cancelled") return { ok: true, events: [] };
  const open = findOpen(state, record.id, now);
  if (open.ok) return cancelAppointment(state, record.id, { code: "visitor" }, by, now);
  return { ok: true, events: [], aside: farewell(record.id) };
}

/** Sends a fresh link to the address on record. Whether there is such a booking is not told. */
export function sendLink(state: OfficeState, id: string, link: Secret, now: number): Decision {
  const found = findOpen(state, id, now);
  if (!found.ok) return { ok: true, events: [] };
  const { record } = found;
  const { sealed } = record;
  const next = { ...record, revision: record.revision + 1 };
  return {
    ok: true,
    events: [
      { type: "appointment.link", appointment: record.id, sealed: { ...sealed, links: [...sealed.links, link.hash] } },
    ],
    aside: { mails: [orderMail(next, "link", now, { link: link.plain })] },
  };
}
