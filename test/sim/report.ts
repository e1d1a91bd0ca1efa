import type { DayReport } from "./day.ts";
import { faultRows } from "./faults.ts";

/** A day on which fewer come, or fewer things break, shows too little. */
const visitorsMin = 200;
const faultsMin = 5;
/** What a day reports beside what breaks. */
const breaksNothing = new Set(["end of day", "closures not entered"]);

/** What many days showed together. */
export interface Summary {
  days: number;
  visitors: number;
  /** Seeds of days on which something was wrong, or that show too little, with what. */
  wrong: { seed: number; problems: string[] }[];
  /** How often each fault met each state of the world. */
  pairs: Map<string, Map<string, number>>;
  sentAway: Map<string, number>;
  /** How often staff were answered what, by verb and then by what was said. */
  answers: Map<string, Map<string, number>>;
  /** Rows of "when something breaks", and what staff do, that never occurred. */
  missing: string[];
}

export function summarise(reports: readonly DayReport[]): Summary {
  const pairs = new Map<string, Map<string, number>>();
  const sentAway = new Map<string, number>();
  const answers = new Map<string, Map<string, number>>();
  for (const report of reports) {
    for (const { fault, state } of report.faults) count(pairs, fault, state, 1);
    for (const [said, times] of Object.entries(report.answers)) {
      const [verb = "", what = ""] = said.split(" ");
      count(answers, verb, what, times);
    }
    for (const [why, count] of Object.entries(report.sentAway)) sentAway.set(why, (sentAway.get(why) ?? 0) + count);
  }
  const missing = Object.entries(faultRows)
    .filter(([, names]) => !names.some((name) => pairs.has(name)))
    .map(([row]) => row);
  for (const verb of deskVerbs) {
    const said = answers.get(verb) ?? new Map<string, number>();
    if (!said.has("done")) missing.push(`${verb}, done`);
    if ([...said.keys()].every((what) => what === "done" || what === "unknown")) missing.push(`${verb}, refused`);
  }
  for (const [what, hows] of Object.entries(ways)) {
    for (const how of hows) if (!answers.get(what)?.has(how)) missing.push(`${what}, ${how}`);
  }
  return {
    days: reports.length,
    visitors: reports.reduce((sum, { visitors }) => sum + visitors, 0),
    wrong: reports.flatMap((report) => {
      const problems = [...report.problems, ...lacking(report)];
      return problems.length > 0 ? [{ seed: report.seed, problems }] : [];
    }),
    pairs,
    sentAway,
    answers,
    missing,
  };
}

/** What a day must have and has not. */
function lacking({ visitors, faults }: DayReport): string[] {
  const broken = faults.filter(({ fault }) => !breaksNothing.has(fault)).length;
  return [
    ...(visitors < visitorsMin ? [`only ${visitors} visitors came`] : []),
    ...(broken < faultsMin ? [`only ${broken} things broke`] : []),
  ];
}

function count(pairs: Map<string, Map<string, number>>, what: string, how: string, times: number): void {
  const hows = pairs.get(what) ?? new Map<string, number>();
  pairs.set(what, hows.set(how, (hows.get(how) ?? 0) + times));
}

/** What staff do at a desk: each must have been done, and must have been refused to somebody. */
const deskVerbs = [
  "call.next",
  "call.number",
  "call.again",
  "call.undo",
  "ticket.finish",
  "ticket.no-show",
  "ticket.park",
  "ticket.resume",
  "ticket.transfer",
  "ticket.priority",
  "desk.close",
] as const;

/** What somebody with an appointment is told, and what becomes of it; and how sure of the time terminals were alone. */
const ways: Record<string, readonly string[]> = {
  "ticket.adopted": ["sure", "unsure"],
  "terminal:scan": ["number", "too-early", "too-late", "moved", "cancelled"],
  "terminal:entry": ["number", "no-match"],
  "appointment.checked-in": ["code", "birthdate", "staff"],
  "appointment.lapsed": ["not-checked-in"],
  "appointment.cancelled": ["staff"],
  "appointment.moved": ["once"],
};

/** The summary for people: what broke and in which state, and what was wrong. */
export function inWords({ days, visitors, wrong, pairs, sentAway, answers, missing }: Summary): string {
  const lines = [`${days} days, ${visitors} visitors`];
  for (const [fault, states] of [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const counts = [...states].sort(([, a], [, b]) => b - a).map(([state, count]) => `${state} ${count}`);
    lines.push(`  ${fault}: ${counts.join(", ")}`);
  }
  for (const [verb, said] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const counts = [...said].sort(([, a], [, b]) => b - a).map(([what, times]) => `${what} ${times}`);
    lines.push(`  ${verb}: ${counts.join(", ")}`);
  }
  const away = [...sentAway].map(([why, count]) => `${why} ${count}`).join(", ");
  lines.push(`left the terminal without a number: ${away || "nobody"}`);
  for (const row of missing) lines.push(`never occurred: ${row}`);
  for (const { seed, problems } of wrong) {
    lines.push(`seed ${seed}, again by: npm run sim -- --seed ${seed}`);
    for (const problem of problems.slice(0, 10)) lines.push(`  ${problem}`);
  }
  lines.push(`${wrong.length} of ${days} days were not as they must be`);
  return lines.join("\n");
}
