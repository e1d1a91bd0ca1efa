import { execFileSync } from "node:child_process";

/** The time for processes that a test starts, running on from an instant that it names. */
export interface FakeTime {
  /** For the environment of such a process. */
  environment: Record<string, string>;
  /** What its clock shows, in milliseconds since the epoch. */
  now(): number;
}

/**
 * The same offset for every process with this environment, so that they agree on the time (libfaketime's README,
 * "Advanced time specification"). Timers stay as they are: it is the wall clock alone that is another.
 */
export function fakeTime(instant: string): FakeTime {
  const offsetSeconds = Math.round((Date.parse(instant) - Date.now()) / 1000);
  const library = execFileSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" }).trim();
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME: `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}`,
      // The name of this variable differs between versions.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      TZ: "Europe/Berlin",
    },
    now: () => Date.now() + offsetSeconds * 1000,
  };
}
