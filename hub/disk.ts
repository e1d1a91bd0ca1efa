import { statfsSync } from "node:fs";

/** With less room than this on a disk of the hub's, staff are told, in bytes: days before the office stands still. */
const freeBytesMin = 64 * 1_048_576;

export interface DiskWatchOptions {
  /** Folders that the hub writes to; one that is not there yet is passed over. */
  folders: readonly string[];
  raise(detail: string): void;
  over(): void;
}

/**
 * Looks whether the disk runs full, to be called regularly: said once when it does and once when it does no more. It is
 * said before the disk is full, because then the alarm could not be recorded either.
 */
export function createDiskWatch({ folders, raise, over }: DiskWatchOptions): () => void {
  let wasLow: boolean | undefined;
  return () => {
    const low = folders.flatMap((folder) => {
      const free = freeBytes(folder);
      return free !== undefined && free < freeBytesMin ? [`${folder}: ${Math.floor(free / 1_048_576)} MB free`] : [];
    });
    const isLow = low.length > 0;
    if (isLow && !wasLow) raise(`the disk is nearly full: ${low.join(", ")}`);
    if (!isLow && wasLow !== false) over();
    wasLow = isLow;
  };
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
