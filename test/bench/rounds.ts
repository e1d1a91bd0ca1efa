import { median, quantile } from "./figures.ts";
import type { Floor } from "./floors.ts";
import type { Asker } from "./load.ts";
import { allAtOnce, oneByOne } from "./load.ts";

/** How long and how often is measured; other programs on the machine are evened out by the rounds, not by length. */
export interface Effort {
  rounds: number;
  /** Requests of one client in a round. */
  requests: number;
  /** How long all clients ask at once in a round, and how long anything else may take in it, in milliseconds. */
  ms: number;
}

/** Milliseconds, each the median over the rounds. */
export interface OneClient {
  disk: number;
  transaction: number;
  roundTrip: number;
  hub: number;
  p99: number;
  /** Hub against round trip and transaction together, in the same round. */
  ratio: number;
}

/**
 * One client. Floors and hub take turns within each round, so that a ratio compares what was measured in the same
 * moment.
 */
export async function measureOne(
  floors: { disk: Floor; transaction: Floor },
  responder: Asker,
  hub: Asker,
  { rounds, requests, ms }: Effort,
): Promise<OneClient> {
  const taken = { disk: [], transaction: [], roundTrip: [], hub: [], p99: [], ratio: [] } as Record<
    keyof OneClient,
    number[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    const disk = median(floors.disk.sample(requests, ms));
    const transaction = median(floors.transaction.sample(requests, ms));
    const roundTrip = median(await oneByOne(responder, requests, ms));
    const samples = await oneByOne(hub, requests, ms);
    taken.disk.push(disk);
    taken.transaction.push(transaction);
    taken.roundTrip.push(roundTrip);
    taken.hub.push(median(samples));
    taken.p99.push(quantile(samples, 0.99));
    taken.ratio.push(median(samples) / (roundTrip + transaction));
  }
  const of = (key: keyof OneClient) => median(taken[key]);
  return {
    disk: of("disk"),
    transaction: of("transaction"),
    roundTrip: of("roundTrip"),
    hub: of("hub"),
    p99: of("p99"),
    ratio: of("ratio"),
  };
}

/** Answers per second of both, and the hub's share of the responder's in the same round. */
export interface ManyClients {
  responder: number;
  hub: number;
  ratio: number;
}

export async function measureMany(
  responder: readonly Asker[],
  hub: readonly Asker[],
  { rounds, ms }: Effort,
): Promise<ManyClients> {
  const taken: ManyClients[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const floor = await allAtOnce(responder, ms);
    const measured = await allAtOnce(hub, ms);
    taken.push({ responder: floor, hub: measured, ratio: measured / floor });
  }
  const of = (key: keyof ManyClients) => median(taken.map((round) => round[key]));
  return { responder: of("responder"), hub: of("hub"), ratio: of("ratio") };
}
