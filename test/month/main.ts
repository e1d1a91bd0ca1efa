import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PolicyName } from "../../hub/insight/policies.ts";
import type { Told, Waits } from "./figures.ts";
import { deviation, mean, measures, promisesAt, proving, qualityOf, tuning, waitsUnder } from "./figures.ts";

// `npm run month`: what the call policy and the estimates do to the visitors of a simulated month. With --write the tables
// in deploy/docs/policy.md are replaced.

const { values } = parseArgs({
  options: { write: { type: "boolean", default: false }, seeds: { type: "string", default: "20" } },
});
const seedCount = Number(values.seeds);
const page = join(import.meta.dirname, "../../deploy/docs/policy.md");

const names: Record<PolicyName, string> = { ours: "ours", strict: "strict", "first-come": "first-come" };

const spread = (months: readonly number[], digits: number) =>
  `${mean(months).toFixed(digits)} ± ${deviation(months).toFixed(digits)}`;
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (heads: readonly string[], rows: readonly string[][]) =>
  [row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n");

function waitsTable(): string {
  const seeds = tuning.seeds.slice(0, seedCount);
  const rows = tuning.loads.flatMap((load) =>
    (Object.keys(names) as PolicyName[]).map((policy) => {
      const months = seeds.map((seed) => waitsUnder(policy, { seed, load, pattern: tuning.pattern }));
      const cells = (group: (month: (typeof months)[number]) => Waits) =>
        measures.map((measure) =>
          spread(
            months.map((month) => group(month)[measure]),
            measure === "max" ? 0 : 1,
          ),
        );
      console.error(`load ${load}, ${policy}`);
      const waits = [...cells(({ walkIns }) => walkIns), ...cells(({ appointments }) => appointments)];
      return [String(load), names[policy], ...waits];
    }),
  );
  const heads = ["load", "policy", "walk-ins: median", "p90", "max", "appointments: median", "p90", "max"];
  return table(heads, rows);
}

function qualityTable(): string {
  const seeds = proving.seeds.slice(0, seedCount);
  const line = (load: string, how: string, told: readonly Told[]) => {
    const { kept, width, relativeWidth } = qualityOf(told);
    return [load, how, `${(kept * 100).toFixed(1)} %`, `${width} min`, relativeWidth.toFixed(2), String(told.length)];
  };
  const all = { ours: [] as Told[], naive: [] as Told[] };
  const rows = proving.loads.flatMap((load) => {
    const { ours, naive } = promisesAt(load, proving.pattern, seeds);
    all.ours.push(...ours);
    all.naive.push(...naive);
    console.error(`estimates at load ${load}`);
    return [line(String(load), "ours", ours), line(String(load), "people × mean ÷ desks", naive)];
  });
  const together = [line("all", "ours", all.ours), line("all", "people × mean ÷ desks", all.naive)];
  const heads = ["load", "estimate", "within the range", "median width", "width ÷ allowed, median", "visitors"];
  return table(heads, [...rows, ...together]);
}

/** Replaces what stands between the marks of a table. */
function put(text: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for ${mark}`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

const waits = waitsTable();
const quality = qualityTable();
console.log(`${waits}\n\n${quality}`);
if (values.write) writeFileSync(page, put(put(readFileSync(page, "utf8"), "waits", waits), "estimates", quality));
