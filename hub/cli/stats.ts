import type { Figures, FiguresReport } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";
import { localDate, paint, table } from "./print.ts";

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export interface StatsOptions {
  from: string | undefined;
  to: string | undefined;
  csv?: boolean;
}

/** The whole report, however many pages its cells take. */
async function reportOf({ ask }: Conversation, from: string, to: string | undefined): Promise<FiguresReport> {
  const cells: FiguresReport["cells"] = [];
  let after = 0;
  for (let page = 0; ; page += 1) {
    const result: Result<"stats.range"> =
      to === undefined
        ? await ask("stats.day", { date: from, after }, String(page))
        : await ask("stats.range", { from, to, after }, String(page));
    const { next, ...report } = result;
    cells.push(...report.cells);
    if (next === null) return { ...report, cells };
    after = next;
  }
}

export async function stats(conversation: Conversation, { from, to, csv }: StatsOptions): Promise<Outcome> {
  const first = from ?? localDate(new Date());
  if (to !== undefined && to < first) throw usageFailure(`${to} is before ${first}: name the earlier day first`);
  const report = await reportOf(conversation, first, to);
  return { json: report, text: csv ? csvOf(report) : tablesOf(report) };
}

const minutes = (value: Figures["waitMinutes"], which: "median" | "p90") => (value ? value[which].toFixed(1) : "");

/** How often what visitors were told was true, in percent; empty where nobody was told anything. */
function hitRate({ promises: { made, kept } }: Figures): string {
  return made === 0 ? "" : `${Math.round((100 * kept) / made)} %`;
}

const heads = [
  "arrivals",
  "served",
  "wait",
  "90 %",
  "service",
  "90 %",
  "no-show",
  "gave up",
  "expired",
  "lapsed",
  "kept",
];

const rowOf = (figures: Figures): string[] => [
  String(figures.arrivals),
  String(figures.served),
  minutes(figures.waitMinutes, "median"),
  minutes(figures.waitMinutes, "p90"),
  minutes(figures.serviceMinutes, "median"),
  minutes(figures.serviceMinutes, "p90"),
  String(figures.noShows),
  String(figures.cancelled),
  String(figures.expired),
  String(figures.lapsed),
  hitRate(figures),
];

function tablesOf({ from, to, days, total, services, weekdays: ofWeek, halfHours }: FiguresReport): string {
  const period = from === to ? from : `${from} to ${to}, ${days} ${days === 1 ? "day" : "days"} with visitors`;
  if (days === 0) return `${paint("bold", period)}\nnobody came`;
  const rows = (name: string, entries: [string, Figures][]) =>
    table([name, ...heads], entries.map(([key, figures]) => [key, ...rowOf(figures)]), ""); // biome-ignore format: one call
  const sections = [
    rows("service", [
      ...services.map((each): [string, Figures] => [each.service, each]),
      ...(services.length > 1 ? [["all", total] as [string, Figures]] : []),
    ]),
    ...(ofWeek.length > 1 ? [rows("weekday", ofWeek.map((each) => [weekdays[each.weekday - 1] ?? "", each]))] : []), // biome-ignore format: one call
    rows("from", halfHours.map((each) => [each.time, each])), // biome-ignore format: one call
  ];
  const note = "wait and service in minutes: half of all took no longer, and 90 %; kept: waits that were as promised";
  return [paint("bold", period), ...sections, paint("dim", note)].join("\n\n");
}

/** Columns of the CSV file, with what each holds of a cell. */
const columns: [name: string, value: (cell: FiguresReport["cells"][number]) => string | number][] = [
  ["weekday", ({ weekday }) => weekdays[weekday - 1] ?? ""],
  ["half_hour", ({ time }) => time],
  ["service", ({ service }) => service],
  ["arrivals", ({ arrivals }) => arrivals],
  ["appointments", ({ appointments }) => appointments],
  ["persons", ({ persons }) => persons],
  ["served", ({ served }) => served],
  ["no_shows", ({ noShows }) => noShows],
  ["cancelled", ({ cancelled }) => cancelled],
  ["expired", ({ expired }) => expired],
  ["lapsed", ({ lapsed }) => lapsed],
  ["wait_median_minutes", ({ waitMinutes }) => waitMinutes?.median ?? ""],
  ["wait_p90_minutes", ({ waitMinutes }) => waitMinutes?.p90 ?? ""],
  ["service_median_minutes", ({ serviceMinutes }) => serviceMinutes?.median ?? ""],
  ["service_p90_minutes", ({ serviceMinutes }) => serviceMinutes?.p90 ?? ""],
  ["promises_made", ({ promises }) => promises.made],
  ["promises_kept", ({ promises }) => promises.kept],
];

/** Lines end with CR LF (RFC 4180, section 2); the last one gets its LF when it is printed. */
function csvOf({ from, to, cells }: FiguresReport): string {
  const lines = [
    ["from", "to", ...columns.map(([name]) => name)],
    ...cells.map((cell) => [from, to, ...columns.map(([, value]) => value(cell))]),
  ];
  return `${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r`;
}

/** A field with quotes around it where it needs them (RFC 4180, section 2). */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
