import { test } from "uvu";
import * as assert from "uvu/assert";
import { nextTicketAt, usualLimits } from "../../device/terminal/limits.ts";
import { intakeStatus } from "../../device/terminal/panel-picture.ts";
import { arriveAt, choose, driveMachine, issued, paper, requestOf, touch } from "./drive.ts";

const second = 1_000;
const minute = 60 * second;

test("one ticket in 3 s and 20 in 5 min: allowed from exactly that instant on", () => {
  const apart = (count: number, ms: number) => Array.from({ length: count }, (_, index) => 1_000_000 + index * ms);
  const rows: [string, number[], number][] = [
    ["nothing yet", [], 0],
    ["one ticket", [1_000_000], 1_000_000 + 3 * second],
    ["two tickets", apart(2, 10 * second), 1_010_000 + 3 * second],
    ["19 in a row", apart(19, 4 * second), 1_072_000 + 3 * second],
    ["20 in a row", apart(20, 4 * second), 1_000_000 + 5 * minute],
    ["21 in a row", apart(21, 4 * second), 1_004_000 + 5 * minute],
    ["20 spread over more than 5 min", apart(20, 16 * second), 1_304_000 + 3 * second],
  ];
  for (const [name, taken, next] of rows) assert.is(nextTicketAt(taken, usualLimits), next, name);
});

/** A visitor who takes his ticket at once and leaves. */
function takeOne(drive: ReturnType<typeof driveMachine>, service = "id-card"): boolean {
  drive.feed({ type: "beat" }, choose(service));
  const { phase } = drive.state();
  if (phase.name !== "asking") return false;
  drive.feed(issued(phase.request), paper(`${phase.request}.0`, "printed"), touch({ do: "done" }));
  return true;
}

test("3 s: judged at the touch, to the millisecond, and another service is another matter", () => {
  const drive = driveMachine().open();
  assert.ok(takeOne(drive));
  assert.ok(takeOne(drive, "registration"));
  drive.pass(3 * second - 1);
  assert.not(takeOne(drive));
  assert.is(drive.state().phase.name, "paused");
  assert.is(intakeStatus(drive.state()).state, "error");
  drive.pass(1).feed({ type: "tick" });
  assert.is(drive.state().phase.name, "choose");
  assert.is(intakeStatus(drive.state()).state, "ready");
  assert.ok(takeOne(drive));
});

test("20 in 5 min: the 21st waits, staff are told, and it goes on exactly 5 min after the first", () => {
  const drive = driveMachine().open();
  const start = drive.now();
  for (let count = 0; count < 20; count += 1) {
    assert.ok(takeOne(drive), `ticket ${count + 1}`);
    drive.pass(3 * second);
  }
  assert.not(takeOne(drive));
  assert.is(drive.state().phase.name, "paused");
  assert.equal(intakeStatus(drive.state()), { state: "error", detail: "paused, too many tickets asked for: id-card" });
  drive.pass(usualLimits.messageMs).feed({ type: "beat" }, { type: "tick" });
  assert.is(drive.state().phase.name, "choose", "others may go on");
  assert.is(intakeStatus(drive.state()).state, "error", "the alarm stays while the service is paused");
  assert.ok(takeOne(drive, "registration"));
  drive.pass(start + 5 * minute - 1 - drive.now());
  assert.not(takeOne(drive));
  drive.feed(touch({ do: "done" })).pass(1);
  assert.ok(takeOne(drive));
});

test("the limits can be configured", () => {
  const settings = arriveAt("choose").state().settings;
  const drive = driveMachine({ ...settings, limits: { ...usualLimits, ticketPauseMs: 500, ticketsMax: 2 } }).open();
  assert.ok(takeOne(drive));
  drive.pass(500);
  assert.ok(takeOne(drive));
  drive.pass(500);
  assert.not(takeOne(drive));
});

test("what gave no ticket does not count", () => {
  const drive = arriveAt("unclear");
  drive.feed(touch({ do: "done" }), choose());
  assert.is(drive.state().phase.name, "asking");
  drive.feed(
    { type: "store-failed", request: requestOf(drive.state()), step: "sent", reason: "" },
    touch({ do: "done" }),
    choose(),
  );
  assert.is(drive.state().phase.name, "asking");
});

test.run();
