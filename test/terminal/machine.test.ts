import { test } from "uvu";
import * as assert from "uvu/assert";
import { usualLimits } from "../../device/terminal/limits.ts";
import { wakeAt } from "../../device/terminal/liveness.ts";
import { table } from "../../device/terminal/machine.ts";
import type { InputType, News, PhaseName, State } from "../../device/terminal/types.ts";
import { refuse } from "../../protocol/errors.ts";
import {
  arriveAt,
  choose,
  driveMachine,
  issued,
  openTouch,
  paper,
  press,
  reportOf,
  requestOf,
  scan,
  ticket,
  touch,
} from "./drive.ts";
import { makeOffice } from "./terminal.ts";

const own = (state: State) => ("request" in state.phase ? state.phase.request : "nobody");
const job = (state: State) => (state.phase.name === "printing" ? state.phase.job : `${own(state)}.0`);

/** Everything that can happen, each once; the inputs are made for the state they meet. */
const situations: Record<string, (state: State) => News> = {
  "journal: empty": () => ({ type: "journal", touches: [] }),
  "journal: sent": () => ({ type: "journal", touches: [openTouch()], last: openTouch() }),
  "journal: issued": () => {
    const last = openTouch({ step: "issued", ticket });
    return { type: "journal", touches: [last], last };
  },
  "journal: reporting": () => {
    const last = openTouch({ step: "reporting", ticket, report: reportOf("unknown") });
    return { type: "journal", touches: [last], last };
  },
  "touch: service": () => choose("registration"),
  "touch: closed service": () => choose("pick-up"),
  "touch: no such service": () => choose("dog-licence"),
  "touch: done": () => touch({ do: "done" }),
  "touch: again": () => touch({ do: "again" }),
  "touch: language": () => touch({ do: "language", language: "en" }),
  "touch: large": () => touch({ do: "large", on: true }),
  "touch: birthdate": () => touch({ do: "birthdate" }),
  "touch: digit": () => touch({ do: "digit", digit: "0" }),
  "touch: erase": () => touch({ do: "erase" }),
  "touch: enter": () => touch({ do: "enter" }),
  "touch: nonsense": () => ({ type: "touch", input: { do: 7 } }),
  "key: press": () => press("two"),
  "key: release": () => ({ type: "button", button: "two", action: "release" }),
  "key: of no service": () => press("nine"),
  scan: () => scan(),
  "scan: no code of ours": () => scan("hello"),
  status: () => ({ type: "status", peripheral: "panel", status: { state: "offline", detail: "" } }),
  office: () => ({ type: "office", office: makeOffice({ open: false }) }),
  list: () => ({ type: "list", list: { day: "2026-11-23", revision: 1, appointments: [] } }),
  "link: up": () => ({ type: "link", up: true }),
  "link: down": () => ({ type: "link", up: false }),
  "hub: online": () => ({ type: "hub", online: true }),
  "hub: offline": () => ({ type: "hub", online: false }),
  beat: () => ({ type: "beat" }),
  "recalled: unasked": () => ({ type: "recalled", after: 0, touches: [], next: null }),
  "answer: ticket": (state) => issued(own(state)),
  "answer: no ticket in it": (state) => ({
    type: "answer",
    request: own(state),
    answer: { state: "done", result: {} },
  }),
  "answer: refused": (state) => {
    return { type: "answer", request: own(state), answer: { state: "refused", error: refuse("closed", "") } };
  },
  "answer: unavailable": (state) => {
    return { type: "answer", request: own(state), answer: { state: "refused", error: refuse("unavailable", "") } };
  },
  "answer: none": (state) => ({ type: "answer", request: own(state), answer: { state: "unknown", why: "" } }),
  "answer: of another": () => issued("another"),
  "paper: printed": (state) => paper(job(state), "printed"),
  "paper: failed": (state) => paper(job(state), "failed"),
  "paper: unknown": (state) => paper(job(state), "unknown"),
  "paper: of another": () => paper("another.0", "printed"),
  "store-failed": (state) => {
    const request = own(state);
    const step = state.touches.find((touch) => touch.request === request)?.step ?? "sent";
    return { type: "store-failed", request, step, reason: "" };
  },
  "store-failed: of another": () => ({ type: "store-failed", request: "another", step: "sent", reason: "" }),
  identify: () => ({ type: "identify" }),
  tick: () => ({ type: "tick" }),
};

/** Whoever stands before this is served at once. */
const leftAtOnce: Record<string, PhaseName> = {
  "touch: done": "choose",
  "key: press": "asking",
  scan: "checking",
  "scan: no code of ours": "turned-away",
};

/** Where it leads; what is not listed stays where it is. */
const targets: Record<PhaseName, Record<string, PhaseName>> = {
  starting: {
    "journal: empty": "choose",
    "journal: sent": "unclear",
    "journal: issued": "looking-back",
    "journal: reporting": "kept",
  },
  choose: {
    "touch: service": "asking",
    "touch: closed service": "refused",
    "key: press": "asking",
    "touch: birthdate": "birthdate",
    scan: "checking",
    "scan: no code of ours": "turned-away",
  },
  birthdate: leftAtOnce,
  "appointment-time": leftAtOnce,
  checking: {
    "answer: ticket": "printing",
    "answer: no ticket in it": "turned-away",
    "answer: refused": "turned-away",
    "answer: unavailable": "turned-away",
    "answer: none": "turned-away",
  },
  asking: {
    "answer: ticket": "printing",
    "answer: no ticket in it": "unclear",
    "answer: refused": "refused",
    "answer: unavailable": "unclear",
    "answer: none": "unclear",
    "store-failed": "unclear",
  },
  printing: {
    "paper: printed": "taken",
    "paper: failed": "kept",
    "paper: unknown": "kept",
    "store-failed": "unclear",
  },
  "looking-back": { "paper: printed": "kept", "paper: failed": "kept", "paper: unknown": "kept" },
  taken: { "touch: done": "choose" },
  kept: { "touch: done": "choose", "touch: again": "printing", "paper: printed": "taken" },
  refused: leftAtOnce,
  unclear: leftAtOnce,
  paused: leftAtOnce,
  "turned-away": { "touch: done": "choose", "key: press": "asking", scan: "checking" },
};
const phases = Object.keys(targets) as PhaseName[];

const officeWithOneClosed = () => {
  const office = makeOffice();
  for (const service of office.services) if (service.id === "pick-up") service.open = false;
  return office;
};

for (const phase of phases) {
  test(`${phase}: every input leads where it should`, () => {
    for (const [name, make] of Object.entries(situations)) {
      const drive = arriveAt(phase);
      assert.is(drive.state().phase.name, phase);
      if (phase !== "starting") drive.feed({ type: "office", office: officeWithOneClosed() });
      drive.feed(make(drive.state()));
      assert.is(drive.state().phase.name, targets[phase][name] ?? phase, `${phase} × ${name}`);
    }
  });
}

test("each pair of phase and input has a row, and each input is in the table above", () => {
  const inputs = Object.keys(table.choose) as InputType[];
  const tried = new Set(Object.values(situations).map((make) => make(arriveAt("asking").state()).type));
  assert.equal([...tried].sort(), [...inputs].sort());
  assert.equal(Object.keys(table).sort(), [...phases].sort());
  for (const phase of phases) {
    assert.equal(Object.keys(table[phase]).sort(), [...inputs].sort(), phase);
    for (const name of Object.keys(targets[phase])) assert.ok(situations[name], `${phase} × ${name}`);
  }
});

test("every phase but the start ends by itself, at its instant and not before", () => {
  const lasting: Partial<Record<PhaseName, [number, PhaseName]>> = {
    asking: [usualLimits.answerTimeoutMs, "unclear"],
    printing: [usualLimits.printTimeoutMs, "kept"],
    "looking-back": [usualLimits.printTimeoutMs, "kept"],
    taken: [usualLimits.takenMs, "choose"],
    kept: [usualLimits.keptMs, "choose"],
    refused: [usualLimits.messageMs, "choose"],
    unclear: [usualLimits.messageMs, "choose"],
    paused: [usualLimits.ticketPauseMs, "choose"],
    birthdate: [usualLimits.idleMs, "choose"],
    "appointment-time": [usualLimits.idleMs, "choose"],
    checking: [usualLimits.answerTimeoutMs, "turned-away"],
    "turned-away": [usualLimits.messageMs, "choose"],
  };
  for (const phase of phases) {
    const [ms, next] = lasting[phase] ?? [0, phase];
    const drive = arriveAt(phase);
    if (!lasting[phase]) continue;
    assert.ok((wakeAt(drive.state()) ?? 0) <= drive.now() + ms, `${phase} is woken up in time`);
    drive.pass(ms - 1).feed({ type: "tick" });
    assert.is(drive.state().phase.name, phase, `${phase} stays`);
    drive.pass(1).feed({ type: "tick" });
    assert.is(drive.state().phase.name, next, `${phase} ends`);
  }
});

test("the request is stored before it is sent, and the ticket before it is printed", () => {
  const drive = arriveAt("printing");
  const order = drive.effects
    .filter(({ type }) => type !== "log" && type !== "keep")
    .map((effect) => {
      if (effect.type === "request") return effect.verb;
      return effect.type === "store" ? `store ${effect.touch.step}` : effect.type;
    });
  assert.equal(order, ["reserve.get", "store sent", "ticket.issue", "store issued", "print"]);
});

test("no answer in time: withdrawn, and a late ticket prints nothing", () => {
  const drive = arriveAt("asking");
  const request = requestOf(drive.state());
  drive.pass(usualLimits.answerTimeoutMs).feed({ type: "tick" });
  assert.is(drive.stored().at(-1)?.step, "withdrawing");
  assert.equal(
    drive.requests("ticket.withdraw").map((effect) => effect.type === "request" && effect.args),
    [{ request }],
  );
  drive.feed(issued(request));
  assert.is(drive.prints().length, 0);
  assert.is(drive.state().phase.name, "unclear");
});

test("a withdrawal is repeated until it is answered, also where the hub's store was unavailable", () => {
  const drive = arriveAt("unclear");
  const sent = () => drive.requests("ticket.withdraw").length;
  const id = `${drive.stored()[0]?.request}.withdraw`;
  assert.is(sent(), 1);
  const unavailable = { state: "refused", error: refuse("unavailable", "") } as const;
  for (const answer of [{ state: "unknown", why: "" } as const, unavailable]) {
    const before = sent();
    drive.feed({ type: "answer", request: id, answer });
    drive.pass(usualLimits.repeatMs - 1).feed({ type: "tick" });
    assert.is(sent(), before);
    drive.pass(1).feed({ type: "tick" });
    assert.is(sent(), before + 1);
  }
  drive.feed({ type: "answer", request: id, answer: { state: "done", result: {} } });
  assert.is(drive.stored().at(-1)?.step, "closed");
  assert.equal(drive.state().touches, []);
  drive.pass(60_000).feed({ type: "tick" });
  assert.is(sent(), 3);
});

test("the printer is known to be away: no job is left in it, the number is shown and reported so", () => {
  for (const state of ["paper-out", "cover-open", "offline"] as const) {
    const drive = arriveAt("asking");
    drive.feed(
      { type: "status", peripheral: "printer", status: { state, detail: "" } },
      issued(requestOf(drive.state())),
    );
    assert.is(drive.prints().length, 0);
    assert.equal(drive.state().phase.name === "kept" && drive.state().phase, { ...drive.state().phase, why: state });
    const [report] = drive.requests("ticket.printed");
    assert.equal(report?.type === "request" && report.args, {
      ticket: ticket.id,
      outcome: "shown",
      sure: true,
      detail: state,
    });
  }
});

test("without a page that shows it, a failed print is reported as failed", () => {
  const drive = arriveAt("printing");
  const status = { state: "offline", detail: "no page is connected" } as const;
  drive.feed({ type: "status", peripheral: "screen", status }, paper(`${requestOf(drive.state())}.0`, "failed"));
  assert.is(drive.stored().at(-1)?.report?.outcome, "failed");
});

test("after an unknown outcome the same number is printed again, marked as a copy, and no more than twice", () => {
  const drive = arriveAt("kept");
  const request = requestOf(drive.state());
  for (const copy of [1, 2]) {
    drive.feed(touch({ do: "again" }));
    const print = drive.prints().at(-1);
    const text = print?.type === "print" ? JSON.stringify(print.receipt) : "";
    assert.match(text, "KOPIE");
    assert.match(text, "A017");
    drive.feed(paper(`${request}.${copy}`, "unknown"));
  }
  drive.feed(touch({ do: "again" }));
  assert.is(drive.prints().length, 3);
  assert.is(drive.requests("ticket.issue").length, 1);
});

test("a report waits for the one before it, so that an older one never comes last", () => {
  const drive = arriveAt("kept");
  const request = requestOf(drive.state());
  drive.feed(touch({ do: "again" }), paper(`${request}.1`, "printed"));
  const outcomes = () =>
    drive
      .requests("ticket.printed")
      .map((effect) => effect.type === "request" && "outcome" in effect.args && effect.args.outcome);
  assert.equal(outcomes(), ["unknown"]);
  drive.feed({ type: "answer", request: `${request}.report-1`, answer: { state: "done", result: {} } });
  assert.equal(outcomes(), ["unknown", "printed"]);
  drive.feed({ type: "answer", request: `${request}.report-2`, answer: { state: "done", result: {} } });
  assert.is(drive.stored().at(-1)?.step, "closed");
});

test("the journal does not take it: nothing was sent, nothing is printed, and the hub may not keep a ticket", () => {
  const unsent = arriveAt("asking");
  unsent.feed({ type: "store-failed", request: requestOf(unsent.state()), step: "sent", reason: "disk full" });
  assert.equal(unsent.state().touches, []);
  assert.is(unsent.requests("ticket.withdraw").length, 0);
  const unprinted = arriveAt("printing");
  unprinted.feed({ type: "store-failed", request: requestOf(unprinted.state()), step: "issued", reason: "disk full" });
  assert.is(unprinted.requests("ticket.withdraw").length, 1);
});

test("a touch that is sent twice has one effect; further touches while busy have none", () => {
  const drive = driveMachine().open();
  const once = choose();
  drive.feed(once, once, choose(), choose("registration"), press(), press("two"));
  drive.feed(issued(requestOf(drive.state())), choose(), press("three"));
  assert.is(drive.requests("ticket.issue").length, 1);
  assert.is(drive.prints().length, 1);
});

test("a hub that is away gives no numbers, whatever is touched", () => {
  const away: News[] = [{ type: "link", up: false }, { type: "hub", online: false }, { type: "tick" }];
  for (const [index, input] of away.entries()) {
    const drive = driveMachine().open();
    if (input.type === "tick") drive.pass(usualLimits.beatTimeoutMs);
    drive.feed(input, choose(), press());
    assert.is(drive.requests("ticket.issue").length, 0, String(index));
    assert.is(drive.state().phase.name, "choose");
  }
  const last = driveMachine().open();
  last.pass(usualLimits.beatTimeoutMs - 1).feed(choose());
  assert.is(last.requests("ticket.issue").length, 1, "the last instant of a live hub");
});

test("a hub that says it is online serves before its first beat, in whatever order its words and the link come", () => {
  const words: News[] = [
    { type: "hub", online: true },
    { type: "link", up: true },
  ];
  for (const order of [words, [...words].reverse()]) {
    const drive = driveMachine().open();
    drive.feed({ type: "link", up: false }, ...order, choose());
    assert.is(drive.requests("ticket.issue").length, 1);
  }
});

test("the next visitor finds German and normal print, after a ticket and after nothing at all", () => {
  const drive = driveMachine().open();
  drive.feed(touch({ do: "language", language: "en" }), touch({ do: "large", on: true }));
  assert.equal([drive.state().language, drive.state().large], ["en", true]);
  drive.passLive(usualLimits.idleMs - 1);
  assert.is(drive.state().language, "en");
  drive.passLive(1);
  assert.equal([drive.state().language, drive.state().large], ["de", false]);

  drive.feed(touch({ do: "language", language: "en" }), choose());
  const request = requestOf(drive.state());
  drive.feed(issued(request), paper(`${request}.0`, "printed"));
  assert.is(drive.state().language, "en");
  drive.passLive(usualLimits.takenMs);
  assert.is(drive.state().language, "de");
  drive.feed(touch({ do: "language", language: "xx" }));
  assert.is(drive.state().language, "de");
});

test("a key may begin the next ticket while the last number still stands there, but not at once", () => {
  const drive = arriveAt("taken");
  drive.pass(usualLimits.takenLeastMs - 1).feed(press("two"));
  assert.is(drive.requests("ticket.issue").length, 1);
  drive.pass(1).feed(press("two"));
  assert.is(drive.requests("ticket.issue").length, 2);
});

test.run();
