import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { createConnection } from "../../device/printer/connection.ts";
import { openTimeoutMs, serialLink } from "../../device/printer/serial.ts";
import { openPty } from "../emulators/pty.ts";
import { until } from "../until.ts";

/** Keeps all threads busy on which files and ports are opened, as a worn card does, until it is called. */
function keepThreadsBusy(folder: string): () => Promise<void> {
  const count = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  const pipes = Array.from({ length: count }, (_, index) => join(folder, `pipe-${index}`));
  execFileSync("mkfifo", pipes);
  const readers = pipes.map((pipe) => open(pipe, "r"));
  return async () => {
    const writers = pipes.map((pipe) => openSync(pipe, "w"));
    for (const reader of await Promise.all(readers)) await reader.close();
    for (const writer of writers) closeSync(writer);
  };
}

test("a port that opens too late is let go of, so that it can be opened again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-serial-"));
  const pty = openPty();
  const news: string[] = [];
  const connection = createConnection(serialLink(pty.path, 38_400, false), systemClock(), {
    opened: () => news.push("opened"),
    data() {},
    lost: (reason) => news.push(`lost: ${reason}`),
    failed: (reason) => news.push(`failed: ${reason}`),
  });
  const release = keepThreadsBusy(folder);
  try {
    connection.start();
    await until("given up", () => news.length > 0);
    assert.equal(news, [`failed: opening ${pty.path}: no end within ${openTimeoutMs} ms`]);
    await release();
    await until("the port is open", () => connection.link !== undefined);
    assert.is(news.at(-1), "opened");
    assert.not.ok(news.some((line) => line.startsWith("lost")));
  } finally {
    await connection.stop();
    pty.unplug();
    rmSync(folder, { recursive: true });
  }
});

test.run();
