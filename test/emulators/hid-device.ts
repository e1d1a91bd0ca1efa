import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Set inside of the umockdev environment by hid-device.py. */
const socketVariable = "WARTEMARKE_HID_SOCKET";

/**
 * umockdev redirects the calls of a process from its start on, so a test of real node-hid runs itself once more inside
 * of it. True inside; outside, the file has been run inside when this returns, and its exit code is set.
 */
export function insideHidTestbed(testFile: string): boolean {
  if (process.env[socketVariable]) return true;
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-hid-"));
  const script = fileURLToPath(new URL("./hid-device.py", import.meta.url));
  const command = [
    "/usr/bin/python3",
    script,
    join(folder, "control"),
    "--",
    process.execPath,
    fileURLToPath(testFile),
  ];
  const { status } = spawnSync("umockdev-wrapper", command, { stdio: "inherit" });
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = status ?? 1;
  return false;
}

/** Scanners that can be plugged in, only inside of the testbed. Each call settles when the device has obeyed. */
export interface HidTestbed {
  /** Resolves with the device's path; it differs from one plugging to the next. */
  add(name: string, vendor: string, product: string, descriptor: Buffer): Promise<string>;
  report(name: string, report: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  close(): void;
}

export function openHidTestbed(): HidTestbed {
  const socket = connect(process.env[socketVariable] ?? "");
  const waiting: ((answer: string) => void)[] = [];
  createInterface({ input: socket }).on("line", (answer) => waiting.shift()?.(answer));
  const ask = async (line: string): Promise<string> => {
    const answer = await new Promise<string>((resolve) => {
      waiting.push(resolve);
      socket.write(`${line}\n`);
    });
    if (!answer.startsWith("ok")) throw new Error(`the testbed did not obey '${line.slice(0, 60)}': ${answer}`);
    return answer.slice(3);
  };
  return {
    add: (name, vendor, product, descriptor) => ask(`add ${name} ${vendor} ${product} ${descriptor.toString("hex")}`),
    async report(name, report) {
      await ask(`report ${name} ${Buffer.from(report).toString("hex")}`);
    },
    async remove(name) {
      await ask(`remove ${name}`);
    },
    close: () => socket.end(),
  };
}
