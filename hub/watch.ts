import { makeAlmanac } from "./almanac.ts";
import type { HubConfig } from "./config.ts";
import type { Devices } from "./devices.ts";
import { alarmKey, datesToEnter, over, watchClosures, watchDevices, watchSeries } from "./office/alarms.ts";
import { accept } from "./office/decision.ts";
import type { OfficeEvent } from "./office/events.ts";
import { watchRestored } from "./office/restored.ts";
import type { OfficeState } from "./office/state.ts";
import { findUser } from "./office/users.ts";
import type { Service } from "./service.ts";

/** Looks after what somebody must see to, and says it: each thing once when it begins, and once when it is over. */
export interface Watch {
  /** Looks at the devices and the numbers. To be called when a device said something, and regularly. */
  look(): void;
  /** Looks whether next year's closures are entered. To be called now and then. */
  lookAtClosures(): void;
  /** Something of the hub itself, until it is over. */
  raise(alarm: string, detail: string): void;
  over(alarm: string): void;
  /** Something of the hub itself that is looked at regularly: raised with each new detail, and over when there is none. */
  holds(alarm: string, detail: string | undefined): void;
}

export interface WatchOptions {
  config: HubConfig;
  devices: Devices;
  service(): Service;
}

const hub = "hub";

export function createWatch({ config, devices, service }: WatchOptions): Watch {
  const record = (decide: (state: OfficeState, now: number) => OfficeEvent[]) =>
    void service().submit({ decide: (state, now) => accept(...decide(state, now)), result: () => undefined });

  /** Whether the week opens the office on a date, whatever is entered for it. */
  function opens(date: string): boolean {
    const noon = Date.parse(`${date}T12:00`);
    const [day] = makeAlmanac({ ...config, closures: [], specialHours: [], appointments: undefined }, noon, 1);
    return (day?.open.length ?? 0) > 0;
  }

  function missingDates(state: OfficeState): string[] {
    const { closures, specialHours } = state.dates;
    const entered = [...closures, ...specialHours, ...config.closures, ...config.specialHours];
    return datesToEnter(state.day, opens, new Set(entered.map(({ date }) => date)));
  }

  const isOpen = (alarm: string) => service().state.alarms.has(alarmKey(hub, alarm));

  function raise(alarm: string, detail: string): void {
    service().record([{ type: "device.alarm", client: hub, alarm, detail, open: true }]);
  }

  function end(alarm: string): void {
    if (isOpen(alarm)) record((state) => over(state, hub, alarm));
  }

  return {
    look() {
      record((state, now) => {
        const isUser = (client: string) => findUser(state, client) !== undefined;
        return [...watchDevices(state, devices.list(), isUser, now), ...watchSeries(state), ...watchRestored(state)];
      });
    },
    lookAtClosures() {
      record((state, now) => watchClosures(state, missingDates(state), now));
    },
    raise,
    over: end,
    holds(alarm, detail) {
      if (detail === undefined) end(alarm);
      else if (service().state.alarms.get(alarmKey(hub, alarm))?.detail !== detail) raise(alarm, detail);
    },
  };
}
