import type { Device, InEndpoint, Interface } from "usb";
import { EscposUsb, usbPackage } from "./escpos-usb-package.ts";
import type { PrinterConnection } from "./options.ts";
import { type Link, LinkError, type LinkEvents, type OpenLink, settled, within } from "./transport.ts";

const openTimeoutMs = 3_000;
const controlTimeoutMs = 1_000;
const closeTimeoutMs = 2_000;
const printerClass = 7;

type UsbChoice = Extract<PrinterConnection, { kind: "usb" }>;

/**
 * A USB printer by escpos-usb, which finds, opens and writes; reading, time-outs and the printer class's status come
 * from the usb package beneath it. One link is one escpos-usb instance, because an instance does not survive an unplug.
 */
export function usbLink(choice: UsbChoice): OpenLink {
  return async (events) => {
    const device = await choosePrinter(choice);
    if (!device) throw new LinkError("no USB printer");
    const detachBefore = new Set(usbPackage.usb.listeners("detach"));
    const adapter = new EscposUsb(device);
    const detachListeners = usbPackage.usb.listeners("detach").filter((listener) => !detachBefore.has(listener));
    const release = () => {
      // Every instance listens for unplugging and forgets it only by making everybody else forget it too, so the
      // device is closed beneath it.
      for (const listener of detachListeners) usbPackage.usb.removeListener("detach", listener as () => void);
      adapter.removeAllListeners();
      try {
        device.close();
      } catch {
        // It never opened, or is gone.
      }
    };
    try {
      // With several interfaces the callback comes several times; the first settles the promise.
      await within(
        openTimeoutMs,
        "opening",
        settled((done) => adapter.open(done)),
      );
      return await talk(adapter, device, events, release);
    } catch (error) {
      release();
      throw new LinkError(explain(error as Error), { cause: error });
    }
  };
}

async function talk(adapter: EscposUsb, device: Device, events: LinkEvents, release: () => void): Promise<Link> {
  const printer = device.interfaces?.find((one) => one.descriptor.bInterfaceClass === printerClass);
  const out = printer?.endpoints.find((endpoint) => endpoint.direction === "out");
  if (!printer || !out) throw new LinkError("the USB device has no printer interface");
  // escpos-usb takes the first endpoint of any interface; a printer may have a scale or a display as another one.
  adapter.endpoint = out as usbPackage.OutEndpoint;
  // It is done with opening at the first interface that it claimed, which need not be this one; claiming twice is allowed.
  if (printer.isKernelDriverActive()) printer.detachKernelDriver();
  printer.claim();
  const input = printer.endpoints.find((endpoint) => endpoint.direction === "in") as InEndpoint | undefined;
  let closed = false;
  let writing: Promise<unknown> = Promise.resolve();
  // A transfer that is still waiting would keep the device from closing and the interface claimed.
  const settle = () => Promise.allSettled([stopReading(input), writing]);
  const lose = (reason: string) => {
    if (closed) return;
    closed = true;
    settle().then(release);
    events.lost(reason);
  };
  adapter.on("disconnect", () => lose("unplugged"));
  input?.on("data", (bytes: Buffer) => {
    if (!closed && bytes.length > 0) events.data(bytes);
  });
  // The usb package stops reading after it has told the error, and throws if that was done meanwhile.
  input?.on("error", (error: Error) => setImmediate(lose, explain(error)));
  // An answer is at most eight bytes, but a packet that is larger than what was asked for ends the read as an overflow.
  input?.startPoll(1, input.descriptor.wMaxPacketSize);
  return {
    async write(bytes, timeoutMs) {
      if (closed) throw new LinkError("the USB printer is closed");
      out.timeout = timeoutMs;
      const sent = settled((done) => adapter.write(bytes, done)).catch((error: Error) => {
        throw new LinkError(explain(error), { cause: error });
      });
      writing = Promise.allSettled([writing, sent]);
      await sent;
    },
    async close() {
      if (closed) return;
      closed = true;
      await settle();
      release();
    },
    portStatus: () => askPortStatus(device, printer),
  };
}

async function stopReading(input: InEndpoint | undefined): Promise<void> {
  if (!input?.pollActive) return;
  const ended = new Promise<void>((resolve) => input.stopPoll(resolve));
  await within(closeTimeoutMs, "ending the read", ended).catch(() => {});
}

/** GET_PORT_STATUS: USB printer class 1.1, section 4.2.2. */
function askPortStatus(device: Device, printer: Interface): Promise<number> {
  return new Promise((resolve, reject) => {
    device.timeout = controlTimeoutMs;
    device.controlTransfer(0xa1, 1, 0, printer.interfaceNumber, 1, (error, answer) => {
      const byte = Buffer.isBuffer(answer) ? answer[0] : undefined;
      if (error || byte === undefined) reject(new LinkError(error?.message ?? "empty port status"));
      else resolve(byte);
    });
  });
}

async function choosePrinter(choice: UsbChoice): Promise<Device | undefined> {
  for (const device of EscposUsb.findPrinter()) {
    const { idVendor, idProduct } = device.deviceDescriptor;
    if (choice.vendor !== undefined && choice.vendor !== idVendor) continue;
    if (choice.product !== undefined && choice.product !== idProduct) continue;
    if (choice.serial !== undefined && (await serialNumber(device)) !== choice.serial) continue;
    return device;
  }
  return undefined;
}

async function serialNumber(device: Device): Promise<string | undefined> {
  try {
    device.open();
    const asked = new Promise<string | undefined>((resolve) => {
      device.getStringDescriptor(device.deviceDescriptor.iSerialNumber, (_error, text) => resolve(text));
    });
    return await within(controlTimeoutMs, "reading the serial number", asked);
  } catch {
    return undefined;
  } finally {
    try {
      device.close();
    } catch {
      // It never opened, or is gone.
    }
  }
}

function explain(error: Error): string {
  if (error.message.includes("LIBUSB_ERROR_ACCESS")) return "no permission for the USB device (udev rule missing?)";
  if (error.message.includes("LIBUSB_ERROR_BUSY")) return "another program uses the USB printer";
  return error.message;
}
