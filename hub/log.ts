import type { Logger } from "pino";
import pino from "pino";
import pretty from "pino-pretty";

/** What the hub's parts need of a log. */
export type HubLog = Pick<Logger, "debug" | "info" | "warn" | "error">;

/**
 * JSON lines for the journal of a service, readable lines in a terminal. Nothing personal is ever given to it: no
 * payload of a request is logged, only what was wrong with it.
 */
export function createLog(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level });
  return pino({ level }, pretty({ colorize: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" }));
}
