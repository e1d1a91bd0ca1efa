import { setImmediate as turn } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createRuntime, mailboxInputsMax } from "../../device/runtime.ts";
import { until } from "../until.ts";

interface Parts {
  awaited?: (input: string) => boolean;
  urgent?: (input: string) => boolean;
  record?: (effects: string[], write: (line: string) => void, feed: (input: string) => boolean) => string[];
  run?: (effect: string, feed: (input: string) => boolean) => void;
  inputsMax?: number;
}

function startRuntime({ record = (effects) => effects, run = () => {}, ...parts }: Parts = {}) {
  const log: string[] = [];
  const overflows: number[] = [];
  const runtime = createRuntime<string[], string, string>({
    ...parts,
    first: [],
    step: (state, input) => ({ state: [...state, input], effects: [`${input}!`] }),
    record: (effects): string[] =>
      record(
        effects,
        (line) => void log.push(line),
        (input) => runtime.feed(input),
      ),
    show: (state) => void log.push(`show ${state.at(-1)}`),
    run(effects) {
      for (const effect of effects) {
        log.push(`run ${effect}`);
        run(effect, (input) => runtime.feed(input));
      }
    },
    overflow: (dropped) => void overflows.push(dropped),
  });
  return { runtime, log, overflows };
}

test("one input at a time, written down, shown, and then run", async () => {
  const { runtime, log } = startRuntime({
    run: (effect, feed) => void (effect === "a!" && feed("c")),
    record(effects, write) {
      for (const effect of effects) write(`write ${effect}`);
      return effects.filter((effect) => effect !== "b!");
    },
  });
  runtime.feed("a");
  runtime.feed("b");
  assert.equal(log, [], "nothing happens within feed itself");
  await until("all is done", () => runtime.state().length === 3);
  assert.equal(log, ["write a!", "show a", "run a!", "write b!", "show b", "write c!", "show c", "run c!"]);
});

test("what does not fit is counted and said, and the rest is taken in order", async () => {
  const { runtime, overflows } = startRuntime({ inputsMax: 3 });
  const taken = ["1", "2", "3", "4", "5"].map((input) => runtime.feed(input));
  assert.equal(taken, [true, true, true, false, false]);
  assert.equal([runtime.dropped(), overflows], [2, [1, 2]]);
  await until("the mailbox is empty", () => runtime.state().length === 3);
  assert.ok(runtime.feed("6"));
  await until("it goes on", () => runtime.state().at(-1) === "6");
  assert.equal(runtime.state(), ["1", "2", "3", "6"]);
});

test("what the machine waits for is taken though the mailbox is full", async () => {
  const { runtime } = startRuntime({ inputsMax: 2, awaited: (input) => input === "answer" });
  const taken = ["1", "2", "3", "answer"].map((input) => runtime.feed(input));
  assert.equal(taken, [true, true, false, true]);
  await until("the answer is in", () => runtime.state().at(-1) === "answer");
  assert.equal(runtime.state(), ["1", "2", "answer"]);
});

test("what says that an effect did not come about is next, however much waits, and what it undoes is not shown", async () => {
  const { runtime, log, overflows } = startRuntime({
    inputsMax: 2,
    urgent: (input) => input.startsWith("no "),
    record(effects, _write, feed) {
      if (effects[0] === "a!") for (const input of ["no 1", "later", "no 2"]) feed(input);
      return [];
    },
  });
  runtime.feed("a");
  runtime.feed("b");
  await until("all is done", () => runtime.state().length === 5);
  assert.equal(runtime.state(), ["a", "no 1", "no 2", "b", "later"]);
  assert.equal(log.filter((line) => line.startsWith("show")), ["show no 2", "show b", "show later"]); // biome-ignore format: one line
  assert.equal(overflows, []);
});

test("a flood of the machine's own making neither grows without end nor stops everything else", async () => {
  const { runtime } = startRuntime({
    run: (_effect, feed) => {
      feed("more");
      feed("and more");
    },
  });
  runtime.feed("first");
  let turns = 0;
  while (runtime.dropped() === 0) {
    await turn();
    turns += 1;
    assert.ok(turns < 10_000, "it overflows at some time");
  }
  assert.ok(turns > 1, "others had their turn meanwhile");
  assert.ok(runtime.state().length >= mailboxInputsMax / 2);
  runtime.stop();
});

test("after stop nothing is taken", async () => {
  const { runtime, log } = startRuntime();
  runtime.feed("a");
  runtime.stop();
  assert.not(runtime.feed("b"));
  await turn();
  await turn();
  assert.equal(log, []);
});

test.run();
