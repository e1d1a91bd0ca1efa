import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal } from "../../device/journal.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { choose, touch } from "./drive.ts";
import { code, ranges } from "./holding.ts";
import { type RoleByHand, settled, startRole } from "./role-by-hand.ts";
import { makeOffice } from "./terminal.ts";

/** A journal with numbers and an office, and what happens with terminals that go on with it one after the other. */
async function withJournal(run: (start: () => Promise<RoleByHand>, path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-unwritten-"));
  const path = join(folder, "journal.sqlite");
  const journal = createJournal(path, { warn() {}, error() {} });
  journal.open();
  journal.hold(ranges);
  journal.keep("office", makeOffice({ siteNumber: 1 }));
  journal.close();
  let running: RoleByHand | undefined;
  try {
    await run(async () => {
      await running?.stop();
      running = startRole(path);
      await settled();
      return running;
    }, path);
  } finally {
    await running?.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Nothing was heard of the hub since the start, so that it goes on alone. */
async function waitAlone({ clock }: RoleByHand): Promise<void> {
  clock.advance(usualLimits.beatTimeoutMs);
  await settled();
}

async function pass({ clock }: RoleByHand, ms: number): Promise<void> {
  clock.advance(ms);
  await settled();
}

async function show(role: RoleByHand, text: string): Promise<void> {
  role.scan(text);
  await settled();
}

const press = (role: RoleByHand, what = choose()) => {
  if (what.type === "touch") role.screen.touch(what.input);
  return settled();
};

const next = (role: RoleByHand, letter: string) =>
  role.journal.recall().grants.find((range) => range.letter === letter)?.next;
const brought = (role: RoleByHand) =>
  role.asked("ticket.adopt").flatMap(({ args }) => (args.tickets as { number: string }[]).map(({ number }) => number));

test("a number that was not written down is nobody's after a restart either, and is not given a second time", () =>
  withJournal(async (start) => {
    const first = await start();
    await waitAlone(first);
    first.refuse(() => true);
    await show(first, code("1"));
    assert.equal([first.views.at(-1)?.screen.name, first.papers()], ["unclear", []]);
    first.refuse(() => false);
    first.hub();
    await settled();
    await first.asked("ticket.withdraw")[0]?.answer({});
    assert.is(next(first, "T"), 951, "it stays skipped");

    const second = await start();
    await waitAlone(second);
    await show(second, code("1"));
    await pass(second, usualLimits.takenMs);
    await show(second, code("2"));
    assert.equal(second.papers(), ["T951", "T952"]);
    second.hub();
    await settled();
    assert.equal(brought(second), ["T951", "T952"]);
  }));

test("a number that is skipped while nothing can be written is skipped in the file with the next thing that is", () =>
  withJournal(async (start, path) => {
    const role = await start();
    await waitAlone(role);
    // A trigger has the write fail, as a full disk does.
    const other = new Database(path);
    for (const table of ["touches", "reserve"]) {
      other.exec(`CREATE TRIGGER full_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'full'); END`);
    }
    await press(role);
    assert.is(role.statuses.get("journal")?.state, "error");
    for (const table of ["touches", "reserve"]) other.exec(`DROP TRIGGER full_${table}`);
    other.close();
    await press(role, touch({ do: "done" }));
    await press(role, choose("registration"));
    assert.equal([role.papers(), next(role, "A"), next(role, "B")], [["B950"], 951, 951]);
    assert.is(role.statuses.get("journal")?.state, "ready");
  }));

test("a number that is taken while the hub is slow and cannot be written is not brought to it, nor is it given again", () =>
  withJournal(async (start) => {
    const role = await start();
    role.hub();
    await settled();
    await press(role);
    role.refuse(({ step }) => step === "issued");
    role.clock.advance(usualLimits.answerTimeoutMs);
    await settled();
    assert.equal([brought(role), role.papers()], [[], []]);
    assert.is(role.views.at(-1)?.screen.name, "unclear");
    assert.is(role.asked("ticket.withdraw").length, 1);
    role.refuse(() => false);
    await press(role, touch({ do: "done" }));
    await pass(role, usualLimits.ticketPauseMs);
    await press(role);
    role.clock.advance(usualLimits.answerTimeoutMs);
    await settled();
    assert.equal([role.papers(), brought(role)], [["A951"], ["A951"]]);
    assert.is(next(role, "A"), 952);
  }));

test("the hub is back in the instant in which a number cannot be written: it is not brought", () =>
  withJournal(async (start) => {
    const role = await start();
    await waitAlone(role);
    role.refuse(({ step }) => step === "issued");
    const touched = choose();
    // All of this waits in the mailbox when the journal refuses.
    if (touched.type === "touch") role.screen.touch(touched.input);
    role.hub();
    await settled();
    assert.equal([brought(role), role.papers()], [[], []]);
    assert.is(role.asked("ticket.withdraw").length, 1);
  }));

test("the screen shows a number when it is written down, and none that is not", () =>
  withJournal(async (start) => {
    const role = await start();
    role.printer.setStatus({ state: "paper-out", detail: "" });
    await waitAlone(role);
    role.refuse(({ step }) => step === "issued");
    await press(role);
    const shown = () => role.views.flatMap(({ screen }) => (screen.kind === "number" ? [screen.number] : []));
    assert.equal([shown(), role.views.at(-1)?.screen.name], [[], "unclear"]);
    role.refuse(() => false);
    await press(role, touch({ do: "done" }));
    await pass(role, usualLimits.ticketPauseMs);
    const written: (number | undefined)[] = [];
    role.screen.show = (view) => {
      role.views.push(view);
      written.push(next(role, "A"));
    };
    await press(role);
    assert.equal([shown(), written], [["A951"], [952]]);
  }));

test.run();
