import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Wire } from "./escpos-printer.ts";

const folderVariable = "WARTEMARKE_TEST_USB_PRINTER";
const device = fileURLToPath(new URL("usb-printer.py", import.meta.url));

/** What the descriptors of the emulated printer say. */
export const usbPrinterIds = { vendor: 0x04b8, product: 0x0e15, serial: "J000001" };

/** The USB side of a printer, seen from behind its plug: the bytes of its endpoints, and the cable. */
export interface UsbPlug {
  wire: Wire;
  /** What GET_PORT_STATUS answers. */
  setPort(byte: number): Promise<void>;
  /** Takes no data, and says nothing about it. */
  setHang(hang: boolean): Promise<void>;
  setStall(stall: boolean): Promise<void>;
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): void;
}

/**
 * Whether this process sees the emulated USB printer. The first call of a test file starts the file once more where it
 * does, passes on its output and its result, and returns false: then there is nothing more to do.
 */
export async function runWithUsbPrinter(file: string): Promise<boolean> {
  if (process.env[folderVariable]) return true;
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-usb-"));
  const command = ["/usr/bin/python3", device, folder, "--", process.execPath, file];
  const child = spawn("umockdev-wrapper", command, {
    stdio: "inherit",
    env: { ...process.env, [folderVariable]: folder },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
  return false;
}

export async function openUsbPlug(): Promise<UsbPlug> {
  const folder = process.env[folderVariable] ?? "";
  const wire = await open(join(folder, "wire"));
  const control = await open(join(folder, "control"));

  const waiting: (() => void)[] = [];
  control.on("data", (answers) => {
    for (const byte of answers) if (byte === 0x0a) waiting.shift()?.();
  });

  function command(line: string): Promise<void> {
    return new Promise((resolve) => {
      waiting.push(resolve);
      control.write(`${line}\n`);
    });
  }

  return {
    wire: {
      write: (bytes) => wire.write(bytes),
      onData: (listener) => wire.on("data", listener),
      unplug: () => void command("unplug"),
    },
    setPort: (byte) => command(`port ${byte.toString(16)}`),
    setHang: (hang) => command(`hang ${hang ? 1 : 0}`),
    setStall: (stall) => command(`stall ${stall ? 1 : 0}`),
    unplug: () => command("unplug"),
    plug: () => command("plug"),
    close() {
      wire.destroy();
      control.destroy();
    },
  };
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  // The emulator ends first when something fails; that failure is the one to read.
  socket.on("error", () => {});
  return socket;
}
