import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal } from "../../device/journal.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { viewOf } from "../../device/terminal/view.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { choose, issued, openTouch, paper, requestOf, scan, ticket } from "./drive.ts";
import { alone, code, job, live, monday, number, paperOut, ranges, ready, reports, takeIn, up } from "./holding.ts";
import { makeOffice } from "./terminal.ts";

test("after a number that was not written down the code that is shown again gets one that is brought to the hub", () => {
  const drive = alone().feed(scan(code("1")));
  const request = requestOf(drive.state());
  drive.feed({ type: "store-failed", request, step: "issued", reason: "disk full" });
  assert.is(drive.state().phase.name, "unclear");
  drive.pass(usualLimits.messageMs).feed({ type: "tick" }, scan(code("1")));
  assert.ok(number(drive), "he gets a paper now");
  const given = number(drive);
  drive.feed(paper(job(drive), "printed"));
  drive.feed(...up);
  const brought = drive
    .requests("ticket.adopt")
    .flatMap((each) => (each.type === "request" && each.verb === "ticket.adopt" ? each.args.tickets : []));
  assert.equal(
    brought.map((item) => item.number),
    [given],
  );
});

test("a number of the reserve that was not written down is not shown either", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-"));
  const silent = { warn() {}, error() {} };
  const journal = createJournal(join(folder, "journal.sqlite"), silent);
  journal.open();
  journal.hold(ranges);
  // As the role runs effects: the journal is full, so the touch's effects are left out and `store-failed` comes.
  const drive = alone().feed(paperOut).feed(choose());
  const request = requestOf(drive.state());
  drive.feed({ type: "store-failed", request, step: "issued", reason: "disk full" });
  const screen = viewOf(drive.state()).screen;
  const first = screen.kind === "number" ? screen.number : "none";
  // The power goes; the journal is as it was.
  const again = alone({ grants: journal.recall().grants }).feed(choose());
  journal.close();
  rmSync(folder, { recursive: true });
  assert.is(number(again), "A950");
  assert.is.not(first, number(again));
});

test("ranges that could not be written when they were granted can be given when there is room again", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-"));
  const path = join(folder, "journal.sqlite");
  const journal = createJournal(path, { warn() {}, error() {} });
  journal.open();
  // A trigger has the write fail, as a full disk does.
  const other = new Database(path);
  other.exec("CREATE TRIGGER full BEFORE INSERT ON reserve BEGIN SELECT RAISE(ABORT, 'full'); END");
  assert.throws(() => journal.hold(ranges));
  other.exec("DROP TRIGGER full");
  other.close();
  const drive = alone().feed(choose());
  const [stored] = drive.stored();
  try {
    if (stored) journal.store(stored);
    assert.is(journal.recall().grants.find(({ letter, day }) => letter === "A" && day === monday)?.next, 951);
  } finally {
    journal.close();
    rmSync(folder, { recursive: true });
  }
});

test("whatever could not be kept is in the file with the next thing that is written, in its last version", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-"));
  const path = join(folder, "journal.sqlite");
  const journal = createJournal(path, { warn() {}, error() {} });
  const list = (revision: number) => ({ day: monday, revision, appointments: [] });
  journal.open();
  const other = new Database(path);
  other.exec("CREATE TRIGGER full BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'full'); END");
  for (const keep of [
    () => journal.keep("office", makeOffice()),
    () => journal.keep("epoch", { epoch: 3 }),
    () => journal.keep("clock", { contactAt: 5, aheadMs: 0, boot: "" }),
    () => journal.keepList(list(1), null),
    () => journal.keepList(list(2), monday),
    () => journal.hold(ranges),
  ]) {
    assert.throws(keep, /full/);
  }
  other.exec("DROP TRIGGER full");
  other.close();
  try {
    journal.store(openTouch());
    assert.is(journal.status().state, "ready");
    const { office, epoch, clock, lists, grants } = journal.recall();
    assert.equal([office?.name, epoch, clock?.contactAt], [makeOffice().name, 3, 5]);
    assert.equal([lists, grants.length], [[list(2)], ranges.length]);
  } finally {
    journal.close();
    rmSync(folder, { recursive: true });
  }
});

test("the hub adopts a number while it is printed and the journal cannot write that down: it is not withdrawn", () => {
  const drive = live().feed(choose());
  const request = requestOf(drive.state());
  drive.passLive(usualLimits.answerTimeoutMs);
  assert.is(number(drive), "A950");
  takeIn(drive);
  assert.is(drive.stored().at(-1)?.reserve?.adopted, true);
  drive.feed({ type: "store-failed", request, step: "issued", reason: "disk full" });
  assert.equal(drive.requests("ticket.withdraw"), []);
  drive.feed(paper(`${request}.0`, "printed"));
  assert.equal(
    reports(drive).map(({ outcome }) => outcome),
    ["printed"],
  );
});

test("whoever is checked in by the hub gets his number, also where that cannot be written down: it is his whatever is here", () => {
  const admitted: Ticket = { ...ticket, id: `${monday}/T001`, number: "T001", kind: "appointment", paper: "pending" };
  for (const [printer, phase] of [
    [ready, "printing"],
    [paperOut, "kept"],
  ] as const) {
    const drive = live().feed(printer, scan(code("1")));
    const request = requestOf(drive.state());
    drive.feed(issued(request, admitted));
    const printed = drive.prints().length;
    // The journal did not take it: what stands behind it was left out.
    drive.feed({ type: "store-failed", request, step: "issued", reason: "disk full" });
    assert.is(drive.state().phase.name, phase);
    assert.equal(drive.requests("ticket.withdraw"), [], "the hub would not take a check-in back");
    if (phase === "printing") {
      assert.is(drive.prints().length, printed + 1);
      const last = drive.prints().at(-1);
      assert.is(last?.type === "print" ? last.name : "", undefined, "nobody will ask the printer for it");
      drive.feed(paper(job(drive), "printed"));
      drive.feed({ type: "store-failed", request, step: "reporting", reason: "disk full" });
    }
    assert.is(reports(drive).at(-1)?.outcome, phase === "printing" ? "printed" : "shown");
    assert.equal(viewOf(drive.state()).screen.kind, "number");
  }
});

test.run();
