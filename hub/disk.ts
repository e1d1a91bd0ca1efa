import { statfsSync } from "node:fs";

/** With less room than this on a disk of the hub's, staff are told, in bytes: days before the office stands still. */
const freeBytesMin = 64 * 1_048_576;

/**
 * What there is to say of the disk, each time that it is asked: undefined while it has room, and the same text from when
 * it runs full until it does no more. That is so before it is full, because then the alarm could not be recorded either.
 *
 * @param free the room in each folder that the hub writes to, in bytes; undefined where it is not known, and passed over.
 */
export function createDiskWatch(free: () => Record<string, number | undefined>): () => string | undefined {
  let begun: string | undefined;
  return () => {
    const low = Object.entries(free()).flatMap(([folder, bytes]) =>
      bytes !== undefined && bytes < freeBytesMin ? [`${folder}: ${Math.floor(bytes / 1_048_576)} MB free`] : [],
    );
    if (low.length === 0) begun = undefined;
    else begun ??= `the disk is nearly full: ${low.join(", ")}`;
    return begun;
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
