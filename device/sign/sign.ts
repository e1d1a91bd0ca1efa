import type { Logger } from "pino";
import type { Clock, Sign } from "../ports.ts";
import { createAlphaSign } from "./alpha-driver.ts";
import { createLineSign } from "./line-driver.ts";
import type { SignOptions } from "./options.ts";

/** The LED sign of a configuration, whichever protocol it speaks. */
export function createSign(options: SignOptions, clock: Clock, logger?: Logger): Sign {
  return options.protocol === "alpha"
    ? createAlphaSign(options, clock, logger)
    : createLineSign(options, clock, logger);
}
