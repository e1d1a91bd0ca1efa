import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Receipt } from "../../device/ports.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { refuse } from "../../protocol/errors.ts";
import { idTime } from "../../protocol/ids.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { until } from "../until.ts";
import { client, makeOffice, startTerminal, type Terminal } from "./terminal.ts";

async function withTerminal(
  run: (terminal: Terminal, clock: ManualClock) => Promise<void>,
  hubAheadMs = 0,
): Promise<void> {
  const clock = createManualClock();
  const terminal = await startTerminal({ clock, hubAheadMs });
  try {
    await terminal.office(makeOffice());
    await terminal.ready();
    await run(terminal, clock);
  } finally {
    await terminal.stop();
  }
}

const words = (receipt: Receipt | undefined) =>
  (receipt?.lines ?? []).flatMap((line) => (line.kind === "text" ? [line.text] : []));
const screenIs = (terminal: Terminal, name: string) =>
  until(`the screen ${name}`, () => terminal.screen()?.name === name);
const reports = (terminal: Terminal) => terminal.seen("ticket.printed").map(({ args }) => [args.outcome, args.sure]);
const open = (terminal: Terminal) => terminal.device().journal.open();

test("a key, a ticket on paper, a report to the hub, and the start again", () =>
  withTerminal(async (terminal, clock) => {
    const { panel, printer } = terminal.device();
    await until("the keys are lit", () => panel.led("led-one") === "on");
    printer.hold();
    panel.press("one");
    await screenIs(terminal, "busy");
    assert.equal([panel.led("led-one"), panel.led("led-two")], ["blink", "off"]);
    printer.release();
    await screenIs(terminal, "taken");
    assert.ok(words(printer.receipts[0]).includes("A017"));
    await until("the report", () => reports(terminal).length === 1);
    assert.equal(reports(terminal), [["printed", true]]);
    await until("the journal has nothing open", () => open(terminal).length === 0);
    clock.advance(usualLimits.takenMs);
    await screenIs(terminal, "choose");
    assert.is(panel.led("led-one"), "on");
  }));

test("the ids of a terminal whose clock stood still for a month are of the hub's time", () => {
  const month = 30 * 24 * 3_600_000;
  return withTerminal(async (terminal, clock) => {
    terminal.device().panel.press("one");
    await until("the request", () => terminal.seen("ticket.issue").length > 0);
    const [request] = terminal.seen("ticket.issue");
    assert.is(idTime(request?.id ?? ""), clock.now() + month);
    await screenIs(terminal, "taken");
  }, month);
});

test("presses, taps and repeats while busy make one ticket", () =>
  withTerminal(async (terminal) => {
    const { panel, memory, printer } = terminal.device();
    const tap = { id: "tap", do: "choose", service: "id-card" };
    memory.touch(tap);
    memory.touch(tap);
    panel.press("one");
    panel.press("two");
    memory.touch({ ...tap, id: "second-tap" });
    await screenIs(terminal, "taken");
    memory.touch(tap);
    await until("the report", () => reports(terminal).length === 1);
    assert.is(new Set(terminal.seen("ticket.issue").map(({ id }) => id)).size, 1);
    assert.is(printer.receipts.length, 1);
  }));

test("the hub issues but its answer is lost: withdrawn until that is answered, and nothing is printed", () =>
  withTerminal(async (terminal, clock) => {
    terminal.answer(() => undefined);
    terminal.device().panel.press("one");
    const issue = await terminal.hub.request("ticket.issue");
    clock.advance(usualLimits.answerTimeoutMs);
    await screenIs(terminal, "unclear");
    const withdrawal = await terminal.hub.request("ticket.withdraw");
    assert.is(withdrawal.args.request, issue.id);
    assert.equal(
      open(terminal).map(({ step }) => step),
      ["withdrawing"],
    );
    terminal.answer(() => "usual");
    await until("the withdrawal was answered", () => open(terminal).length === 0);
    assert.ok(terminal.withdrawn.has(issue.id));
    assert.equal(terminal.device().printer.receipts, []);
  }));

test("the power goes before the answer: the touch is withdrawn after the restart, and the visitor is told", () =>
  withTerminal(async (terminal) => {
    terminal.answer(({ verb }) => (verb === "ticket.issue" ? undefined : "usual"));
    terminal.device().panel.press("one");
    const issue = await terminal.hub.request("ticket.issue");
    await terminal.restart();
    await screenIs(terminal, "unclear");
    await until("the withdrawal", () => terminal.withdrawn.has(issue.id));
    await until("the journal has nothing open", () => open(terminal).length === 0);
    assert.is(terminal.seen("ticket.issue").length, 1);
  }));

const numberScreen = (terminal: Terminal) => {
  const screen = terminal.screen();
  if (screen?.kind !== "number") throw new Error(`no number on the screen: ${screen?.kind}`);
  return { number: screen.number, text: screen.lines[0] ?? "", actions: screen.actions.map((action) => action.do) };
};

/** Somebody takes a ticket, the power goes while it is printed, and the printer has then done with it what it has. */
async function losePower(terminal: Terminal, happen: (request: string) => void): Promise<string> {
  terminal.device().printer.hold();
  terminal.device().panel.press("one");
  const request = await until("the ticket is in the journal", () => {
    const touch = open(terminal)[0];
    return touch?.step === "issued" ? touch.request : undefined;
  });
  happen(request);
  await terminal.restart();
  await screenIs(terminal, "kept");
  await until("the report", () => reports(terminal).length === 1);
  return request;
}

test("the power goes while it prints, and the printer's too: unknown, and the same number as a copy", () =>
  withTerminal(async (terminal) => {
    await losePower(terminal, () => terminal.hardware.jobs.clear());
    assert.equal(reports(terminal), [["unknown", false]]);
    const { number, text, actions } = numberScreen(terminal);
    assert.equal([number, actions], ["A017", ["again", "done"]]);
    assert.match(text, /gerade neu gestartet. Ist das Ticket mit dieser Nummer herausgekommen\?/);
    const { memory, printer } = terminal.device();
    await until("the printer is known", () => terminal.statuses.get("printer")?.state === "ready");
    memory.touch({ id: "again", do: "again" });
    await screenIs(terminal, "taken");
    assert.equal(words(printer.receipts[0]).slice(0, 1), ["*** KOPIE ***"]);
    assert.ok(words(printer.receipts[0]).includes("A017"));
    await until("the better report", () => reports(terminal).at(-1)?.[0] === "printed");
    assert.is(terminal.seen("ticket.issue").length, 1);
  }));

test("the power goes while it prints, and the printer has printed it: so says the screen, and so the hub is told", () =>
  withTerminal(async (terminal, clock) => {
    const told = { outcome: "printed", sure: true, detail: "remembered" } as const;
    await losePower(terminal, (request) => terminal.hardware.jobs.set(request, told));
    assert.equal(reports(terminal), [["printed", true]]);
    const { number, text, actions } = numberScreen(terminal);
    assert.equal([number, actions], ["A017", ["done"]]);
    assert.match(text, "mit dieser Nummer wurde gedruckt");
    assert.equal(terminal.hardware.receipts, [], "and nothing is printed again");
    await until("the journal has nothing open", () => open(terminal).length === 0);
    await until("the start screen", () => {
      clock.advance(usualLimits.messageMs);
      return terminal.screen()?.name === "choose";
    });
  }));

test("the power goes while it prints, and nothing came of it: failed, the number stays and can be printed", () =>
  withTerminal(async (terminal) => {
    const told = { outcome: "failed", sure: true, detail: "broke off" } as const;
    await losePower(terminal, (request) => terminal.hardware.jobs.set(request, told));
    assert.equal(reports(terminal), [["failed", true]]);
    assert.match(numberScreen(terminal).text, "Das letzte Ticket wurde nicht gedruckt");
    terminal.device().memory.touch({ id: "again", do: "again" });
    await screenIs(terminal, "taken");
    await until("the better report", () => reports(terminal).at(-1)?.[0] === "printed");
    assert.is(terminal.hardware.receipts.length, 1);
  }));

test("a printer that takes its time to answer: the screen says what is going on, and no other ticket is begun", () =>
  withTerminal(async (terminal) => {
    terminal.device().printer.hold();
    terminal.device().panel.press("one");
    await until("the ticket is in the journal", () => open(terminal)[0]?.step === "issued");
    await terminal.restart();
    // The machine asks in its first turn, which comes after this one.
    terminal.device().printer.hold();
    await screenIs(terminal, "looking-back");
    assert.match(numberScreen(terminal).text, "sieht nach, ob das letzte Ticket gedruckt wurde");
    terminal.device().panel.press("two");
    assert.is(terminal.seen("ticket.issue").length, 1);
    terminal.device().printer.release();
    await screenIs(terminal, "kept");
  }));

test("the number was on the screen alone when the power went: it is there again", () =>
  withTerminal(async (terminal) => {
    terminal.device().printer.setStatus({ state: "paper-out", detail: "no paper" });
    await until("the status", () => terminal.statuses.get("printer")?.state === "paper-out");
    terminal.device().panel.press("one");
    await screenIs(terminal, "kept");
    await until("the journal has nothing open", () => reports(terminal).length === 1 && open(terminal).length === 0);
    await terminal.restart();
    await screenIs(terminal, "kept");
    assert.is(numberScreen(terminal).number, "A017");
    assert.match(numberScreen(terminal).text, "wurde nicht gedruckt");
    assert.is(reports(terminal).length, 1, "the hub knows it already");
  }));

test("no paper: the number is shown, reported so, and staff can see the printer's state", () =>
  withTerminal(async (terminal) => {
    const { printer, panel } = terminal.device();
    printer.setStatus({ state: "paper-out", detail: "no paper" });
    await until("the status", () => terminal.statuses.get("printer")?.state === "paper-out");
    panel.press("one");
    await screenIs(terminal, "kept");
    await until("the report", () => reports(terminal).length === 1);
    assert.equal(reports(terminal), [["shown", true]]);
    const screen = terminal.screen();
    assert.equal(screen?.kind === "number" && screen.lines[0], "Der Drucker hat kein Papier.");
  }));

test("each refusal has a text of its own", () =>
  withTerminal(async (terminal) => {
    const rows: [Parameters<typeof refuse>, string, string][] = [
      [["closed", "", { opensAt: "2030-01-07T07:00:00Z" }], "closed", "Montag, 7. Januar um 08:00 Uhr"],
      [["service-closed", ""], "service-closed", "Ausweis oder Reisepass ist zur Zeit nicht möglich"],
      [["full", "", { from: "2030-01-07T07:00:00Z" }], "full", "Wieder möglich: Montag, 7. Januar um 08:00 Uhr"],
      [["forbidden", ""], "refused", "Bitte fragen Sie am Empfang."],
    ];
    for (const [refusal, name, text] of rows) {
      terminal.answer(({ verb }) => (verb === "ticket.issue" ? { error: refuse(...refusal) } : "usual"));
      terminal.device().memory.touch({ id: `touch-${name}`, do: "choose", service: "id-card" });
      await screenIs(terminal, name);
      assert.match(JSON.stringify(terminal.screen()).replaceAll("\u00a0", " "), text);
      terminal.device().memory.touch({ id: `done-${name}`, do: "done" });
      await screenIs(terminal, "choose");
    }
    await until("nothing is open", () => open(terminal).length === 0);
  }));

test("the hub falls silent, or leaves: no services, until it is back", () =>
  withTerminal(async (terminal, clock) => {
    const { panel } = terminal.device();
    clock.advance(usualLimits.beatTimeoutMs);
    await screenIs(terminal, "away");
    assert.is(panel.led("led-one"), "off");
    assert.is(terminal.screen()?.kind === "message" && terminal.screen()?.name, "away");
    // The scripted hub beats on.
    await screenIs(terminal, "choose");
    await terminal.leave();
    await screenIs(terminal, "away");
  }));

test("the broker goes: no services", () =>
  withTerminal(async (terminal) => {
    terminal.silence();
    await terminal.broker.stop();
    await screenIs(terminal, "away");
  }));

test("a clock that is set back holds up neither this visitor nor the next", () =>
  withTerminal(async (terminal, clock) => {
    const { panel, memory } = terminal.device();
    panel.press("one");
    await screenIs(terminal, "taken");
    clock.set(-3_600_000);
    memory.touch("the new time is noticed with the next input");
    await until("an input", () => terminal.logged.some((line) => line.includes("not understood")));
    clock.advance(usualLimits.takenLeastMs);
    panel.release("one");
    panel.press("one");
    await until("the next ticket", () => terminal.device().printer.receipts.length === 2);
    // Its time on the screen counts from when the paper came, which is a moment after the printer got it.
    await screenIs(terminal, "taken");
    clock.set(-7_200_000);
    clock.advance(usualLimits.takenMs);
    await screenIs(terminal, "choose");
  }));

test("a full disk: no number is given that would be lost, staff are told, and it goes on by itself", () =>
  withTerminal(async (terminal, clock) => {
    const { panel, printer } = terminal.device();
    terminal.fillJournal(true);
    panel.press("one");
    await screenIs(terminal, "unclear");
    assert.equal(terminal.seen("ticket.issue"), []);
    terminal.fillJournal(false);
    clock.advance(usualLimits.messageMs);
    await screenIs(terminal, "choose");
    panel.release("one");
    panel.press("one");
    await screenIs(terminal, "taken");
    assert.is(printer.receipts.length, 1);
  }));

test("what a code says is in no view and no log", () =>
  withTerminal(async (terminal) => {
    const { scanner, views } = terminal.device();
    scanner.scan("1042261123SECRET", "qr");
    await screenIs(terminal, "turned-away");
    assert.not.match(JSON.stringify(views), "SECRET");
    assert.not.match(terminal.logged.join("\n"), "SECRET");
  }));

test("the hub's commands: the device says its name, and prints a test", () =>
  withTerminal(async (terminal, clock) => {
    const { role, panel, views, printer } = terminal.device();
    const command = { id: "1", validUntil: new Date(clock.now() + 5_000).toISOString() };
    await role.commands.identify?.(command);
    await until("the banner", () => views.at(-1)?.banner.includes(client));
    assert.is(panel.led("led-three"), "blink");
    clock.advance(usualLimits.identifyMs);
    await until("no banner", () => views.at(-1)?.banner === "");
    assert.equal(await role.commands["test-print"]?.(command), {
      ok: true,
      detail: "printed, confirmed by the printer",
    });
    assert.match(words(printer.receipts[0]).join("\n"), "ä ö ü Ä Ö Ü ß €");
    await screenIs(terminal, "choose");
  }));

test("touches that are no touches do nothing but leave a trace", () =>
  withTerminal(async (terminal) => {
    const { memory } = terminal.device();
    const odd = [
      null,
      7,
      [],
      {},
      { id: "", do: "done" },
      { id: "x", do: "choose", service: "../etc" },
      { id: "y", do: "print" },
    ];
    for (const input of odd) memory.touch(input);
    await until(
      "all are logged",
      () => terminal.logged.filter((line) => /not understood|no such service/.test(line)).length === odd.length,
    );
    assert.is(terminal.screen()?.name, "choose");
  }));

test.run();
