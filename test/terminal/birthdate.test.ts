import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isPrivateBroker } from "../../device/config.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { viewOf } from "../../device/terminal/view.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import type { Drive } from "./drive.ts";
import {
  arriveAt,
  begin,
  digits,
  driveMachine,
  enterBirthdate,
  issued,
  paper,
  press,
  requestOf,
  scan,
  touch,
} from "./drive.ts";
import { settled, startRole } from "./role-by-hand.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

const test = suite("birth date at the terminal");
const asked = (drive: Drive) =>
  drive.requests("appointment.check-in").map((effect) => (effect.type === "request" ? effect.args : undefined));
const viewIn = (drive: Drive) => viewOf(drive.state()).screen;
const screenOf = (drive: Drive) => JSON.stringify(viewIn(drive)).replaceAll("\u00a0", " ");
/** The state without what was there before anybody came. */
const kept = (drive: Drive) => JSON.stringify({ ...drive.state(), settings: null });
const refused = (drive: Drive, code: ErrorCode, details: Record<string, unknown> = {}) =>
  drive.feed({
    type: "answer",
    request: requestOf(drive.state()),
    answer: { state: "refused", error: refuse(code, code, details) },
  });
/** What the entry shows after these digits. */
const entryAfter = (entered: string, phase: "birthdate" | "appointment-time" = "birthdate") => {
  const screen = viewIn(arriveAt(phase).feed(...digits(entered)));
  if (screen.kind !== "entry") throw new Error(`not the entry but ${screen.name}`);
  return screen;
};

test("the hub lets nobody in by it who was sent away meanwhile, and would not know his number", () => {
  const drive = arriveAt("birthdate")
    .passLive(4_000)
    .feed(...digits("09031984"), touch({ do: "enter" }));
  const [sent] = drive.requests("appointment.check-in");
  if (sent?.type !== "request") throw new Error("nothing was asked");
  assert.is(sent.validUntil, new Date(drive.now() + usualLimits.reportTimeoutMs).toISOString());
  refused(drive, "expired");
  assert.match(screenOf(drive), "Das Geburtsdatum kann gerade nicht geprüft werden");
  const [byCode] = arriveAt("checking").requests("appointment.check-in");
  const validUntil = byCode?.type === "request" ? byCode.validUntil : "";
  assert.is(validUntil, undefined, "by a code he has a number from the reserve, which takes its place");
});

test("until when the hub may do it goes with the request", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-birthdate-"));
  const role = startRole(join(folder, "journal.sqlite"));
  try {
    await settled();
    role.hub();
    await settled();
    for (const each of enterBirthdate()) if (each.type === "touch") role.screen.touch(each.input);
    await settled();
    const [asked] = role.asked("appointment.check-in");
    assert.is(asked?.options.validUntil, new Date(begin + usualLimits.reportTimeoutMs).toISOString());
  } finally {
    await role.stop();
    rmSync(folder, { recursive: true });
  }
});

test("it is asked about with the time of its last digit, and the number comes onto paper", () => {
  const drive = arriveAt("birthdate").feed(...digits("0903198"));
  drive
    .passLive(4_000)
    .feed(...digits("4"))
    .passLive(9_000)
    .feed(touch({ do: "enter" }));
  assert.equal(asked(drive), [{ birthdate: "1984-03-09", at: "2026-11-23T09:00:04.000Z" }]);
  const request = requestOf(drive.state());
  const ticket = makeTicket("T001", { kind: "appointment", appointmentAt: "2026-11-23T09:10:00Z", paper: "pending" });
  drive.feed(issued(request, ticket));
  assert.match(JSON.stringify(drive.prints()), "T001");
  drive.feed(paper(`${request}.0`, "printed"));
  assert.is(viewIn(drive).name, "taken");
});

test("the screen shows the places of day, month and year, and fills them", () => {
  for (const [entered, shown, open] of [
    ["", "", "TT.MM.JJJJ"],
    ["0", "0", "T.MM.JJJJ"],
    ["09", "09.", "MM.JJJJ"],
    ["0903", "09.03.", "JJJJ"],
    ["0903198", "09.03.198", "J"],
    ["090319845", "09.03.1984", ""],
  ] as const) {
    const screen = entryAfter(entered);
    assert.equal([screen.entered, screen.open, screen.complete], [shown, open, shown.length === 10]);
  }
});

for (const [entered, problem] of [
  ["4", "noSuchDay"],
  ["00", "noSuchDay"],
  ["32", "noSuchDay"],
  ["092", "noSuchMonth"],
  ["0913", "noSuchMonth"],
  ["0900", "noSuchMonth"],
  ["3002", "noSuchDate"],
  ["3104", "noSuchDate"],
  ["09038", "noSuchYear"],
  ["090318", "noSuchYear"],
  ["09032", ""],
  ["09032027", "noSuchYear"],
  ["29021985", "noSuchDate"],
  ["29021984", ""],
  ["29022000", ""],
  ["29021900", "noSuchDate"],
  ["24112026", "dateInFuture"],
  ["23112026", ""],
  ["01011900", ""],
] as const) {
  test(`${entered}: ${problem || "may be a birth date"}, said with the digit from which it is so`, () => {
    const texts = makeSettings().languages.de;
    const screen = entryAfter(entered);
    assert.is(screen.problem, problem === "" ? "" : texts?.[problem]);
    assert.is(entryAfter(entered.slice(0, -1)).problem, "");
    assert.is(screen.complete, problem === "" && entered.length === 8);
  });
}

test("after a digit that leads nowhere none is taken until it is gone again", () => {
  const drive = arriveAt("birthdate").feed(...digits("0913"), ...digits("1984"), touch({ do: "enter" }));
  assert.match(screenOf(drive), "09.13.");
  assert.equal(asked(drive), []);
  drive.feed(touch({ do: "erase" }), ...digits("21984"), touch({ do: "enter" }));
  assert.equal(asked(drive), [{ birthdate: "1984-12-09", at: "2026-11-23T09:00:00.000Z" }]);
});

test("a digit that is sent twice is one digit", () => {
  const [zero] = digits("0");
  const drive = arriveAt("birthdate");
  if (zero) drive.feed(zero, zero);
  assert.match(screenOf(drive), '"entered":"0"');
});

test("a machine whose clock lost its time knows by the hub's what may be a birth date", () => {
  const drive = driveMachine(makeSettings(), { behindMs: begin })
    .open()
    .feed(...enterBirthdate());
  assert.equal(asked(drive), [{ birthdate: "1984-03-09", at: "2026-11-23T09:00:00.000Z" }]);
});

test("a birth date entered before the first beat was entered when that says", () => {
  const [open, ...rest] = enterBirthdate();
  const drive = arriveAt("choose")
    .hubIsOff(-20_000)
    .feed(...(open ? [open] : []), ...rest.slice(0, -1));
  drive
    .pass(400)
    .hubIsOff(0)
    .feed(...rest.slice(-1));
  assert.equal(asked(drive), [{ birthdate: "1984-03-09", at: "2026-11-23T09:00:00.000Z" }]);
});

test("several have this birth date: the time is entered, none is shown, and both go to the hub", () => {
  const drive = arriveAt("appointment-time");
  assert.match(screenOf(drive), "Um wie viel Uhr");
  assert.match(screenOf(drive), "SS:MM");
  assert.not.match(screenOf(drive), "1984");
  drive.feed(...digits("1030"), touch({ do: "enter" }));
  assert.equal(asked(drive).at(-1), { birthdate: "1984-03-09", time: "10:30", at: "2026-11-23T09:00:00.000Z" });
  refused(drive, "no-match");
  assert.match(screenOf(drive), "nichts gefunden");
});

for (const [entered, problem] of [
  ["3", "noSuchHour"],
  ["24", "noSuchHour"],
  ["106", "noSuchMinute"],
  ["2359", ""],
] as const) {
  test(`the time ${entered}: ${problem || "may be one"}`, () => {
    const screen = entryAfter(entered, "appointment-time");
    assert.is(screen.problem, problem === "" ? "" : makeSettings().languages.de?.[problem]);
  });
}

const neutral =
  "Die Anmeldung geht von 15 Minuten vor bis 5 Minuten nach der Zeit des Termins. Scannen Sie Ihren Code, oder ziehen Sie eine Nummer.";
const answers: [ErrorCode, Record<string, unknown>, string, string][] = [
  ["no-match", {}, neutral, "Nothing found to check in now"],
  ["locked", { until: "2026-11-23T09:10:00Z" }, "Pause bis 10:10 Uhr", "paused until 10:10"],
  ["unavailable", {}, "Bitte scannen Sie Ihren Code, oder ziehen Sie eine Nummer.", "Please scan your code"],
  ["forbidden", {}, "Bitte scannen Sie Ihren Code, oder ziehen Sie eine Nummer.", "Please scan your code"],
  ["full", {}, "Bitte fragen Sie am Empfang", "ask at the reception desk"],
];
for (const [code, details, german, english] of answers) {
  test(`${code} has its own words, and the way to a number`, () => {
    const drive = refused(arriveAt("choose").feed(...enterBirthdate()), code, details);
    assert.ok(screenOf(drive).includes(german), screenOf(drive));
    assert.ok(screenOf(drive).includes("Nummer ziehen"), screenOf(drive));
    drive.feed(touch({ do: "language", language: "en" }));
    assert.ok(screenOf(drive).includes(english), screenOf(drive));
    assert.not.match(screenOf(drive), /\{\w+\}/);
    assert.not.match(kept(drive), "1984");
  });
}

test("whoever was not found may enter it again; whoever is locked out may scan", () => {
  const again = refused(arriveAt("choose").feed(...enterBirthdate()), "no-match").feed(touch({ do: "birthdate" }));
  assert.is(viewIn(again).name, "birthdate");
  const locked = refused(arriveAt("choose").feed(...enterBirthdate()), "locked", { until: "2026-11-23T09:10:00Z" });
  locked.feed(touch({ do: "birthdate" }));
  assert.is(viewIn(locked).name, "turned-away");
  locked.feed(scan());
  assert.is(locked.state().phase.name, "checking");
});

test("without the hub nothing is sent: scan, or take a number", () => {
  const drive = arriveAt("birthdate").feed(...digits("09031984"), { type: "link", up: false }, touch({ do: "enter" }));
  assert.equal(asked(drive), []);
  assert.match(screenOf(drive), "Bitte scannen Sie Ihren Code, oder ziehen Sie eine Nummer.");
  const silent = arriveAt("choose")
    .feed(...enterBirthdate())
    .pass(usualLimits.reportTimeoutMs)
    .feed({ type: "tick" });
  assert.match(screenOf(silent), "Bitte scannen Sie Ihren Code, oder ziehen Sie eine Nummer.");
});

test("a hub that takes longer than for a ticket checks him in, and he gets his number", () => {
  const drive = arriveAt("choose").feed(...enterBirthdate());
  const request = requestOf(drive.state());
  const [sent] = drive.requests("appointment.check-in");
  assert.is(sent?.type === "request" && sent.timeoutMs, usualLimits.reportTimeoutMs);
  drive.passLive(usualLimits.answerTimeoutMs).passLive(usualLimits.reportTimeoutMs - usualLimits.answerTimeoutMs - 1);
  drive.feed(issued(request, makeTicket("T001", { kind: "appointment", paper: "pending" })));
  assert.match(JSON.stringify(drive.prints()), "T001");
});

test("half a birth date is gone after a while without a touch, and each digit gives that while again", () => {
  const drive = arriveAt("birthdate").feed(...digits("0903"));
  drive.passLive(usualLimits.idleMs - 1).feed(...digits("1"));
  drive.passLive(usualLimits.idleMs - 1);
  assert.is(viewIn(drive).name, "birthdate");
  drive.passLive(1);
  assert.is(viewIn(drive).name, "choose");
  drive.feed(touch({ do: "birthdate" }));
  assert.match(screenOf(drive), '"entered":""');
});

test("whoever scans or presses a key instead is served at once, and what he entered is forgotten", () => {
  const scanned = arriveAt("birthdate").feed(...digits("0903"), scan());
  assert.is(asked(scanned).length, 1);
  assert.ok(asked(scanned).every((args) => args && "code" in args));
  const pressed = arriveAt("birthdate").feed(...digits("0903"), press("one"));
  assert.is(pressed.requests("ticket.issue").length, 1);
});

test("a birth date is in no record, no log and no state once it has been answered", () => {
  const drive = arriveAt("choose").feed(...enterBirthdate());
  const request = requestOf(drive.state());
  drive.feed(issued(request, makeTicket("T001", { paper: "pending" })), paper(`${request}.0`, "printed"));
  const left = JSON.stringify([kept(drive), drive.effects.filter(({ type }) => type !== "request")]);
  assert.not.match(left, /1984|09031984|09\.03\./);
  assert.ok(drive.stored().length > 0 && drive.effects.some(({ type }) => type === "print"));
});

test("the row is there where the office gives appointments, and says what this terminal can do", () => {
  const rowOf = (drive: Drive) => {
    const screen = viewIn(drive);
    if (screen.kind !== "choose") throw new Error(screen.name);
    return screen.appointment;
  };
  const drive = arriveAt("choose");
  assert.equal(Object.values(rowOf(drive) ?? {}), [
    "Sie haben einen Termin?",
    "Code scannen",
    "oder",
    "Geburtsdatum eingeben",
  ]);
  drive.feed({ type: "status", peripheral: "scanner", status: { state: "offline", detail: "" } });
  assert.equal(Object.values(rowOf(drive) ?? {}), ["Sie haben einen Termin?", "", "", "Geburtsdatum eingeben"]);
  drive.feed(...enterBirthdate());
  assert.is(asked(drive).length, 1, "without a scanner, too");

  for (const appointments of [false, undefined]) {
    const { appointments: _, ...office } = makeOffice();
    const without = arriveAt("choose");
    without.feed({ type: "office", office: appointments === undefined ? office : { ...office, appointments } });
    assert.is(rowOf(without), null);
    assert.is(viewIn(without.feed(touch({ do: "birthdate" }))).name, "choose");
  }

  const readAlong = driveMachine({ ...makeSettings(), isPrivate: false }).open();
  assert.is(rowOf(readAlong)?.birthdate, "");
  readAlong.feed(...enterBirthdate());
  assert.equal(asked(readAlong), [], "never where others can read along");
});

test("before the doors open, whoever has the first appointment can check in", () => {
  const drive = arriveAt("choose");
  const opensIn = (minutes: number) =>
    makeOffice({ open: false, nextChange: new Date(drive.now() + minutes * 60_000).toISOString() });
  drive.feed({ type: "office", office: opensIn(16) });
  assert.not.match(screenOf(drive), "Geburtsdatum");
  drive.feed({ type: "office", office: opensIn(15) });
  assert.match(screenOf(drive), "mit Geburtsdatum anmelden");
  drive.feed(...enterBirthdate());
  assert.is(asked(drive).length, 1);
});

test("nobody reads along on this very machine and on an encrypted line", () => {
  for (const [url, expected] of [
    ["mqtt://127.0.0.1:1883", true],
    ["mqtt://[::1]:1883", true],
    ["mqtt://localhost", true],
    ["mqtts://hub.dorsten.example:8883", true],
    ["mqtt://hub.dorsten.example:1883", false],
    ["mqtt://localhost.example:1883", false],
  ] as const) {
    assert.is(isPrivateBroker(url), expected, url);
  }
});

test.run();
