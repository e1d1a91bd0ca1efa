import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { logoType } from "../../config/town.ts";
import type { HubConfig } from "../../config.ts";
import type { HubLog } from "../../log.ts";

/** A picture in the head of each page, in bytes. */
const logoBytesMax = 512 * 1024;

export interface Logo {
  type: string;
  body: Buffer;
}

/**
 * The picture that the configuration names. The pages are shown without one that cannot be read: an office whose picture
 * was deleted is to open nevertheless, and the log says why it is missing.
 */
export function readLogo({ town }: Pick<HubConfig, "town">, log: HubLog): Logo | undefined {
  const type = town.logo && logoType(town.logo);
  if (!town.logo || !type) return undefined;
  const path = resolve(town.logo);
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error("it is no file");
    if (found.size > logoBytesMax) throw new Error(`it has ${found.size} bytes, at most ${logoBytesMax} are allowed`);
    return { type, body: readFileSync(path) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn({ field: "town.logo", path, why }, "the booking pages are shown without the logo");
    return undefined;
  }
}
