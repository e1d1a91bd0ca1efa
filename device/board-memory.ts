import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { decode } from "../protocol/codec.ts";
import { display, office } from "../protocol/messages.ts";
import type { BoardKept } from "./board/state.ts";

const rememberedSchema = z.object({
  /** Names the time since the machine was switched on, in which alone `hubAheadMs` means something. */
  boot: z.string(),
  display,
  office: office.pick({ name: true, languages: true, timeZone: true, emergency: true }).optional(),
  unannounced: z.array(z.object({ call: z.string(), count: z.int() })),
  toldAt: z.number().optional(),
  hubAheadMs: z.number().optional(),
});

/** What a board was told last, and in which life of its machine. */
export type Remembered = BoardKept & { boot: string };

/** What a board keeps for the time when it is switched on and no hub is there to tell it. */
export interface BoardMemory {
  /** Undefined where there is none that can be read. */
  recall(): Remembered | undefined;
  /** Returns when it is on the disk; where that fails the board goes on without. */
  keep(what: Remembered): void;
}

/** The memory in a small file, which is there whole or not at all. */
export function createBoardMemory(path: string, log: { warn(fields: object, message: string): void }): BoardMemory {
  let hasFolder = false;
  return {
    recall() {
      try {
        const read = decode(rememberedSchema, readFileSync(path));
        return read.ok ? read.value : undefined;
      } catch {
        return undefined;
      }
    },
    keep(what) {
      try {
        if (!hasFolder) mkdirSync(dirname(path), { recursive: true });
        hasFolder = true;
        const file = openSync(`${path}.part`, "w");
        try {
          writeSync(file, JSON.stringify(what));
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        renameSync(`${path}.part`, path);
      } catch (error) {
        hasFolder = false;
        log.warn({ path, reason: String(error) }, "the last calls cannot be kept for the next start");
      }
    },
  };
}
