import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findProgram, systemNeeds } from "../needs.ts";
import { booking } from "./appointments.ts";
import type { BenchOptions, Part } from "./bench.ts";
import { calling, issuing, withThePast } from "./bench.ts";
import type { Figure } from "./figures.ts";
import { tableOf } from "./figures.ts";
import { startHub } from "./servers.ts";

// `npm run bench`: how fast the hub is as it is shipped, beside floors taken in the same run. Wrong answers make it fail,
// missed targets do not.

/** What statfs calls a file system in memory (Linux, magic.h, TMPFS_MAGIC). */
const tmpfs = 0x01021994;
/** All of it is over by then, in milliseconds. */
const benchMaxMs = 180_000;

const { values } = parseArgs({
  options: { folder: { type: "string", default: defaultFolder() }, part: { type: "string", default: "" } },
});
if (statfsSync(values.folder).type === tmpfs) {
  console.error(`${values.folder} is in memory: give --folder with a place on a disk`);
  process.exit(2);
}
const folder = mkdtempSync(join(values.folder, "wartemarke-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
setTimeout(() => {
  console.error(`not done after ${benchMaxMs / 1_000} s`);
  process.exit(1);
}, benchMaxMs).unref();
// As in the service's unit: what was compiled once is kept, so that each start but the very first is measured.
process.env.NODE_COMPILE_CACHE = join(folder, "compiled");
await (await startHub("embedded", 1, join(folder, "first"))).stop();

const options: BenchOptions = {
  folder,
  terminals: 100,
  boards: 1_000,
  calls: 60,
  past: { old: 1_000_000, waiting: 10_000 },
  bookings: 50_000,
  rounds: 5,
  requests: 400,
  ms: 800,
};
const parts: [name: string, measure: () => Promise<Part>][] = [
  ["embedded broker", () => issuing("embedded", options)],
  ...(findProgram(systemNeeds.mosquitto.program)
    ? ([["Mosquitto", () => issuing("mosquitto", options)]] as [string, () => Promise<Part>][])
    : []),
  ["boards", () => calling(options)],
  ["the past", () => withThePast(options)],
  ["appointments", () => booking(options)],
];
const figures: Figure[] = [];
const mistakes: string[] = [];
for (const [name, measure] of parts.filter((part) => part[0].includes(values.part))) {
  const from = performance.now();
  const part = await measure();
  figures.push(...part.figures);
  mistakes.push(...part.mistakes);
  console.error(`${name}: ${((performance.now() - from) / 1_000).toFixed(0)} s`);
}
console.log(tableOf(figures));
for (const mistake of mistakes) console.log(`WRONG: ${mistake}`);
if (mistakes.length === 0) console.log("Every number was given once, and every reply is the one in the file.");
process.exit(mistakes.length > 0 ? 1 : 0);

/** The system's temporary folder, or where that is in memory the one that outlives a restart. */
function defaultFolder(): string {
  return statfsSync(tmpdir()).type === tmpfs ? "/var/tmp" : tmpdir();
}
