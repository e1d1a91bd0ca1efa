import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal } from "../../device/journal.ts";
import type { Screen, TouchEvent } from "../../device/ports.ts";
import { createPrinterOver } from "../../device/printer/printer.ts";
import { printerProfiles } from "../../device/printer/profiles.ts";
import type { Touch } from "../../device/terminal/types.ts";
import type { View } from "../../device/terminal/view.ts";
import { createTerminalRole, type TerminalRoleParts } from "../../device/terminal-role.ts";
import { createEscposPrinter, type EscposPrinter } from "../emulators/escpos-printer.ts";
import { createFakeHubClock } from "../fakes/hub-clock.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { createCable } from "../printer/cable.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

/** A step of the clock between two turns of the event loop, in milliseconds; the hub beats in each. */
const stepMs = 20;
const turnsMax = 5_000;

type Cable = ReturnType<typeof createCable>;
type Answer = { state: "done"; result: unknown } | { state: "unknown"; why: string };
type Request = { verb: string; id: string; args: Record<string, unknown> };

/** Where the terminal's power goes: whatever is left out goes well. */
interface Cut {
  /** The hub's answer does not come any more. */
  answers?: false;
  /** So many bytes of the ticket reach the printer; negative: all but so many. */
  bytes?: number;
  /** Nobody hears what the printer says of the ticket. */
  deaf?: true;
  /** This step of the touch, and whatever comes after it, is not done any more. */
  before?: Touch["step"];
  /** The report does not reach the hub. */
  reports?: false;
}

const silent = pino({ level: "silent" });

/** One start of a terminal: its machine, journal and printer driver are the shipped ones. */
function startTerminal(path: string, cable: Cable, number: number, cut: Cut = {}) {
  let isDead = false;
  const clock = createManualClock(Date.parse("2026-11-23T09:00:00Z") + number * 60_000);
  const requests: Request[] = [];
  const steps: string[] = [];
  let view: View | undefined;
  let on: (event: TouchEvent | { type: "status"; status: { state: "ready"; detail: string } }) => void = () => {};
  const heard: Record<string, (payload: unknown) => void> = {};
  let linked: (state: { up: true }) => void = () => {};
  const screen: Screen<View> = {
    start(listener) {
      on = listener;
      on({ type: "status", status: { state: "ready", detail: "" } });
    },
    stop: async () => {},
    show: (next) => {
      view = next;
    },
  };
  const session = {
    subscribe(key: string, _levels: object, handler: (payload: unknown) => void) {
      heard[key] = handler;
    },
    onLink(listener: typeof linked) {
      linked = listener;
    },
    request: async (verb: string, args: Record<string, unknown>, { id = "" } = {}): Promise<Answer> => {
      if (isDead) return new Promise(() => {});
      requests.push({ verb, id, args });
      if (verb === "ticket.issue" && cut.answers === false) return new Promise(() => {});
      if (verb === "ticket.printed" && cut.reports === false) return new Promise(() => {});
      if (verb === "ticket.issue") return { state: "done", result: { ticket: makeTicket(`A00${number}`) } };
      return { state: "done", result: {} };
    },
  } as unknown as TerminalRoleParts["session"];
  const file = createJournal(path, silent);
  const role = createTerminalRole({
    settings: makeSettings(),
    session,
    journal: {
      ...file,
      store(touch) {
        if (touch.step === cut.before) isDead = true;
        if (isDead) throw new Error("no power");
        file.store(touch);
        steps.push(touch.step);
        if (touch.step !== "issued") return;
        if (cut.bytes !== undefined) cable.cutAfter(cut.bytes < 0 ? cable.longestWrite() + cut.bytes : cut.bytes);
        if (cut.deaf) cable.goDeaf();
      },
    },
    printer: createPrinterOver(cable.open, printerProfiles.epson, 48, clock),
    screen,
    clock,
    hubClock: createFakeHubClock(clock.now),
    log: silent,
    report() {},
  });
  role.start();
  linked({ up: true });
  heard.hub?.({ state: "online" });
  heard.office?.(makeOffice());
  return {
    requests,
    steps,
    screen: () => view?.screen,
    touch: () => on({ type: "touch", input: { id: `touch-${number}`, do: "choose", service: "id-card" } }),
    async until(what: string, is: () => boolean) {
      for (let turns = 0; !is(); turns += 1) {
        if (turns > turnsMax) throw new Error(`${what}: not within ${turnsMax * stepMs} ms`);
        await turn();
        clock.advance(stepMs);
        heard.beat?.({});
      }
    },
    stop: () => role.stop(),
  };
}

/** Nothing more comes of what was begun: the world stands still for a while. */
async function rest(terminal: ReturnType<typeof startTerminal>): Promise<void> {
  let turns = 0;
  await terminal.until("rest", () => {
    turns += 1;
    return turns > 40;
  });
}

/** A ticket is taken, so that the printer has had one of the same length; then another, and the power goes and comes back. */
async function loseAndRegainPower(cut: Cut, happen: (emulator: EscposPrinter, cable: Cable) => void) {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wartemarke-power-"));
  const path = join(folder, "journal.sqlite");
  try {
    const emulator = createEscposPrinter();
    const cable = createCable(emulator);
    const first = startTerminal(path, cable, 1);
    await first.until("the start screen", () => first.screen()?.name === "choose");
    first.touch();
    await first.until("a ticket", () => first.steps.at(-1) === "closed");
    await first.stop();
    const second = startTerminal(path, cable, 2, cut);
    await second.until("the start screen", () => second.screen()?.name === "choose");
    second.touch();
    await second.until("under way", () => second.steps.includes("sent"));
    await rest(second);
    await second.stop();
    cable.heal();
    happen(emulator, cable);
    const third = startTerminal(path, cable, 3);
    const passing = new Set([undefined, "moment", "looking-back"]);
    await third.until("the screen says something", () => !passing.has(third.screen()?.name));
    await rest(third);
    await third.stop();
    const screen = third.screen();
    return {
      isOut: emulator.papers.some(({ text }) => text.includes("A002")),
      told: third.requests
        .filter(({ verb }) => verb !== "reserve.get")
        .map(({ verb, args }) => (verb === "ticket.printed" ? `${args.outcome}${args.sure ? ", sure" : ""}` : verb)),
      shown: screen?.name,
      lines: screen && "lines" in screen ? screen.lines.join(" ") : "",
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const printers: Record<string, (emulator: EscposPrinter, cable: Cable) => void> = {
  "ran on": () => {},
  "was off too": (emulator) => emulator.powerCycle(),
  "has no paper now": (emulator) => emulator.setPaper("out"),
  "is open now": (emulator) => emulator.setCover(true),
  "is unplugged now": (_emulator, cable) => cable.setPlugged(false),
  "says nothing now": (emulator) => emulator.fail("no-answer"),
};

type Told = { told: string[]; shown: string; text: RegExp };
const withdrawn: Told = { told: ["ticket.withdraw"], shown: "unclear", text: /Es wurde keine Nummer vergeben/ };
const printed: Told = { told: ["printed, sure"], shown: "kept", text: /mit dieser Nummer wurde gedruckt/ };
const failed: Told = { told: ["failed, sure"], shown: "kept", text: /Das letzte Ticket wurde nicht gedruckt/ };
const unknown: Told = { told: ["unknown"], shown: "kept", text: /Ist das Ticket mit dieser Nummer herausgekommen/ };
const inHand: Told = { told: ["printed, sure"], shown: "choose", text: /^$/ };
const over: Told = { told: [], shown: "choose", text: /^$/ };

/** The cut, and what marks the printer gets before and after it, in bytes. */
const [cutBytes, markBytes] = [4, 17];
const beforeReport = { before: "reporting" } as const;

// Where the power goes; whether the ticket fell out in the end; what is said where the printer ran on, and where not.
const rows: [title: string, cut: Cut, isOut: boolean, ranOn: Told, otherwise: Told][] = [
  ["before the hub's answer", { answers: false }, false, withdrawn, withdrawn],
  ["before the number is written down", { before: "issued" }, false, withdrawn, withdrawn],
  ["when the number is known and nothing is sent", { bytes: 0, ...beforeReport }, false, failed, unknown],
  ["in the first commands, which make the printer forget", { bytes: 12, ...beforeReport }, false, unknown, unknown],
  ["in the first lines", { bytes: 60, ...beforeReport }, false, failed, unknown],
  ["in the middle", { bytes: 200, ...beforeReport }, false, failed, unknown],
  ["before the last line is whole", { bytes: -60, ...beforeReport }, false, failed, unknown],
  ["before the cut", { bytes: -markBytes - cutBytes, ...beforeReport }, false, unknown, unknown],
  ["after the cut", { bytes: -markBytes, ...beforeReport }, true, unknown, unknown],
  ["when all is sent and nothing is confirmed", { deaf: true, ...beforeReport }, true, printed, unknown],
  ["when it is confirmed and not written down", beforeReport, true, printed, unknown],
  ["when it is written down and not reported", { reports: false }, true, inHand, inHand],
  ["when all is said", {}, true, over, over],
];
for (const [title, cut, isOut, ranOn, otherwise] of rows) {
  test(`the power goes ${title}`, async () => {
    for (const [printer, happen] of Object.entries(printers)) {
      const expected = printer === "ran on" ? ranOn : otherwise;
      const found = await loseAndRegainPower(cut, happen);
      const what = `the printer ${printer}: ${JSON.stringify(found)}`;
      assert.equal([found.told, found.shown], [expected.told, expected.shown], what);
      assert.match(expected.shown === "choose" ? "" : found.lines, expected.text, what);
      assert.is(found.isOut, isOut, what);
    }
  });
}

test.run();
