import { test } from "uvu";
import * as assert from "uvu/assert";
import { answerMaxSeconds, backupMaxMinutes, tendInThread } from "../../hub/store/backups.ts";
import { minuteMs, scheduled, settled, written } from "./scheduled-backups.ts";
import { mondayMorning } from "./test-office.ts";

/** A promise that a test settles when it likes. */
function later<T>() {
  let settle = (_value: T) => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

test("a folder that does not answer: told, nothing else is begun in it, and over when it answers", async () => {
  const it = scheduled(written);
  await it.pass(0);
  const newest = it.backups.newestAt();
  const real = it.tend;
  const hanging = later<void>();
  let asked = 0;
  it.tend = async (task) => {
    asked += 1;
    await hanging.promise;
    return real(task);
  };
  await it.passBusy(answerMaxSeconds * 1_000 - 1);
  assert.equal([it.alarms, it.stuck], [[], []], "it may still come");
  await it.passBusy(1);
  assert.match(it.alarms.join(), /here has not answered for 30 s: see to its drive/);
  assert.equal(it.stuck, [true]);
  for (let minute = 0; minute < 90; minute += 1) await it.pass(minuteMs);
  const asking = await it.backups.now().catch((error: Error) => error.message);
  assert.match(String(asking), /has not answered for 30 s/, "whoever wants one is told so at once");
  assert.equal([asked, it.begun(), it.alarms.length, it.over()], [1, 1, 1, 1]);
  assert.is(it.backups.newestAt(), newest, "what was seen last is known without asking");
  hanging.settle();
  await settled();
  assert.equal(it.stuck, [true, false]);
  await it.pass(minuteMs);
  assert.equal([it.begun(), it.over(), it.alarms.length], [2, 2, 1]);
  it.remove();
});

test("a folder that is back in time for the next backup is in order", async () => {
  let fail = false;
  const it = scheduled(written);
  await it.pass(0);
  const real = it.tend;
  it.tend = async (task) => {
    if (fail) throw new Error("the drive is gone");
    return real(task);
  };
  fail = true;
  await it.pass(minuteMs);
  fail = false;
  await it.pass(10 * minuteMs);
  assert.equal([it.alarms, it.begun(), it.over()], [["the drive is gone"], 1, 2]);
  it.remove();
});

test("a backup that does not come to an end: told after a time, and none is begun beside it", async () => {
  const hanging = later<void>();
  const it = scheduled(async (path) => {
    await hanging.promise;
    return written(path);
  });
  await it.passBusy(backupMaxMinutes * minuteMs);
  assert.match(it.alarms.join(), /the backup into .*here is not finished after 15 min: see to its drive/);
  for (let minute = 0; minute < 90; minute += 1) await it.pass(minuteMs);
  assert.equal([it.begun(), it.alarms.length, it.over(), it.stuck], [1, 1, 0, [true]]);
  hanging.settle();
  await settled();
  await it.pass(minuteMs);
  assert.equal([it.begun(), it.over(), it.stuck], [2, 1, [true, false]]);
  it.remove();
});

test("what is there is known without asking the folder again, and a thread tells it", async () => {
  const it = scheduled(written);
  assert.equal([it.backups.newestAt(), it.backups.freeBytes()], [null, undefined]);
  await it.pass(0);
  assert.is(it.backups.newestAt(), mondayMorning);
  const task = { folder: it.folder, oldBefore: 0 };
  const { finished, freeBytes } = await tendInThread(task);
  assert.equal(finished, [mondayMorning]);
  assert.ok(freeBytes > 0);
  it.remove();
});

test.run();
