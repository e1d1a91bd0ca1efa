import type { Logger } from "pino";
import type { Clock, Scanner } from "../ports.ts";
import { createHidScanner } from "./hid-scanner.ts";
import type { ScannerOptions } from "./options.ts";
import { createSerialScanner } from "./serial-scanner.ts";

/** The scanner that the options describe. Nothing is opened before `start`. */
export function createScanner(options: ScannerOptions, clock: Clock, logger?: Pick<Logger, "info" | "warn">): Scanner {
  return options.kind === "hid" ? createHidScanner(options, clock, logger) : createSerialScanner(options, clock);
}
