import { suite } from "uvu";
import { printerOptions } from "../../device/printer/options.ts";
import { createPrinter } from "../../device/printer/printer.ts";
import { printerContract } from "../contract/printer.ts";
import { createFakePrinter } from "../fakes/printer.ts";
import { serialBench, tcpBench } from "./bench.ts";

const test = suite("printer");

printerContract(test, "fake", () => {
  const printer = createFakePrinter();
  return {
    printer,
    texts: () =>
      printer.receipts.map(({ lines }) => lines.map((line) => (line.kind === "text" ? line.text : "")).join()),
    setPaper: (paper) =>
      printer.setStatus(paper === "out" ? { state: "paper-out", detail: "paper end" } : { state: "ready", detail: "" }),
    unplug: () => printer.setStatus({ state: "offline", detail: "unplugged" }),
    plugIn: () => printer.setStatus({ state: "ready", detail: "" }),
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
