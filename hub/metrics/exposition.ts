/** Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

type Labels = Record<string, string>;

export interface Sample {
  labels?: Labels;
  value: number;
}

/** One metric: its values at this moment, by labels. */
export type Family =
  | { name: string; help: string; type: "gauge" | "counter"; samples: Sample[] }
  | { name: string; help: string; type: "histogram"; samples: { labels?: Labels; histogram: Histogram }[] };

/** How often values were at most each of some bounds, and what they come to. */
export interface Histogram {
  observe(value: number): void;
  /** Cumulative, as they are exposed. */
  buckets(): { bound: number; count: number }[];
  readonly sum: number;
  readonly count: number;
}

/** @param bounds upper bounds, rising; one without a bound is added. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = bounds.map(() => 0);
  let sum = 0;
  let count = 0;
  return {
    observe(value) {
      const index = bounds.findIndex((bound) => value <= bound);
      if (index >= 0) counts[index] = (counts[index] ?? 0) + 1;
      sum += value;
      count += 1;
    },
    buckets() {
      let below = 0;
      const buckets = bounds.map((bound, index) => {
        below += counts[index] ?? 0;
        return { bound, count: below };
      });
      return [...buckets, { bound: Number.POSITIVE_INFINITY, count }];
    },
    get sum() {
      return sum;
    },
    get count() {
      return count;
    },
  };
}

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** As Go writes a number, which is what the format asks for. */
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

function linesOf(family: Family): string[] {
  const line = (suffix: string, labels: Labels | undefined, value: number) =>
    `${family.name}${suffix}${labelText(labels ?? {})} ${numberText(value)}`;
  if (family.type !== "histogram") return family.samples.map(({ labels, value }) => line("", labels, value));
  return family.samples.flatMap(({ labels, histogram }) => [
    ...histogram.buckets().map(({ bound, count }) => line("_bucket", { ...labels, le: numberText(bound) }, count)),
    line("_sum", labels, histogram.sum),
    line("_count", labels, histogram.count),
  ]);
}

/** The whole page; a metric without a value is left out. */
export function exposition(families: readonly Family[]): string {
  const filled = families.filter(({ samples }) => samples.length > 0);
  const blocks = filled.map((family) => [
    `# HELP ${family.name} ${escaped(family.help)}`,
    `# TYPE ${family.name} ${family.type}`,
    ...linesOf(family),
  ]);
  return blocks.flat().map((text) => `${text}\n`).join(""); // biome-ignore format: a chain
}
