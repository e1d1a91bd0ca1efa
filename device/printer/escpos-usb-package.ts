import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import * as usbPackage from "usb";

/** What escpos-usb 3.0.0-alpha.4 gives; it has no types of its own. */
export interface EscposUsb extends EventEmitter {
  /** Null once the device was unplugged. */
  device: usbPackage.Device | null;
  endpoint?: usbPackage.OutEndpoint;
  open(done: (error: Error | null) => void): void;
  write(bytes: Buffer, done: (error?: Error) => void): void;
}

interface EscposUsbClass {
  new (device: usbPackage.Device): EscposUsb;
  findPrinter(): usbPackage.Device[];
}

const require = createRequire(import.meta.url);
const usbExports = require("usb") as Record<string, unknown>;

// escpos-usb listens at the package itself, as it was up to usb 1; since usb 2 the events are at `usb.usb`.
const moved = ["on", "off", "once", "removeListener", "removeAllListeners", "unrefHotplugEvents", "listenerCount"];
for (const name of moved) {
  const method = (usbPackage.usb as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
  if (typeof usbExports[name] !== "function") usbExports[name] = method?.bind(usbPackage.usb);
}

/** Loaded after the methods are where it looks for them. */
export const EscposUsb = require("escpos-usb") as EscposUsbClass;
export { usbPackage };
