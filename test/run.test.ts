import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareWithRequired, readWishes } from "./runner/plan.ts";
import { until } from "./until.ts";

const repository = join(import.meta.dirname, "..");
const runner = join(import.meta.dirname, "run.ts");
const uvu = 'import { test } from "uvu";\n';

/** A folder with these files and our packages; removed afterwards. */
function inFolder<T>(files: Record<string, string>, run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-run-"));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const all = { "package.json": '{"type":"module"}', "test/required.txt": listOf(files), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const result = run(folder);
  if (result instanceof Promise) result.finally(clean).catch(() => {});
  else clean();
  return result;
}

const listOf = (files: Record<string, string>) =>
  Object.keys(files)
    .filter((path) => path.endsWith(".test.ts"))
    .join("\n");

const environment = (more: Record<string, string>) => {
  const { CI: _, WARTEMARKE_NO_SKIP: __, ...env } = process.env;
  return { ...env, ...more };
};

/** No example takes nearly as long, in milliseconds. */
const runTimeoutMs = 30_000;

interface Ran {
  code: number | null;
  output: string;
  lastLine: string;
}

function runSuite(files: Record<string, string>, more: Record<string, string> = {}, words: string[] = []): Ran {
  return inFolder(files, (cwd) => {
    const args = [runner, "--only-tests", ...words];
    const env = environment(more);
    const done = spawnSync(process.execPath, args, { cwd, encoding: "utf8", env, timeout: runTimeoutMs });
    const output = done.stdout + done.stderr;
    return { code: done.status, output, lastLine: done.stdout.trimEnd().split("\n").at(-1) ?? "" };
  });
}

const passing = `${uvu}test("one", () => {}); test("two", () => {}); test.run();`;

interface Expected {
  lastLine: string;
  says?: string;
  code?: 0 | 1;
}

const table: Record<string, [files: Record<string, string>, expected: Expected, env?: Record<string, string>]> = {
  "all is well": [
    { "test/a.test.ts": passing, "test/deep/b.test.ts": passing },
    { lastLine: "4 passed, 0 failed, 0 skipped", code: 0, says: "ok   test/deep/b.test.ts (2 passed, " },
  ],
  "one test fails": [
    { "test/a.test.ts": `${uvu}test("x", () => {}); test("y", () => { throw new Error("oh dear"); }); test.run();` },
    { lastLine: "1 passed, 1 failed, 0 skipped", says: "oh dear" },
  ],
  "no test file at all": [{}, { lastLine: "0 passed, 1 failed, 0 skipped", says: "no test files" }],
  "a file without tests": [
    { "test/a.test.ts": `${uvu}test.run();` },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "not a single test ran" },
  ],
  "an empty file": [
    { "test/a.test.ts": "" },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "forget test.run()?" },
  ],
  "test.run() is forgotten": [
    { "test/a.test.ts": `${uvu}test("x", () => {});` },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "forget test.run()?" },
  ],
  "a before hook throws": [
    { "test/a.test.ts": `${uvu}test.before(() => { throw new Error("no"); });\n${passing.slice(uvu.length)}` },
    { lastLine: "0 passed, 2 failed, 0 skipped", says: "only 0 of 2 tests ran" },
  ],
  "an after hook throws": [
    { "test/a.test.ts": `${uvu}test.after(() => { throw new Error("late"); });\n${passing.slice(uvu.length)}` },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "late" },
  ],
  "a hook throws after a failed test": [
    {
      "test/a.test.ts": `${uvu}test.after.each(() => { throw new Error("hook"); });\n${passing.slice(uvu.length)}`,
    },
    { lastLine: "0 passed, 2 failed, 0 skipped" },
  ],
  "a promise never settles": [
    { "test/a.test.ts": `${uvu}test("x", () => new Promise(() => {})); test.run();` },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "Exiting early" },
  ],
  "a late rejection nobody handles": [
    {
      "test/a.test.ts": `${uvu}test("x", () => { setTimeout(() => Promise.reject(new Error("later")), 50); }); test.run();`,
    },
    { lastLine: "1 passed, 1 failed, 0 skipped", says: "exit code 1 although no test failed" },
  ],
  "the file leaves early with exit code 0": [
    { "test/a.test.ts": `${uvu}test("x", () => process.exit(0)); test.run();` },
    { lastLine: "0 passed, 1 failed, 0 skipped" },
  ],
  "the exit code hides a failure": [
    {
      "test/a.test.ts": `${uvu}test("x", () => { throw new Error("no"); }); process.on("exit", () => { process.exitCode = 0; }); test.run();`,
    },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "exit code 0 although 1 tests failed" },
  ],
  "it does not parse": [
    { "test/a.test.ts": "import {" },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "SyntaxError" },
  ],
  "the process is killed": [
    { "test/a.test.ts": `${uvu}test("x", () => { process.kill(process.pid, "SIGKILL"); }); test.run();` },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "ended by SIGKILL" },
  ],
  "it hangs": [
    { "test/a.test.ts": `// time limit: 4 s\n${uvu}test("x", () => {}); setInterval(() => {}, 1000); test.run();` },
    { lastLine: "1 passed, 1 failed, 0 skipped", says: "not finished within 4 s" },
  ],
  "it hangs and does not listen": [
    { "test/a.test.ts": "// time limit: 1 s\nprocess.on('SIGTERM', () => {}); for (;;) {}" },
    { lastLine: "0 passed, 1 failed, 0 skipped", says: "not finished within 1 s" },
  ],
  "a need is missing": [
    { "test/a.test.ts": 'console.log("SKIP a.test.ts: needs moon")', "test/b.test.ts": passing },
    { lastLine: "2 passed, 0 failed, 1 skipped", code: 0, says: "Skipped: test/a.test.ts: a.test.ts: needs moon" },
  ],
  "a need is missing in CI": [
    { "test/a.test.ts": 'console.log("SKIP a.test.ts: needs moon")' },
    { lastLine: "0 passed, 1 failed, 1 skipped", says: "skipped, which is not allowed here: test/a.test.ts" },
    { CI: "true" },
  ],
  "a need is missing where skips are forbidden": [
    { "test/a.test.ts": 'console.log("SKIP a.test.ts: needs moon")' },
    { lastLine: "0 passed, 1 failed, 1 skipped" },
    { WARTEMARKE_NO_SKIP: "1" },
  ],
  "a skip with a bad exit code": [
    { "test/a.test.ts": 'console.log("SKIP a.test.ts: needs moon"); throw new Error("and more");' },
    { lastLine: "0 passed, 1 failed, 1 skipped", says: "exit code 1" },
  ],
  "uvu skips": [
    { "test/a.test.ts": `${uvu}test.skip("x", () => {}); test("y", () => {}); test.run();` },
    { lastLine: "1 passed, 0 failed, 1 skipped", code: 0, says: "Skipped: test/a.test.ts: 1 skipped by test.skip" },
  ],
  "uvu skips in CI": [
    { "test/a.test.ts": `${uvu}test.only("x", () => {}); test("y", () => {}); test.run();` },
    { lastLine: "1 passed, 1 failed, 1 skipped" },
    { CI: "true" },
  ],
  "a required file is missing": [
    { "test/a.test.ts": passing, "test/required.txt": "test/a.test.ts\ntest/gone.test.ts\n" },
    { lastLine: "2 passed, 1 failed, 0 skipped", says: "test/gone.test.ts must run and is missing" },
  ],
  "a file is not in the list": [
    { "test/a.test.ts": passing, "test/new.test.ts": passing, "test/required.txt": "# all\ntest/a.test.ts # first\n" },
    { lastLine: "4 passed, 1 failed, 0 skipped", says: "test/new.test.ts is not in test/required.txt: add it" },
  ],
  "the list itself is missing": [
    { "test/a.test.ts": passing, "test/required.txt": "" },
    { lastLine: "2 passed, 1 failed, 0 skipped", says: "add it to the list" },
  ],
};

for (const [name, [files, { lastLine, says, code = 1 }, env]] of Object.entries(table)) {
  test(name, () => {
    const ran = runSuite(files, env);
    assert.is(ran.lastLine, lastLine, ran.output);
    assert.is(ran.code, code, ran.output);
    if (says) assert.ok(ran.output.includes(says), `"${says}" is not in:\n${ran.output}`);
  });
}

/** What is said after the line of the slowest files. */
const endOf = (output: string) => output.slice(output.indexOf("\nSlowest: "));

test("the end of the log names each failed test and how its error begins", () => {
  const throwing = (words: string) => `() => { throw new Error(${JSON.stringify(words)}); }`;
  const long = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n");
  const end = endOf(
    runSuite({
      "test/a.test.ts": `${uvu}test("fine", () => {}); test("x", ${throwing("oh dear")}); test("y", ${throwing(long)}); test.run();`,
      "test/b.test.ts": passing,
      "test/c.test.ts": `console.log("before"); throw new Error("at once");`,
      "test/d.test.ts": `${uvu}for (let n = 0; n < 13; n += 1) test("many " + n, ${throwing("w".repeat(1_000))}); test.run();`,
    }).output,
  );
  const [, a = "", c = "", d = ""] = end.split(/^Failed: /m);
  assert.match(a, /^test\/a\.test\.ts\n +FAIL +"x"\n +oh dear\n.*\n +FAIL +"y"\n +line 0\n/s);
  assert.match(a, "line 13\n");
  assert.not.match(a, "line 14\n");
  assert.match(c, /^test\/c\.test\.ts: no result/);
  assert.match(c, "Error: at once");
  assert.match(d, /"many 9".* and 3 more failed tests\n/s);
  assert.not.match(d, /"many 10"|w{400}/);
  assert.not.match(end, /b\.test\.ts$/m);
});

test("words choose files, and the list is not asked then", () => {
  const files = { "test/sign/a.test.ts": passing, "test/b.test.ts": passing, "test/required.txt": "" };
  assert.is(runSuite(files, {}, ["sign"]).lastLine, "2 passed, 0 failed, 0 skipped");
  assert.is(runSuite(files, {}, ["sign", "b.test"]).lastLine, "4 passed, 0 failed, 0 skipped");
  assert.match(runSuite(files, {}, ["nothing"]).output, "no test file matches: nothing");
});

test("colours do not hide the result", () => {
  assert.is(runSuite({ "test/a.test.ts": passing }, { FORCE_COLOR: "1" }).lastLine, "2 passed, 0 failed, 0 skipped");
});

/** A process that ended and that nobody waited for yet is not alive (proc_pid_stat(5), state Z). */
function isAlive(pid: number): boolean {
  assert.ok(pid > 0);
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** A test that leaves a process behind in a session of its own and prints its id. */
const leaving = (rest: string) => `// time limit: 5 s
${uvu}import { spawn } from "node:child_process";
test("x", () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  child.unref();
  console.log("child", child.pid);
  throw new Error("shown");
});
${rest}
test.run();`;

test("a process left behind is a failure, and is gone afterwards", () => {
  const ran = runSuite({ "test/a.test.ts": leaving("") });
  assert.match(ran.output, "left running: node -e");
  assert.not.ok(isAlive(Number(/child (\d+)/.exec(ran.output)?.[1])));
});

test("a file that is out of time takes its processes with it", () => {
  const ran = runSuite({ "test/a.test.ts": leaving("setInterval(() => {}, 1000);") });
  assert.match(ran.output, "not finished within 5 s");
  assert.not.ok(isAlive(Number(/child (\d+)/.exec(ran.output)?.[1])));
});

const endless = `import { writeFileSync } from "node:fs";
writeFileSync("pid", String(process.pid));
setInterval(() => {}, 1000);`;

test("an interrupted run ends what it started", () =>
  inFolder({ "test/a.test.ts": endless }, async (cwd) => {
    const pidFile = join(cwd, "pid");
    const run = spawn(process.execPath, [runner, "--only-tests"], { cwd, env: environment({}), stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => run.on("exit", (code) => resolve(code)));
    const pid = await until("the file runs", () => {
      try {
        return Number(readFileSync(pidFile, "utf8"));
      } catch {
        return 0;
      }
    });
    run.kill("SIGINT");
    assert.is(await ended, 1);
    await until("the file is gone", () => !isAlive(pid));
  }));

test("files that run alone run after all others", () => {
  const alone = `// runs alone\n${passing}`;
  const { output } = runSuite({ "test/a.test.ts": alone, "test/b.test.ts": passing, "test/c.test.ts": passing });
  const order = [...output.matchAll(/^ok +test\/(\w)/gm)].map(([, name]) => name);
  assert.is(order.at(-1), "a", output);
});

test("wishes count only at the top of a file", () => {
  assert.equal(readWishes("// time limit: 300 s\n// runs alone\n"), { timeLimitMs: 300_000, runsAlone: true });
  assert.equal(readWishes(`${"\n".repeat(20)}// runs alone`), { timeLimitMs: 120_000, runsAlone: false });
  assert.equal(readWishes('const x = "// runs alone";'), { timeLimitMs: 120_000, runsAlone: false });
});

test("a file that is twice in the list is told", () => {
  assert.equal(compareWithRequired("test/a.test.ts\ntest/a.test.ts\n", ["test/a.test.ts"]), [
    "test/a.test.ts is twice in test/required.txt",
  ]);
});

test.run();
