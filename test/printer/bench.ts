import type { StatusEvent } from "../../device/ports.ts";
import { printerOptions } from "../../device/printer/options.ts";
import { createPrinter } from "../../device/printer/printer.ts";
import type { PrinterBench } from "../contract/printer.ts";
import { createEscposPrinter, type EscposPrinterOptions } from "../emulators/escpos-printer.ts";
import { createPlug } from "../emulators/plug.ts";
import { fastClock } from "../fakes/clock.ts";
import { until } from "../until.ts";

/** A driver that asks waits as long as a printer may take to start: a quarter of that is enough for one that is there. */
export const askingSpeed = 4;

/** The driver over an emulated network printer, with everything a test may want to move. */
export async function tcpPrinter(profile: string, speed = 1, emulated: EscposPrinterOptions = {}) {
  const emulator = createEscposPrinter(emulated);
  const port = await emulator.listen();
  const options = printerOptions.parse({ connection: { kind: "tcp", host: "127.0.0.1", port }, profile });
  const printer = createPrinter(options, fastClock(speed));
  let state = "";
  return {
    again: () => createPrinter(options, fastClock(askingSpeed)),
    emulator,
    port,
    printer,
    start: () => printer.start((event: StatusEvent) => (state = event.status.state)),
    state: () => state,
    async started() {
      this.start();
      await until("the printer is ready", () => state === "ready");
    },
    texts: () => emulator.papers.map(({ text }) => text).filter((text) => text !== ""),
    async end() {
      await printer.stop();
      await emulator.close();
    },
  };
}

export async function tcpBench(profile: string, emulated: EscposPrinterOptions = {}): Promise<PrinterBench> {
  const bench = await tcpPrinter(profile, 1, emulated);
  return {
    printer: bench.printer,
    texts: bench.texts,
    again: bench.again,
    remembers: profile === "epson",
    powerCycle: bench.emulator.powerCycle,
    setPaper: (paper) => bench.emulator.setPaper(paper),
    unplug: () => bench.emulator.close(),
    plugIn: async () => void (await bench.emulator.listen(bench.port)),
    close: () => bench.emulator.close(),
  };
}

export function serialBench(): PrinterBench {
  const emulator = createEscposPrinter();
  let arrive = (_bytes: Buffer) => {};
  const plug = createPlug("printer", (bytes) => arrive(bytes));
  emulator.attach({
    write: plug.write,
    onData(listener) {
      arrive = listener;
    },
  });
  plug.plug();
  const options = printerOptions.parse({ connection: { kind: "serial", path: plug.path } });
  return {
    printer: createPrinter(options),
    again: () => createPrinter(options, fastClock(askingSpeed)),
    remembers: true,
    powerCycle: emulator.powerCycle,
    texts: () => emulator.papers.map(({ text }) => text).filter((text) => text !== ""),
    setPaper: (paper) => emulator.setPaper(paper),
    unplug: plug.unplug,
    plugIn: plug.plug,
    close: plug.stop,
  };
}
