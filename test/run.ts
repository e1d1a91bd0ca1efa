import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { installSystemPackages } from "./runner/packages.ts";
import { compareWithRequired, type PlannedFile, planFiles, requiredList } from "./runner/plan.ts";
import { killRunning, runFile } from "./runner/process.ts";
import { judge, type Verdict } from "./runner/verdict.ts";

/**
 * `npm test`: types, lint, and every test file as a process of its own. Words after `--` choose the files whose path
 * contains one of them; `--only-tests` leaves out types and lint.
 */

const root = process.cwd();
const filesAtOnce = 2;
const slowestShown = 5;

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { "only-tests": { type: "boolean", default: false } },
});
const skipsFail = process.env.CI === "true" || process.env.WARTEMARKE_NO_SKIP === "1";

interface Finished {
  path: string;
  seconds: number;
  verdict: Verdict;
}

const failures: string[] = [];

function check(name: string, program: string, args: string[]): void {
  const started = Date.now();
  const done = spawnSync(`${root}/node_modules/.bin/${program}`, args, { cwd: root, encoding: "utf8" });
  const fine = done.status === 0;
  console.log(`${fine ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (fine) return;
  failures.push(name);
  console.log(`${done.error?.message ?? ""}${done.stdout}${done.stderr}`);
}

async function runOne({ path, timeLimitMs }: PlannedFile): Promise<Finished> {
  const started = Date.now();
  const ending = await runFile(root, path, timeLimitMs);
  const verdict = judge(path, ending, timeLimitMs);
  const seconds = (Date.now() - started) / 1000;
  const { passed, failed, skips, problems } = verdict;
  const word = failed > 0 ? "FAIL" : skips.length > 0 ? "skip" : "ok  ";
  const counts = [`${passed} passed`, ...(failed ? [`${failed} failed`] : []), ...(skips.length ? ["skips"] : [])];
  console.log(`${word} ${path} (${counts.join(", ")}, ${seconds.toFixed(1)} s)`);
  if (failed > 0) console.log([ending.output.trimEnd(), ...problems.map((problem) => `  ${problem}`), ""].join("\n"));
  return { path, seconds, verdict };
}

async function runAll(files: readonly PlannedFile[], atOnce: number): Promise<Finished[]> {
  const waiting = [...files];
  const finished: Finished[] = [];
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) finished.push(await runOne(file));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return finished;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    killRunning();
    process.exit(1);
  });
}

const aptLog = installSystemPackages();
if (aptLog) console.log(aptLog);
if (!values["only-tests"]) {
  check("types (tsc)", "tsc", []);
  check("lint and format (biome)", "biome", ["check", "--error-on-warnings", "--diagnostic-level=warn"]);
}

const files = planFiles(root, words);
if (files.length === 0) failures.push(words.length > 0 ? `no test file matches: ${words.join(" ")}` : "no test files");
if (words.length === 0) {
  const list = existsSync(requiredList) ? readFileSync(requiredList, "utf8") : "";
  const present = files.map(({ path }) => path);
  failures.push(...compareWithRequired(list, present));
}

const finished = [
  ...(await runAll(
    files.filter(({ runsAlone }) => !runsAlone),
    filesAtOnce,
  )),
  ...(await runAll(
    files.filter(({ runsAlone }) => runsAlone),
    1,
  )),
];

const skips = finished.flatMap(({ verdict }) => verdict.skips);
const passed = finished.reduce((sum, { verdict }) => sum + verdict.passed, 0);
if (skipsFail) failures.push(...skips.map((skip) => `skipped, which is not allowed here: ${skip}`));
const failed = finished.reduce((sum, { verdict }) => sum + verdict.failed, failures.length);

const slowest = finished.toSorted((a, b) => b.seconds - a.seconds).slice(0, slowestShown);
console.log(`\nSlowest: ${slowest.map(({ path, seconds }) => `${path} ${seconds.toFixed(1)} s`).join(", ")}`);
for (const skip of skips) console.log(`Skipped: ${skip}`);
for (const { path, verdict } of finished.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
  if (verdict.failed === 0) continue;
  console.log(`Failed: ${path}${verdict.problems.map((problem) => `: ${problem}`).join("")}`);
  // A log may be cut: its end suffices.
  for (const line of verdict.reasons) console.log(`  ${line}`);
}
for (const failure of failures) console.log(`Failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed, ${skips.length} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
