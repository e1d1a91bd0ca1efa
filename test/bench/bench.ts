import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrokerKind } from "../brokers.ts";
import { callsToBoards, connectBoards } from "./boards.ts";
import type { Figure } from "./figures.ts";
import { median, ms, perSecond } from "./figures.ts";
import { diskFloor, transactionFloor } from "./floors.ts";
import type { Asker } from "./load.ts";
import { connectDesk, connectTerminals, oneByOne } from "./load.ts";
import type { Past } from "./old-office.ts";
import { makeOldOffice } from "./old-office.ts";
import type { Effort } from "./rounds.ts";
import { measureMany, measureOne } from "./rounds.ts";
import type { HubServer, Server } from "./servers.ts";
import { startHub, startResponder } from "./servers.ts";
import { mistakesIn } from "./verify.ts";

export interface BenchOptions extends Effort {
  /** On a real disk; everything that is written goes below. */
  folder: string;
  terminals: number;
  boards: number;
  calls: number;
  past: Past;
  /** Appointments in the calendar of a year. */
  bookings: number;
}

/** The figures of one part, and what was wrong in its answers. */
export interface Part {
  figures: Figure[];
  mistakes: string[];
}

const at1 = "target 1";
const closeAll = (askers: readonly Asker[]) => Promise.all(askers.map((asker) => asker.close()));
const receivedBy = (askers: readonly Asker[]) => askers.flatMap(({ received }) => received);

/** Targets 1 and 2 on one kind of broker, and on the embedded one the hub's size and start besides. */
export async function issuing(kind: BrokerKind, options: BenchOptions): Promise<Part> {
  const { terminals } = options;
  const folder = join(options.folder, `issuing-${kind}`);
  mkdirSync(folder, { recursive: true });
  const floors = { disk: diskFloor(folder), transaction: transactionFloor(folder) };
  const responder = await startResponder(kind, terminals);
  const hub = await startHub(kind, terminals, join(folder, "hub"));
  const rssAtStart = hub.rssMiB();
  const [ours, theirs] = [await connectTerminals(responder, terminals), await connectTerminals(hub, terminals)];
  const [ownFirst, hubFirst] = [first(ours), first(theirs)];
  await oneByOne(ownFirst, options.requests, options.ms);
  await oneByOne(hubFirst, options.requests, options.ms);

  const one = await measureOne(floors, ownFirst, hubFirst, options);
  const rssAfterOne = hub.rssMiB();
  const many = await measureMany(ours, theirs, options);
  const rssAfterMany = hub.rssMiB();
  await closeAll([...ours, ...theirs]);
  await responder.stop();
  await hub.stop();
  for (const floor of Object.values(floors)) floor.close();

  const embedded = kind === "embedded";
  const figures: Figure[] = [
    ...(embedded ? [{ what: "4 KiB written and synced", measured: ms(one.disk) }] : []),
    ...(embedded ? [{ what: "issue transaction, nothing around it", measured: ms(one.transaction) }] : []),
    { what: `request and reply, trivial responder, ${kind}`, measured: ms(one.roundTrip) },
    {
      what: `${at1}: issue, one client, median, ${kind}`,
      floor: ms(one.roundTrip + one.transaction),
      measured: ms(one.hub),
      ratio: one.ratio,
      target: "≤ 1.3 × floor",
      met: one.ratio <= 1.3,
    },
    { what: `${at1}: issue, one client, p99, ${kind}`, measured: ms(one.p99), target: "≤ 3 ms", met: one.p99 <= 3 },
    {
      what: `target 2: issue, ${terminals} clients, ${kind}`,
      floor: perSecond(many.responder),
      measured: perSecond(many.hub),
      ratio: many.ratio,
      target: "≥ 0.7 × floor, ≥ 8,000/s",
      met: many.ratio >= 0.7 && many.hub >= 8_000,
    },
  ];
  if (embedded) {
    figures.push(
      { what: "target 6: hub, start to ready", measured: ms(hub.startMs), target: "≤ 1 s", met: hub.startMs <= 1_000 },
      {
        what: "target 6: hub, memory at start",
        measured: mib(rssAtStart),
        target: "≤ 120 MiB",
        met: rssAtStart <= 120,
      },
      { what: `hub, memory after ${receivedBy([hubFirst]).length}+ tickets of one client`, measured: mib(rssAfterOne) },
      { what: `hub, memory after ${receivedBy(theirs).length} tickets in all`, measured: mib(rssAfterMany) },
    );
  }
  return { figures, mistakes: mistakesIn(hub.database, receivedBy(theirs)) };
}

/** Target 4: from the desk's button to the last board. */
export async function calling(options: BenchOptions): Promise<Part> {
  const { boards: count, calls } = options;
  const responder = await startResponder("embedded", 1);
  const hub = await startHub("embedded", 1, join(options.folder, "calling"));
  const [floorDesk, hubDesk] = [await connectDesk(responder), await connectDesk(hub)];
  const [terminal] = await connectTerminals(hub, 1);
  await hubDesk.ask("desk.open", { desk: "1" });
  await oneByOne(first(terminal ? [terminal] : []), 3 * calls + 10, Number.POSITIVE_INFINITY);

  const single = await sample(responder, hub, 1);
  const all = await sample(responder, hub, count);
  await closeAll([floorDesk, hubDesk, ...(terminal ? [terminal] : [])]);
  await responder.stop();
  await hub.stop();
  return {
    figures: [
      {
        what: "target 4: call to one board",
        floor: ms(single.floor),
        measured: ms(single.measured),
        ratio: single.measured / single.floor,
        target: "≤ 3 ms",
        met: single.measured <= 3,
      },
      {
        what: `target 4: call to the last of ${count} boards`,
        floor: ms(all.floor),
        measured: ms(all.measured),
        ratio: all.measured / all.floor,
        target: "≤ 1.3 × floor",
        met: all.measured / all.floor <= 1.3,
      },
    ],
    mistakes: mistakesIn(hub.database, receivedBy([hubDesk])),
  };

  async function sample(floor: Server, measured: Server, boardCount: number) {
    const [ofFloor, ofHub] = [await connectBoards(floor, boardCount), await connectBoards(measured, boardCount)];
    const samples: Record<"floor" | "measured", number[]> = { floor: [], measured: [] };
    // In turns of some calls, so that both see the same machine.
    for (let round = 0; round < 3; round += 1) {
      const part = Math.ceil(calls / 3);
      samples.floor.push(...(await callsToBoards(floorDesk, ofFloor, part)));
      samples.measured.push(...(await callsToBoards(hubDesk, ofHub, part)));
    }
    await Promise.all([ofFloor.close(), ofHub.close()]);
    return { floor: median(samples.floor), measured: median(samples.measured) };
  }
}

/** Target 5: the same with years of tickets in the file and a long queue, beside an empty hub. */
export async function withThePast(options: BenchOptions): Promise<Part> {
  const { past, terminals, rounds, requests, ms: maxMs } = options;
  const folder = join(options.folder, "past");
  makeOldOffice(folder, past);
  const hubs: HubServer[] = [
    await startHub("embedded", terminals, join(options.folder, "empty")),
    await startHub("embedded", terminals, folder),
  ];
  const askers = await Promise.all(hubs.map((hub) => connectTerminals(hub, terminals)));
  const [empty = [], full = []] = askers;
  for (const group of askers) await oneByOne(first(group), requests, maxMs);
  const pairs: { empty: number; full: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ofEmpty = median(await oneByOne(first(empty), requests, maxMs));
    pairs.push({ empty: ofEmpty, full: median(await oneByOne(first(full), requests, maxMs)) });
  }
  const many = await measureMany(empty, full, options);
  await closeAll([...empty, ...full]);
  for (const hub of hubs) await hub.stop();

  const startMs = hubs[1]?.startMs ?? Number.NaN;
  const ratio = median(pairs.map((pair) => pair.full / pair.empty));
  const size = `${past.old.toLocaleString("en")} old tickets, ${past.waiting.toLocaleString("en")} waiting`;
  return {
    figures: [
      {
        what: `target 5: issue, one client, ${size}`,
        floor: `${ms(median(pairs.map((pair) => pair.empty)))} (empty hub)`,
        measured: ms(median(pairs.map((pair) => pair.full))),
        ratio,
        target: "≤ 1.2 × empty",
        met: ratio <= 1.2,
      },
      {
        what: `target 5: issue, ${terminals} clients, the same`,
        floor: `${perSecond(many.responder)} (empty hub)`,
        measured: perSecond(many.hub),
        ratio: many.ratio,
        target: "≥ empty / 1.2",
        met: many.ratio >= 1 / 1.2,
      },
      {
        what: "target 5: hub, start to ready, the same",
        measured: ms(startMs),
        target: "≤ 1 s",
        met: startMs <= 1_000,
      },
    ],
    mistakes: hubs.flatMap(({ database }, index) => mistakesIn(database, receivedBy(askers[index] ?? []))),
  };
}

const mib = (value: number) => `${Math.round(value)} MiB`;

function first(askers: readonly Asker[]): Asker {
  const [asker] = askers;
  if (!asker) throw new Error("no client is connected");
  return asker;
}
