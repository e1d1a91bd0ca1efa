import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import { refuse } from "../../protocol/errors.ts";
import { choose, driveMachine, paper, touch } from "./drive.ts";
import { job, keptOf, minuteMs, monday, number, ready, screenReady, takeIn, up } from "./holding.ts";

test("the hub's clock was wrong for a while: a number of the day is not given a second time", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [], kept: keptOf() }).open();
  const answer = (...days: string[]) => {
    const request = drive.requests("reserve.get").at(-1);
    const grants = days.map((day) => ({ day, letter: "A", first: "A950", last: "A999" }));
    drive.feed({
      type: "answer",
      request: request?.type === "request" ? request.request : "",
      answer: { state: "done", result: { grants } },
    });
  };
  answer(monday, "2026-11-24");
  drive.feed({ type: "link", up: false }, choose());
  assert.is(number(drive), "A950");
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  takeIn(drive);
  answer(monday, "2026-11-24");
  // The hub's clock leaps 40 days ahead, stays there, and is put right an hour later.
  drive.passLive(40 * 24 * 60 * minuteMs);
  answer("2027-01-02", "2027-01-04");
  drive.passLive(-(40 * 24 - 1) * 60 * minuteMs);
  answer(monday, "2026-11-24");
  drive.feed({ type: "link", up: false }, choose());
  assert.is(
    drive.state().alone.grants.some(({ day }) => day === monday),
    true,
  );
  assert.is(drive.stored().findLast(({ step }) => step === "issued")?.ticket?.number, "A951");
});

test("a number that is brought while the hub turns out to be restored is told of all the same", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [], kept: keptOf({ epoch: 1 }) });
  drive.feed(ready, screenReady).pass(usualLimits.beatTimeoutMs).feed({ type: "tick" }, choose());
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }));
  drive.feed({ type: "link", up: true }, { type: "hub", online: true, epoch: 1 }, { type: "beat", epoch: 1 });
  const [adopt] = drive.requests("ticket.adopt");
  if (adopt?.type !== "request" || adopt.verb !== "ticket.adopt") throw new Error("nothing was brought");
  const [item] = adopt.args.tickets;
  const touches = drive.stored().slice(-1);
  drive.feed({ type: "hub", online: true, epoch: 2 }, { type: "recalled", after: 0, touches, next: null });
  const error = refuse("bad-request", "A950 is in no range");
  const refused = [{ request: item?.request ?? "", number: "A950", error }];
  drive.feed({ type: "answer", request: adopt.request, answer: { state: "done", result: { adopted: [], refused } } });
  const told = drive.requests("journal.report").at(-1);
  drive.feed({
    type: "answer",
    request: told?.type === "request" ? told.request : "",
    answer: { state: "done", result: { taken: [], refused: [] } },
  });
  const inReport = told?.type === "request" && told.verb === "journal.report" ? told.args.tickets.length : 0;
  assert.ok(inReport > 0 || drive.requests("ticket.adopt").length > 1, "told in the report or brought again");
});

test.run();
