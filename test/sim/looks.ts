import { isDeepStrictEqual } from "node:util";
import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { type Calls, keepCalls } from "./calls.ts";
import { checkFile } from "./checks.ts";
import type { BoardDevice, Device, TerminalDevice } from "./devices.ts";
import type { Gongs } from "./gongs.ts";
import type { HubProcess } from "./hub-process.ts";
import type { Network } from "./network.ts";
import { fairWeather } from "./network.ts";
import { wholeRecord } from "./restore.ts";
import type { Life, Schedule } from "./schedule.ts";

/** Somebody looks this often, in milliseconds. */
const lookMs = 1_000;
/** So long nothing must have been in the way of the hub's messages, in milliseconds, before it is expected that they arrive. */
const quietMs = 5_000;
/** The last message of a storm, and all behind it, may come so much later, in milliseconds. */
const stormyMs = 15_000;
/** A call is on its way to the boards within this, in milliseconds: the blink of an eye. */
const blinkMs = 300;
/** A call is announced within this, in milliseconds, however many others there are. */
const announcedMs = 60_000;
/** Without a beat for so long a board says that it is not live, in milliseconds, with its next look at the time. */
const notLiveMs = 12_000;
/** After a restore boards hear within this, in milliseconds, that there may have been no calls. */
const toldAnewMs = 120_000;
/** A board that is switched on shows what it knows within this, in milliseconds, the clock's ticks included. */
const bootMs = 3_000;
/** An evacuation, and its end, is on all screens within this, in milliseconds: the office is published once a second. */
const evacuatedMs = 3_000;
/** A device whose line was never away for so long, in milliseconds, has missed nothing. */
const reachedMs = 30_000;
/** Looks from one at the hub's file to the next. */
const fileLooks = 240;
/** Looks from one at what the broker retains to the next, where nothing happened to the connection. */
const topicLooks = 20;

export interface LookParts {
  schedule: Schedule;
  network: Network;
  hub: HubProcess;
  boards: readonly BoardDevice[];
  terminals: readonly TerminalDevice[];
  gongs: Gongs;
  /** Something is not as it must be, once for each text. */
  wrong(what: string): void;
  /** The file as another process would load it. */
  load(): OfficeState;
}

export interface Looks {
  /** To be told of each commit. */
  committed(events: readonly RecordedEvent[]): void;
  /** To be told when a backup was put in place: it may know of no call. */
  restored(): void;
  stop(): void;
}

/** Looks at the office while it runs, from outside: at the hub's file, what the broker retains and what boards show. */
export function startLooks({ schedule, network, hub, boards, terminals, gongs, wrong, load }: LookParts): Looks {
  const life: Life = { name: "looks", alive: true };
  let quietSince: number | undefined;
  /** Since when nothing that is sent is late or lost. */
  let fairSince: number | undefined;
  /** The same, but for a line that is dead. */
  let calmSince: number | undefined;
  let goneSince: number | undefined;
  let committedAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  const onSince = new Map<string, number>();
  const hasShown = new Set<string>();
  let toldAnewAt = Number.NEGATIVE_INFINITY;
  /** What the record says of calls and of an evacuation, as far as it was read. */
  let calls: Calls = keepCalls();
  let read = { epoch: 0, seq: 0 };
  /** Since when the house is evacuated, or is not any more. */
  let saidSince = Number.NEGATIVE_INFINITY;
  const reachedSince = new Map<Device, number>();

  const isQuiet = () =>
    hub.running && hub.connectedSince !== undefined && network.weather === fairWeather && !network.isCut("hub");

  /** The display that the broker would give a board now. */
  function retainedDisplay(): { revision?: number } | undefined {
    const kept = network.retained(network.names.topic("display", { group: "all" }));
    return kept && (JSON.parse(kept.toString()) as { revision?: number });
  }

  /** Reads on in the record, or from its beginning where a backup was put in place. */
  function readOn(now: number): void {
    const { epoch, seq } = hub.service.state;
    if (read.epoch === epoch && read.seq === seq) return;
    const isSame = read.epoch === epoch;
    const before = calls.emergency;
    if (!isSame) calls = keepCalls();
    const news = isSame ? hub.store.events(epoch, read.seq, seq - read.seq) : wholeRecord(hub.store, epoch);
    for (const event of news) calls.hear(event);
    read = { epoch, seq };
    if (calls.emergency !== before) saidSince = now;
  }

  function lookAtTopics(): void {
    const { epoch, displays } = hub.service.state;
    const wanted = { epoch, revision: displays.get("all")?.revision, ...calls.display() };
    if (!isDeepStrictEqual(retainedDisplay(), wanted)) wrong("the broker retains another display than is on record");
    for (const { id } of hub.service.state.plan.services) {
      const kept = network.retained(network.names.topic("queue", { service: id }));
      const shown = kept && (JSON.parse(kept.toString()) as { waiting: number });
      const { tickets = 0 } = hub.service.state.waitingCounts.get(id) ?? {};
      if (shown?.waiting !== tickets) wrong(`${tickets} wait for ${id}, and the broker retains ${shown?.waiting}`);
    }
  }

  /** One that has shown calls shows them soon after it is switched on, whoever is there to tell it. */
  function lookAtBoard({ name, powered, screen: { view } }: BoardDevice, now: number): void {
    if (!powered) {
      onSince.delete(name);
      return;
    }
    const since = onSince.get(name) ?? now;
    onSince.set(name, since);
    if (view && view.last.length > 1 && now > toldAnewAt) hasShown.add(name);
    if (hasShown.has(name) && now - since > bootMs && !view?.current) wrong(`${name} has shown calls, and shows none`);
  }

  /** An evacuation is on all boards and terminals that hear the hub, as long as it lasts and no longer. */
  function lookAtEvacuation(now: number): void {
    for (const device of [...boards, ...terminals]) {
      const isReached = device.powered && network.isUp && !network.isCut(device.name);
      if (!isReached) reachedSince.delete(device);
      else if (!reachedSince.has(device)) reachedSince.set(device, now);
    }
    if (!isQuiet()) return;
    readOn(now);
    const isNew = now - saidSince < evacuatedMs;
    if (isNew || saidSince - Math.max(fairSince ?? now, quietSince ?? now) < stormyMs) return;
    const has = (device: Device) => saidSince - (reachedSince.get(device) ?? now) > reachedMs;
    const expect = (name: string, shown: string | null) => {
      if (shown !== calls.emergency) wrong(`${name} shows ${shown}, and the house is told ${calls.emergency}`);
    };
    for (const board of boards.filter(has)) expect(board.name, board.screen.view?.emergency ?? null);
    for (const terminal of terminals.filter(has)) {
      const screen = terminal.screen.view?.screen;
      expect(terminal.name, screen?.kind === "message" && screen.name === "emergency" ? screen.title : null);
    }
  }

  function look(): void {
    schedule.after(lookMs, life, look);
    count += 1;
    const now = schedule.now();
    quietSince = isQuiet() ? (quietSince ?? now) : undefined;
    calmSince = network.weather === fairWeather ? (calmSince ?? now) : undefined;
    fairSince = calmSince !== undefined && !network.isCut("hub") ? (fairSince ?? now) : undefined;
    goneSince = hub.running && network.isUp ? undefined : (goneSince ?? now);
    const isCalm = goneSince !== undefined && goneSince - (calmSince ?? now) > stormyMs;
    if (goneSince !== undefined) {
      for (const { name, screen } of boards) {
        // Between two looks it may have been there for a moment.
        const missedMs = now - Math.max(goneSince, network.heardAt(name) ?? goneSince);
        if (missedMs <= notLiveMs + (isCalm ? 0 : stormyMs)) continue;
        // One that was just switched on and remembers nothing has yet to miss the hub.
        const isOnMs = now - (onSince.get(name) ?? now);
        const misses = isOnMs > (hasShown.has(name) ? bootMs : notLiveMs);
        if (screen.view?.isLive && misses) wrong(`${name} says that it is live, and the hub is gone`);
      }
    }
    for (const board of boards) {
      // What is said on a line that is dead for a moment is lost here, and told with what the hub says next.
      if (hub.connectedSince === undefined || network.isCut(board.name)) gongs.unreached(board.name);
      lookAtBoard(board, now);
    }
    lookAtEvacuation(now);
    if (hub.running && count % fileLooks === 0) for (const what of checkFile(load(), hub.service.state)) wrong(what);
    const sinceUp = now - (hub.connectedSince ?? now);
    const isNew = sinceUp > lookMs && sinceUp < quietMs;
    if (!isQuiet() || now - (fairSince ?? now) < stormyMs || now - committedAt < blinkMs) return;
    if (isNew || (count % topicLooks === 0 && now - (quietSince ?? now) > quietMs)) lookAtTopics();
  }

  schedule.after(lookMs, life, look);
  return {
    committed(events) {
      const now = schedule.now();
      committedAt = now;
      gongs.committed(events);
      if (!events.some(({ type }) => type === "ticket.called" || type === "ticket.recalled")) return;
      if (quietSince === undefined || now - quietSince < quietMs || !isQuiet()) return;
      if (now - (fairSince ?? now) < stormyMs) return;
      const wanted = hub.service.state.displays.get("all")?.revision ?? 0;
      const since = hub.connectedSince;
      schedule.after(blinkMs, life, () => {
        if (!isQuiet() || hub.connectedSince !== since) return;
        if ((retainedDisplay()?.revision ?? 0) < wanted) wrong("a call is not on its way to the boards after a blink");
      });
      const standing = boards.map((board) => [board, reachedSince.get(board)] as const);
      const fairBefore = fairSince;
      schedule.after(announcedMs, life, () => {
        if (!isQuiet() || hub.connectedSince !== since || fairSince !== fairBefore) return;
        for (const [board, reached] of standing) {
          if (reached === undefined || now - reached < reachedMs || reachedSince.get(board) !== reached) continue;
          for (const event of events) {
            const missing = gongs.missing(board.name, event);
            if (missing !== undefined) wrong(missing);
          }
        }
      });
    },
    restored() {
      gongs.restored();
      hasShown.clear();
      toldAnewAt = schedule.now() + toldAnewMs;
    },
    stop() {
      life.alive = false;
    },
  };
}
