import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { createConnection } from "../../device/printer/connection.ts";
import { fileLink } from "../../device/printer/file.ts";
import { until } from "../until.ts";

test("a device file whose printer was unplugged is lost once, and opened again when it is back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-lp-"));
  // A pipe takes no bytes without a reader, as the file of a printer without its printer.
  const path = join(folder, "lp0");
  execFileSync("mkfifo", [path]);
  const plugIn = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const news: string[] = [];
  const connection = createConnection(fileLink(path), systemClock(), {
    opened: () => news.push("opened"),
    data() {},
    lost: () => news.push("lost"),
    failed: () => news.push("failed"),
  });
  let cable: number | undefined = plugIn();
  connection.start();
  try {
    const link = await until("the file is open", () => connection.link);
    await link.write(Buffer.from("one"), 1_000);
    closeSync(cable);
    cable = undefined;
    for (const text of ["two", "three"]) {
      const outcome = await link.write(Buffer.from(text), 1_000).catch((error: Error) => error);
      assert.instance(outcome, Error);
    }
    await until("looked for in vain", () => news.at(-1) === "failed");
    cable = plugIn();
    const again = await until("the file is open again", () => connection.link);
    await again.write(Buffer.from("four"), 1_000);
    assert.equal(
      news.filter((one) => one !== "failed"),
      ["opened", "lost", "opened"],
    );
  } finally {
    await connection.stop();
    if (cable !== undefined) closeSync(cable);
    rmSync(folder, { recursive: true });
  }
});

test.run();
