import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeReceipt, qrBytesMax } from "../../device/printer/encoder.ts";
import { printerProfiles } from "../../device/printer/profiles.ts";
import { renderPaper } from "../emulators/escpos-picture.ts";
import { createEscposPrinter } from "../emulators/escpos-printer.ts";
import { need } from "../needs.ts";

for (const columns of [48, 32]) {
  for (const data of ["https://example.org/s/3f9Kx0aQ7LmZ2pVtY8", "HTTPS://EXAMPLE.ORG/".padEnd(qrBytesMax, "x")]) {
    test(`${columns} columns: a reader reads the QR code of ${data.length} characters from the paper`, async () => {
      const printer = createEscposPrinter({ columns });
      const lines = [
        { kind: "text", text: "Über dem Code", align: "center", scale: 1, bold: false },
        { kind: "qr", data },
        { kind: "text", text: "unter dem Code", align: "center", scale: 1, bold: false },
      ] as const;
      const bytes = encodeReceipt({ lines: [...lines] }, printerProfiles.epson, columns);
      printer.attach({ write() {}, onData: (listener) => listener(bytes) });
      const [paper] = printer.papers;
      assert.ok(paper);
      const folder = mkdtempSync(join(tmpdir(), "wartemarke-paper-"));
      try {
        writeFileSync(join(folder, "paper.png"), await renderPaper(paper));
        const read = execFileSync("zbarimg", ["-q", "--raw", join(folder, "paper.png")], {
          stdio: ["ignore", "pipe", "ignore"],
        });
        assert.is(read.toString().trim(), data);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

if (need("zbarimg")) test.run();
