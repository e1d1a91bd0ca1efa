import { test } from "uvu";
import { systemClock } from "../../device/clock.ts";
import { scannerOptions } from "../../device/scanner/options.ts";
import { createScanner } from "../../device/scanner/scanner.ts";
import { askPerson, personMs } from "../contract/person.ts";
import { scannerContract } from "../contract/scanner.ts";
import { createSerialScanner } from "../emulators/serial-scanner.ts";
import { createFakeScanner } from "../fakes/scanner.ts";

const texts = ["12345678", "https://amt.example/t?a=1&b=2", "Straße Ä €", "x".repeat(512)];

scannerContract("fake", texts, () => {
  const scanner = createFakeScanner();
  return { ...scanner, scanner, scanQr: (text: string) => scanner.scan(text, "qr"), stop: () => {} };
});

for (const end of ["\r", "\n", "\r\n"] as const) {
  scannerContract(`serial line ended by ${JSON.stringify(end)}`, texts, () => {
    const scanner = createSerialScanner({ end });
    return {
      scanner: createScanner(scannerOptions.parse({ kind: "serial", path: scanner.path }), systemClock()),
      scan: scanner.scan,
      scanQr: (text) => scanner.scan(text, "]Q1"),
      noise: () => scanner.noise(Uint8Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? 0xff : 0x41))),
      unplug: scanner.unplug,
      plug: scanner.plug,
      stop: scanner.stop,
    };
  });
}

const real = process.env.WARTEMARKE_HIL_SCANNER;
if (real !== undefined) {
  scannerContract("real scanner", ["12345678"], () => ({
    scanner: createScanner(scannerOptions.parse(JSON.parse(real)), systemClock()),
    scan: (text) => askPerson(`scan a code that says '${text}'`),
    scanQr: undefined,
    noise: undefined,
    unplug: () => askPerson("unplug the scanner"),
    plug: () => askPerson("plug the scanner in"),
    stop: () => askPerson("make sure that the scanner is plugged in"),
    patienceMs: personMs,
  }));
}

test.run();
