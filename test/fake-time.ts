import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The time for processes that a test starts, running on from an instant that it names. */
export interface FakeTime {
  /** For the environment of such a process. */
  environment: Record<string, string>;
  /** What its clock shows, in milliseconds since the epoch. */
  now(): number;
}

/** Where libfaketime lies, and what keeps it away from timers: it is the wall clock alone that is another. */
function preload(): Record<string, string> {
  return {
    LD_PRELOAD: execFileSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" }).trim(),
    // The name of this variable differs between versions.
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
    TZ: "Europe/Berlin",
    // The hub is to go by this time, however it jumps.
    WARTEMARKE_CLOCK: "trusted",
  };
}

/**
 * The same offset for every process with this environment, so that they agree on the time (libfaketime's README,
 * "Advanced time specification").
 */
export function fakeTime(instant: string): FakeTime {
  const offsetSeconds = Math.round((Date.parse(instant) - Date.now()) / 1000);
  return {
    environment: { ...preload(), FAKETIME: signed(offsetSeconds) },
    now: () => Date.now() + offsetSeconds * 1000,
  };
}

/** A time that a test can move while processes run by it. */
export interface MovableTime extends FakeTime {
  /** From now on it is this instant, in milliseconds since the epoch, and runs on from there. */
  moveTo(at: number): void;
}

/** @param folder where a file is kept by which the processes know the offset. */
export function movableTime(folder: string, instant: string): MovableTime {
  const file = join(folder, "time-offset");
  let offsetMs = 0;
  const moveTo = (at: number) => {
    offsetMs = at - Date.now();
    // Read at any moment, so it must be whole at any moment.
    writeFileSync(`${file}.new`, `${signed(offsetMs / 1000)}\n`);
    renameSync(`${file}.new`, file);
  };
  moveTo(Date.parse(instant));
  return {
    environment: { ...preload(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" },
    now: () => Date.now() + offsetMs,
    moveTo,
  };
}

const signed = (seconds: number) => `${seconds < 0 ? "" : "+"}${seconds}`;
