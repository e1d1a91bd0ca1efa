// time limit: 2400 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DayReport } from "./day.ts";
import { simulateDay } from "./day.ts";
import { inWords, summarise } from "./report.ts";
import { namedSeeds } from "./seeds.ts";

/** Days that are lived through on every run; `npm run sim` takes as many as it is told to. */
const days = 200;

test("whole office days with whatever breaks: nobody loses his turn, and all that must hold holds", async () => {
  const reports: DayReport[] = [];
  for (let seed = 1; seed <= days; seed += 1) reports.push(await simulateDay(seed));
  const summary = summarise(reports);
  console.log(inWords(summary));
  assert.equal(summary.wrong, []);
  assert.equal(summary.missing, [], "each kind of fault occurred");
});

test("a day that shows too little is not as it must be: few visitors, or few things that break", async () => {
  const day = await simulateDay(1);
  const [fault] = day.faults;
  assert.ok(fault);
  const faults = ["end of day", "closures not entered", "disk full", "disk full", "disk full", "disk full"];
  const few = { ...day, visitors: 199, faults: faults.map((name) => ({ ...fault, fault: name })) };
  assert.equal(summarise([day, few]).wrong, [{ seed: 1, problems: ["only 199 visitors came", "only 4 things broke"] }]);
});

test("the days that show a fault of their own are as they must be without it", async () => {
  for (const { seed } of namedSeeds) {
    if (seed > days) assert.equal((await simulateDay(seed)).problems, [], `seed ${seed}`);
  }
});

test("a seed leads to the same day each time", async () => {
  const [one, other] = [await simulateDay(4711), await simulateDay(4711)];
  assert.is(one.digest, other.digest);
  assert.equal(one.faults, other.faults);
});

test.run();
