import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mutants } from "./mutants.ts";
import { findFault } from "./put-in-fault.ts";
import { namedSeeds } from "./seeds.ts";

/**
 * `npm run mutants` puts each fault of the list into a copy of the product, and lives through days until a check finds it;
 * `-- --only reserve` takes those whose file or text has that in it, `--days` that many days at most for each.
 */
const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    /** Days after which a mutant counts as not found. */
    days: { type: "string", default: "30" },
    /** Mutants that are looked for at the same time. */
    jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
  },
});

const waiting = mutants.filter(({ file, text }) => `${file} ${text}`.includes(values.only));
const count = waiting.length;
let found = 0;
async function work(): Promise<void> {
  for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
    // One that has a day of its own may be so rare that others show nothing.
    const from = namedSeeds.find(({ fault }) => fault === mutant)?.seed ?? 1;
    const name = `${mutant.file}: ${mutant.text.split("\n")[0]}`;
    try {
      const what = await findFault(mutant, from, Number(values.days));
      if (what !== undefined) found += 1;
      console.log(what === undefined ? `NOT FOUND ${name}` : `found ${name}\n  ${what}`);
    } catch (error) {
      // Others may still be found.
      console.log(`BROKEN ${name}\n  ${error instanceof Error ? error.message : error}`);
    }
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
console.log(`${found} of ${count} mutants found`);
process.exitCode = found < count ? 1 : 0;
