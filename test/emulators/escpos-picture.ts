import { createRequire } from "node:module";
import { type Canvas, createCanvas, GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";
import { correction, generate } from "lean-qr";
import type { Paper, PaperLine } from "./escpos-paper.ts";

/** Font A of a receipt printer at 203 dpi: 12 by 24 dots in a line of 30. */
const letterWidth = 12;
const letterHeight = 24;
const lineHeight = 30;
/** White around what is printed, as the margin of the paper. */
const margin = 32;
const baseline = 19;
const letterSize = 20;

const require = createRequire(import.meta.url);
let fontsLoaded = false;

function loadFonts(): void {
  if (fontsLoaded) return;
  fontsLoaded = true;
  for (const weight of [400, 700]) {
    const file = `@fontsource/dejavu-mono/files/dejavu-mono-latin-${weight}-normal.woff2`;
    GlobalFonts.registerFromPath(require.resolve(file), `Receipt ${weight}`);
  }
}

/** The paper as a PNG, a pixel for each dot of the printer (203 dpi): 576 dots between the margins for 48 columns. */
export async function renderPaper(paper: Paper): Promise<Buffer> {
  loadFonts();
  const width = paper.columns * letterWidth;
  const height = paper.lines.reduce((sum, line) => sum + heightOf(line), 0);
  const canvas: Canvas = createCanvas(width + 2 * margin, height + 3 * margin);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fdfdfa";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#16161a";
  let y = margin;
  for (const line of paper.lines) {
    draw(context, line, width, y);
    y += heightOf(line);
  }
  return canvas.encode("png");
}

function draw(context: SKRSContext2D, line: PaperLine, width: number, y: number): void {
  switch (line.kind) {
    case "text": {
      const advance = letterWidth * line.width;
      let x = startOf(line.align, [...line.text].length * advance, width);
      for (const letter of line.text) {
        context.save();
        context.translate(x, y);
        context.scale(line.width, line.height);
        context.font = `${letterSize}px "Receipt ${line.bold ? 700 : 400}"`;
        context.fillText(letter, 0, baseline);
        context.restore();
        x += advance;
      }
      break;
    }
    case "qr": {
      const code = qrCode(line);
      const x = startOf(line.align, code.size * line.moduleDots, width);
      for (let row = 0; row < code.size; row++) {
        for (let column = 0; column < code.size; column++) {
          if (!code.get(column, row)) continue;
          context.fillRect(x + column * line.moduleDots, y + row * line.moduleDots, line.moduleDots, line.moduleDots);
        }
      }
      break;
    }
    case "raster": {
      const x = startOf(line.align, line.width, width);
      for (let at = 0; at < line.width * line.height; at++) {
        const black = ((line.bits[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        if (black) context.fillRect(x + (at % line.width), y + Math.floor(at / line.width), 1, 1);
      }
      break;
    }
    case "feed":
      break;
  }
}

function heightOf(line: PaperLine): number {
  if (line.kind === "text") return Math.max(lineHeight, letterHeight * line.height + 6);
  if (line.kind === "qr") return qrCode(line).size * line.moduleDots + 6;
  return line.kind === "raster" ? line.height : line.dots;
}

function qrCode(line: Extract<PaperLine, { kind: "qr" }>) {
  const level = correction[line.level];
  return generate(line.data, { minCorrectionLevel: level, maxCorrectionLevel: level });
}

function startOf(align: "left" | "center" | "right", used: number, width: number): number {
  if (align === "left") return margin;
  return margin + Math.max(0, align === "center" ? Math.floor((width - used) / 2) : width - used);
}
