import { test } from "uvu";
import { systemClock } from "../../device/clock.ts";
import { scannerOptions } from "../../device/scanner/options.ts";
import { createScanner } from "../../device/scanner/scanner.ts";
import { askPerson, personMs } from "../contract/person.ts";
import { scannerContract } from "../contract/scanner.ts";
import { createSerialScanner } from "../emulators/serial-scanner.ts";
import { settable } from "../fakes/clock.ts";
import { createFakeScanner } from "../fakes/scanner.ts";
import { until } from "../until.ts";

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

test("half a code is dropped after its pause, also when the clock is set back in it", async () => {
  const emulator = createSerialScanner();
  const clock = settable(systemClock());
  let timers = 0;
  const after: typeof clock.after = (ms, then) => {
    timers += 1;
    return clock.after(ms, then);
  };
  const options = scannerOptions.parse({ kind: "serial", path: emulator.path });
  const scanner = createScanner(options, { ...clock, after });
  const news: string[] = [];
  scanner.start((event) => news.push(event.type === "scan" ? event.text : event.type));
  await until("ready", () => news.length > 0);
  clock.set(3_600_000);
  emulator.scan("12345678");
  await until("read", () => news.includes("12345678"));
  timers = 0;
  emulator.noise(Buffer.from("12"));
  await until("the half code has come", () => timers > 0);
  clock.set(0);
  await until("dropped", () => news.at(-1) === "discard");
  emulator.scan("345678");
  await until("read", () => news.at(-1) === "345678");
  await scanner.stop();
  emulator.stop();
});

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
