import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { Printer, PrintOutcome, Receipt } from "../../device/ports.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import { until } from "../until.ts";

/**
 * One printer, a fake or a driver over an emulator or the real thing, and how the world around it is moved. What a
 * bench cannot move (nobody pulls the plug of real hardware) it leaves out, and so are the tests that need it.
 */
export interface PrinterBench {
  printer: Printer;
  /** What can be read on the pieces of paper that came out, oldest first. */
  texts?(): string[];
  setPaper?(paper: "full" | "out"): void;
  unplug?(): void | Promise<void>;
  plugIn?(): void | Promise<void>;
  /** The same hardware with a driver that was just started; the one before was stopped. */
  again?(): Printer;
  /** Whether it can be asked for a job of an earlier start. */
  remembers?: boolean;
  /** The printer's own power goes and comes back. */
  powerCycle?(): void;
  /** Frees what the bench opened, after `printer.stop()`. */
  close(): void | Promise<void>;
}

export function receiptOf(...texts: string[]): Receipt {
  return { lines: texts.map((text) => ({ kind: "text", text, align: "center", scale: 1, bold: false })) };
}

/** What every printer must do, as written in device/ports.ts. */
export function printerContract(test: Test, name: string, open: () => PrinterBench | Promise<PrinterBench>): void {
  function bench(
    title: string,
    run: (bench: PrinterBench, statuses: PeripheralStatus[], now: () => string) => Promise<void>,
  ): void {
    test(`${name}: ${title}`, async () => {
      const opened = await open();
      const statuses: PeripheralStatus[] = [];
      const now = () => statuses.at(-1)?.state ?? "";
      opened.printer.start(({ status }) => statuses.push(status));
      try {
        await run(opened, statuses, now);
        for (const [at, status] of statuses.entries()) {
          assert.not.equal(status, statuses[at - 1], "the same status is never sent twice in a row");
        }
      } finally {
        await opened.printer.stop();
        await opened.close();
      }
    });
  }

  bench("says that it is ready, and prints", async ({ printer, texts }, _statuses, now) => {
    await until("ready", () => now() === "ready");
    const { outcome } = await printer.print(receiptOf("Grüße"));
    assert.is(outcome, "printed");
    if (texts) assert.equal(texts(), ["Grüße"]);
  });

  bench("prints one after the other, in the order asked", async ({ printer, texts }, _statuses, now) => {
    await until("ready", () => now() === "ready");
    const outcomes = await Promise.all(["A 001", "A 002", "A 003"].map((number) => printer.print(receiptOf(number))));
    assert.equal(
      outcomes.map(({ outcome }) => outcome),
      ["printed", "printed", "printed"],
    );
    if (texts) assert.equal(texts(), ["A 001", "A 002", "A 003"]);
  });

  test(`${name}: says nothing after stop, and prints nothing`, async () => {
    const opened = await open();
    let stopped = false;
    opened.printer.start(() => assert.not(stopped, "an event after stop"));
    await opened.printer.stop();
    stopped = true;
    assert.is((await opened.printer.print(receiptOf("zu spät"))).outcome, "failed");
    await opened.close();
  });

  bench("without paper prints nothing and is sure of it", async (opened, _statuses, now) => {
    const { printer, texts, setPaper } = opened;
    if (!setPaper || !texts) return;
    await until("ready", () => now() === "ready");
    setPaper("out");
    await until("paper out", () => now() === "paper-out");
    const refused = await printer.print(receiptOf("A 001"));
    assert.is(refused.outcome, "failed");
    assert.is(refused.sure, true);
    setPaper("full");
    await until("ready again", () => now() === "ready");
    assert.is((await printer.print(receiptOf("A 002"))).outcome, "printed");
    assert.equal(texts(), ["A 002"]);
  });

  bench("vanishes, comes back, and never prints what failed meanwhile", async (opened, _statuses, now) => {
    const { printer, texts, unplug, plugIn } = opened;
    if (!unplug || !plugIn || !texts) return;
    await until("ready", () => now() === "ready");
    await unplug();
    await until("offline", () => now() === "offline");
    const refused = await printer.print(receiptOf("A 001"));
    assert.is(refused.outcome, "failed");
    assert.is(refused.sure, true);
    await plugIn();
    await until("ready again", () => now() === "ready", 20_000);
    assert.is((await printer.print(receiptOf("A 002"))).outcome, "printed");
    assert.equal(texts(), ["A 002"]);
  });

  /** Prints `job`, lets something happen, and asks another start for `asked`. */
  function afterwards(
    title: string,
    asked: string,
    happen: (bench: PrinterBench) => void | Promise<void>,
    check: (told: PrintOutcome, bench: PrinterBench, next: Printer, now: () => string) => void | Promise<void>,
  ): void {
    test(`${name}: ${title}`, async () => {
      const opened = await open();
      try {
        if (!opened.again) return;
        let state = "";
        opened.printer.start(({ status }) => (state = status.state));
        await until("ready", () => state === "ready");
        assert.is((await opened.printer.print(receiptOf("A 001"), "job-1")).outcome, "printed");
        await opened.printer.stop();
        await happen(opened);
        const next = opened.again();
        let now = "";
        const outcome = next.outcomeOf(asked);
        next.start(({ status }) => (now = status.state));
        try {
          await check(await outcome, opened, next, () => now);
        } finally {
          await next.stop();
        }
      } finally {
        await opened.printer.stop();
        await opened.close();
      }
    });
  }

  const toldOf = ({ outcome, sure }: PrintOutcome) => [outcome, sure];
  const unknown = ["unknown", false];

  afterwards(
    "asked after a restart for what it printed, it says so or does not know, and prints on",
    "job-1",
    () => {},
    async (told, { remembers, texts }, next, now) => {
      assert.equal(toldOf(told), remembers ? ["printed", true] : unknown);
      await until("ready", () => now() === "ready");
      assert.is((await next.print(receiptOf("A 002"), "job-2")).outcome, "printed");
      if (texts) assert.equal(texts(), ["A 001", "A 002"]);
    },
  );

  afterwards(
    "asked for a job that never came, it says that there is no paper, or does not know",
    "job-2",
    () => {},
    (told, { remembers, texts }) => {
      assert.equal(toldOf(told), remembers ? ["failed", true] : unknown);
      if (texts) assert.equal(texts(), ["A 001"]);
    },
  );

  for (const asked of ["job-1", "job-2"]) {
    afterwards(
      `asked for ${asked} after its own power was off, it does not know`,
      asked,
      (bench) => bench.powerCycle?.(),
      (told, { powerCycle }) => {
        if (powerCycle) assert.equal(toldOf(told), unknown);
      },
    );
  }

  afterwards(
    "asked while it is away, it is unknown, and it is found later",
    "job-1",
    async (bench) => bench.unplug?.(),
    async (told, { unplug, plugIn }, next, now) => {
      if (!unplug || !plugIn) return;
      assert.equal(toldOf(told), unknown);
      await plugIn();
      await until("ready", () => now() === "ready", 20_000);
      assert.is((await next.print(receiptOf("A 002"))).outcome, "printed");
    },
  );
}
