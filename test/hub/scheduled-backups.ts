import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backups, FolderTask } from "../../hub/store/backups.ts";
import { createBackups, tendFolder } from "../../hub/store/backups.ts";
import { mondayMorning } from "./test-office.ts";

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

/** Backups of a stored office, at a time that stands still until a test moves it. */
export function scheduled(backup: (path: string) => Promise<number>, everyMs = 60 * minuteMs) {
  const folder = join(mkdtempSync(join(tmpdir(), "wartemarke-backups-")), "made", "here");
  let look = (): unknown => undefined;
  const timers = new Set<{ at: number; then: () => void }>();
  const clock = {
    now: () => it.now,
    mayErase: () => it.isSure,
    every(_ms: number, then: () => unknown) {
      look = then;
      return () => {};
    },
    after(ms: number, then: () => void) {
      const timer = { at: it.now + ms, then };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const alarms: string[] = [];
  const stuck: boolean[] = [];
  let begun = 0;
  let over = 0;
  const backups: Backups = createBackups({
    store: {
      backup(path) {
        begun += 1;
        return backup(path);
      },
    },
    clock,
    folder,
    tend: (task) => it.tend(task),
    everyMs,
    keptMs: 3 * dayMs,
    failed: (why) => void alarms.push(why),
    over() {
      over += 1;
    },
    stuck: (isStuck) => void stuck.push(isStuck),
  });
  const it = {
    now: mondayMorning,
    /** Whether the clock is believed. */
    isSure: true,
    tend: async (task: FolderTask) => tendFolder(task),
    backups,
    folder,
    alarms,
    stuck,
    begun: () => begun,
    over: () => over,
    list: () => (existsSync(folder) ? readdirSync(folder).sort() : []),
    /** Lets some time pass, looks whether one is due, and waits until it is made. */
    async pass(ms: number) {
      it.now += ms;
      await look();
    },
    /** Looks, and lets so much time pass while that is under way. */
    async passBusy(ms: number) {
      look();
      await settled();
      it.now += ms;
      for (const timer of timers) if (timer.at <= it.now) timer.then();
      await settled();
    },
    remove: () => rmSync(join(folder, "../.."), { recursive: true }),
  };
  backups.start();
  return it;
}

/** Everything that needs no more than a turn has happened. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Writes something in place of a backup. */
export const written = async (path: string) => {
  writeFileSync(path, "a backup");
  return 8;
};
