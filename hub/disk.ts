import { statfsSync } from "node:fs";

/** With less room than this on a disk of the hub's, staff are told, in bytes: days before the office stands still. */
const freeBytesMin = 64 * 1_048_576;

export interface DiskWatchOptions {
  /** The room in each folder that the hub writes to, in bytes; undefined where it is not known, and passed over. */
  free(): Record<string, number | undefined>;
  raise(detail: string): void;
  over(): void;
}

/**
 * Looks whether the disk runs full, to be called regularly: said once when it does and once when it does no more. It is
 * said before the disk is full, because then the alarm could not be recorded either.
 */
export function createDiskWatch({ free, raise, over }: DiskWatchOptions): () => void {
  let wasLow: boolean | undefined;
  return () => {
    const low = Object.entries(free()).flatMap(([folder, bytes]) =>
      bytes !== undefined && bytes < freeBytesMin ? [`${folder}: ${Math.floor(bytes / 1_048_576)} MB free`] : [],
    );
    const isLow = low.length > 0;
    if (isLow && !wasLow) raise(`the disk is nearly full: ${low.join(", ")}`);
    if (!isLow && wasLow !== false) over();
    wasLow = isLow;
  };
}

/** Undefined for a folder that is not there. For the database's own disk: without its answer the office stands anyway. */
export function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
