import { existsSync } from "node:fs";
import { basename, delimiter, join } from "node:path";

/** What a test may need that npm cannot install: a name, the program that shows it is there, and its Debian packages. */
export const systemNeeds = {
  mosquitto: { program: "mosquitto", packages: ["mosquitto", "mosquitto-clients"] },
  chromium: { program: "chromium", packages: ["chromium"] },
  umockdev: {
    program: "umockdev-wrapper",
    packages: ["umockdev", "gir1.2-umockdev-1.0", "python3-gi", "libusb-1.0-0", "libudev1"],
  },
  zbarimg: { program: "zbarimg", packages: ["zbar-tools"] },
  zsh: { program: "zsh", packages: ["zsh"] },
  faketime: { program: "faketime", packages: ["faketime"] },
  strace: { program: "strace", packages: ["strace"] },
} as const;

export type SystemNeed = keyof typeof systemNeeds;

/** Looks in the path as a shell would; Debian puts servers into /usr/sbin, which is not in everybody's path. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/**
 * Whether all that a test file needs is installed. If not, says so in the one line that the runner counts as a skip;
 * the file then ends without registering a test.
 */
export function need(...wanted: SystemNeed[]): boolean {
  const missing = wanted.filter((name) => !findProgram(systemNeeds[name].program));
  if (missing.length > 0) console.log(`SKIP ${basename(process.argv[1] ?? "")}: needs ${missing.join(", ")}`);
  return missing.length === 0;
}
