import type { Caller, Decision } from "./decision.ts";
import { accept, decline, findUnknownService } from "./decision.ts";
import type { OfficeEvent } from "./events.ts";
import type { OfficeState } from "./state.ts";
import { isOpenAt, nextChange } from "./state.ts";

/** Who does what time alone brings about. */
export const byTime = "hub";

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

type Declined = Decision & { ok: false };
const no = (...args: Parameters<typeof decline>) => decline(...args) as Declined;

/** In an emergency nobody is called and no number is given; the queue is kept. */
export function whyEmergency({ emergency }: OfficeState): Declined | undefined {
  return emergency === null ? undefined : no("closed", `emergency: ${emergency}`, { opensAt: null, emergency });
}

/** Why nobody can take a number for this service now: `closed` or `service-closed`, each with `opensAt` if known. */
export function whyNoIntake(state: OfficeState, service: string, now: number): Declined | undefined {
  const emergency = whyEmergency(state);
  if (emergency) return emergency;
  if (!isOpenAt(state, now)) return no("closed", "the office is closed", { opensAt: iso(nextChange(state, now)) });
  const until = state.closedServices.get(service);
  if (until === undefined) return undefined;
  return no("service-closed", `${service} is closed for now`, { opensAt: iso(until) });
}

/** Services to close, each until an instant or until it is opened again, and services to open; null ends an emergency. */
export interface ClosingPatch {
  services?:
    | { close?: { service: string; until?: string | undefined }[] | undefined; open?: string[] | undefined }
    | undefined;
  emergency?: { message: string } | null | undefined;
}

/** Closes and opens services by hand, and begins or ends an emergency. Declines: `unknown-service`, `bad-request`. */
export function applyClosing(
  state: OfficeState,
  { client }: Pick<Caller, "client">,
  { services, emergency }: ClosingPatch,
  now: number,
): Decision {
  const { close = [], open = [] } = services ?? {};
  const unknown = findUnknownService(state, [...close.map(({ service }) => service), ...open]);
  if (unknown !== undefined) return decline("unknown-service", `there is no service ${unknown}`);
  const both = close.find(({ service }) => open.includes(service));
  if (both) return decline("bad-request", `services: ${both.service} cannot be closed and opened at once`);
  const closed = new Map(state.closedServices);
  for (const { service, until } of close) {
    const at = until === undefined ? null : Date.parse(until);
    if (at !== null && at <= now) return decline("bad-request", `services: ${service}: until is not in the future`);
    closed.set(service, at);
  }
  for (const service of open) closed.delete(service);
  const message = emergency === undefined ? state.emergency : (emergency?.message ?? null);
  return accept(
    ...(isSame(closed, state.closedServices) ? [] : [servicesChanged(closed, client)]),
    ...(message === state.emergency
      ? []
      : [{ type: "office.changed", what: "emergency", message, by: client } satisfies OfficeEvent]),
  );
}

const isSame = (a: ReadonlyMap<string, number | null>, b: ReadonlyMap<string, number | null>) =>
  a.size === b.size && [...a].every(([service, until]) => b.get(service) === until);

const servicesChanged = (closed: ReadonlyMap<string, number | null>, by: string): OfficeEvent => ({
  type: "office.changed",
  what: "services",
  closed: [...closed].map(([service, until]) => ({ service, until })),
  by,
});

/** Shows a message on the boards of a group, until an instant if one is given; null takes it away. */
export function showMessage(
  state: OfficeState,
  { client }: Pick<Caller, "client">,
  { group, message, until }: { group: string; message: string | null; until?: string | undefined },
  now: number,
): Decision {
  if (!state.displays.has(group)) {
    const known = [...state.displays.keys()].join(", ");
    return decline("bad-request", `group: there is no display group ${group}, only ${known}`);
  }
  const at = until === undefined || message === null ? null : Date.parse(until);
  if (at !== null && at <= now) return decline("bad-request", "until: is not in the future");
  return accept(messageChanged(group, message, at, client));
}

export const messageChanged = (
  group: string,
  message: string | null,
  until: number | null,
  by: string,
): OfficeEvent => ({
  type: "office.changed",
  what: "message",
  group,
  message,
  until,
  by,
});

/** What was closed or shown until now. */
export function passClosing(state: OfficeState, now: number): OfficeEvent[] {
  const isPast = (until: number | null) => until !== null && until <= now;
  const closed = new Map([...state.closedServices].filter(([, until]) => !isPast(until)));
  const messages = [...state.displays].filter(([, { message }]) => message && isPast(message.until));
  return [
    ...(closed.size === state.closedServices.size ? [] : [servicesChanged(closed, byTime)]),
    ...messages.map(([group]) => messageChanged(group, null, null, byTime)),
  ];
}
