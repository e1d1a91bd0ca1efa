import type { Person } from "../../../protocol/requests.ts";
import type { Aside } from "../aside.ts";
import type { Decision } from "../decision.ts";
import { decline, findUnknownService } from "../decision.ts";
import type { OfficeEvent } from "../events.ts";
import type { OfficeState } from "../state.ts";
import { dayAt, servicePlan } from "../state.ts";
import { confirmation } from "./confirm.ts";
import { orderMail } from "./mails.ts";
import type { AppointmentPlan, AppointmentRecord, BookedService, Secret } from "./record.ts";
import type { Channel, Wish } from "./slots.ts";
import { minutesOf, nearestTo, whyNotFree } from "./slots.ts";

const minuteMs = 60_000;
const no = (...args: Parameters<typeof decline>) => decline(...args) as Decision & { ok: false };

/** What is to be booked. Names and secrets pass through to where they are kept; the office knows hashes. */
export interface ReserveOrder {
  id: string;
  services: BookedService[];
  at: number;
  channel: Channel;
  language: string;
  reminder: boolean;
  person: Person;
  /** What is kept of a person under this reference already, by an earlier order. */
  kept?: Person | undefined;
  keys: { address: string | null; network: string | null; births: string[] };
  /** For the link in the mail. */
  link: Secret;
  /** Given when the booking is binding at once, as it is by telephone. */
  code?: Secret;
  by: string;
}

/**
 * Reserves a time. The same order sent again does nothing more.
 *
 * Declines: `unknown-service`, `service-closed` for one that cannot be booked, `closed`, `slot-taken` with the `next`
 * free times, `full` with the `limit` that is reached, `id-reused` for an order that was sent before with something else in it.
 */
export function reserve(state: OfficeState, order: ReserveOrder, now: number): Decision {
  const plan = state.plan.appointments;
  if (!plan) return decline("closed", "this office gives no appointments", { opensAt: null });
  const known = state.appointments.records.get(order.id);
  if (known) return repeated(known, order);
  const { services, channel, at, keys } = order;
  const declined = whyNotServices(state, services) ?? whyNotPerson(state, plan, order);
  if (declined) return declined;
  const notFree = whyNot(state, { services, channel }, at, now);
  if (notFree) return notFree;

  const day = dayAt(state, at)?.date ?? "";
  const record: AppointmentRecord = {
    id: order.id,
    day,
    at,
    until: at + minutesOf(state, services) * minuteMs,
    services,
    state: "reserved",
    origin: channel,
    language: order.language,
    reminder: order.reminder && order.person.email !== undefined,
    reservedAt: now,
    confirmBy: Math.min(now + plan.confirmMs, at),
    confirmedAt: null,
    ended: null,
    ticket: null,
    formerDays: [],
    revision: 1,
    sealed: { ...keys, code: null, formerCodes: [], links: [order.link.hash] },
  };
  const { until, origin, language, reminder, confirmBy, sealed } = record;
  const about = { appointment: order.id, day, time: at, until, services, origin, language, reminder, confirmBy };
  const reserved: OfficeEvent = { type: "appointment.reserved", ...about, by: order.by, sealed };
  const persons: Aside["persons"] = [{ do: "keep", appointment: order.id, person: order.person }];
  if (!order.code) {
    const mails = [orderMail(record, "activation", now, { confirmBy, link: order.link.plain })];
    return { ok: true, events: [reserved], aside: { persons, mails }, appointments: [order.id] };
  }
  const binding = confirmation(state, record, { code: order.code, link: order.link }, order.by, now);
  return {
    ok: true,
    events: [reserved, ...binding.events],
    aside: { ...binding.aside, persons },
    appointments: [order.id],
  };
}

/**
 * The same form twice is one booking; somebody else's reference is nobody's. What somebody goes back to put right must not
 * be thought to have arrived.
 */
function repeated(known: AppointmentRecord, { keys, at, services, reminder, person, kept }: ReserveOrder): Decision {
  const isSame =
    known.sealed.address === keys.address &&
    known.at === at &&
    known.reminder === reminder &&
    JSON.stringify(known.services) === JSON.stringify(services) &&
    // Of an order that has only just come in nothing is kept yet.
    (kept === undefined || JSON.stringify(kept) === JSON.stringify(person));
  if (isSame) return { ok: true, events: [] };
  return decline("id-reused", "this booking was made already: begin a new one");
}

/** Declines services that are not there or cannot be booked. */
export function whyNotServices(state: OfficeState, services: BookedService[]): (Decision & { ok: false }) | undefined {
  const unknown = findUnknownService(state, services.map(({ service }) => service)); // biome-ignore format: one line
  if (unknown !== undefined) return no("unknown-service", `there is no service ${unknown}`);
  const closed = services.find(({ service }) => !servicePlan(state, service)?.bookable);
  if (closed) return no("service-closed", `${closed.service} is given without appointment`);
  return undefined;
}

/** Against hoarding: limits for whoever books on the web. */
function whyNotPerson(state: OfficeState, plan: AppointmentPlan, order: ReserveOrder): Decision | undefined {
  if (order.channel === "staff") return undefined;
  const { address, network } = order.keys;
  const open = address === null ? 0 : (state.appointments.addresses.get(address)?.size ?? 0);
  if (open >= plan.perAddress) {
    return decline("full", `there are ${open} open bookings of this address already`, { limit: "address" });
  }
  const unconfirmed = network === null ? 0 : (state.appointments.networks.get(network)?.size ?? 0);
  if (unconfirmed >= plan.perNetwork) {
    return decline("full", "too many unconfirmed reservations from this network", { limit: "network" });
  }
  return undefined;
}

/** Declines a time that cannot be had, with those that can. */
export function whyNot(state: OfficeState, wish: Wish, at: number, now: number): Decision | undefined {
  const reason = whyNotFree(state, wish, at, now);
  if (!reason) return undefined;
  const next = nearestTo(state, wish, at, now).map((time) => new Date(time).toISOString());
  if (reason === "taken") return decline("slot-taken", "this time has been taken", { next });
  if (reason === "unconfirmed") {
    return decline("full", "too many reservations of this day wait for their confirmation", {
      limit: "unconfirmed",
      next,
    });
  }
  return decline("closed", "this is not a time that can be booked", { opensAt: null, next });
}
