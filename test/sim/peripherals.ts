import type { Printer, PrintOutcome, Receipt, ScanEvent, Scanner, Screen, StatusEvent } from "../../device/ports.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** A piece of paper that lies in the slot of a terminal. */
export interface Paper {
  terminal: string;
  number: string;
  copy: boolean;
  at: number;
}

/** What a printer may have; `jammed` is one that says nothing about what came out. */
export type PrinterFault = "paper-out" | "cover-open" | "offline" | "jammed" | undefined;

const never = new Promise<never>(() => {});

/** Printing takes so long, in milliseconds. */
const printMs = [800, 2_500] as const;

/** A printer with its paper, which outlives the terminal that drives it. */
export interface PrinterDevice {
  port(life: Life): Printer;
  fault: PrinterFault;
  /**
   * The terminal's program ended, and perhaps with the power, then perhaps the printer's too: what was under way may be on the
   * paper, or not.
   */
  cutOff(withPower: boolean): void;
}

/** What stands on a receipt in letters of the size of a number. */
export function numberOn(receipt: Receipt): { number: string; copy: boolean } {
  const texts = receipt.lines.flatMap((line) => (line.kind === "text" ? [line] : []));
  const number = texts.find(({ scale, text }) => scale > 2 && /^[A-Z]\d{3,6}$/.test(text))?.text ?? "";
  return { number, copy: texts.some(({ text }) => text.startsWith("***")) };
}

export function createPrinterDevice(
  schedule: Schedule,
  random: Random,
  terminal: string,
  out: (paper: Paper) => void,
): PrinterDevice {
  let on: ((event: StatusEvent) => void) | undefined;
  let underWay: { receipt: Receipt; job: string | undefined } | undefined;
  /** What it can say of the jobs it had, by their names; undefined since its power went, until it has another. */
  let memory: Map<string, PrintOutcome> | undefined = new Map();
  let waiting: Promise<unknown> = Promise.resolve();
  let fault: PrinterFault;
  const emit = (receipt: Receipt) => out({ terminal, ...numberOn(receipt), at: schedule.now() });
  const status = () => ({
    type: "status" as const,
    status: { state: fault === undefined || fault === "jammed" ? ("ready" as const) : fault, detail: "" },
  });

  async function print(life: Life, receipt: Receipt, job: string | undefined): Promise<PrintOutcome> {
    underWay = { receipt, job };
    await schedule.sleep(random.whole(...printMs), life);
    underWay = undefined;
    const outcome = putOut(receipt);
    remember(job, outcome);
    return outcome;
  }

  function putOut(receipt: Receipt): PrintOutcome {
    if (fault === "jammed") {
      if (random.chance(0.5)) emit(receipt);
      return { outcome: "unknown", sure: false, detail: "no answer" };
    }
    if (fault !== undefined) return { outcome: "failed", sure: true, detail: fault };
    emit(receipt);
    return { outcome: "printed", sure: true, detail: "" };
  }

  function remember(job: string | undefined, outcome: PrintOutcome): void {
    memory ??= new Map();
    if (job !== undefined) memory.set(job, outcome);
  }

  async function outcomeOf(life: Life, job: string): Promise<PrintOutcome> {
    await schedule.sleep(random.whole(...printMs), life);
    if (fault !== undefined) return { outcome: "unknown", sure: false, detail: fault };
    if (memory === undefined) return { outcome: "unknown", sure: false, detail: "was off" };
    return memory.get(job) ?? { outcome: "failed", sure: true, detail: "never came" };
  }

  return {
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      on?.(status());
    },
    cutOff(withPower) {
      on = undefined;
      if (underWay) {
        const { receipt, job } = underWay;
        const isOut = fault === undefined && random.chance(0.5);
        if (isOut) emit(receipt);
        remember(job, { outcome: isOut ? "printed" : "failed", sure: true, detail: "asked" });
      }
      if (withPower && random.chance(0.5)) memory = undefined;
      underWay = undefined;
      waiting = Promise.resolve();
    },
    port: (life) => ({
      start(listener) {
        on = (event) => life.alive && listener(event);
        schedule.after(50, life, () => on?.(status()));
      },
      async stop() {
        on = undefined;
      },
      print(receipt, job) {
        // What a machine still has in mind when its power goes comes to nothing, and nothing waits for it.
        if (!life.alive) return never;
        const printed = waiting.then(() => print(life, receipt, job));
        waiting = printed;
        return printed;
      },
      outcomeOf(job) {
        if (!life.alive) return never;
        const told = waiting.then(() => outcomeOf(life, job));
        waiting = told;
        return told;
      },
    }),
  };
}

/** A scanner that may be unplugged. */
export interface ScannerDevice {
  port(life: Life): Scanner;
  plugged: boolean;
  /** Somebody holds a code before it; without power or plug nothing happens. */
  read(text: string): void;
  cutOff(): void;
}

export function createScannerDevice(schedule: Schedule): ScannerDevice {
  let on: ((event: ScanEvent | StatusEvent) => void) | undefined;
  let plugged = true;
  const status = () => ({
    type: "status" as const,
    status: { state: plugged ? ("ready" as const) : ("offline" as const), detail: "" },
  });
  return {
    get plugged() {
      return plugged;
    },
    set plugged(next) {
      plugged = next;
      on?.(status());
    },
    read(text) {
      if (plugged) on?.({ type: "scan", text, symbology: "qr" });
    },
    cutOff() {
      on = undefined;
    },
    port: (life) => ({
      start(listener) {
        on = (event) => life.alive && listener(event);
        schedule.after(30, life, () => on?.(status()));
      },
      async stop() {
        on = undefined;
      },
    }),
  };
}

/** A screen on which somebody looks; dark while its device is off. */
export interface ScreenDevice<View> {
  port(life: Life): Screen<View>;
  readonly view: View | undefined;
  touch(input: unknown): void;
  cutOff(): void;
}

export function createScreenDevice<View>(
  schedule: Schedule,
  shown: (view: View | undefined) => void,
): ScreenDevice<View> {
  let on: Parameters<Screen<View>["start"]>[0] | undefined;
  let view: View | undefined;
  return {
    get view() {
      return view;
    },
    touch: (input) => on?.({ type: "touch", input }),
    cutOff() {
      on = undefined;
      view = undefined;
      shown(undefined);
    },
    port: (life) => ({
      start(listener) {
        on = (event) => life.alive && listener(event);
        schedule.after(20, life, () => on?.({ type: "status", status: { state: "ready", detail: "" } }));
      },
      async stop() {
        on = undefined;
      },
      show(next) {
        if (!life.alive) return;
        view = next;
        shown(next);
      },
    }),
  };
}
