import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import { refuse } from "../../protocol/errors.ts";
import { choose, type Drive, paper, touch } from "./drive.ts";
import { alone, job, minuteMs, number, range, ranges, takeIn, up } from "./holding.ts";

const dayMs = 24 * 60 * minuteMs;
const adoptions = (drive: Drive) => drive.requests("ticket.adopt").length;
const isGivenUp = (drive: Drive) => drive.stored().at(-1)?.step === "closed";

/** The hub says that the numbers it was brought are of a day that has not begun. */
function refuseDay(drive: Drive): void {
  const adopt = drive.requests("ticket.adopt").at(-1);
  if (adopt?.type !== "request" || adopt.verb !== "ticket.adopt") throw new Error("nothing was brought");
  const error = refuse("other-day", "a day that has not begun");
  const refused = adopt.args.tickets.map(({ request, number: given }) => ({ request, number: given, error }));
  drive.feed({ type: "answer", request: adopt.request, answer: { state: "done", result: { adopted: [], refused } } });
}

/** A terminal that has given a number alone, and brings it to a hub that takes this day for the one before. */
function withNumber(grants = ranges): Drive {
  const drive = alone({ grants });
  drive.feed(choose());
  assert.is(number(drive), "A950");
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  refuseDay(drive);
  return drive;
}

test("a number of a day that has not begun by the hub's clock waits until that is put right", () => {
  const drive = withNumber();
  drive.hubIsOff(-dayMs);
  for (let minutes = 0; minutes < 60; minutes += 1) drive.passLive(minuteMs);
  assert.is(adoptions(drive), 1, "nobody is asked again and again");
  assert.not.ok(isGivenUp(drive));
  drive.hubIsOff(0);
  drive.feed({ type: "tick" });
  assert.is(adoptions(drive), 2);
  takeIn(drive);
  assert.not.ok(isGivenUp(drive));
  drive.passLive(minuteMs);
  assert.is(adoptions(drive), 2);
});

test("before the next beat has told the hub's time it is not asked again", () => {
  const drive = withNumber();
  drive.pass(usualLimits.beatTimeoutMs - 1).feed({ type: "tick" });
  assert.is(adoptions(drive), 1);
  drive.passLive(1);
  assert.is(adoptions(drive), 2, "the day is the same, by its time: asked once more");
});

test("other numbers are brought meanwhile", () => {
  const friday = "2026-11-20";
  const drive = withNumber([...ranges, range("A", friday, 970)]);
  drive.hubIsOff(-3 * dayMs);
  drive.passLive(minuteMs);
  drive.feed({ type: "link", up: false }, choose());
  assert.is(number(drive), "A970", "given alone on the day that it is by the hub's clock");
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  const adopt = drive.requests("ticket.adopt").at(-1);
  const brought = adopt?.type === "request" && adopt.verb === "ticket.adopt" ? adopt.args.tickets : [];
  assert.equal(brought.map(({ number: each }) => each), ["A970"]); // biome-ignore format: one line
});

test("a terminal that was itself a day ahead gives up after two hours, so that nobody is called by it tomorrow", () => {
  const drive = withNumber();
  drive.hubIsOff(-dayMs);
  drive.passLive(120 * minuteMs - 1);
  assert.is(adoptions(drive), 1);
  drive.passLive(1);
  assert.is(adoptions(drive), 2);
  refuseDay(drive);
  assert.ok(isGivenUp(drive));
  drive.passLive(dayMs);
  assert.is(adoptions(drive), 2);
});

test.run();
