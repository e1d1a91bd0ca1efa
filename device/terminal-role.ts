import type { Logger } from "pino";
import { issuesInWords } from "../protocol/codec.ts";
import { reprintOrder } from "../protocol/devices.ts";
import { makeId } from "../protocol/ids.ts";
import type { PeripheralStatus } from "../protocol/messages.ts";
import type { Answer, Session } from "../protocol/session.ts";
import type { CommandHandlers, CommandOutcome } from "./commands.ts";
import { drawableOffice } from "./drawable-office.ts";
import type { HubClock } from "./hub-clock.ts";
import type { Journal } from "./journal.ts";
import type { Clock, LedMode, Panel, Printer, PrintOutcome, Scanner, Screen, StatusEvent } from "./ports.ts";
import type { Report, Role } from "./role.ts";
import { createRuntime } from "./runtime.ts";
import { steady } from "./steady.ts";
import { wakeAt } from "./terminal/liveness.ts";
import { firstState, step } from "./terminal/machine.ts";
import { intakeStatus, ledModes, reserveStatus } from "./terminal/panel-picture.ts";
import { testReceipt, ticketReceipt } from "./terminal/ticket.ts";
import { touchesOfEffect } from "./terminal/touches.ts";
import type { Effect, Input, Kept, News, PeripheralName, Settings, State } from "./terminal/types.ts";
import { type View, viewOf } from "./terminal/view.ts";

export interface TerminalRoleParts {
  settings: Settings;
  session: Pick<Session, "subscribe" | "request" | "onLink">;
  journal: Journal;
  printer?: Printer | undefined;
  panel?: Panel | undefined;
  scanner?: Scanner | undefined;
  screen?: Screen<View> | undefined;
  clock: Clock;
  /** Ids hold the hub's time: it takes one that is too old by its own clock for a repeat of long ago. */
  hubClock: Omit<HubClock, "start">;
  log: Pick<Logger, "info" | "warn" | "error">;
  report: Report;
}

/** What the hub takes of a detail, in characters. */
const reportDetailCharsMax = 200;

/** A journal that cannot be opened is tried again this often, in milliseconds. */
const journalRetryMs = 1_000;

const notConfigured: PeripheralStatus = { state: "offline", detail: "none is configured" };

/** Connects a terminal's peripherals with the hub: what happens becomes an input of the machine, its effects happen. */
export function createTerminalRole(parts: TerminalRoleParts): Role & { commands: CommandHandlers } {
  const { session, journal, printer, panel, scanner, screen, clock, hubClock, log } = parts;
  const reported = new Map<string, string>();
  const leds = new Map<string, LedMode>();
  const now = steady(clock);
  let shown = "";
  let cancelWake = () => {};
  let cancelRead = () => {};
  const starting: NodeJS.Immediate[] = [];
  let wake: number | undefined;

  const runtime = createRuntime<State, Input, Effect>({
    first: firstState(parts.settings, now()),
    step,
    record: writeDown,
    show,
    run: (effects) => effects.forEach(run),
    awaited: ({ type }) => ["answer", "paper", "journal", "recalled"].includes(type),
    urgent: ({ type }) => type === "store-failed",
    overflow: (dropped) => log.warn({ dropped }, "terminal: too much at once, input dropped"),
  });

  function feed(news: News): void {
    const hubTime = hubClock.now();
    runtime.feed({ ...news, at: now(), id: makeId(hubTime), hubTime, timeIsSure: hubClock.isSure() });
  }

  function report(peripheral: string, status: PeripheralStatus): void {
    const line = `${status.state} ${status.detail}`;
    if (reported.get(peripheral) === line) return;
    reported.set(peripheral, line);
    parts.report(peripheral, status);
  }

  function show(state: State): void {
    const view = viewOf(state);
    const json = JSON.stringify(view);
    if (json !== shown) screen?.show(view);
    shown = json;
    for (const [led, mode] of Object.entries(ledModes(state))) {
      if (leds.get(led) !== mode) panel?.setLed(led, mode);
      leds.set(led, mode);
    }
    report("intake", intakeStatus(state));
    report("reserve", reserveStatus(state));
    wakeUp(state);
  }

  function wakeUp(state: State): void {
    const next = wakeAt(state);
    if (next === wake) return;
    cancelWake();
    wake = next;
    if (next === undefined) return;
    cancelWake = clock.after(Math.max(1, next - now()), () => {
      wake = undefined;
      feed({ type: "tick" });
    });
  }

  /** What the journal is to take. What relies on a touch that it did not take is left out. */
  function writeDown(effects: Effect[]): Effect[] {
    const unstored = new Set<string>();
    return effects.filter((effect) => {
      if (touchesOfEffect(effect).some((touch) => unstored.has(touch))) return false;
      if (effect.type === "keep") keep(effect);
      else if (effect.type !== "store") return true;
      else if (!store(effect)) unstored.add(effect.touch.request);
      return false;
    });
  }

  function run(effect: Effect): void {
    if (effect.type === "store" || effect.type === "keep") return;
    if (effect.type === "log") {
      log[effect.level](effect.fields, effect.message);
      return;
    }
    if (effect.type === "recall") {
      feed({ type: "recalled", after: effect.after, ...journal.given(effect.day, effect.after) });
      return;
    }
    if (effect.type === "print") {
      const { job } = effect;
      void printer?.print(effect.receipt, effect.name).then((outcome) => feed({ type: "paper", job, outcome }));
      return;
    }
    if (effect.type === "ask-printer") {
      const { job, name } = effect;
      void (printer?.outcomeOf(name) ?? noPrinter()).then((outcome) => feed({ type: "paper", job, outcome }));
      return;
    }
    const { request, verb, timeoutMs, validUntil } = effect;
    // The verb and its arguments belong together by the effect's type, which a union does not carry over.
    const answered: Promise<Answer<typeof verb>> = session.request(verb, effect.args as never, {
      id: request,
      timeoutMs,
      ...(validUntil === undefined ? {} : { validUntil }),
    });
    void answered.then((answer) => feed({ type: "answer", request, answer }));
  }

  function store({ touch }: Extract<Effect, { type: "store" }>): boolean {
    try {
      journal.store(touch);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ request: touch.request, step: touch.step, reason }, "journal cannot be written");
      feed({ type: "store-failed", request: touch.request, step: touch.step, reason });
      return false;
    } finally {
      report("journal", journal.status());
    }
  }

  /** What cannot be kept is missing after a power cut, until something else can be written: the journal's status says so. */
  function keep(effect: Extract<Effect, { type: "keep" }>): void {
    try {
      if (effect.what === "grants") journal.hold(effect.grants);
      else if (effect.what === "list") journal.keepList(effect.list, effect.since);
      else if (effect.what === "office") journal.keep("office", effect.office);
      else if (effect.what === "epoch") journal.keep("epoch", { epoch: effect.epoch });
      else journal.keep("clock", hubClock.toKeep(effect.contactAt));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ what: effect.what, reason }, "journal cannot be written");
    } finally {
      report("journal", journal.status());
    }
  }

  /** What the journal knows for the time without the hub; the time first, since all that follows goes by it. */
  function recall(): Kept {
    const { clock: time, office, ...rest } = journal.recall();
    if (time) hubClock.recall(time);
    return { ...rest, office: office && drawableOffice(office), contactAt: time?.contactAt ?? null };
  }

  /**
   * Until the journal was read nothing is begun: what is in it would be forgotten, and no step of a touch can be written. The
   * printer is started after the machine has read it: what it is asked for it may forget when it is started.
   */
  function readJournal(): void {
    try {
      feed({ type: "journal", touches: journal.open(), last: journal.last(), kept: recall() });
      starting.push(setImmediate(startPrinter));
    } catch {
      cancelRead = clock.after(journalRetryMs, readJournal);
    } finally {
      report("journal", journal.status());
    }
  }

  /** Passes a peripheral's status on to the machine and to the device's status topic. */
  function watch(peripheral: PeripheralName, event: StatusEvent): void {
    feed({ type: "status", peripheral, status: event.status });
    report(peripheral, event.status);
  }

  function startPrinter(): void {
    if (!printer) feed({ type: "status", peripheral: "printer", status: notConfigured });
    printer?.start((event) => watch("printer", event));
  }

  function startPeripherals(): void {
    panel?.start((event) => {
      if (event.type === "status") watch("panel", event);
      else feed(event);
    });
    scanner?.start((event) => {
      if (event.type === "status") watch("scanner", event);
      else if (event.type === "scan") feed({ type: "scan", text: event.text });
      else log.warn({ reason: event.reason, count: event.count }, "scanner: bytes that were no code");
    });
    screen?.start((event) => {
      if (event.type === "status") watch("screen", event);
      else feed({ type: "touch", input: event.input });
    });
  }

  /** The same number once more, whatever the visitor before the screen is at: the printer takes one after the other. */
  async function reprint(command: object): Promise<CommandOutcome> {
    const order = reprintOrder.safeParse(command);
    if (!order.success) return { ok: false, detail: `the command names no ticket: ${issuesInWords(order.error)}` };
    const { ticket, language } = order.data;
    const { outcome, sure, detail } = printer
      ? await printer.print(ticketReceipt(ticket, runtime.state(), language, { isCopy: true }))
      : { outcome: "failed" as const, sure: true, detail: "this terminal has no printer" };
    // The hub is told before the command is done, so that whoever gave it finds the paper's state right.
    const report = { ticket: ticket.id, outcome, sure, detail: detail.slice(0, reportDetailCharsMax) };
    const { reportTimeoutMs } = parts.settings.limits;
    await session.request("ticket.printed", report, { id: makeId(hubClock.now()), timeoutMs: reportTimeoutMs });
    return { ok: outcome === "printed", detail: `${ticket.number}: ${inWords({ outcome, sure, detail })}` };
  }

  return {
    start() {
      session.onLink(({ up }) => feed({ type: "link", up }));
      session.subscribe("hub", {}, ({ state, epoch }) =>
        feed({ type: "hub", online: state === "online", ...(epoch === undefined ? {} : { epoch }) }),
      );
      session.subscribe("beat", {}, ({ epoch }) => feed({ type: "beat", epoch }));
      session.subscribe("office", {}, (office) => feed({ type: "office", office: drawableOffice(office) }));
      session.subscribe("terminalAppointments", { client: parts.settings.client }, (list) =>
        feed({ type: "list", list }),
      );
      readJournal();
      starting.push(setImmediate(startPeripherals));
    },
    async stop() {
      runtime.stop();
      for (const each of starting) clearImmediate(each);
      cancelRead();
      cancelWake();
      await Promise.all([printer?.stop(), panel?.stop(), scanner?.stop(), screen?.stop()]);
      journal.close();
    },
    commands: {
      identify() {
        feed({ type: "identify" });
        return { ok: true, detail: "the screen says the device's name, the keys blink" };
      },
      async "test-print"() {
        if (!printer) return { ok: false, detail: "this terminal has no printer" };
        const paper = await printer.print(testReceipt(runtime.state()));
        return { ok: paper.outcome === "printed", detail: inWords(paper) };
      },
      reprint,
    },
  };
}

/** A ticket was being printed before this start, and now there is no printer to be asked. */
async function noPrinter(): Promise<PrintOutcome> {
  return { outcome: "unknown", sure: false, detail: notConfigured.detail };
}

/** What became of a paper, for whoever gave the command. */
function inWords({ outcome, sure, detail }: PrintOutcome): string {
  const certainty = sure ? "confirmed by the printer" : "not confirmed by the printer";
  return [`${outcome}, ${certainty}`, detail].filter((part) => part !== "").join(": ");
}
