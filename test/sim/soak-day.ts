import { readdirSync } from "node:fs";
import { setImmediate as realTurn } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { CalmOffice } from "./calm-office.ts";
import { inCalmOffice } from "./calm-office.ts";
import * as office from "./office.ts";
import { createRandom } from "./random.ts";
import type { Life } from "./schedule.ts";

/**
 * A calm long life in simulated time, in a process of its own with `--expose-gc`: a hub, a terminal and a board, people who
 * come day and night, a desk that serves them. Prints what the process holds at the same time of each day as JSON, a line each.
 */
const { values } = parseArgs({
  options: {
    /** Days that are lived through. */
    days: { type: "string", default: "1" },
    /** Between two visitors, in seconds. */
    every: { type: "string", default: "20" },
  },
});

const hourMs = 3_600_000;
/** Midnight is gone by and the new day has begun; the day before is in the file alone. */
const lookedAt = Date.parse("2026-11-24T00:10:00+01:00");

/** What the process holds, with everything collected that nobody needs. */
export interface Sample {
  at: string;
  tickets: number;
  heapBytes: number;
  /** Buffers outside of the heap. */
  bufferBytes: number;
  /** All of its memory that is in the machine's. */
  residentBytes: number;
  /** Open files, where the system tells them. */
  files: number;
}

/** What one collection sets free, as what natively belongs to an object, is gone with a later one. */
const collections = 8;

async function sample(at: number, tickets: number): Promise<Sample> {
  for (let round = 0; round < collections; round += 1) {
    globalThis.gc?.();
    // Native code lets go of what was collected in a real turn of the event loop, of which simulated days have none.
    await realTurn();
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const files = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  return {
    at: new Date(at).toISOString(),
    tickets,
    heapBytes: heapUsed,
    bufferBytes: arrayBuffers,
    residentBytes: rss,
    files,
  };
}

/** Counted here: who asks the hub for all of them makes it hold them. */
let papers = 0;

async function live({ schedule, terminal, connect }: CalmOffice): Promise<void> {
  const random = createRandom(2);
  let coming = 0;
  const street: Life = { name: "street", alive: true };
  const come = () => {
    coming += 1;
    terminal.screen.touch({ id: `done-${coming}`, do: "done" });
    terminal.screen.touch({ id: `touch-${coming}`, do: "choose", service: random.pick(office.services) });
    schedule.after(random.exponential(Number(values.every) * 1_000), street, come);
  };
  schedule.after(5_000, street, come);

  const clerk: Life = { name: "clerk", alive: true };
  const desk = connect("desk-1", "desk", clerk);
  const serve = async () => {
    let current: string | undefined;
    for (;;) {
      const answer = await desk.request("call.next", { desk: "1", ...(current ? { current, finish: true } : {}) });
      if (answer.state === "done") current = answer.result.ticket?.id;
      else {
        const opened = await desk.request("desk.open", { desk: "1" });
        current = opened.state === "done" ? (opened.result.desk.ticket ?? undefined) : current;
      }
      await schedule.sleep(Number(values.every) * 500, clerk);
    }
  };
  void serve();

  for (let day = 0; day <= Number(values.days); day += 1) {
    await schedule.run(lookedAt + day * 24 * hourMs);
    console.log(JSON.stringify(await sample(schedule.now(), papers)));
  }
}

await inCalmOffice(
  {
    seed: 1,
    // Hours of warming up.
    from: lookedAt - 6 * hourMs,
    config: { openingHours: "24/7", numberDigits: 5 },
    paper: () => {
      papers += 1;
    },
  },
  live,
);
