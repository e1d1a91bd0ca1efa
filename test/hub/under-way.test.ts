import { test } from "uvu";
import * as assert from "uvu/assert";
import { Refused } from "../../hub/handler.ts";
import type { LateAnswer } from "../../hub/under-way.ts";
import { createUnderWay } from "../../hub/under-way.ts";
import { refuse } from "../../protocol/errors.ts";

const hash = Buffer.from("what was asked");

function asking(keep: (answer: LateAnswer) => void = () => {}, mustKeep = false) {
  const underWay = createUnderWay();
  const kept: LateAnswer[] = [];
  const said: LateAnswer[] = [];
  let begun = 0;
  let end: { resolve(result: object): void; reject(error: unknown): void } | undefined;
  const question = {
    hash,
    mustKeep,
    begin() {
      begun += 1;
      const { promise, resolve, reject } = Promise.withResolvers<object>();
      end = { resolve, reject };
      return promise;
    },
    keep(answer: LateAnswer) {
      keep(answer);
      kept.push(answer);
    },
  };
  const ask = () => underWay.ask("admin/r-1", question, (answer) => said.push(answer));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { underWay, ask, kept, said, begun: () => begun, end: () => end, settle };
}

test("a question that comes again while it is answered is begun once and answered each time", async () => {
  const it = asking();
  it.ask();
  it.ask();
  assert.is(it.begun(), 1);
  assert.equal(it.underWay.asked("admin/r-1"), hash);
  assert.is(it.underWay.asked("admin/r-2"), undefined);
  it.end()?.resolve({ path: "x" });
  await it.settle();
  const answer = { ok: true, result: { path: "x" } };
  assert.equal([it.kept, it.said], [[answer], [answer, answer]]);
  assert.is(it.underWay.asked("admin/r-1"), undefined);
  it.ask();
  assert.is(it.begun(), 2, "what is kept is the caller's to find");
});

test("a no is kept like any answer; what broke is not, and may be asked again", async () => {
  const it = asking();
  const no = refuse("wrong-state", "terminal-1 is not online");
  it.ask();
  it.end()?.reject(new Refused(no));
  await it.settle();
  assert.equal(it.kept, [{ ok: false, error: no }]);
  it.ask();
  it.end()?.reject(new Error("the disk is full"));
  await it.settle();
  assert.is(it.kept.length, 1);
  const last = it.said.at(-1);
  assert.is(last && !last.ok && last.error.code, "unavailable");
});

for (const [what, mustKeep, said] of [
  ["one that somebody acts on is not given", true, ["unavailable"]],
  ["any other is", false, ["ok"]],
] as const) {
  test(`an answer that cannot be kept: ${what}`, async () => {
    const full = () => {
      throw new Error("the disk is full");
    };
    const it = asking(full, mustKeep);
    it.ask();
    it.end()?.resolve({});
    await it.settle();
    assert.equal(
      it.said.map((answer) => (answer.ok ? "ok" : answer.error.code)),
      said,
    );
    assert.is(it.underWay.asked("admin/r-1"), undefined, "and it may be asked again");
  });
}

test.run();
