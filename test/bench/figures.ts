/** The value below which this share (0 to 1) of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]) => quantile(samples, 0.5);

/** One line of the table. Times are in milliseconds. */
export interface Figure {
  what: string;
  floor?: string;
  measured: string;
  /** Measured against the floor, the median over the rounds of one run. */
  ratio?: number;
  target?: string;
  met?: boolean;
}

export const ms = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
export const perSecond = (value: number) => `${Math.round(value).toLocaleString("en")}/s`;

/** The figures as a table that is Markdown too. */
export function tableOf(figures: readonly Figure[]): string {
  const head = ["what", "floor", "measured", "ratio", "target", ""];
  const rows = figures.map(({ what, floor = "", measured, ratio, target = "", met }) => [
    what,
    floor,
    measured,
    ratio === undefined ? "" : ratio.toFixed(2),
    target,
    met === undefined ? "" : met ? "ok" : "missed",
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
