import { suite } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import { wakeAt } from "../../device/terminal/liveness.ts";
import { table } from "../../device/terminal/machine.ts";
import type { PhaseName } from "../../device/terminal/types.ts";
import { viewOf } from "../../device/terminal/view.ts";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { arriveAt, driveMachine, issued, paper, requestOf, scan, touch } from "./drive.ts";
import { makeSettings } from "./terminal.ts";

const test = suite("check-in at the terminal");
const codeOf = (digit: number) => makeCheckInCode({ site: 1, day: "2026-11-23" }, String(digit).repeat(22));
const asked = (drive: ReturnType<typeof arriveAt>) =>
  drive.requests("appointment.check-in").map((effect) => (effect.type === "request" ? effect.args : undefined));
const screenOf = (drive: ReturnType<typeof arriveAt>) =>
  JSON.stringify(viewOf(drive.state()).screen).replaceAll("\u00a0", " ");

test("a code is asked about with the time at which it was read, and its number is printed", () => {
  const drive = arriveAt("choose").feed(scan(codeOf(1)));
  assert.equal(asked(drive), [{ code: codeOf(1), at: "2026-11-23T09:00:00.000Z" }]);
  const request = requestOf(drive.state());
  const ticket = makeTicket("T001", { kind: "appointment", appointmentAt: "2026-11-23T09:10:00Z", paper: "pending" });
  drive.feed(issued(request, ticket));
  const [print] = drive.prints();
  assert.match(JSON.stringify(print), "T001");
  assert.match(JSON.stringify(print), "Termin um 10:10 Uhr");
  assert.not.match(JSON.stringify(print), "KOPIE");
  drive.feed(paper(`${request}.0`, "printed"));
  assert.is(drive.requests("ticket.printed").length, 1);
  assert.not.match(screenOf(drive), codeOf(1));
});

test("the number of somebody who has his paper already is printed as a copy", () => {
  const drive = arriveAt("choose").feed(scan());
  drive.feed(issued(requestOf(drive.state()), makeTicket("T001", { paper: "printed" })));
  assert.match(JSON.stringify(drive.prints()), "KOPIE");
});

test("codes shown while somebody is served are asked about one after the other, each once, with their own time", () => {
  const drive = arriveAt("asking");
  const first = requestOf(drive.state());
  drive.feed(scan(codeOf(1)), scan(codeOf(1)));
  drive.pass(1_000).feed(scan(codeOf(2)));
  drive.feed(issued(first), paper(`${first}.0`, "printed"));
  assert.equal(asked(drive), [], "whoever was first takes his paper");
  drive.passLive(usualLimits.takenLeastMs);
  const second = requestOf(drive.state());
  drive.feed(issued(second, makeTicket("T001", { paper: "pending" })), paper(`${second}.0`, "printed"));
  drive.passLive(usualLimits.takenLeastMs);
  assert.equal(asked(drive), [
    { code: codeOf(1), at: "2026-11-23T09:00:00.000Z" },
    { code: codeOf(2), at: "2026-11-23T09:00:01.000Z" },
  ]);
});

test("a code that is shown is asked about from every phase, then or as soon as whoever is there has been served", () => {
  const code = makeCheckInCode({ site: 1, day: "2026-11-23" }, "7".repeat(22));
  for (const phase of Object.keys(table) as PhaseName[]) {
    const drive = arriveAt(phase);
    const readAt = drive.now() + 1;
    drive.pass(1).feed(scan(code));
    if (phase === "starting") drive.open();
    // The answers, papers and pauses that whoever was there still waits for, as they come.
    for (let turn = 0; turn < 8; turn += 1) {
      const { phase: now } = drive.state();
      if (now.name === "checking" && now.proof.way === "code" && now.proof.text === code) break;
      if (now.name === "asking" || now.name === "checking") drive.feed(issued(now.request));
      else if (now.name === "printing") drive.feed(paper(now.job, "printed"));
      else if (now.name === "looking-back") drive.feed(paper(`${now.request}.earlier`, "printed"));
      else drive.passLive(usualLimits.messageMs);
    }
    const asked = drive
      .requests("appointment.check-in")
      .flatMap((effect) => (effect.type === "request" && "code" in effect.args ? [effect.args] : []));
    assert.equal(asked.at(-1), { code, at: new Date(readAt).toISOString() }, phase);
    assert.is(asked.filter((args) => args.code === code).length, 1, phase);
  }
});

test("the same code again while it is being asked about is one question", () => {
  const drive = arriveAt("choose").feed(scan(), scan(), scan());
  assert.is(asked(drive).length, 1);
  assert.equal(drive.state().scans, []);
});

test("a late answer prints nothing", () => {
  const drive = arriveAt("choose").feed(scan());
  const request = requestOf(drive.state());
  drive.pass(usualLimits.answerTimeoutMs).feed({ type: "tick" });
  assert.is(drive.state().phase.name, "turned-away");
  drive.feed(issued(request, makeTicket("T001")));
  assert.equal(drive.prints(), []);
});

test("without the hub nobody waits for an answer", () => {
  const drive = arriveAt("choose").feed({ type: "link", up: false }, scan());
  assert.match(screenOf(drive), "kann gerade nicht geprüft werden");
  assert.equal(asked(drive), []);
});

/** Every answer about a code: what the screen says in German and English, and the key that leads on. */
const answers: [ErrorCode, Record<string, unknown>, string, string, string][] = [
  ["bad-code", {}, "kein Termin-Code", "not an appointment code", "Zurück"],
  ["other-site", {}, "in einem anderen Büro", "at another office", "Zurück"],
  ["other-day", { date: "2026-11-24" }, "Der Code gilt für Di 24.11.2026", "The code is for Tue 24/11/2026", "Zurück"],
  ["too-early", { from: "2026-11-23T09:30:00Z" }, "ab heute um 10:30 Uhr", "from today at 10:30", "Zurück"],
  ["too-late", {}, "Ihr Termin ist leider verfallen", "Your appointment has lapsed", "Nummer ziehen"],
  ["wrong-state", { state: "finished" }, "Ihr Termin ist schon erledigt", "Your appointment is over", "Nummer ziehen"],
  ["moved", { date: "2026-11-25" }, "neuesten E-Mail (Mi 25.11.2026)", "latest e-mail (Wed 25/11/2026)", "Zurück"],
  ["cancelled", {}, "Dieser Termin wurde abgesagt", "This appointment was cancelled", "Zurück"],
  ["not-confirmed", {}, "Dieser Termin wurde nicht bestätigt", "This appointment was not confirmed", "Zurück"],
  ["unavailable", {}, "zeigen Sie den Code noch einmal", "show the code again", "Zurück"],
  ["full", {}, "Bitte fragen Sie am Empfang", "ask at the reception desk", "Zurück"],
];
for (const [code, details, german, english, onward] of answers) {
  test(`${code} has its own words, in German and in English`, () => {
    const drive = arriveAt("choose").feed(scan());
    const error = refuse(code, code, details);
    drive.feed({ type: "answer", request: requestOf(drive.state()), answer: { state: "refused", error } });
    assert.ok(screenOf(drive).includes(german), screenOf(drive));
    assert.ok(screenOf(drive).includes(onward), screenOf(drive));
    assert.not.match(screenOf(drive), /\{\w+\}/);
    drive.feed(touch({ do: "language", language: "en" }));
    assert.ok(screenOf(drive).includes(english), screenOf(drive));
    assert.not.match(screenOf(drive), /\{\w+\}/);
    drive.feed(touch({ do: "done" }));
    assert.is(drive.state().phase.name, "choose", "where a number can be taken");
    assert.equal(drive.prints(), []);
  });
}

test("no two answers about a code read alike", () => {
  const read = answers.map(([code, details]) => {
    const drive = arriveAt("choose").feed(scan());
    const error = refuse(code, code, details);
    return screenOf(
      drive.feed({ type: "answer", request: requestOf(drive.state()), answer: { state: "refused", error } }),
    );
  });
  assert.is(new Set(read).size, answers.length);
});

test("a code shown right after the start waits until the hub has been heard", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [] }, { type: "link", up: true }, scan());
  assert.match(screenOf(drive), "Einen Moment bitte");
  assert.equal(asked(drive), []);
  assert.is(wakeAt(drive.state()), drive.state().settleUntil, "it is not woken up for nothing meanwhile");
  drive.feed({ type: "beat" });
  assert.is(asked(drive).length, 1);
});

test("a code shown before the first beat was read when that says, not by what the terminal knew of the time then", () => {
  const drive = driveMachine(makeSettings(), { timeIsSure: false, hubOff: -20_000 });
  drive.feed({ type: "journal", touches: [] }, { type: "link", up: true }, scan(codeOf(1)));
  drive.pass(400).hubIsOff(0);
  assert.equal(asked(drive), [{ code: codeOf(1), at: "2026-11-23T09:00:00.000Z" }]);
});

test.run();
