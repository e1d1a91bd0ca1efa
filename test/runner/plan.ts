import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A test file may take this long unless it says otherwise, in seconds. */
const timeLimitSecondsDefault = 120;
/** A file says how it wants to be run within its first lines. */
const headLines = 10;

export interface PlannedFile {
  /** From the root, with slashes: `test/sign/alpha.test.ts`. */
  path: string;
  timeLimitMs: number;
  /** Timing is measured: nothing else may run beside it. */
  runsAlone: boolean;
}

/** What a test file asks for: `// time limit: 300 s` and `// runs alone`, each on a line of its own. */
export function readWishes(source: string): Omit<PlannedFile, "path"> {
  const head = source.split("\n", headLines).join("\n");
  const seconds = /^\/\/ time limit: (\d+) s$/m.exec(head)?.[1] ?? timeLimitSecondsDefault;
  return { timeLimitMs: Number(seconds) * 1000, runsAlone: /^\/\/ runs alone$/m.test(head) };
}

/**
 * Every test file below `test/` whose path holds one of the words; without words, all of them. Those that may take longest come
 * first: begun last, one of them would run on alone in the end.
 */
export function planFiles(root: string, words: readonly string[]): PlannedFile[] {
  return globSync("test/**/*.test.ts", { cwd: root })
    .sort()
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .map((path) => ({ path, ...readWishes(readFileSync(join(root, path), "utf8")) }))
    .sort((a, b) => b.timeLimitMs - a.timeLimitMs);
}

/** Where the list of tests that must run is kept: one path a line, `#` begins a comment. */
export const requiredList = "test/required.txt";

/** Each way in which the files that are there and the list of files that must be there differ. */
export function compareWithRequired(list: string, present: readonly string[]): string[] {
  const required = list.split("\n").flatMap((line) => line.replace(/#.*/, "").trim() || []);
  return [
    ...required.filter((path) => !present.includes(path)).map((path) => `${path} must run and is missing`),
    ...present
      .filter((path) => !required.includes(path))
      .map((path) => `${path} is not in ${requiredList}: add it to the list`),
    ...required
      .filter((path, index) => required.indexOf(path) !== index)
      .map((path) => `${path} is twice in ${requiredList}`),
  ];
}
