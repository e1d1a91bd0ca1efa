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
/** 1 where the kernel took the time from this clock at the start (Linux, Documentation/ABI/testing/sysfs-class-rtc). */
const setByBattery = "/sys/class/rtc/rtc0/hctosys";
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
  const clockIsSet = existsSync(join(root, setByNetwork)) || read(join(root, setByBattery)) === "1";
  return { id: read(join(root, bootId)), clockIsSet };
}
