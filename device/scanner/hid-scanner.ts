import hid from "node-hid";
import type { Logger } from "pino";
import type { Clock, Scanner } from "../ports.ts";
import type { ScanDecoder } from "./decoding.ts";
import { chooseDevice, createHidDecoder, hidrawPath, readDescriptor } from "./hid-search.ts";
import type { HidScannerOptions } from "./options.ts";
import { createReporter, type Reporter } from "./reporter.ts";

/** Pause between two looks for a scanner that is not there, in milliseconds. */
export const searchMs = 1_000;

/**
 * A scanner on USB HID, read through hidraw. node-hid tells a vanished device by one `error` event, whose value is a
 * string, and never by `close`; a process that exits with a device open hangs (node-hid 3.4.0), hence `stop` waits for
 * the device to be closed.
 */
export function createHidScanner(
  options: HidScannerOptions,
  clock: Clock,
  logger?: Pick<Logger, "info" | "warn">,
): Scanner {
  let reporter: Reporter | undefined;
  let device: hid.HIDAsync | undefined;
  let busy: Promise<void> = Promise.resolve();
  let cancelSearch = () => {};
  let cancelIdle = () => {};
  let stopped = true;

  const away = (why: string) => {
    cancelIdle();
    reporter?.status("offline", why.slice(0, 200));
    if (!stopped) cancelSearch = clock.after(searchMs, search);
  };

  const search = () => {
    busy = open().catch((error: unknown) => away(error instanceof Error ? error.message : String(error)));
  };

  const open = async () => {
    const path = options.path && (await hidrawPath(options.path));
    const chosen = chooseDevice(await hid.devicesAsync(), path === undefined ? options : { ...options, path });
    if (stopped) return;
    if (!chosen?.device.path) throw new Error("no such scanner is plugged in");
    const { decoder, source } = createHidDecoder(
      chosen.profile,
      options.layout,
      await readDescriptor(chosen.device.path),
    );
    const opened = await hid.HIDAsync.open(chosen.device.path);
    if (stopped) {
      await opened.close();
      return;
    }
    device = opened;
    opened.on("error", (error: unknown) => lose(opened, String(error)));
    opened.on("data", (report: Buffer) => receive(decoder, report));
    logger?.info({ path: chosen.device.path, source }, "scanner found");
    reporter?.status("ready", `${chosen.device.product ?? chosen.device.path}: ${source}`.slice(0, 200));
  };

  const lose = (lost: hid.HIDAsync, why: string) => {
    if (device !== lost) return;
    device = undefined;
    logger?.info({ why }, "scanner away");
    busy = lost.close().catch(() => {});
    away("unplugged");
  };

  const receive = (decoder: ScanDecoder, report: Buffer) => {
    reporter?.decoded(decoder.push(report, clock.uptime()));
    watchIdle(decoder);
  };
  const watchIdle = (decoder: ScanDecoder) => {
    cancelIdle();
    const at = decoder.idleAt();
    if (at === undefined) return;
    cancelIdle = clock.after(Math.max(0, at - clock.uptime()), () => {
      reporter?.decoded(decoder.idle(clock.uptime()));
      watchIdle(decoder);
    });
  };

  return {
    start(on) {
      reporter = createReporter(on);
      stopped = false;
      search();
    },
    async stop() {
      stopped = true;
      reporter = undefined;
      cancelSearch();
      cancelIdle();
      await busy;
      const last = device;
      device = undefined;
      await last?.close().catch(() => {});
    },
  };
}
