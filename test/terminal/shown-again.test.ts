import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import type { HeldRange } from "../../device/terminal/types.ts";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { choose, issued, paper, requestOf, scan, touch } from "./drive.ts";
import { alone, code, job, live, minuteMs, monday, number, paperOut, ready, reports, takeIn, up } from "./holding.ts";

test("a code shown again after its number was settled is reported under a report id of its own", () => {
  const drive = alone()
    .feed(paperOut)
    .feed(scan(code("1")));
  assert.is(drive.state().phase.name, "kept");
  drive.feed(...up);
  takeIn(drive);
  drive.feed({ type: "answer", request: reports(drive)[0]?.id ?? "", answer: { state: "done", result: {} } });
  drive.feed(touch({ do: "done" }));
  assert.equal(drive.state().touches, [], "settled");
  drive
    .feed({ type: "link", up: false }, ready)
    .pass(minuteMs)
    .feed(scan(code("1")));
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  if (drive.requests("ticket.adopt").length > 1) takeIn(drive);
  const all = reports(drive);
  assert.equal(
    all.map(({ outcome }) => outcome),
    ["shown", "printed"],
  );
  assert.is.not(all[0]?.id, all[1]?.id, "the hub answers id-reused to the second");
});

test("a settled number is not brought in again, and its paper stays printed, when its code is shown without paper", () => {
  const drive = alone().feed(scan(code("1")));
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  takeIn(drive);
  drive.feed({ type: "answer", request: reports(drive)[0]?.id ?? "", answer: { state: "done", result: {} } });
  assert.equal(drive.state().touches, [], "settled");
  drive
    .feed({ type: "link", up: false }, paperOut)
    .pass(minuteMs)
    .feed(scan(code("1")));
  assert.is(drive.stored().at(-1)?.report?.outcome, "printed");
});

test("a copy at a live hub that does not come out takes nobody's paper away", () => {
  const drive = live().feed(scan(code("1")));
  const ticket = makeTicket("T017", { kind: "appointment" });
  drive.feed(issued(requestOf(drive.state()), ticket));
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }));
  drive.feed({ type: "answer", request: reports(drive)[0]?.id ?? "", answer: { state: "done", result: {} } });
  drive
    .feed(paperOut)
    .passLive(minuteMs)
    .feed(scan(code("1")));
  drive.feed(issued(requestOf(drive.state()), { ...ticket, paper: "printed" }));
  assert.equal(
    reports(drive).map(({ outcome }) => outcome),
    ["printed"],
  );
});

test("the first paper comes late, while its copy is printed, and the copy fails", () => {
  const drive = live().feed(choose());
  const request = requestOf(drive.state());
  drive.feed(issued(request)).passLive(usualLimits.printTimeoutMs);
  drive.feed({ type: "answer", request: `${request}.report-1`, answer: { state: "done", result: {} } });
  drive.feed(touch({ do: "again" }), paper(`${request}.0`, "printed"), paper(`${request}.1`, "failed"));
  const last = drive.stored().findLast((each) => each.request === request);
  assert.is(last?.report?.outcome, "printed");
});

test("yesterday's code gets no copy of yesterday's number", () => {
  const drive = alone().feed(scan(code("1")));
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  takeIn(drive);
  drive.feed({ type: "answer", request: reports(drive)[0]?.id ?? "", answer: { state: "done", result: {} } });
  drive
    .feed({ type: "link", up: false })
    .pass(24 * 60 * minuteMs)
    .feed({ type: "tick" });
  const before = drive.prints().length;
  drive.feed(scan(code("1")));
  const { phase } = drive.state();
  assert.is(drive.prints().length, before, `printed ${number(drive)}`);
  assert.is(phase.name === "turned-away" && phase.error.code, "other-day");
});

test("whoever stands behind four others has shown his code", () => {
  const drive = live();
  for (const digit of ["1", "2", "3", "4", "5"]) drive.feed(scan(code(digit)));
  assert.is(drive.state().scans.length, 4, "one is asked about, four wait");
});

test("a telephone that is still before the scanner while its ticket is printed gets no second paper", () => {
  const drive = live().feed(scan(code("1")));
  drive.feed(issued(requestOf(drive.state()), makeTicket("T017", { kind: "appointment" })));
  drive.feed(scan(code("1")), paper(job(drive), "printed")).passLive(usualLimits.takenLeastMs);
  assert.is(drive.requests("appointment.check-in").length, 1);
});

test("more than 500 check-ins: the first code still has one number", () => {
  const many: HeldRange[] = [{ day: monday, letter: "T", first: "T100", last: "T999", next: 100 }];
  const drive = alone({ grants: many });
  const text = (index: number) => makeCheckInCode({ site: 1, day: monday }, String(index).padStart(22, "0"));
  for (let index = 0; index <= 500; index += 1) {
    drive.feed(scan(text(index)), paper(job(drive), "printed"));
    drive.feed(paper(job(drive), "printed"), touch({ do: "done" }));
  }
  const before = drive.prints().length;
  drive.feed(scan(text(0)));
  assert.is(drive.prints().length, before + 1);
  assert.is(number(drive), "T100");
});

test.run();
