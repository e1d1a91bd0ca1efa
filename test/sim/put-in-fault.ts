import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checks } from "./checks.ts";
import type { Mutant } from "./mutants.ts";

const root = join(import.meta.dirname, "../..");
/** All that can be wrong with a day, as it begins. */
const findings = [
  ...Object.keys(checks).map((name) => `${name}: `),
  "whileItRuns: ",
  "warnedOfClosures: ",
  "the clerks are still at work long after closing: ",
  "somebody waits in the new day",
  "the day ended: Error: the day does not end: ",
];

/** Whether a check says so: a day that came to an end in any other way, as by an exception, shows nothing. */
function isFinding(line: string): boolean {
  const [, what = ""] = /^seed \d+: (.*)/.exec(line) ?? [];
  return findings.some((finding) => what.startsWith(finding));
}

/** The product with one fault in it, in a folder of its own. */
function withFault(first: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-mutant-"));
  for (const part of ["device", "hub", "protocol", "test", "package.json"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const { file = first.file, text, instead } of [first, ...(first.also ? [first.also] : [])]) {
    const path = join(folder, file);
    const source = readFileSync(path, "utf8");
    if (source.split(text).length !== 2) throw new Error(`${file} does not hold once: ${text}`);
    writeFileSync(
      path,
      source.replace(text, () => instead),
    );
  }
  return folder;
}

/**
 * Puts a fault into a copy of the product and lives through days, in a process of its own, until one is wrong.
 *
 * @returns what was found, as `seed 4: check: what`; undefined when no day was wrong.
 * @throws when the process ended without either: a fault with which the product does not start is none that a check found.
 */
export async function findFault(mutant: Mutant, from: number, days: number): Promise<string | undefined> {
  const folder = withFault(mutant);
  const child = spawn(process.execPath, ["test/sim/until-wrong.ts", String(from), String(days)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (part) => (said += part));
  child.stderr.on("data", (part) => (said += part));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once("close", (...how) => resolve(how)),
  );
  rmSync(folder, { recursive: true });
  if (code === 0) return undefined;
  const [found = ""] = said.trim().split("\n");
  if (code === 1 && isFinding(found)) return found;
  throw new Error(`no check found it, the days ended with ${signal ?? code}: ${said.trim() || "without a word"}`);
}
