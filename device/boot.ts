import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the machine knows of itself since it was switched on. */
export interface BootFacts {
  /** Another one after each start of the machine; empty where it does not say. */
  id: string;
  /** Whether the clock has been set since, by the network or by a clock with a battery. */
  clockIsSet: boolean;
}

/** Of a machine that says nothing. */
export const unknownBoot: BootFacts = { id: "", clockIsSet: false };

/** Made by systemd-timesyncd when it has set the clock (systemd-timesyncd.service(8)). */
const setByNetwork = "/run/systemd/timesync/synchronized";
/**
 * `hctosys` is 1 where the kernel took the time from this clock at the start, and `since_epoch` what it has now, in seconds
 * (Linux, Documentation/ABI/testing/sysfs-class-rtc).
 */
const clockChip = "/sys/class/rtc/rtc0";
/**
 * A clock before this has lost its time, and the kernel took it all the same: one without a battery, as in a Raspberry Pi 5,
 * begins in 1970 when the power comes.
 */
const earliestSeconds = Date.parse("2025-01-01T00:00:00Z") / 1_000;
const bootId = "/proc/sys/kernel/random/boot_id";

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
};

/** Reads the facts off this machine, whose files are under `root`. */
export function bootFacts(root = "/"): BootFacts {
  const chip = (fact: string) => read(join(root, clockChip, fact));
  const setByBattery = () => chip("hctosys") === "1" && Number(chip("since_epoch")) >= earliestSeconds;
  const clockIsSet = existsSync(join(root, setByNetwork)) || setByBattery();
  return { id: read(join(root, bootId)), clockIsSet };
}
