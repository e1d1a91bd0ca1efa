import { topicNames } from "../../protocol/topics.ts";
import { connectMany } from "./light-client.ts";
import type { Asker } from "./load.ts";
import { answerMaxMs, callNext } from "./load.ts";
import { boardUser, desk, password, site } from "./office.ts";
import type { Server } from "./servers.ts";

/** Many boards that all show the group `all`. */
export interface Boards {
  /**
   * Resolves once each of them shows this number in the first place, with the moment at which the last one got it, by
   * `performance.now()`. Rejects after `maxMs` milliseconds. One number is waited for at a time.
   */
  showing(number: string, maxMs?: number): Promise<number>;
  close(): Promise<void>;
}

interface Board {
  /** What came and was not read yet. */
  arrived: { at: number; payload: Buffer }[];
  /** The first number of what was read last. */
  shown: string;
}

const displayTopic = topicNames(site).topic("display", { group: "all" });

export async function connectBoards({ host, port }: Server, count: number): Promise<Boards> {
  const clients = await connectMany(count, () => ({ host, port, user: boardUser, password }));
  const boards: Board[] = clients.map(() => ({ arrived: [], shown: "nothing" }));
  /** Boards that do not show yet what is waited for, and how many of them have sent nothing since they were read. */
  let missing = new Set<Board>();
  let silent = 0;
  let read = () => {};
  for (const [index, board] of boards.entries()) {
    clients[index]?.onMessage((payload) => {
      if (board.arrived.push({ at: performance.now(), payload }) > 1 || !missing.has(board)) return;
      silent -= 1;
      // Nothing is read before there is something of each: the messages under way do not wait for that.
      if (silent === 0) read();
    });
  }
  await Promise.all(clients.map((client) => client.subscribe(displayTopic)));
  return {
    showing(number, maxMs = answerMaxMs) {
      missing = new Set(boards);
      silent = boards.filter(({ arrived }) => arrived.length === 0).length;
      let lastAt = Number.NEGATIVE_INFINITY;
      return new Promise((resolve, reject) => {
        read = () => {
          for (const board of missing) {
            // What is retained, or follows from what was done before, may come at any time: the number itself counts.
            for (const { at, payload } of board.arrived.splice(0)) {
              board.shown = firstNumber(payload);
              if (board.shown === number && missing.delete(board)) lastAt = Math.max(lastAt, at);
            }
          }
          silent = missing.size;
          if (missing.size > 0) return;
          clearTimeout(late);
          resolve(lastAt);
        };
        const late = setTimeout(() => {
          read();
          const instead = [...new Set([...missing].map(({ shown }) => shown))].join(", ");
          reject(new Error(`called ${number}, and ${missing.size} of ${count} boards show ${instead}`));
        }, maxMs);
        if (silent === 0) read();
      });
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function firstNumber(display: Buffer): string {
  const { calls } = JSON.parse(display.toString()) as { calls: { number: string }[] };
  return calls[0]?.number ?? "nothing";
}

/** Milliseconds from each `call.next` until the last board shows the number that is in the reply. */
export async function callsToBoards(asker: Asker, boards: Boards, calls: number): Promise<number[]> {
  const samples: number[] = [];
  let current: string | null = null;
  for (let turn = 0; turn < calls; turn += 1) {
    const from = performance.now();
    const reply: Buffer = await callNext(asker, current);
    const { ticket } = (JSON.parse(reply.toString()) as { result: { ticket: { id: string; number: string } } }).result;
    samples.push((await boards.showing(ticket.number)) - from);
    current = ticket.id;
  }
  if (current !== null) await asker.ask("ticket.finish", { desk, ticket: current });
  return samples;
}
