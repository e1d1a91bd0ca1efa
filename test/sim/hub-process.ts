import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import pino from "pino";
import type { Clock } from "../../hub/clock.ts";
import type { HubConfig } from "../../hub/config.ts";
import { parseConfig } from "../../hub/config.ts";
import { createCore } from "../../hub/core.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import type { Service } from "../../hub/service.ts";
import { storePath } from "../../hub/store/file.ts";
import { newestGoodBackup, putInPlace } from "../../hub/store/restore.ts";
import { openStore, type Store } from "../../hub/store/store.ts";
import { createSession } from "../../protocol/session.ts";
import type { Network } from "./network.ts";
import type { Life, Schedule } from "./schedule.ts";

/** Numbers of each series that are left out after a restore, as usual. */
const skippedNumbers = 50;

/** What may befall the hub's store: the next commit finds no room, or the power goes before or after it. */
export type StoreFault = "full" | "dies-before-commit" | "dies-after-commit";

/** The hub's process in the simulated world: its core as it is shipped, over a real file. */
export interface HubProcess {
  readonly running: boolean;
  readonly service: Service;
  readonly store: Store;
  start(): void;
  /** Ends at once, as by a power cut. */
  kill(): void;
  /** Says goodbye first. */
  stop(): void;
  fault(what: StoreFault): void;
  clearFault(): void;
  /** Makes a copy of its file, as it does itself between two commits. */
  backup(): void;
  /**
   * Its file is damaged or gone, and the newest copy is put in its place; it does not run meanwhile. Says from when on what
   * happened may be lost.
   */
  restore(what: "damaged" | "lost"): { from: number; until: number };
  /** Since when it is connected to the broker, as far as it knows. */
  readonly connectedSince: number | undefined;
}

export interface HubParts {
  schedule: Schedule;
  network: Network;
  config: object;
  /** Where its file lies. */
  folder: string;
  /** Called when it has read its file. */
  started(hub: { state: OfficeState; store: Store }): void;
  /** Called after each commit. */
  committed?(events: readonly RecordedEvent[]): void;
}

/** Looking for faults in the opening hours takes longer than a start of the hub, and all days have the same. */
const parsedConfigs = new WeakMap<object, HubConfig>();

export function parseHubConfig(config: object): HubConfig {
  const known = parsedConfigs.get(config);
  if (known) return known;
  const parsed = parseConfig(config);
  if (!parsed.ok) throw new Error(parsed.message);
  parsedConfigs.set(config, parsed.config);
  return parsed.config;
}

/** Timers and time of the simulation for one life. */
export function clockOf(schedule: Schedule, life: Life, offsetMs = () => 0): Clock {
  const clock: Clock = {
    now: () => schedule.now() + offsetMs(),
    after: (ms, then) => schedule.after(ms, life, then),
    every(ms, then) {
      let cancel = () => {};
      const again = () => {
        cancel = schedule.after(ms, life, () => {
          again();
          then();
        });
      };
      again();
      return () => cancel();
    },
  };
  return clock;
}

export function createHubProcess({ schedule, network, config, folder, started, committed }: HubParts): HubProcess {
  const parsed = parseHubConfig(config);
  const log = pino({ level: "silent" });
  const backups = join(folder, "..", "backups");
  let life: Life = { name: "hub", alive: false };
  let store: Store | undefined;
  let running: Service | undefined;
  let fault: StoreFault | undefined;
  let starts = 0;
  let connectedSince: number | undefined;
  let goodbye = () => {};

  /** The store as a process sees it whose power may go, and whose disk may be full. */
  function faulty(inner: Store): Store {
    return {
      ...inner,
      commit(changes) {
        const now = fault;
        if (now !== "full") fault = undefined;
        if (now === "full") throw new Error("database or disk is full");
        if (now === "dies-before-commit") die();
        if (!life.alive) throw new Error("the process is gone");
        inner.commit(changes);
        if (now === "dies-after-commit") die();
      },
    };
  }

  function die(): void {
    if (!life.alive) return;
    life.alive = false;
    connectedSince = undefined;
    network.ended(life);
  }

  return {
    get running() {
      return life.alive;
    },
    get service() {
      if (!running) throw new Error("the hub was never started");
      return running;
    },
    get store() {
      if (!store) throw new Error("the hub was never started");
      return store;
    },
    get connectedSince() {
      return connectedSince;
    },
    backup() {
      mkdirSync(backups, { recursive: true });
      const name = `hub-${new Date(schedule.now()).toISOString().replace(/[-:]|\.\d+/g, "")}.sqlite`;
      const db = new Database(storePath(folder), { readonly: true });
      db.prepare("VACUUM INTO ?").run(join(backups, name));
      db.close();
    },
    restore(what) {
      die();
      store?.close();
      store = undefined;
      const path = storePath(folder);
      if (what === "damaged") {
        writeFileSync(path, "no database any more");
        utimesSync(path, schedule.now() / 1_000, schedule.now() / 1_000);
      } else rmSync(path);
      for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
      const backup = newestGoodBackup(backups);
      if (!backup) throw new Error("there is no backup");
      return putInPlace({ data: folder, folder: backups, backup, skip: skippedNumbers, now: schedule.now() });
    },
    fault(what) {
      fault = what;
    },
    clearFault() {
      fault = undefined;
    },
    start() {
      store?.close();
      starts += 1;
      const own: Life = { name: `hub ${starts}`, alive: true };
      life = own;
      fault = undefined;
      const opened = faulty(openStore(folder));
      store = opened;
      const clock = { ...clockOf(schedule, own), mayErase: () => true };
      const since = new Date(schedule.now()).toISOString();
      const presence = (state: "online" | "offline", id: string) =>
        ({ state, version: "sim", protocol: 1, since, session: id, epoch: running?.state.epoch ?? 1 }) as const;
      const session = createSession({
        url: "mqtt://127.0.0.1",
        user: "hub",
        password: "",
        site: parsed.site,
        daemon: true,
        presence: {
          key: "hub",
          online: (id) => presence("online", id),
          offline: (id) => presence("offline", id),
        },
        connect: network.connector({ user: "hub", role: "hub" }, own),
      });
      const core = createCore({
        ...{ config: parsed, store: opened, session, clock, log },
        accountsInForce: undefined,
        backup: () => Promise.reject(new Error("not simulated")),
        guest: () => undefined,
        arrived: (request) => request,
        committed: (_state, events) => committed?.(events),
      });
      running = core.service;
      core.load();
      started({ state: core.service.state, store: opened });
      session.onLink((link) => {
        connectedSince = link.up ? schedule.now() : undefined;
      });
      core.open();
      goodbye = () => {
        core.stop();
        void session.stop();
      };
    },
    kill: die,
    stop() {
      goodbye();
      die();
    },
  };
}
