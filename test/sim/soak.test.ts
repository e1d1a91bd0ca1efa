// time limit: 600 s
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Sample } from "./soak-day.ts";

/**
 * What a day may leave behind in memory, in bytes: a leak of 1 KiB a ticket is nearly twice as much, and one of 64 bytes a
 * beat three times.
 */
const grownBytesMax = 512 * 1024;
const ticketsADayMin = 800;

/**
 * What the heap holds of compiled code depends on when other threads were done with it and on when old code was dropped,
 * and so on the machine. With these it settles: one thread does all, nothing is dropped, and nothing is put off until later.
 */
const steady = ["--single-threaded", "--no-flush-bytecode", "--no-lazy-feedback-allocation"];

test("a day and a night of visitors leave nothing behind: neither in memory nor open files", async () => {
  const program = join(import.meta.dirname, "soak-day.ts");
  const child = spawn(process.execPath, ["--expose-gc", ...steady, program, "--days", "3", "--every", "90"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => lines.push(part));
  const [code] = await once(child, "close");
  assert.is(code, 0);
  const samples = Buffer.concat(lines).toString().trim().split("\n");
  console.log(samples.join("\n"));
  // The first day warms up.
  const [, first, second, third] = samples.map((line) => JSON.parse(line) as Sample);
  assert.ok(first && second && third);
  const days = [between(first, second), between(second, third)];
  for (const { tickets } of days) assert.ok(tickets >= ticketsADayMin, `only ${tickets} tickets`);
  // A leak is there each day; that a cache or a pool of buffers grew by a step is not.
  const grown = Math.min(...days.map(({ bytes }) => bytes));
  assert.ok(grown <= grownBytesMax, `at least ${Math.round(grown / 1024)} KiB more each day`);
  assert.is(third.files, first.files, "open files");
});

const between = (before: Sample, after: Sample) => ({
  tickets: after.tickets - before.tickets,
  bytes: after.heapBytes + after.bufferBytes - before.heapBytes - before.bufferBytes,
});

test.run();
