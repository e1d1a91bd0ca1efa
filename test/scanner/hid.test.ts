import hid from "node-hid";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { scannerOptions } from "../../device/scanner/options.ts";
import { createScanner } from "../../device/scanner/scanner.ts";
import { scannerContract } from "../contract/scanner.ts";
import { insideHidTestbed, openHidTestbed } from "../emulators/hid-device.ts";
import { keyboardDescriptor, keyboardReports, posDescriptor, posReports } from "../emulators/hid-reports.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";

// Real node-hid and hidapi over emulated hidraw devices.
if (need("umockdev") && insideHidTestbed(import.meta.url)) {
  const testbed = openHidTestbed();
  const pos = { name: "pos", vendor: "05e0", product: "1300", descriptor: posDescriptor };
  const keyboard = { name: "keyboard", vendor: "0c2e", product: "0b61", descriptor: keyboardDescriptor };

  const rigOf = async (
    { name, vendor, product, descriptor }: typeof pos,
    options: object,
    reports: (text: string) => Buffer[],
    qr: ((text: string) => Buffer[]) | undefined,
    noise: Buffer[],
  ) => {
    let plugged = false;
    const plug = async () => {
      if (!plugged) await testbed.add(name, vendor, product, descriptor);
      plugged = true;
    };
    const unplug = async () => {
      if (plugged) await testbed.remove(name);
      plugged = false;
    };
    const send = async (all: Buffer[]) => {
      // A real cable loses what a removed device would say.
      for (const report of all) if (plugged) await testbed.report(name, report);
    };
    await plug();
    return {
      scanner: createScanner(scannerOptions.parse({ kind: "hid", ...options }), systemClock()),
      scan: (text: string) => send(reports(text)),
      scanQr: qr && ((text: string) => send(qr(text))),
      noise: () => send(noise),
      unplug,
      plug,
      stop: unplug,
    };
  };

  scannerContract("HID-POS by its descriptor", ["12345678", "Straße Ä €", "x".repeat(200)], () =>
    rigOf(pos, {}, (text) => posReports(text, "\0\0\0"), posReports, [Buffer.alloc(64, 0xff), Buffer.from([2, 60, 1])]),
  );

  scannerContract("HID keyboard", ["12345678", "Zylinder_Yacht?"], () =>
    rigOf(
      keyboard,
      { vendor: "0c2e", product: "0b61", layout: "de" },
      (text) => keyboardReports(text, "de"),
      (text) => keyboardReports(`]Q1${text}`, "de"),
      [Buffer.alloc(8, 0xff), Buffer.alloc(5, 4)],
    ),
  );

  test("a keyboard that nobody named is left alone", async () => {
    await testbed.add("typist", "046d", "c31c", keyboardDescriptor);
    await until("listed", async () => (await hid.devicesAsync()).some((device) => device.vendorId === 0x046d));
    const scanner = createScanner(scannerOptions.parse({ kind: "hid" }), systemClock());
    const details: string[] = [];
    scanner.start((event) => event.type === "status" && details.push(event.status.detail));
    await until("status", () => details.length > 0);
    assert.equal(details, ["no such scanner is plugged in"]);
    await scanner.stop();
    await testbed.remove("typist");
    testbed.close();
  });

  test.run();
}
