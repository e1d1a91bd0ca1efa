import { stripVTControlCharacters } from "node:util";

/** How the process of one test file ended. */
export interface Ending {
  output: string;
  code: number | null;
  signal: string | null;
  /** It was killed because its time was over. */
  timedOut: boolean;
  /** What it left running, in words; killed by now. */
  leftovers: string[];
}

export interface Verdict {
  passed: number;
  failed: number;
  /** Each skip in words: what was skipped and why, as far as known. */
  skips: string[];
  /** What was wrong with the file as a whole, besides single tests that failed. */
  problems: string[];
  /** Of a file that failed, the lines by which the reason is found; none of any other. */
  reasons: string[];
}

/** Of each failed test so many lines are repeated at the end, of so many tests of a file, each so long, in characters. */
const reasonLinesMax = 15;
const reasonTestsMax = 10;
const reasonLineCharactersMax = 300;

/**
 * The failed tests of one file by name, each with the beginning of its error; where uvu named none, as when the file was
 * killed, the end of what it printed.
 */
function reasonsIn(text: string): string[] {
  const shown = (lines: string[]) =>
    lines
      .filter((line) => line.trim() !== "" && !/^ +at .*(node_modules\/|node:)/.test(line))
      .map((line) => line.trimEnd().slice(0, reasonLineCharactersMax));
  const [, ...failed] = text.split(/^(?= {3}FAIL )/m);
  if (failed.length === 0) return shown(text.split("\n")).slice(-reasonLinesMax);
  const beginnings = failed
    .slice(0, reasonTestsMax)
    .flatMap((part) => shown((part.split(/^ {2}Total: /m)[0] ?? "").split("\n")).slice(0, reasonLinesMax));
  const more = failed.length - reasonTestsMax;
  return more > 0 ? [...beginnings, `   and ${more} more failed tests`] : beginnings;
}

/**
 * Reads what uvu printed. Its exit code alone is not believed: it is 0 without any test, without `test.run()`, and
 * when a `before` hook throws, which silently drops every test of the file.
 */
export function judge(
  path: string,
  { output, code, signal, timedOut, leftovers }: Ending,
  timeLimitMs: number,
): Verdict {
  const text = stripVTControlCharacters(output);
  const summary = [...text.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm)].at(-1);
  const [total, passed, skippedInside] = (summary?.slice(1).map(Number) ?? [0, 0, 0]) as [number, number, number];
  const skips = [...text.matchAll(/^SKIP .*$/gm)].map(([line]) => `${path}: ${line.slice("SKIP ".length)}`);
  const skippedWhole = skips.length > 0 && !summary;
  if (skippedInside > 0) skips.push(`${path}: ${skippedInside} skipped by test.skip or test.only`);

  const problems: string[] = [];
  if (timedOut) problems.push(`not finished within ${timeLimitMs / 1000} s`);
  else if (signal) problems.push(`ended by ${signal}`);
  else if (!summary && !skippedWhole) problems.push("no result: did the file end early, or forget test.run()?");
  else if (!skippedWhole && total === 0) problems.push("not a single test ran");
  else if (passed < total && !/^ {3}FAIL /m.test(text)) {
    problems.push(`only ${passed} of ${total} tests ran: a hook threw an error that uvu keeps to itself`);
  } else if (code !== 0 && passed === total) problems.push(`exit code ${code} although no test failed`);
  else if (code === 0 && passed < total) problems.push(`exit code 0 although ${total - passed} tests failed`);
  for (const leftover of leftovers) problems.push(`left running: ${leftover}`);

  const failed = total - passed || (problems.length > 0 ? 1 : 0);
  return { passed, failed, skips, problems, reasons: failed > 0 ? reasonsIn(text) : [] };
}
