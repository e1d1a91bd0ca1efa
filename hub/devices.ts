import type { DeviceStatus } from "../protocol/messages.ts";
import type { DeviceHealth } from "./office/alarms.ts";
import { unknownPrintsMax, unknownPrintsMs } from "./office/alarms.ts";
import type { OfficeEvent } from "./office/events.ts";

/** A device with what it said last, and when. */
export interface KnownDevice extends DeviceHealth {
  /** When it was last heard, in milliseconds since the epoch. */
  lastSeen: number;
}

/** What the devices say of themselves, as heard since the hub started; the broker keeps it, not the store. */
export interface Devices {
  /**
   * Takes a status from a client's branch and tells what is new in it.
   *
   * @param kept by the broker: it is of an earlier time, and says nothing about the device's clock.
   */
  heard(client: string, status: DeviceStatus, now: number, kept: boolean): OfficeEvent[];
  /** Nobody can say what became of a paper that it was to print. */
  unsurePrint(client: string, now: number): void;
  /** It is no user any more. */
  forget(client: string): void;
  get(client: string): KnownDevice | undefined;
  /** By client, in order. */
  list(): KnownDevice[];
}

export function createDevices(): Devices {
  const known = new Map<string, KnownDevice>();
  return {
    heard(client, status, now, kept) {
      const before = known.get(client);
      // The will of an earlier connection may come after the birth of the present one.
      if (before && status.state === "offline" && status.session !== before.status.session) return [];
      const isOnline = status.state === "online";
      const at = Date.parse(status.at);
      known.set(client, {
        client,
        status,
        lastSeen: kept || !isOnline ? (before?.lastSeen ?? Math.min(at, now)) : now,
        offlineSince: isOnline ? null : (before?.offlineSince ?? now),
        // A will is as old as its connection.
        clockOffsetMs: kept || !isOnline ? (before?.clockOffsetMs ?? null) : at - now,
        unknownPrints: before?.unknownPrints ?? [],
      });
      if (isOnline === (before?.status.state === "online") || (!before && !isOnline)) return [];
      return [{ type: isOnline ? "device.online" : "device.offline", client, role: status.role }];
    },
    unsurePrint(client, now) {
      const device = known.get(client);
      if (!device) return;
      const recent = device.unknownPrints.filter((at) => at > now - unknownPrintsMs);
      device.unknownPrints = [...recent, now].slice(-unknownPrintsMax);
    },
    forget: (client) => void known.delete(client),
    get: (client) => known.get(client),
    list: () => [...known.values()].sort((a, b) => (a.client < b.client ? -1 : 1)),
  };
}
