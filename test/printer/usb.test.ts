import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { usbPackage } from "../../device/printer/escpos-usb-package.ts";
import { printerOptions } from "../../device/printer/options.ts";
import { createPrinter } from "../../device/printer/printer.ts";
import { type PrinterBench, printerContract, receiptOf } from "../contract/printer.ts";
import { createEscposPrinter, type EscposPrinter } from "../emulators/escpos-printer.ts";
import { openUsbPlug, runWithUsbPrinter, type UsbPlug, usbPrinterIds } from "../emulators/usb-printer.ts";
import { fastClock } from "../fakes/clock.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { askingSpeed } from "./bench.ts";

const test = suite("printer at USB");

interface UsbBench extends PrinterBench {
  plug: UsbPlug;
  emulator: EscposPrinter;
}

async function usbBench(connection: object = {}, profile = "epson"): Promise<UsbBench> {
  const cable = await openUsbPlug();
  await cable.plug();
  const isAsian = profile === "generic";
  const emulator = createEscposPrinter({ onPortStatus: (byte) => void cable.setPort(byte), asian: isAsian });
  emulator.attach(cable.wire);
  emulator.setPaper("full");
  const options = printerOptions.parse({ connection: { kind: "usb", ...connection }, profile });
  return {
    plug: cable,
    emulator,
    printer: createPrinter(options),
    again: () => createPrinter(options, fastClock(askingSpeed)),
    remembers: true,
    powerCycle: emulator.powerCycle,
    texts: () => {
      assert.equal(emulator.errors, []);
      return emulator.papers.map(({ text }) => text);
    },
    setPaper: (paper) => emulator.setPaper(paper),
    unplug: cable.unplug,
    plugIn: cable.plug,
    close: () => cable.close(),
  };
}

printerContract(test, "any USB printer", () => usbBench());
printerContract(test, "one by its ids", () => usbBench(usbPrinterIds));

async function withPrinter(
  connection: object,
  run: (bench: UsbBench, state: () => string) => Promise<void>,
  profile?: string,
): Promise<void> {
  const bench = await usbBench(connection, profile);
  let state = "";
  bench.printer.start(({ status }) => {
    state = status.state;
  });
  try {
    await run(bench, () => state);
  } finally {
    await bench.printer.stop();
    await bench.close();
  }
}

test("another printer's serial number is not this printer", () =>
  withPrinter({ serial: "J000002" }, async (_bench, state) => {
    await until("offline", () => state() === "offline");
  }));

test("a printer that takes no data ends in an unknown outcome, and prints again later", () =>
  withPrinter({}, async ({ plug, printer, texts }, state) => {
    await until("ready", () => state() === "ready");
    await plug.setHang(true);
    const stuck = await printer.print(receiptOf("alt"));
    assert.is(stuck.outcome, "unknown");
    await plug.setHang(false);
    await until("ready again", () => state() === "ready");
    await until("printed", async () => (await printer.print(receiptOf("neu"))).outcome === "printed");
    assert.equal(
      texts?.().filter((text) => text !== ""),
      ["neu"],
    );
  }));

test("a printer without paper that takes no data tells so by its port status", () =>
  withPrinter({}, async ({ plug, printer }, state) => {
    await until("ready", () => state() === "ready");
    await plug.setHang(true);
    await plug.setPort(0x38);
    await until("paper out", () => state() === "paper-out");
    assert.is((await printer.print(receiptOf("A 001"))).sure, true);
    await plug.setHang(false);
  }));

test("a printer that answers nothing but how its port is goes on printing after it was out of paper", () =>
  withPrinter(
    {},
    async ({ emulator, printer, texts }, state) => {
      emulator.fail("no-answer");
      await until("nothing is known", () => state() === "unknown");
      assert.is((await printer.print(receiptOf("vorher"))).outcome, "unknown");
      emulator.setPaper("out");
      await until("paper out", () => state() === "paper-out");
      assert.equal(await printer.print(receiptOf("ohne")), { outcome: "failed", sure: true, detail: "paper end" });
      emulator.setPaper("full");
      await until("nothing is known again", () => state() === "unknown");
      assert.is((await printer.print(receiptOf("danach"))).outcome, "unknown");
      assert.equal(texts?.(), ["vorher", "danach"]);
    },
    "generic",
  ));

test("a stalled printer ends in an unknown outcome", () =>
  withPrinter({}, async ({ plug, printer }, state) => {
    await until("ready", () => state() === "ready");
    await plug.setStall(true);
    assert.is((await printer.print(receiptOf("A 001"))).outcome, "unknown");
    await plug.setStall(false);
  }));

test("many bytes in one packet are taken as few are", async () => {
  const bench = await usbBench();
  const states: string[] = [];
  bench.printer.start(({ status }) => states.push(status.state));
  try {
    await until("ready", () => states.at(-1) === "ready");
    bench.plug.wire.write(Buffer.alloc(400));
    assert.is((await bench.printer.print(receiptOf("A 001"))).sure, true);
    assert.not.ok(states.includes("offline"), states.join());
  } finally {
    await bench.printer.stop();
    await bench.close();
  }
});

test("plugging in and out leaves no listeners behind", () =>
  withPrinter({}, async ({ plug }, state) => {
    for (let round = 0; round < 3; round++) {
      await until("ready", () => state() === "ready");
      assert.is(usbPackage.usb.listenerCount("detach"), 1);
      await plug.unplug();
      await until("offline", () => state() === "offline");
      await plug.plug();
    }
  }));

if (need("umockdev") && (await runWithUsbPrinter(fileURLToPath(import.meta.url)))) test.run();
