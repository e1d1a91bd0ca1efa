/** A text that fits: lines of at most `columns / scale` characters, and the scale at which they do. */
export interface FittedText {
  lines: string[];
  scale: number;
}

/** The highest multiple of the normal character that GS ! can set. */
export const scaleMax = 8;

const noBreakSpace = "\u00a0";

/** Keeps a number in one piece: "A 017", "0 1 7" and "02362 66 1234" do not break at their spaces. */
function glueNumbers(text: string): string {
  return text.replace(/(?<=\d) (?=\d)|(?<=(?:^|\s)\p{Lu}) (?=\d)/gu, noBreakSpace);
}

/**
 * Breaks a text at its spaces so that it fits a line of `columns` normal characters. A word that is too wide makes the
 * whole text smaller rather than being torn; only at the normal size, where nothing smaller is left, is it cut.
 *
 * @param text in characters of the code page, one column each.
 */
export function fitText(text: string, scale: number, columns: number): FittedText {
  const wanted = Math.min(Math.max(Math.trunc(scale), 1), scaleMax);
  const glued = glueNumbers(text.trimEnd());
  const widest = Math.max(1, ...glued.split(" ").map((word) => word.length));
  const fitting = Math.min(wanted, Math.max(1, Math.floor(columns / widest)));
  const width = Math.floor(columns / fitting);
  const lines = breakLines(glued, width).map((line) => line.replaceAll(noBreakSpace, " "));
  return { lines, scale: fitting };
}

function breakLines(text: string, width: number): string[] {
  // Text that fits keeps its spaces as they are: somebody may have aligned it.
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
