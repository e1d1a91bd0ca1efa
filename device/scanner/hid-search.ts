import { readFile, realpath } from "node:fs/promises";
import { basename } from "node:path";
import type { Device } from "node-hid";
import type { ScanDecoder } from "./decoding.ts";
import { createKeyboardDecoder } from "./hid-keyboard.ts";
import { createPosDecoder, posLayoutOf, usualPosLayout } from "./hid-pos.ts";
import { keyboardLayouts } from "./keyboard-layouts.ts";
import type { HidScannerOptions } from "./options.ts";
import { type InputField, parseReportDescriptor } from "./report-descriptor.ts";

/** HID Usage Tables: the bar code scanner page, and a keyboard on the generic desktop page. */
const scannerUsagePage = 0x8c;
const keyboardUsage = { usagePage: 0x01, usage: 0x06 };
const keyPage = 0x07;

export type Profile = "pos" | "keyboard";

/**
 * The device that the options mean among those that are there. One scanner often shows several: the point-of-sale
 * one is preferred to its keyboard. A keyboard is taken only by name, never just because it is plugged in.
 */
export function chooseDevice(
  devices: Device[],
  options: HidScannerOptions,
): { device: Device; profile: Profile } | undefined {
  const wanted = devices.filter(
    (device) =>
      (options.vendor === undefined || device.vendorId === Number.parseInt(options.vendor, 16)) &&
      (options.product === undefined || device.productId === Number.parseInt(options.product, 16)) &&
      (options.serial === undefined || device.serialNumber === options.serial) &&
      (options.path === undefined || device.path === options.path),
  );
  const named = options.vendor !== undefined || options.path !== undefined || options.serial !== undefined;
  const pos = wanted.find((device) => device.usagePage === scannerUsagePage);
  const keyboard = wanted.find(
    (device) => device.usagePage === keyboardUsage.usagePage && device.usage === keyboardUsage.usage,
  );
  if (options.profile !== "keyboard" && pos) return { device: pos, profile: "pos" };
  if (!named) return undefined;
  if (options.profile === "auto") return keyboard && { device: keyboard, profile: "keyboard" };
  // Told what it is: also a device that describes itself as something else.
  const told = (options.profile === "keyboard" ? keyboard : undefined) ?? wanted[0];
  return told && { device: told, profile: options.profile };
}

/** A path as the kernel lists it, so that a stable link can be compared; itself where it leads nowhere. */
export async function hidrawPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** The report descriptor of /dev/hidrawN from sysfs, which needs no rights; empty where it cannot be read. */
export async function readDescriptor(path: string): Promise<InputField[]> {
  const file = `/sys/class/hidraw/${basename(path)}/device/report_descriptor`;
  return readFile(file).then(parseReportDescriptor, () => []);
}

/** The decoder for a device, and a word on where its report layout comes from. */
export function createHidDecoder(
  profile: Profile,
  layout: "us" | "de",
  fields: InputField[],
): { decoder: ScanDecoder; source: string } {
  if (profile === "pos") {
    const described = posLayoutOf(fields);
    const source = described ? "HID-POS by its descriptor" : "HID-POS with the usual report";
    return { decoder: createPosDecoder(described ?? usualPosLayout), source };
  }
  const keys = fields.find(({ usages, array }) => array && usages.some((usage) => usage >>> 16 === keyPage));
  return {
    decoder: createKeyboardDecoder(keyboardLayouts[layout], keys?.reportId ?? 0),
    source: `keyboard with layout ${layout}`,
  };
}
