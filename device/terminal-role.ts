import type { Logger } from "pino";
import { makeId } from "../protocol/ids.ts";
import type { PeripheralStatus } from "../protocol/messages.ts";
import type { Answer, Session } from "../protocol/session.ts";
import type { CommandHandlers } from "./commands.ts";
import { drawableOffice } from "./drawable-office.ts";
import type { HubClock } from "./hub-clock.ts";
import type { Journal } from "./journal.ts";
import type { Clock, LedMode, Panel, Printer, Scanner, Screen, StatusEvent } from "./ports.ts";
import type { Report, Role } from "./role.ts";
import { createRuntime } from "./runtime.ts";
import { steady } from "./steady.ts";
import { wakeAt } from "./terminal/liveness.ts";
import { firstState, step } from "./terminal/machine.ts";
import { intakeStatus, ledModes } from "./terminal/panel-picture.ts";
import { testReceipt } from "./terminal/ticket.ts";
import { touchOfEffect } from "./terminal/touches.ts";
import type { Effect, Input, PeripheralName, Settings, State } from "./terminal/types.ts";
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
  hubClock: Pick<HubClock, "now">;
  log: Pick<Logger, "info" | "warn" | "error">;
  report: Report;
}

/** What the machine is told; instant and id are added here. */
type News = Input extends infer I ? (I extends Input ? Omit<I, "at" | "id"> : never) : never;

const notConfigured: PeripheralStatus = { state: "offline", detail: "none is configured" };

/** Connects a terminal's peripherals with the hub: what happens becomes an input of the machine, its effects happen. */
export function createTerminalRole(parts: TerminalRoleParts): Role & { commands: CommandHandlers } {
  const { session, journal, printer, panel, scanner, screen, clock, log } = parts;
  const reported = new Map<string, string>();
  const leds = new Map<string, LedMode>();
  const time = steady(clock);
  let shown = "";
  let cancelWake = () => {};
  let wake: number | undefined;

  const runtime = createRuntime<State, Input, Effect>({
    first: firstState(parts.settings, time.now()),
    step,
    show,
    run: runAll,
    awaited: ({ type }) => type === "answer" || type === "paper" || type === "store-failed" || type === "journal",
    overflow: (dropped) => log.warn({ dropped }, "terminal: too much at once, input dropped"),
  });

  function feed(news: News): void {
    runtime.feed({ ...news, at: time.now(), id: makeId(parts.hubClock.now()) } as Input);
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
    wakeUp(state);
  }

  function wakeUp(state: State): void {
    const next = wakeAt(state);
    if (next === wake) return;
    cancelWake();
    wake = next;
    if (next === undefined) return;
    cancelWake = clock.after(Math.max(1, next - time.now()), () => {
      wake = undefined;
      time.reached(next);
      feed({ type: "tick" });
    });
  }

  /** What relies on a touch that the journal did not take is left out. */
  function runAll(effects: Effect[]): void {
    const unstored = new Set<string | undefined>();
    for (const effect of effects) {
      const touch = touchOfEffect(effect);
      if (touch !== undefined && unstored.has(touch)) continue;
      if (effect.type !== "store") run(effect);
      else if (!store(effect)) unstored.add(touch);
    }
  }

  function run(effect: Exclude<Effect, { type: "store" }>): void {
    if (effect.type === "log") {
      log[effect.level](effect.fields, effect.message);
      return;
    }
    if (effect.type === "print") {
      const { job } = effect;
      void printer?.print(effect.receipt).then((outcome) => feed({ type: "paper", job, outcome }));
      return;
    }
    const { request, verb, timeoutMs } = effect;
    // The verb and its arguments belong together by the effect's type, which a union does not carry over.
    const answered: Promise<Answer<typeof verb>> = session.request(verb, effect.args as never, {
      id: request,
      timeoutMs,
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
      feed({ type: "store-failed", request: touch.request, reason });
      return false;
    } finally {
      report("journal", journal.status());
    }
  }

  /** Passes a peripheral's status on to the machine and to the device's status topic. */
  function watch(peripheral: PeripheralName, event: StatusEvent): void {
    feed({ type: "status", peripheral, status: event.status });
    report(peripheral, event.status);
  }

  function startPeripherals(): void {
    if (!printer) feed({ type: "status", peripheral: "printer", status: notConfigured });
    printer?.start((event) => watch("printer", event));
    panel?.start((event) => {
      if (event.type === "status") watch("panel", event);
      else feed(event);
    });
    scanner?.start((event) => {
      if (event.type === "status") watch("scanner", event);
      // What the code says stays here: the machine gets its kind alone.
      else if (event.type === "scan") feed({ type: "scan", symbology: event.symbology });
      else log.warn({ reason: event.reason, count: event.count }, "scanner: bytes that were no code");
    });
    screen?.start((event) => {
      if (event.type === "status") watch("screen", event);
      else feed({ type: "touch", input: event.input });
    });
  }

  return {
    start() {
      session.onLink(({ up }) => feed({ type: "link", up }));
      session.subscribe("hub", {}, ({ state }) => feed({ type: "hub", online: state === "online" }));
      session.subscribe("beat", {}, () => feed({ type: "beat" }));
      session.subscribe("office", {}, (office) => feed({ type: "office", office: drawableOffice(office) }));
      feed({ type: "journal", touches: journal.open() });
      report("journal", journal.status());
      startPeripherals();
    },
    async stop() {
      runtime.stop();
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
        const { outcome, sure, detail } = await printer.print(testReceipt(runtime.state()));
        return { ok: outcome === "printed", detail: `${outcome}, ${sure ? "sure" : "not sure"}: ${detail}` };
      },
    },
  };
}
