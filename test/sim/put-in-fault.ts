import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";

const root = join(import.meta.dirname, "../..");

/** The product with one fault in it, in a folder of its own. */
function withFault({ file, also, ...first }: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-mutant-"));
  for (const part of ["device", "hub", "protocol", "test", "package.json"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const source = readFileSync(join(folder, file), "utf8");
  const faulty = [first, ...(also ? [also] : [])].reduce(
    (before, { text, instead }) => before.replace(text, () => instead),
    source,
  );
  writeFileSync(join(folder, file), faulty);
  return folder;
}

/**
 * Puts a fault into a copy of the product and lives through days, in a process of its own, until one is wrong.
 *
 * @returns what was found, as `seed 4: check: what`; undefined when no day was wrong.
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
  const code = await new Promise((resolve) => child.once("close", resolve));
  rmSync(folder, { recursive: true });
  return code === 0 ? undefined : (said.trim().split("\n")[0] ?? "ended without a word");
}
