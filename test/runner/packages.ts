import { spawnSync } from "node:child_process";
import { findProgram, systemNeeds } from "../needs.ts";

/** Waits for another apt-get this long, in seconds. */
const aptLockSeconds = 300;

/**
 * Installs the Debian packages that tests need and that are missing, where that is allowed: for root, with apt-get.
 * Where it is not, or fails, the tests concerned are skipped by name. Returns the log of a failure.
 */
export function installSystemPackages(): string | undefined {
  const missing = Object.values(systemNeeds).filter(({ program }) => !findProgram(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !findProgram("apt-get")) return undefined;
  const packages = missing.flatMap((need) => [...need.packages]);
  console.log(`Installing system packages for tests: ${packages.join(" ")} …`);
  const steps = [["update"], ["install", "--yes", "--no-install-recommends", ...packages]];
  for (const step of steps) {
    const apt = spawnSync("apt-get", ["-q", "-o", `DPkg::Lock::Timeout=${aptLockSeconds}`, ...step], {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (apt.status !== 0) return `apt-get ${step.join(" ")} failed:\n${apt.stdout}${apt.stderr}`;
  }
  return undefined;
}
