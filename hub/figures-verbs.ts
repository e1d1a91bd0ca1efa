import type { FiguresReport } from "../protocol/messages.ts";
import type { Handler, Surroundings } from "./handler.ts";
import { takePage } from "./office/page.ts";
import type { OfficeState } from "./office/state.ts";

/** What a reply holds of the cells, the largest part of a report; `after` is how many came before. */
interface Page {
  limit?: number | undefined;
  after?: number | undefined;
}

/** Cells in a page when the request names no limit: a reply's size decides then. */
const cellsDefault = 1000;

async function pageOf(
  { plan, seq, epoch }: OfficeState,
  from: string,
  to: string,
  { limit = cellsDefault, after = 0 }: Page,
  { store }: Surroundings,
): Promise<FiguresReport & { next: number | null }> {
  const { cells, ...sums } = await store.figures.report({ from, to, timeZone: plan.timeZone }, `${epoch}/${seq}`);
  const rest = cells.slice(after).map((cell, index) => ({ cell, next: after + index + 1 }));
  const besides = Buffer.byteLength(JSON.stringify(sums));
  const { page, next } = takePage(rest, limit, (entry) => entry.next, besides);
  return { ...sums, cells: page.map(({ cell }) => cell), next };
}

/** The verbs for the figures of rules.md, section 4: reckoned in a thread of their own. */
export const figuresHandlers: { [V in "stats.day" | "stats.range"]: Handler<V> } = {
  "stats.day": { later: (state, { date, ...page }, around) => pageOf(state, date, date, page, around) },
  "stats.range": { later: (state, { from, to, ...page }, around) => pageOf(state, from, to, page, around) },
};
