import type { Logger } from "pino";
import pino from "pino";

/**
 * JSON lines for the journal of a service, readable lines in a terminal. Written at once, so that the last word before
 * an end is not lost. Nothing personal is ever given to it.
 */
export async function createLog(level: string, client: string): Promise<Logger> {
  const options = { level, base: { client }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stdout.isTTY) return pino(options, pino.destination({ dest: 1, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  return pino(options, pretty({ sync: true, translateTime: "SYS:HH:MM:ss", ignore: "client" }));
}
