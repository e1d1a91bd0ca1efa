import type { HubClock } from "../../device/hub-clock.ts";

/** A hub's clock that is known from the start: `now` reads it. */
export const createFakeHubClock = (now: () => number): HubClock => ({
  start() {},
  recall() {},
  now,
  isSure: () => true,
  toKeep: (contactAt) => ({ contactAt, aheadMs: 0, boot: "" }),
});
