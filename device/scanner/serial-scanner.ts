import { ReadlineParser } from "@serialport/parser-readline";
import type { Clock, Scanner } from "../ports.ts";
import { createSerialLink } from "../serial-link.ts";
import { createLineGuard, decodeLine } from "./lines.ts";
import type { SerialScannerOptions } from "./options.ts";
import { createReporter, type Reporter } from "./reporter.ts";

/** A scanner on a serial line (RS-232 or USB CDC-ACM): one line per code, ended by CR, LF or both. */
export function createSerialScanner(options: SerialScannerOptions, clock: Clock): Scanner {
  let reporter: Reporter | undefined;
  let guard = createLineGuard();
  let parser = createParser();
  let cancelIdle = () => {};

  function createParser(): ReadlineParser {
    const lines = new ReadlineParser({ delimiter: "\n", encoding: "latin1" });
    lines.on("data", (line: string) => reporter?.decoded([decodeLine(line)]));
    return lines;
  }

  const watchIdle = () => {
    cancelIdle();
    const at = guard.idleAt();
    if (at === undefined) return;
    cancelIdle = clock.after(Math.max(0, at - clock.uptime()), () => {
      parser.write(guard.idle(clock.uptime()));
      watchIdle();
    });
  };

  const link = createSerialLink({ path: options.path, baudRate: options.baudRate }, clock, {
    opened() {
      guard = createLineGuard();
      parser = createParser();
      reporter?.status("ready", options.path);
    },
    bytes(chunk) {
      parser.write(guard.pass(chunk, clock.uptime()));
      watchIdle();
    },
    closed(why) {
      cancelIdle();
      reporter?.status("offline", why.slice(0, 200));
    },
  });

  return {
    start(on) {
      reporter = createReporter(on);
      link.start();
    },
    async stop() {
      reporter = undefined;
      cancelIdle();
      await link.stop();
    },
  };
}
