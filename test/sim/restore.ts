import type { RecordedEvent } from "../../hub/office/events.ts";
import type { Store } from "../../hub/store/store.ts";
import type { FaultyWorld } from "./faults.ts";
import type { OfficeDay } from "./office.ts";
import type { Random } from "./random.ts";
import type { Life } from "./schedule.ts";

const minuteMs = 60_000;
/** A day has no more events than this. */
const eventsMax = 1_000_000;
/** The share of days on which the hub's file is lost. */
const share = 0.15;
/** From the last copy to the loss, and until somebody has put it in its place, in milliseconds. */
const sinceBackupMs = [20_000, 12 * minuteMs] as const;
const repairMs = [5_000, 40_000] as const;
/** Requests go out anew for so long, in milliseconds: what was asked before the copy may have been done after it. */
const repeatedMs = 2 * minuteMs;

/** What happened between these instants may be lost. */
export interface Lost {
  from: number;
  until: number;
}

/** Whether what was asked or done at that instant may have been lost. */
export const isLost = (lost: Lost | undefined, at: number, before = 0): boolean =>
  lost !== undefined && at >= lost.from - before && at <= lost.until;
export const mayBeUndone = (lost: Lost | undefined) => (at: number) => isLost(lost, at, repeatedMs);

/** Everything that is on record, through the epochs: those before a restore as far as the backup goes. */
export function wholeRecord(store: Store, epoch: number): RecordedEvent[] {
  return Array.from({ length: epoch }, (_, index) => store.events(index + 1, 0, eventsMax)).flat();
}

/**
 * On some days the hub's file is damaged or gone at some moment, and a copy is put in its place. By chance of its own, so that
 * other days are as they would be without.
 *
 * @param restored is told what may be lost, before the hub runs again.
 */
export function planRestore(
  world: FaultyWorld,
  { openFrom, closesAt }: OfficeDay,
  random: Random,
  note: (fault: string, state: string) => void,
  restored: (lost: Lost) => void,
): void {
  const { schedule, hub, network, embedded } = world;
  const isOne = random.chance(share);
  const lostAt = openFrom + 5 * minuteMs + random.unit() * (closesAt - openFrom - 5 * minuteMs);
  const backupAt = lostAt - random.whole(...sinceBackupMs);
  const what = random.pick(["damaged", "lost"] as const);
  const repairsIn = random.whole(...repairMs);
  if (!isOne) return;
  const life: Life = { name: "staff", alive: true };
  schedule.after(backupAt - schedule.now(), life, () => hub.backup());
  schedule.after(lostAt - schedule.now(), life, () => {
    note(`file ${what}`, world.mood());
    hub.kill();
    if (embedded) network.brokerDown(false);
    schedule.after(repairsIn, life, () => {
      restored(hub.restore(what));
      if (embedded) network.brokerUp();
      hub.start();
    });
  });
}
