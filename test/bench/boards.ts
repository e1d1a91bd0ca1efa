import type { Ticket } from "../../protocol/messages.ts";
import { topicNames } from "../../protocol/topics.ts";
import { connectMany } from "./light-client.ts";
import type { Asker } from "./load.ts";
import { answerMaxMs, callNext } from "./load.ts";
import { boardUser, desk, password, site } from "./office.ts";
import type { Server } from "./servers.ts";

/** Many boards that all show the group `all`. */
export interface Boards {
  /** Resolves when each of the first `count` has got one message more, with the last one's payload. */
  next(count: number): Promise<Buffer>;
  close(): Promise<void>;
}

const displayTopic = topicNames(site).topic("display", { group: "all" });

export async function connectBoards({ host, port }: Server, count: number): Promise<Boards> {
  const clients = await connectMany(count, () => ({ host, port, user: boardUser, password }));
  let missing = 0;
  let done: ((payload: Buffer) => void) | undefined;
  for (const client of clients) {
    client.onMessage((payload) => {
      missing -= 1;
      if (missing === 0) done?.(payload);
    });
  }
  await Promise.all(clients.map((client) => client.subscribe(displayTopic)));
  return {
    next(expected) {
      missing = expected;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${missing} of ${expected} boards got nothing`)), answerMaxMs);
        done = (payload) => {
          clearTimeout(late);
          resolve(payload);
        };
      });
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/**
 * Milliseconds from each `call.next` until the last board has it. With `check`, the number on the board must be the one
 * in the reply.
 */
export async function callsToBoards(
  asker: Asker,
  boards: Boards,
  boardCount: number,
  calls: number,
  check: boolean,
): Promise<{ samples: number[]; wrong: string[] }> {
  const samples: number[] = [];
  const wrong: string[] = [];
  let current: string | null = null;
  for (let turn = 0; turn < calls; turn += 1) {
    const shown = boards.next(boardCount);
    const from = performance.now();
    const [reply, display]: [Buffer, Buffer] = await Promise.all([
      callNext(asker, current),
      shown.then((payload) => {
        samples.push(performance.now() - from);
        return payload;
      }),
    ]);
    if (!check) continue;
    const called: Ticket = (JSON.parse(reply.toString()) as { result: { ticket: Ticket } }).result.ticket;
    const { calls: listed } = JSON.parse(display.toString()) as { calls: { number: string }[] };
    if (listed[0]?.number !== called.number) wrong.push(`called ${called.number}, shown ${listed[0]?.number}`);
    current = called.id;
  }
  if (check && current !== null) {
    await asker.ask("ticket.finish", { desk, ticket: current });
  }
  return { samples, wrong };
}
