import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import { reserveStatus } from "../../device/terminal/panel-picture.ts";
import type { HeldRange, Kept, Touch } from "../../device/terminal/types.ts";
import { viewOf } from "../../device/terminal/view.ts";
import { hashCheckInCode, makeCheckInCode } from "../../protocol/check-in-code.ts";
import { refuse } from "../../protocol/errors.ts";
import type { TerminalAppointments } from "../../protocol/messages.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import {
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
  touch,
} from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

const monday = "2026-11-23";
const minuteMs = 60_000;
const range = (letter: string, day = monday, next = 950): HeldRange => {
  return { day, letter, first: `${letter}950`, last: `${letter}999`, next };
};
const ranges = [range("A"), range("B"), range("T"), range("A", "2026-11-24")];

const keptOf = (changes: Partial<Kept> = {}): Kept => ({
  ...{ grants: ranges, order: 0, admitted: [], lists: [], office: makeOffice() },
  ...{ contactAt: begin - minuteMs, epoch: null, ...changes },
});

/** A terminal that was started while the hub is away, with what its journal holds. */
function alone(changes: Partial<Kept> = {}, timeIsSure = true): Drive {
  const drive = driveMachine(makeSettings(), { timeIsSure }).feed({
    type: "journal",
    touches: [],
    kept: keptOf(changes),
  });
  drive.feed({ type: "status", peripheral: "printer", status: { state: "ready", detail: "" } });
  return drive.pass(usualLimits.beatTimeoutMs).feed({ type: "tick" });
}

/** A terminal with a hub that is there and has granted numbers. */
const live = () => driveMachine().feed({ type: "journal", touches: [], kept: keptOf() }).open();

const words = (drive: Drive) => {
  const printed = drive.prints().at(-1);
  const receipt = printed?.type === "print" ? printed.receipt.lines : [];
  return receipt.flatMap((line) => (line.kind === "text" ? [line.text] : []));
};
const number = (drive: Drive) => words(drive).find((text) => /^[A-Z]\d{3}$/.test(text));
const screen = (drive: Drive) => viewOf(drive.state()).screen;

test("the hub is away: the number comes at once, on a ticket without what nobody knows, and no request is sent", () => {
  const drive = alone();
  const start = screen(drive);
  assert.is(start.name, "choose");
  assert.equal(
    start.kind === "choose" && start.services.map(({ open }) => open),
    [true, true, false],
    "no numbers for C",
  );
  assert.is(reserveStatus(drive.state()).state, "offline");
  drive.feed(choose());
  assert.is(number(drive), "A950");
  assert.not.match(words(drive).join(), /vor Ihnen|Nächstes|Wartezeit/);
  assert.equal(drive.requests("ticket.issue"), []);
  const [stored] = drive.stored();
  assert.equal([stored?.step, stored?.reserve?.order, stored?.reserve?.clock], ["issued", 1, "sure"]);
});

test("a reply before the switch prints the hub's number; during and after it prints nothing", () => {
  const before = live().feed(choose());
  before.pass(usualLimits.answerTimeoutMs - 1).feed(issued(requestOf(before.state())));
  assert.is(number(before), "A017");

  const late = live().feed(choose());
  const request = requestOf(late.state());
  late.pass(usualLimits.answerTimeoutMs).feed({ type: "tick" });
  assert.is(number(late), "A950");
  late.feed(issued(request), paper(`${request}.0`, "printed"), issued(request));
  assert.is(late.prints().length, 1);
  const taken = screen(late);
  assert.is(taken.kind === "number" && taken.number, "A950");

  const full = live().feed(choose());
  const unavailable = { state: "refused" as const, error: refuse("unavailable", "the disk is full") };
  full.feed({ type: "answer", request: requestOf(full.state()), answer: unavailable });
  assert.is(number(full), "A950");
});

test("what was given alone is brought in order, under one id until that is answered; then the paper is reported", () => {
  const drive = alone();
  for (const service of ["id-card", "registration"]) {
    drive.feed(choose(service));
    drive.feed(paper(`${requestOf(drive.state())}.0`, "printed"), touch({ do: "done" }));
  }
  drive.feed({ type: "link", up: true }, { type: "beat" });
  const [first] = drive.requests("ticket.adopt");
  if (first?.type !== "request" || first.verb !== "ticket.adopt") throw new Error("nothing was brought");
  assert.equal(first.args.tickets.map((item) => [item.number, item.order]), [["A950", 1], ["B950", 2]]); // biome-ignore format: rows
  assert.is(first.args.tickets[0]?.contact, new Date(begin - minuteMs).toISOString());
  assert.equal(drive.requests("ticket.printed"), [], "the hub does not know the numbers yet");
  drive.feed({ type: "answer", request: first.request, answer: { state: "unknown", why: "" } });
  drive.passLive(usualLimits.repeatMs);
  assert.equal(drive.requests("ticket.adopt")[1], first);
  const item = (at: number) => first.args.tickets[at]?.request ?? "";
  const taken = { request: item(0), ticket: `${monday}/A950`, number: "A950", state: "waiting" };
  const refused = { request: item(1), number: "B950", error: refuse("bad-request", "not granted") };
  const result = { adopted: [taken], refused: [refused] };
  drive.feed({ type: "answer", request: first.request, answer: { state: "done", result } });
  const reports = drive.requests("ticket.printed");
  assert.equal(reports.map((each) => each.type === "request" && each.verb === "ticket.printed" && each.args.ticket), [`${monday}/A950`]); // biome-ignore format: one line
  assert.ok(drive.effects.some((effect) => effect.type === "log" && effect.message === "a number was not taken"));
});

test("a number that the hub could not read is left out, and holds none of the others", () => {
  const given = (request: string, service: string, order: number): Touch => ({
    ...openTouch({
      request,
      service,
      step: "reporting",
      ticket: makeTicket(`A95${order}`),
      report: reportOf("printed"),
    }),
    reserve: { order, clock: "sure", contactAt: null, adopted: false },
  });
  const touches = [given("unreadable", "", 0), given("readable", "id-card", 1)];
  const drive = driveMachine().feed({ type: "journal", touches, kept: keptOf() }).open();
  const [adopt] = drive.requests("ticket.adopt");
  const numbers = adopt?.type === "request" && adopt.verb === "ticket.adopt" ? adopt.args.tickets : [];
  assert.equal(numbers.map(({ number }) => number), ["A951"]); // biome-ignore format: one line
  assert.equal(drive.stored().map(({ request, step }) => [request, step]), [["unreadable", "closed"]]); // biome-ignore format: one line
  assert.ok(drive.effects.some((effect) => effect.type === "log" && effect.level === "warn"));
});

test("numbers are asked for on a connection, when few are left, and on a new day; a grant goes on where it was", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [] }).open();
  const asked = () => drive.requests("reserve.get");
  const answer = (grants: object[]) => {
    const request = asked().at(-1);
    drive.feed({ type: "answer", request: request?.type === "request" ? request.request : "", answer: { state: "done", result: { grants } } }); // biome-ignore format: one line
  };
  const [first] = asked();
  assert.equal(first?.type === "request" && first.args, { anew: true }, "nothing is known of what was given before");
  const small = { day: monday, letter: "A", first: "A990", last: "A993" };
  answer([small]);
  assert.equal(drive.state().alone.grants, [{ ...small, next: 990 }]);
  for (let count = 0; count < 3; count += 1) {
    drive.feed({ type: "link", up: false }, choose());
    drive.feed(paper(`${requestOf(drive.state())}.0`, "printed"), touch({ do: "done" })).pass(4_000);
  }
  assert.is(number(drive), "A992");
  drive.feed({ type: "link", up: true }, { type: "beat" });
  const brought = drive.requests("ticket.adopt")[0];
  const tickets = brought?.type === "request" && brought.verb === "ticket.adopt" ? brought.args.tickets : [];
  const adopted = tickets.map(({ request, number: given }) => {
    return { request, ticket: `${monday}/${given}`, number: given, state: "waiting" };
  });
  const request = brought?.type === "request" ? brought.request : "";
  drive.feed({ type: "answer", request, answer: { state: "done", result: { adopted, refused: [] } } });
  assert.is(asked().length, 2);
  answer([small, { day: monday, letter: "A", first: "A950", last: "A989" }]);
  assert.equal(drive.state().alone.grants.map(({ next }) => next), [993, 950]); // biome-ignore format: one line
  drive.passLive(24 * 60 * minuteMs);
  assert.is(asked().length, 3);
});

test("no number for today: the screen says where to ask, and a touch does nothing", () => {
  const drive = alone({ grants: [range("A", monday, 1_000), range("A", "2026-11-22")] });
  assert.is(screen(drive).name, "away");
  drive.feed(choose());
  assert.equal(drive.prints(), []);
  const slow = live();
  slow.feed(choose("pick-up")).pass(usualLimits.answerTimeoutMs).feed({ type: "tick" });
  assert.is(screen(slow).name, "unclear");
  assert.is(slow.requests("ticket.withdraw").length, 1);
});

test("while the hub is away the office opens and closes by its hours, a new day has its own numbers, an emergency stays", () => {
  const at = (day: string, hour: number) =>
    new Date(`${day}T${String(hour).padStart(2, "0")}:00:00+01:00`).toISOString();
  const day = (date: string) => ({ date, open: [{ from: at(date, 8), to: at(date, 16) }] });
  const office = makeOffice({ days: [day(monday), day("2026-11-24")] });
  const drive = alone({ office });
  assert.is(screen(drive).name, "choose");
  drive.pass(7 * 60 * minuteMs).feed({ type: "tick" });
  assert.is(screen(drive).name, "closed");
  drive.pass(16 * 60 * minuteMs).feed({ type: "tick" });
  drive.feed(choose());
  const [stored] = drive.stored();
  assert.is(stored?.ticket?.id, "2026-11-24/A950");
  const shut = alone({ office: { ...office, emergency: "Bitte verlassen Sie das Gebäude.", open: false } });
  shut.feed(choose());
  assert.equal(shut.prints(), []);
});

const appointment = begin + 10 * minuteMs;
const code = (digit: string, day = monday, site = 1) => makeCheckInCode({ site, day }, digit.repeat(22));
const list: TerminalAppointments = {
  day: monday,
  revision: 1,
  appointments: (["confirmed", "cancelled", "moved", "checked-in"] as const).map((state, index) => ({
    code: hashCheckInCode(code(String(index + 1))),
    at: new Date(appointment).toISOString(),
    services: ["registration"],
    state,
  })),
};
const withList = (changes: Partial<Kept> = {}, timeIsSure = true) =>
  alone({ lists: [list], office: makeOffice({ siteNumber: 1 }), ...changes }, timeIsSure);
const refusal = (drive: Drive) => {
  const { phase } = drive.state();
  return phase.name === "turned-away" ? phase.error.code : phase.name;
};

test("codes are judged without the hub: office, day, window to the second, cancelled, moved", () => {
  const time = begin + 20 * minuteMs;
  const at = new Date(time).toISOString();
  const lists = [{ ...list, appointments: list.appointments.map((each) => ({ ...each, at })) }];
  const early = time - 15 * minuteMs;
  const late = time + 5 * minuteMs;
  const cases: [string, string, number, string][] = [
    ["in time", code("1"), time, "printing"],
    ["the first second", code("1"), early, "printing"],
    ["a second early", code("1"), early - 1_000, "too-early"],
    ["the last second", code("1"), late + 999, "printing"],
    ["a second late", code("1"), late + 1_000, "too-late"],
    ["cancelled", code("2"), time, "cancelled"],
    ["moved", code("3"), time, "moved"],
    ["another office", code("9", monday, 2), time, "other-site"],
    ["another day", code("9", "2026-11-25"), time, "other-day"],
    ["no code", "4711", time, "bad-code"],
  ];
  for (const [what, text, readAt, expected] of cases) {
    const drive = withList({ lists });
    drive.pass(readAt - drive.now()).feed(scan(text));
    assert.is(refusal(drive), expected, what);
  }
  const drive = withList().feed(scan(code("1")));
  assert.is(number(drive), "T950");
  assert.match(words(drive).join(), /Termin um 10:10 Uhr/);
  assert.not.match(words(drive).join(), /am Platz/);
  const [stored] = drive.stored();
  assert.equal([stored?.service, stored?.code], ["registration", hashCheckInCode(code("1"))]);
});

test("unknown codes, those checked in elsewhere, and any with an unsure clock get a number for the desk", () => {
  for (const [text, timeIsSure] of [
    [code("8"), true],
    [code("4"), true],
    [code("1"), false],
  ] as const) {
    const drive = withList({}, timeIsSure)
      .pass(60 * minuteMs)
      .feed(scan(text));
    assert.is(number(drive), "T950");
    assert.match(words(drive).join(), /Bitte zeigen Sie Ihren Termin-Code am Platz/);
  }
  const none = withList({ grants: [range("A")] }).feed(scan(code("1")));
  assert.is(refusal(none), "unavailable");
  const withoutOffice = withList({ office: null }).feed(scan(code("8")));
  assert.equal([refusal(withoutOffice), withoutOffice.stored()], ["unavailable", []], "the hub could not take it");
});

/** The code was shown without the hub, and whoever showed it has gone with the paper of T950. */
function checkedInAlone(): Drive {
  const drive = withList().feed(scan(code("1")));
  return drive.feed(paper(`${requestOf(drive.state())}.0`, "printed"), touch({ do: "done" }));
}

/** The hub, which is there again, takes that number in. */
function takeIn(drive: Drive): void {
  const [adopt] = drive.requests("ticket.adopt");
  if (adopt?.type !== "request") throw new Error("nothing was brought");
  const request = drive.stored()[0]?.request ?? "";
  const taken = { request, ticket: `${monday}/T950`, number: "T950", state: "waiting" };
  const result = { adopted: [taken], refused: [] };
  drive.feed({ type: "answer", request: adopt.request, answer: { state: "done", result } });
}

test("one appointment has one number here, from the hub or the reserve, and another paper is a copy", () => {
  const drive = checkedInAlone();
  drive.feed(scan(code("1")));
  assert.is(number(drive), "T950");
  assert.match(words(drive)[0] ?? "", /KOPIE/);
  const online = live().feed(scan());
  const request = requestOf(online.state());
  online.feed(issued(request), paper(`${request}.0`, "printed"), touch({ do: "done" }), { type: "link", up: false });
  online.pass(usualLimits.messageMs).feed(scan());
  assert.is(number(online), "A017");
  assert.match(words(online)[0] ?? "", /KOPIE/);
});

test("a copy that does not come out takes nobody's paper away", () => {
  const drive = checkedInAlone();
  drive.feed({ type: "status", peripheral: "printer", status: { state: "cover-open", detail: "" } });
  drive.feed(scan(code("1")));
  assert.is(drive.state().phase.name, "kept");
  drive.feed({ type: "link", up: true }, { type: "beat" });
  takeIn(drive);
  const reports = drive.requests("ticket.printed").map((each) => (each.type === "request" ? each.args : undefined));
  assert.equal(reports, [{ ticket: `${monday}/T950`, outcome: "printed", sure: true, detail: "" }]);
});

test("a code shown again before the hub has heard of its number prints that number, and is not asked about", () => {
  const drive = checkedInAlone();
  drive.feed({ type: "link", up: true }, { type: "beat" });
  assert.is(drive.requests("ticket.adopt").length, 1, "it is being brought in");
  drive.feed(scan(code("1")));
  assert.is(number(drive), "T950");
  assert.match(words(drive)[0] ?? "", /KOPIE/);
  assert.equal(drive.requests("appointment.check-in"), []);
  const { phase } = drive.state();
  drive.feed(paper(phase.name === "printing" ? phase.job : "", "printed"), touch({ do: "done" }));
  takeIn(drive);
  drive.feed(scan(code("1")));
  assert.is(drive.requests("appointment.check-in").length, 1, "the hub knows it now");
});

test("a code shown again before the hub has heard of its paper gets a copy", () => {
  const drive = checkedInAlone();
  drive.feed({ type: "link", up: true }, { type: "beat" });
  takeIn(drive);
  drive.feed(scan(code("1")));
  const ticket = makeTicket("T950", { kind: "appointment", paper: "pending", day: monday, id: `${monday}/T950` });
  drive.feed(issued(requestOf(drive.state()), ticket));
  assert.is(number(drive), "T950");
  assert.match(words(drive)[0] ?? "", /KOPIE/);
});

test("a code that the hub does not answer in time is judged here, under the same request", () => {
  const drive = live().feed({ type: "list", list }, scan(code("1")));
  const request = requestOf(drive.state());
  drive.pass(usualLimits.answerTimeoutMs).feed({ type: "tick" });
  assert.is(number(drive), "T950");
  assert.is(drive.stored().at(-1)?.request, request);
});

test("numbers say whether their time is sure, and when the hub was heard last", () => {
  for (const timeIsSure of [true, false]) {
    const [stored] = alone({ contactAt: begin - 7 * minuteMs }, timeIsSure)
      .feed(choose())
      .stored();
    assert.is(stored?.reserve?.clock, timeIsSure ? "sure" : "unsure");
    assert.is(stored?.reserve?.contactAt, begin - 7 * minuteMs);
    assert.is(Date.parse(stored?.ticket?.issuedAt ?? ""), begin + usualLimits.beatTimeoutMs);
  }
});

test("the power goes while a number of the reserve is printed: it is shown, reported as unknown, and a copy is offered", () => {
  const before = alone().feed(choose());
  const touches = before.stored().slice(-1);
  const kept = keptOf({ grants: [range("A", monday, 951)], order: 1 });
  const drive = driveMachine().feed({ type: "journal", touches, last: touches[0], kept });
  assert.is(screen(drive).name, "looking-back");
  drive.feed(paper(`${touches[0]?.request}.earlier`, "unknown"));
  drive.feed({ type: "status", peripheral: "printer", status: { state: "ready", detail: "" } });
  const shown = screen(drive);
  assert.equal(shown.kind === "number" && [shown.number, shown.actions.map((each) => each.do)], [
    "A950",
    ["again", "done"],
  ]);
  assert.is(drive.stored().at(-1)?.report?.outcome, "unknown");
  drive.feed(touch({ do: "again" }));
  assert.match(words(drive)[0] ?? "", /KOPIE/);
  drive.feed(paper(`${requestOf(drive.state())}.1`, "printed"), touch({ do: "done" }));
  drive.pass(usualLimits.beatTimeoutMs).feed(choose());
  assert.is(number(drive), "A951");
});

test.run();
