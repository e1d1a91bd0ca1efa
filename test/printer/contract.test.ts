import { suite } from "uvu";
import { printerOptions } from "../../device/printer/options.ts";
import { createPrinter } from "../../device/printer/printer.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import { printerContract } from "../contract/printer.ts";
import { createFakePrinter, type FakeHardware } from "../fakes/printer.ts";
import { serialBench, tcpBench } from "./bench.ts";

const test = suite("printer");

printerContract(test, "fake", () => {
  const hardware: FakeHardware = { receipts: [], status: { state: "ready", detail: "" }, jobs: new Map() };
  let printer = createFakePrinter(hardware);
  const set = (state: PeripheralStatus["state"], detail: string) => printer.setStatus({ state, detail });
  return {
    printer,
    again: () => (printer = createFakePrinter(hardware)),
    remembers: true,
    powerCycle: () => hardware.jobs.clear(),
    texts: () =>
      hardware.receipts.map(({ lines }) => lines.map((line) => (line.kind === "text" ? line.text : "")).join()),
    setPaper: (paper) => (paper === "out" ? set("paper-out", "paper end") : set("ready", "")),
    unplug: () => set("offline", "unplugged"),
    plugIn: () => set("ready", ""),
    close() {},
  };
});
printerContract(test, "epson over TCP", () => tcpBench("epson"));
printerContract(test, "generic over TCP", () => tcpBench("generic", { asian: true, confirms: false }));
printerContract(test, "epson over a serial port", serialBench);

// Real hardware, named by its options as JSON: {"connection":{"kind":"usb"}}. It prints; nobody need stand by.
const hardware = process.env.WARTEMARKE_HIL_PRINTER;
if (hardware) {
  const options = printerOptions.parse(JSON.parse(hardware));
  printerContract(test, "hardware", () => ({ printer: createPrinter(options), close() {} }));
}

test.run();
