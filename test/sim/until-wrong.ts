import { simulateDay } from "./day.ts";

/** Lives through so many days from a seed on, and ends with 1 and the first problem as soon as one is wrong. */
const [from = 1, days = 1] = process.argv.slice(2).map(Number);
for (let seed = from; seed < from + days; seed += 1) {
  const found = await simulateDay(seed).then(
    ({ problems }) => problems[0],
    (error) => `the day ended: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
  );
  if (found === undefined) continue;
  console.log(`seed ${seed}: ${found}`);
  process.exit(1);
}
