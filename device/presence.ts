import type { DeviceStatus, PeripheralStatus } from "../protocol/messages.ts";
import type { Presence } from "../protocol/session.ts";
import type { DeviceRole } from "./config.ts";
import type { Clock } from "./ports.ts";
import { version } from "./version.ts";

const detailCharactersMax = 200;

/** What a device says of itself on its status topic: its role and how its peripherals are. */
export interface DevicePresence extends Presence {
  /** True when this changed anything, so that it is to be announced. */
  report(peripheral: string, status: PeripheralStatus): boolean;
}

/** `expected`: the peripherals that are configured; until they report they are `unknown`. */
export function createPresence(
  role: DeviceRole,
  expected: readonly string[],
  clock: Pick<Clock, "now">,
): DevicePresence {
  const peripherals = new Map<string, PeripheralStatus>(
    expected.map((name) => [name, { state: "unknown", detail: "not looked for yet" }]),
  );
  const status = (state: DeviceStatus["state"], session: string): DeviceStatus => ({
    state,
    role,
    version,
    at: new Date(clock.now()).toISOString(),
    session,
    peripherals: Object.fromEntries(peripherals),
  });
  return {
    key: "status",
    online: (session) => status("online", session),
    offline: (session) => status("offline", session),
    report(peripheral, { state, detail }) {
      const before = peripherals.get(peripheral);
      const now = { state, detail: detail.slice(0, detailCharactersMax) };
      if (before?.state === now.state && before.detail === now.detail) return false;
      peripherals.set(peripheral, now);
      return true;
    },
  };
}
