import { makeAlmanac } from "./almanac.ts";
import { givenUpMs } from "./commands.ts";
import type { HubConfig } from "./config.ts";
import type { Devices } from "./devices.ts";
import { datesToEnter, watchClosures, watchDevices, watchItself, watchSeries } from "./office/alarms.ts";
import { accept } from "./office/decision.ts";
import type { OfficeEvent } from "./office/events.ts";
import { watchCopies } from "./office/reprint.ts";
import { watchRestored } from "./office/restored.ts";
import type { OfficeState } from "./office/state.ts";
import { findUser } from "./office/users.ts";
import type { Service } from "./service.ts";

/** Looks after what somebody must see to, and says it: each thing once when it begins, and once when it is over. */
export interface Watch {
  /**
   * Looks at the devices, the numbers, the copies and what holds of the hub itself. To be called when a device said
   * something, and regularly: what the store does not take is said at a later look, if it is still so.
   */
  look(): void;
  /** Looks whether next year's closures are entered. To be called now and then. */
  lookAtClosures(): void;
  /**
   * How it is with something of the hub itself, from now on: raised at once with each new detail, and over when there is
   * none, which also ends what an earlier process has raised.
   */
  holds(alarm: string, detail: string | undefined): void;
}

export interface WatchOptions {
  config: HubConfig;
  devices: Devices;
  service(): Service;
}

export function createWatch({ config, devices, service }: WatchOptions): Watch {
  /** How it is with the hub itself, by alarm, as far as it is known. */
  const itself = new Map<string, string | undefined>();
  /** Copies of which nothing was heard, by ticket, by the instant since when. */
  let copies: ReadonlyMap<string, number> = new Map();

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

  const lookAtItself = (state: OfficeState) =>
    [...itself].flatMap(([alarm, detail]) => watchItself(state, alarm, detail));

  return {
    look() {
      record((state, now) => {
        const isUser = (client: string) => findUser(state, client) !== undefined;
        const ofDevices = watchDevices(state, devices.list(), isUser, now);
        const unheard = watchCopies(state, copies, now, givenUpMs);
        copies = unheard.since;
        const ofHub = [...watchSeries(state), ...watchRestored(state), ...lookAtItself(state)];
        return [...ofDevices, ...unheard.events, ...ofHub];
      });
    },
    lookAtClosures() {
      record((state, now) => watchClosures(state, missingDates(state), now));
    },
    holds(alarm, detail) {
      if (itself.has(alarm) && itself.get(alarm) === detail) return;
      itself.set(alarm, detail);
      record(lookAtItself);
    },
  };
}
