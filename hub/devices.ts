import type { DeviceStatus } from "../protocol/messages.ts";
import type { OfficeEvent } from "./office/events.ts";

/** What the devices say of themselves, as heard since the hub started; the broker keeps it, not the store. */
export interface Devices {
  /** Takes a status from a client's branch and tells what is new in it. */
  heard(client: string, status: DeviceStatus): OfficeEvent[];
  /** By client, in order. */
  list(): { client: string; status: DeviceStatus }[];
}

export function createDevices(): Devices {
  const known = new Map<string, DeviceStatus>();
  return {
    heard(client, status) {
      const before = known.get(client);
      // The will of an earlier connection may come after the birth of the present one.
      if (before && status.state === "offline" && status.session !== before.session) return [];
      known.set(client, status);
      const events: OfficeEvent[] = [];
      const wasOnline = before?.state === "online";
      if ((status.state === "online") !== wasOnline) {
        const type = status.state === "online" ? "device.online" : "device.offline";
        if (before || status.state === "online") events.push({ type, client, role: status.role });
      }
      if (status.state === "online") events.push(...alarms(client, status, before));
      return events;
    },
    list: () =>
      [...known].map(([client, status]) => ({ client, status })).sort((a, b) => (a.client < b.client ? -1 : 1)),
  };
}

/** Each peripheral that got into another state than before, and into one that somebody must see to. */
function alarms(client: string, status: DeviceStatus, before: DeviceStatus | undefined): OfficeEvent[] {
  return Object.entries(status.peripherals)
    .filter(
      ([name, { state }]) => state !== "ready" && state !== "unknown" && before?.peripherals[name]?.state !== state,
    )
    .map(([name, { state, detail }]) => ({ type: "device.alarm", client, alarm: `${name}: ${state}`, detail }));
}
