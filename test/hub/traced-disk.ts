import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";

/** What a process did to files, in order, as strace wrote it down. */
export type DiskCall =
  | { do: "write"; path: string; at: number; data: Buffer }
  | { do: "truncate"; path: string; length: number }
  | { do: "sync"; path: string }
  /** A line that the process wrote to stdout. */
  | { do: "say"; line: string };

/** How strace is to be called, before the program: paths and data in hexadecimal, nothing cut short. */
export const traceArguments = (to: string): string[] => [
  ...["-y", "-xx", "-s", "9000000", "-o", to],
  ...["-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate", "--"],
];

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll("\\x", ""), "hex");
const call = /^(\w+)\((\d+)<([^>]*)>(?:, "([^"]*)"(\.\.\.)?)?(?:, (\d+))?(?:, (\d+))?\)\s+= (-?\d+)/;

/** Reads a trace; calls on files other than `paths` are left out. Throws at what it cannot read. */
export function readTrace(trace: string, isWanted: (path: string) => boolean): DiskCall[] {
  return trace.split("\n").flatMap((line): DiskCall[] => {
    const found = call.exec(line);
    if (!found) return [];
    const [, name, fd, name16 = "", data = "", cut, second, third, result] = found;
    const path = bytesOf(name16).toString();
    if (name === "write" && fd === "1") return [{ do: "say", line: bytesOf(data).toString().trim() }];
    if (!isWanted(path)) return [];
    if (Number(result) < 0) throw new Error(`a call failed: ${line.slice(0, 100)}`);
    if (name === "fsync" || name === "fdatasync") return [{ do: "sync", path }];
    if (name === "ftruncate") return [{ do: "truncate", path, length: Number(second) }];
    if (name !== "pwrite64" || cut || bytesOf(data).length !== Number(result)) throw new Error(line.slice(0, 100));
    return [{ do: "write", path, at: Number(third), data: bytesOf(data) }];
  });
}

/** What a disk writes in one piece, in bytes: all or nothing of it is there after a power cut. */
const sectorBytes = 512;

/** Which of the sectors that were written since the last sync have reached the disk when the power goes. */
export type Luck = (index: number, count: number) => boolean;

/**
 * A disk that keeps what a sync reported, and of what was written since then any part, in any order, sector by sector. A
 * file's length belongs to what is kept by a sync.
 */
export class TracedDisk {
  #durable = new Map<string, Buffer>();
  #pending = new Map<string, DiskCall[]>();

  load(path: string): void {
    this.#durable.set(path, existsSync(path) ? readFileSync(path) : Buffer.alloc(0));
  }

  rename(from: string, to: string): void {
    this.#durable.set(to, this.#durable.get(from) ?? Buffer.alloc(0));
    this.#durable.delete(from);
  }

  take(each: DiskCall): void {
    if (each.do === "say") return;
    const pending = this.#pending.get(each.path) ?? [];
    if (each.do !== "sync") {
      this.#pending.set(each.path, [...pending, each]);
      return;
    }
    this.#durable.set(
      each.path,
      this.#after(each.path, () => true),
    );
    this.#pending.delete(each.path);
  }

  /** Writes the files as they would be found after a power cut at this moment. */
  cut(luck: Luck, as: (path: string) => string): void {
    for (const path of this.#durable.keys()) {
      const found = this.#after(path, luck);
      // Files of zeros are written as holes, or thousands of cuts would wear the machine that tests.
      let used = found.length;
      while (used > 0 && found[used - 1] === 0) used -= 1;
      writeFileSync(as(path), found.subarray(0, used));
      truncateSync(as(path), found.length);
    }
  }

  #after(path: string, luck: Luck): Buffer {
    let now: Buffer = Buffer.from(this.#durable.get(path) ?? Buffer.alloc(0));
    const pieces = (this.#pending.get(path) ?? []).flatMap(inSectors);
    for (const [index, piece] of pieces.entries()) {
      if (!luck(index, pieces.length)) continue;
      if (piece.do === "truncate") now = resized(now, piece.length);
      if (piece.do === "write") {
        now = resized(now, Math.max(now.length, piece.at + piece.data.length));
        piece.data.copy(now, piece.at);
      }
    }
    return now;
  }
}

const resized = (file: Buffer, length: number): Buffer =>
  length <= file.length ? file.subarray(0, length) : Buffer.concat([file, Buffer.alloc(length - file.length)]);

/** A write in the pieces that a disk makes of it. */
function inSectors(each: DiskCall): DiskCall[] {
  if (each.do !== "write") return [each];
  const pieces: DiskCall[] = [];
  for (let from = each.at; from < each.at + each.data.length; ) {
    const to = Math.min(each.at + each.data.length, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
    pieces.push({ ...each, at: from, data: each.data.subarray(from - each.at, to - each.at) });
    from = to;
  }
  return pieces;
}
