import { createRequire } from "node:module";

/** The part of escpos 3.0.0-alpha.6 that is used here; its published types are those of version 2. */
interface EscposBuilder {
  hardware(command: "init"): EscposBuilder;
  setCharacterCodeTable(table: number): EscposBuilder;
  align(align: "lt" | "ct"): EscposBuilder;
  text(content: string, encoding: string): EscposBuilder;
  feed(lines: number): EscposBuilder;
  cut(partial: boolean, feedLines: number): EscposBuilder;
  raw(bytes: Buffer): EscposBuilder;
  flush(done: (error?: Error) => void): EscposBuilder;
}

interface MemoryAdapter {
  write(bytes: Buffer, done: (error?: Error) => void): void;
}

const require = createRequire(import.meta.url);
const { Printer } = require("escpos") as { Printer: new (adapter: MemoryAdapter) => EscposBuilder };

/** Runs `build` on an escpos printer that writes into memory, and returns what it wrote. */
export function collectEscpos(build: (printer: EscposBuilder) => void): Buffer {
  const chunks: Buffer[] = [];
  const printer = new Printer({
    write(bytes, done) {
      chunks.push(Buffer.from(bytes));
      done();
    },
  });
  build(printer);
  printer.flush(() => {});
  return Buffer.concat(chunks);
}

export type { EscposBuilder };
