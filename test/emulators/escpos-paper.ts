/** What is on a piece of paper, as a person would see it. */
export type PaperLine =
  | { kind: "text"; text: string; align: "left" | "center" | "right"; width: number; height: number; bold: boolean }
  | { kind: "qr"; data: string; align: "left" | "center" | "right"; moduleDots: number; level: "L" | "M" | "Q" | "H" }
  | { kind: "raster"; width: number; height: number; bits: Buffer; align: "left" | "center" | "right" }
  | { kind: "feed"; dots: number };

export interface Paper {
  /** All that was sent since the cut before. */
  bytes: Buffer;
  lines: PaperLine[];
  /** The printed text, a line for each line on paper. */
  text: string;
  /** What the QR codes on it say. */
  qr: string[];
  columns: number;
}

type Style = { align: "left" | "center" | "right"; width: number; height: number; bold: boolean };

const freshStyle = (): Style => ({ align: "left", width: 1, height: 1, bold: false });

/** Bytes 0x80 to 0xFF of code page 858. */
const codePage858 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

export interface PaperFeed {
  /** Prints what `bytes` say, as far as they are complete; returns how many were used up. */
  take(bytes: Buffer): number;
  /** Power was switched off and on: what was not printed is forgotten, the paper stays. */
  reset(): void;
}

export interface PaperEvents {
  paper(paper: Paper): void;
  answer(bytes: Buffer): void;
  automaticStatus(enabled: boolean): void;
  /** A command that this printer does not know, or one that is wrong. */
  error(what: string): void;
  paperSensor(): number;
}

/**
 * Obeys ESC/POS in order: the commands that put something on paper, and the answers that wait their turn. A printer that
 * does not `remember` skips graphics by their length.
 */
export function createPaperFeed(columns: number, asian: boolean, remembers: boolean, on: PaperEvents): PaperFeed {
  let style = freshStyle();
  let lines: PaperLine[] = [];
  let pending = "";
  let used: Buffer[] = [];
  let codeTable = 0;
  let kanji = asian;
  let qr = { data: "", moduleDots: 3, level: "L" as "L" | "M" | "Q" | "H", model: 50 };

  /** Graphics that were defined and not printed, by their keys. */
  const graphics = new Set<string>();
  /** It named its graphics and waits to hear whether that was understood. */
  let awaitsWord = false;

  const lineSpacing = 30;

  function endLine(): void {
    if (pending === "") lines.push({ kind: "feed", dots: lineSpacing });
    else lines.push({ kind: "text", text: pending, ...style });
    pending = "";
  }

  function put(letter: string): void {
    if ((pending.length + 1) * style.width > columns) endLine();
    pending += letter;
  }

  function initialise(): void {
    style = freshStyle();
    pending = "";
    codeTable = 0;
    kanji = asian;
    graphics.clear();
    on.automaticStatus(false);
  }

  function cut(): void {
    if (pending !== "") endLine();
    const printed = lines.filter((line) => line.kind === "text").map((line) => line.text);
    const codes = lines.filter((line) => line.kind === "qr").map((line) => line.data);
    const paper = { bytes: Buffer.concat(used), lines, text: printed.join("\n"), qr: codes, columns };
    lines = [];
    used = [];
    on.paper(paper);
  }

  function atLineStart(what: string): void {
    if (pending !== "") on.error(`${what} in the middle of a line`);
  }

  function code2d(body: Buffer): void {
    const [cn, fn, value = -1] = body;
    if (cn !== 0x31) on.error(`GS ( k for symbol ${cn}`);
    else if (fn === 0x41 && body.length === 4 && (value === 49 || value === 50)) qr.model = value;
    else if (fn === 0x43 && body.length === 3 && value >= 1 && value <= 16) qr.moduleDots = value;
    else if (fn === 0x45 && body.length === 3 && value >= 48 && value <= 51) {
      qr.level = (["L", "M", "Q", "H"] as const)[value - 48] ?? "L";
    } else if (fn === 0x50 && value === 0x30 && body.length > 3) qr.data = body.toString("utf8", 3);
    else if (fn === 0x51 && value === 0x30 && body.length === 3 && qr.data !== "") {
      atLineStart("QR code");
      lines.push({ kind: "qr", data: qr.data, align: style.align, moduleDots: qr.moduleDots, level: qr.level });
    } else on.error(`GS ( k function ${fn} with ${body.length} bytes`);
  }

  /** GS ( L: defining a downloaded graphic (function 83) and naming those that are there (function 80). */
  function graphic(body: Buffer): void {
    const [m, fn, a, first = 0, second = 0, colours, xLow = 0, xHigh = 0, yLow = 0, yHigh = 0, colour] = body;
    const isKey = [first, second].every((byte) => byte >= 0x20 && byte <= 0x7e);
    if (m === 0x30 && fn === 0x53) {
      atLineStart("graphic");
      const dots = Math.ceil((xLow + 256 * xHigh) / 8) * (yLow + 256 * yHigh);
      const isWhole = a === 0x30 && colours === 1 && colour === 0x31 && dots > 0 && body.length === 11 + dots;
      if (isKey && isWhole) graphics.add(body.toString("latin1", 3, 5));
      else on.error(`GS ( L ${body.toString("hex")}`);
    } else if (m === 0x30 && fn === 0x50 && body.toString("latin1", 2) === "KC") {
      awaitsWord = true;
      on.answer(Buffer.from(`7s@${[...graphics].join("")}\0`, "latin1"));
    } else on.error(`GS ( L function ${fn} with ${body.length} bytes`);
  }

  function confirm(body: Buffer): void {
    const id = body.subarray(2);
    const known = body[0] === 0x30 && body[1] === 0x30 && id.length === 4;
    if (!known || id.some((byte) => byte < 0x20 || byte > 0x7e)) on.error(`GS ( H ${body.toString("hex")}`);
    else on.answer(Buffer.concat([Buffer.from([0x37, 0x22]), id, Buffer.from([0])]));
  }

  /** The length of the command at the start of `b`, and what it does; 0 while more bytes are needed. */
  function command(b: Buffer): number {
    const [first = 0, second, n = -1] = b;
    const need = (length: number, act: () => void) => {
      if (b.length < length) return 0;
      act();
      return length;
    };
    const oneOf = (what: string, values: number[], act: () => void) =>
      need(3, () => (values.includes(n) ? act() : on.error(`${what} ${n}`)));
    if (awaitsWord) {
      awaitsWord = false;
      return 1;
    }
    if (first === 0x0a) return need(1, endLine);
    if (first === 0x0d || first === 0x00) return 1;
    if (first >= 0x20) return need(1, () => print(first));
    if (first !== 0x1b && first !== 0x1d && first !== 0x1c) return need(1, () => on.error(`byte ${hex(first)}`));
    if (second === undefined) return 0;
    const op = `${first === 0x1b ? "ESC" : first === 0x1d ? "GS" : "FS"} ${String.fromCharCode(second)}`;
    switch (op) {
      case "ESC @":
        return need(2, initialise);
      case "FS .":
        return need(2, () => {
          kanji = false;
        });
      case "ESC t":
        return need(3, () => {
          codeTable = n;
        });
      case "ESC a":
        return oneOf(op, [0, 1, 2, 48, 49, 50], () => {
          atLineStart(op);
          style.align = (["left", "center", "right"] as const)[n % 48] ?? "left";
        });
      case "ESC E":
        return need(3, () => {
          style.bold = (n & 1) === 1;
        });
      case "ESC d":
        return need(3, () => {
          for (let i = 0; i < n; i++) endLine();
        });
      case "ESC J":
        return need(3, () => {
          if (pending !== "") endLine();
          lines.push({ kind: "feed", dots: n });
        });
      case "GS !":
        return need(3, () => {
          if ((n & 0x88) !== 0) on.error(`${op} ${hex(n)}`);
          style.width = ((n >> 4) & 7) + 1;
          style.height = (n & 7) + 1;
        });
      case "GS V":
        if (b.length < 3) return 0;
        if (n === 65 || n === 66) return need(4, cut);
        return oneOf(op, [0, 1, 48, 49], cut);
      case "GS a":
        return need(3, () => on.automaticStatus(n !== 0));
      case "GS r":
        return oneOf(op, [1, 49], () => on.answer(Buffer.from([on.paperSensor()])));
      case "GS v": {
        if (b.length < 8) return 0;
        const bytesAcross = b.readUInt16LE(4);
        const height = b.readUInt16LE(6);
        return need(8 + bytesAcross * height, () => {
          atLineStart(op);
          const bits = Buffer.from(b.subarray(8, 8 + bytesAcross * height));
          lines.push({ kind: "raster", width: bytesAcross * 8, height, bits, align: style.align });
        });
      }
      case "GS (": {
        if (b.length < 5) return 0;
        const length = 5 + b.readUInt16LE(3);
        const body = b.subarray(5, length);
        if (n === 0x6b) return need(length, () => code2d(body));
        if (n === 0x48) return need(length, () => confirm(body));
        if (n === 0x4c) return need(length, () => (remembers ? graphic(body) : undefined));
        return need(length, () => on.error(`GS ( ${String.fromCharCode(n)}`));
      }
      default:
        return need(2, () => on.error(`${op} (${hex(first)} ${hex(second)})`));
    }
  }

  function print(byte: number): void {
    if (byte < 0x7f) {
      put(String.fromCharCode(byte));
      return;
    }
    if (byte === 0x7f) on.error("byte 7f");
    if (kanji) on.error(`byte ${hex(byte)} begins a two-byte character`);
    else if (codeTable !== 19) on.error(`byte ${hex(byte)} in code table ${codeTable}`);
    put(codePage858[byte - 0x80] ?? "?");
  }

  return {
    take(bytes) {
      let at = 0;
      while (at < bytes.length) {
        const rest = bytes.subarray(at);
        const cuts = rest[0] === 0x1d && rest[1] === 0x56;
        // The cut belongs to the paper that it ends.
        if (cuts) used.push(Buffer.from(rest.subarray(0, rest[2] === 65 || rest[2] === 66 ? 4 : 3)));
        const length = command(rest);
        if (length === 0) {
          if (cuts) used.pop();
          break;
        }
        if (!cuts) used.push(Buffer.from(rest.subarray(0, length)));
        at += length;
      }
      return at;
    },
    reset() {
      awaitsWord = false;
      initialise();
      qr = { data: "", moduleDots: 3, level: "L", model: 50 };
    },
  };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
