import { makeId } from "../../protocol/ids.ts";
import { topicNames } from "../../protocol/topics.ts";
import type { LightClient } from "./light-client.ts";
import { connectLight, connectMany } from "./light-client.ts";
import { desk, deskUser, password, services, site, terminalUsers } from "./office.ts";
import type { Server } from "./servers.ts";

const names = topicNames(site);

/** Nobody who measures waits longer than this for anything, in milliseconds. */
export const answerMaxMs = 20_000;

/** A reply, as it came, to the request of this id. */
export interface Received {
  client: string;
  id: string;
  payload: Buffer;
}

/** Asks one request after the other and gives how long each took. */
export interface Asker {
  ask(verb: string, args: object): Promise<Buffer>;
  readonly received: Received[];
  close(): Promise<void>;
}

function overClient(client: LightClient, user: string): Asker {
  const received: Received[] = [];
  let settle: ((payload: Buffer) => void) | undefined;
  client.onMessage((payload) => settle?.(payload));
  return {
    received,
    ask(verb, args) {
      const id = makeId(Date.now());
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no answer to ${verb} of ${user}`)), answerMaxMs);
        settle = (payload) => {
          clearTimeout(late);
          received.push({ client: user, id, payload });
          resolve(payload);
        };
        client.publish(names.topic("request", { client: user, verb }), JSON.stringify({ ...args, id }));
      });
    },
    close: () => client.close(),
  };
}

async function ready(client: LightClient, user: string): Promise<Asker> {
  await client.subscribe(names.topic("reply", { client: user }));
  return overClient(client, user);
}

export async function connectDesk({ host, port }: Server): Promise<Asker> {
  return ready(await connectLight({ host, port, user: deskUser, password }), deskUser);
}

/** One asker for each of so many terminals. */
export async function connectTerminals({ host, port }: Server, count: number): Promise<Asker[]> {
  const users = terminalUsers(count);
  const clients = await connectMany(count, (index) => ({ host, port, user: users[index] ?? "", password }));
  return Promise.all(clients.map((client, index) => ready(client, users[index] ?? "")));
}

const serviceOf = (turn: number) => ({ service: services[turn % services.length] });

/** Milliseconds from request to reply, one after the other: at most `requests`, within about `maxMs` milliseconds. */
export async function oneByOne(asker: Asker, requests: number, maxMs: number): Promise<number[]> {
  const samples: number[] = [];
  const until = performance.now() + maxMs;
  for (let turn = 0; turn < requests && performance.now() < until; turn += 1) {
    const from = performance.now();
    await asker.ask("ticket.issue", serviceOf(turn));
    samples.push(performance.now() - from);
  }
  return samples;
}

/** Answers per second while each asker sends its next request as soon as it has the reply to the last. */
export async function allAtOnce(askers: readonly Asker[], ms: number): Promise<number> {
  let answers = 0;
  const from = performance.now();
  const until = from + ms;
  const one = async (asker: Asker, index: number) => {
    for (let turn = index; performance.now() < until; turn += 1) {
      await asker.ask("ticket.issue", serviceOf(turn));
      answers += 1;
    }
  };
  await Promise.all(askers.map(one));
  return (answers * 1_000) / (performance.now() - from);
}

/** Calls the next visitor, the one before being finished; gives the reply. */
export function callNext(asker: Asker, current: string | null): Promise<Buffer> {
  return asker.ask("call.next", { desk, current, finish: true });
}
