import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import type { ReportedOutcome, Touch } from "../../device/terminal/types.ts";
import { viewOf } from "../../device/terminal/view.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import {
  arriveAt,
  begin,
  choose,
  type Drive,
  driveMachine,
  issued,
  openTouch,
  paper,
  reportOf,
  requestOf,
  scan,
  ticket,
  touch,
} from "./drive.ts";

test("after a restart: what was sent is withdrawn, the printer is asked for the last, and what was open is said again", () => {
  const drive = driveMachine();
  const last = openTouch({ request: "e", step: "issued", ticket, at: drive.now() - 1_000 });
  drive.feed({
    type: "journal",
    touches: [
      openTouch({ request: "a", step: "withdrawing" }),
      openTouch({ request: "b", step: "reporting", ticket, report: reportOf("printed") }),
      openTouch({ request: "c", step: "sent" }),
      // The printer has had another job since, so nothing that it says would be about this one.
      openTouch({ request: "d", step: "issued", ticket, at: drive.now() - 2_000 }),
      last,
    ],
    last,
  });
  const said = () => drive.effects.flatMap((effect) => (effect.type === "request" ? [effect.request] : []));
  const asked = drive.effects.flatMap((effect) => (effect.type === "ask-printer" ? [effect] : []));
  assert.equal(said(), ["a.withdraw", "b.report-1", "c.withdraw", "d.report-1"]);
  assert.equal(
    asked.map(({ name }) => name),
    ["e"],
  );
  drive.feed(paper(asked[0]?.job ?? "", "printed"));
  assert.equal(said().slice(4), ["e.report-1"]);
});

/** What the first screen after a restart is: the phase, and why a number is shown. */
function screenAfter(last: Touch) {
  const drive = driveMachine();
  drive.feed({ type: "journal", touches: last.step === "closed" ? [] : [last], last });
  const { phase } = drive.state();
  return { drive, shown: phase.name === "kept" ? phase.why : phase.name };
}

test("after a restart the screen says of the last ticket what became of it, whether the hub knows that already or not", () => {
  const rows: [outcome: ReportedOutcome, reporting: string, closed: string][] = [
    ["printed", "choose", "choose"],
    ["shown", "restart-failed", "restart-failed"],
    ["failed", "restart-failed", "restart-failed"],
    ["unknown", "restart", "restart"],
  ];
  for (const [outcome, reporting, closed] of rows) {
    const report = reportOf(outcome);
    assert.is(screenAfter(openTouch({ step: "reporting", ticket, report })).shown, reporting, outcome);
    assert.is(screenAfter(openTouch({ step: "closed", ticket, report })).shown, closed, outcome);
  }
  const unsure = { ...reportOf("printed"), sure: false };
  assert.is(screenAfter(openTouch({ step: "reporting", ticket, report: unsure })).shown, "restart-printed");
  assert.is(screenAfter(openTouch({ step: "closed" })).shown, "choose", "refused, or withdrawn");
});

test("a number without paper whose screen was left is shown to nobody who comes after, not even after a power cut", () => {
  const birthdate = [touch({ do: "done" }), touch({ do: "birthdate" })];
  const ways: [string, (drive: Drive) => void][] = [
    ["the next one enters his birth date", (drive) => drive.feed(...birthdate)],
    ["the next one shows his code", (drive) => drive.feed(scan()).passLive(usualLimits.messageMs)],
    ["nobody takes it away", (drive) => drive.passLive(usualLimits.keptMs)],
  ];
  for (const outcome of ["failed", "unknown"] as const) {
    for (const [what, leave] of ways) {
      const drive = arriveAt("printing");
      const request = requestOf(drive.state());
      drive.feed(paper(`${request}.0`, outcome));
      /** What the journal has of it. */
      const kept = () => drive.stored().findLast((each) => each.request === request) ?? openTouch();
      const staying = screenAfter(kept()).shown;
      assert.is(staying, outcome === "failed" ? "restart-failed" : "restart", "he may still stand there");
      leave(drive);
      assert.is(screenAfter(kept()).shown, "choose", `${outcome}: ${what}`);
    }
  }
});

test("whoever has a copy tried again of a number that was left sees it after a power cut as well", () => {
  const drive = arriveAt("checking");
  const request = requestOf(drive.state());
  drive.feed(issued(request, makeTicket("T001", { kind: "appointment", paper: "pending" })));
  drive.feed(paper(`${request}.0`, "failed"), touch({ do: "done" }));
  const kept = () => drive.stored().findLast((each) => each.request === request) ?? openTouch();
  assert.is(kept().left, true);
  drive.feed({ type: "link", up: false }, scan());
  drive.feed(paper(drive.state().phase.name === "printing" ? `${request}.2` : "", "failed"));
  assert.equal([drive.state().phase.name, kept().left], ["kept", false]);
});

function headingOf(drive: Drive): string | undefined {
  const { screen } = viewOf(drive.state());
  return screen.kind === "number" ? screen.heading : undefined;
}

test("what the printer says after a restart is shown, reported as it is, and a copy is offered unless it printed", () => {
  const rows: ["printed" | "failed" | "unknown", string, boolean][] = [
    ["printed", "restart-printed", false],
    ["failed", "restart-failed", true],
    ["unknown", "restart", true],
  ];
  for (const [outcome, why, isOffered] of rows) {
    const { drive, shown } = screenAfter(openTouch({ step: "issued", ticket }));
    assert.is(shown, "looking-back");
    assert.is(headingOf(drive), "Letztes Ticket", "whoever stands there now may be somebody else");
    drive.open().feed(paper("before.earlier", outcome));
    const { phase } = drive.state();
    assert.is(phase.name === "kept" && phase.why, why);
    assert.is(headingOf(drive), "Letztes Ticket");
    const [report] = drive.requests("ticket.printed");
    assert.equal(report?.type === "request" && report.args, {
      ticket: ticket.id,
      outcome,
      sure: outcome !== "unknown",
      detail: "",
    });
    drive.feed(touch({ do: "again" }));
    assert.is(drive.prints().length, isOffered ? 1 : 0);
    if (isOffered) assert.match(JSON.stringify(drive.prints()), "KOPIE");
  }
});

test("the copy of a ticket that the hub had been told of before the restart is reported as well", () => {
  const report = reportOf("failed");
  const { drive } = screenAfter(openTouch({ step: "closed", ticket, report }));
  drive.open().feed(touch({ do: "again" }), paper("before.1", "printed"));
  assert.equal(
    drive.requests("ticket.printed").map((effect) => effect.type === "request" && effect.request),
    ["before.report-2"],
  );
});

test("a paper that was stored for is printed under its touch's name, and no other", () => {
  const drive = arriveAt("printing");
  const request = requestOf(drive.state());
  drive.feed(paper(`${request}.0`, "unknown"), touch({ do: "again" }));
  assert.equal(
    drive.prints().map((effect) => effect.type === "print" && effect.name),
    [request, undefined],
  );
});

test("a ticket of long ago is asked for and reported after a restart, but not shown to whoever stands there now", () => {
  const drive = driveMachine();
  const at = drive.now() - usualLimits.recallMs - 1;
  const last = openTouch({ step: "issued", ticket: { ...ticket, day: "2026-11-22" }, at });
  drive.feed({ type: "journal", touches: [last], last });
  assert.is(drive.state().phase.name, "choose");
  assert.is(drive.requests("ticket.printed").length, 0);
  drive.open().feed(choose(), paper("before.earlier", "printed"));
  assert.is(drive.state().phase.name, "asking", "whoever came meanwhile is not disturbed");
  assert.equal(
    drive.requests("ticket.printed").map((effect) => effect.type === "request" && effect.request),
    ["before.report-1"],
  );
});

/** After a restart with a ticket of today that looks old, by a clock that was set since; by the hub's it is of this age. */
function doubtful(ageMs: number, kind: "walk-in" | "appointment" = "walk-in") {
  const drive = driveMachine();
  const issuedAt = new Date(drive.now() - ageMs).toISOString();
  const at = drive.now() - usualLimits.recallMs - 1;
  const last = openTouch({ step: "issued", ticket: { ...ticket, issuedAt, kind }, at });
  drive.feed({ type: "journal", touches: [last], last });
  return drive;
}

test("a ticket that only looks old, by a clock that was set since, is shown once the hub has told the time", () => {
  const shownOf = (ageMs: number) => {
    const drive = doubtful(ageMs);
    assert.is(viewOf(drive.state()).screen.name, "moment", "whoever is there now waits, and is shown no number yet");
    drive.open().feed(choose());
    assert.is(drive.requests("ticket.issue").length, 0);
    drive.feed(paper("before.earlier", "unknown"));
    assert.is(drive.requests("ticket.printed").length, 1);
    return drive.state().phase.name;
  };
  assert.is(shownOf(20_000), "kept");
  assert.is(shownOf(usualLimits.recallMs + 1_000), "choose", "it is old");
  const alone = doubtful(usualLimits.recallMs + 1_000).feed(paper("before.earlier", "unknown"));
  assert.is(alone.state().phase.name, "kept", "as long as the hub says nothing it may be new");
  const silent = doubtful(20_000).pass(usualLimits.messageMs).feed({ type: "tick" });
  assert.is(silent.state().phase.name, "choose", "for a printer that says nothing nobody waits");
  silent.open().feed(paper("before.earlier", "printed"));
  assert.is(silent.requests("ticket.printed").length, 1, "what it says late is reported");
});

test("a number of long ago that came on no paper for certain is taken back: nobody has seen it", () => {
  for (const [outcome, kind, verb] of [
    ["failed", "walk-in", "ticket.withdraw"],
    ["unknown", "walk-in", "ticket.printed"],
    ["failed", "appointment", "ticket.printed"],
  ] as const) {
    const drive = doubtful(usualLimits.recallMs + 1_000, kind)
      .open()
      .feed(paper("before.earlier", outcome));
    const said = drive.effects.flatMap((effect) => (effect.type === "request" ? [effect.verb] : []));
    assert.ok(said.includes(verb), `${outcome} ${kind}: ${said}`);
    assert.is(said.includes("ticket.withdraw"), verb === "ticket.withdraw");
  }
});

test("after a restart the last ticket's age is by the hub's clock, whatever became of the machine's own", () => {
  const age = usualLimits.recallMs + 1;
  const issuedAt = new Date(begin - age).toISOString();
  const old = { ...ticket, issuedAt };
  const last = openTouch({ step: "reporting", ticket: old, report: reportOf("failed"), at: begin - age });
  for (const behindMs of [0, age, -age, begin]) {
    const drive = driveMachine(undefined, { behindMs }).feed({ type: "journal", touches: [last], last });
    assert.is(viewOf(drive.state()).screen.name, "moment", `the machine's clock is ${behindMs} ms behind`);
    drive.feed({ type: "link", up: true }, { type: "beat" });
    assert.is(drive.state().phase.name, "choose", `the machine's clock is ${behindMs} ms behind`);
  }
});

test("a clock that is ahead takes nobody's number off the screen: it is there as soon as the hub has told the time", () => {
  const aheadMs = usualLimits.recallMs + 60_000;
  for (const step of ["reporting", "closed"] as const) {
    const fresh = { ...ticket, issuedAt: new Date(begin).toISOString() };
    const last = openTouch({ step, ticket: fresh, report: reportOf("shown"), at: begin });
    const switchedOn = () =>
      driveMachine(undefined, { hubOff: aheadMs }).feed({
        type: "journal",
        touches: step === "closed" ? [] : [last],
        last,
      });
    const drive = switchedOn();
    assert.is(viewOf(drive.state()).screen.name, "moment", step);
    drive.feed({ type: "link", up: true }).pass(2_000).hubIsOff(0);
    assert.is(drive.state().phase.name, "kept", step);
    const alone = switchedOn().pass(usualLimits.messageMs).feed({ type: "tick" });
    assert.is(alone.state().phase.name, "choose", "without the hub nobody waits for it");
  }
});

/** Switched on in the morning with a clock that stood still at night; then the hub is heard. */
function nextMorning(last: Touch) {
  const drive = driveMachine().feed({ type: "journal", touches: last.step === "closed" ? [] : [last], last });
  const shown = viewOf(drive.state()).screen;
  assert.is(shown.kind === "number" && shown.number, ticket.number, "as long as the hub says nothing it may be new");
  return drive.pass(16 * 60 * 60_000).feed({ type: "link", up: true }, { type: "beat" });
}

test("a ticket of yesterday is no longer shown, and no copy of it to be had, once the hub has told the time", () => {
  for (const outcome of ["shown", "failed", "unknown"] as const) {
    const drive = nextMorning(openTouch({ step: "closed", ticket, report: reportOf(outcome) }));
    assert.is(drive.state().phase.name, "choose", outcome);
  }
  const drive = nextMorning(openTouch({ step: "issued", ticket }));
  assert.is(viewOf(drive.state()).screen.name, "moment");
  drive.feed(paper("before.earlier", "unknown"));
  assert.is(drive.state().phase.name, "choose");
  assert.is(drive.requests("ticket.printed").length, 1, "staff see what became of it");
});

test("whoever checked in again a moment before the restart has a number from before: it stays on the screen", () => {
  const before = { ...ticket, issuedAt: new Date(begin - 60 * 60_000).toISOString() };
  const last = openTouch({ step: "reporting", ticket: before, report: reportOf("unknown") });
  const drive = driveMachine()
    .feed({ type: "journal", touches: [last], last })
    .open();
  assert.is(drive.state().phase.name, "kept");
});

test.run();
