import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Paper } from "../../test/emulators/escpos-paper.ts";
import { renderPaper } from "../../test/emulators/escpos-picture.ts";

/** The number as it is printed largest, with or without spaces between its characters. */
function numberOn(paper: Paper): string {
  for (const line of paper.lines) {
    if (line.kind !== "text" || line.height < 3) continue;
    const found = /^[A-Z][0-9]{3,6}$/.exec(line.text.replaceAll(" ", ""));
    if (found) return found[0];
  }
  return "paper";
}

/**
 * Where the demo printer's paper lands: each piece as the bytes that were sent and as a picture,
 * `<number>-<n>.bin` and `.png`, counting the pieces that bear the same number. Nothing is ever written over. A piece
 * that cannot be kept is only told: the office goes on.
 */
export function paperTray(
  folder: string,
  printed: (file: string) => void,
  failed: (error: Error) => void,
): (paper: Paper) => void {
  mkdirSync(folder, { recursive: true });
  const keep = async (paper: Paper) => {
    const number = numberOn(paper);
    const same = readdirSync(folder).filter((file) => file.startsWith(`${number}-`) && file.endsWith(".bin"));
    const counts = same.map((file) => Number(file.slice(number.length + 1, -".bin".length)));
    const path = join(folder, `${number}-${Math.max(0, ...counts) + 1}`);
    writeFileSync(`${path}.bin`, paper.bytes);
    // Whoever looks for a picture finds it whole.
    writeFileSync(`${path}.png.part`, await renderPaper(paper));
    renameSync(`${path}.png.part`, `${path}.png`);
    printed(`${path}.png`);
  };
  return (paper) => void keep(paper).catch(failed);
}
