import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DiscardEvent, ScanEvent, Scanner, StatusEvent } from "../../device/ports.ts";
import { until as untilWithin } from "../until.ts";

type MaybeLater = unknown;

/** A scanner under test and its far end. */
export interface ScannerRig {
  scanner: Scanner;
  scan(text: string): MaybeLater;
  /** Scans a QR code of which the scanner says that it is one; undefined where it cannot say so. */
  scanQr: ((text: string) => MaybeLater) | undefined;
  /** Bytes that are no code; undefined where nobody can make any. */
  noise: (() => MaybeLater) | undefined;
  unplug(): MaybeLater;
  plug(): MaybeLater;
  stop(): MaybeLater;
  /** How long the far end may take, in milliseconds: a person is slower than an emulator. */
  patienceMs?: number;
}

type Event = ScanEvent | DiscardEvent | StatusEvent;

/** What every scanner must do, whatever it is made of (device/ports.ts). `texts` are codes that it can read. */
export function scannerContract(
  name: string,
  texts: readonly string[],
  createRig: () => ScannerRig | Promise<ScannerRig>,
): void {
  const check = (what: string, run: (rig: ScannerRig, events: Event[]) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const rig = await createRig();
      const events: Event[] = [];
      patienceMs = rig.patienceMs ?? patienceMs;
      try {
        await run(rig, events);
      } finally {
        await rig.scanner.stop();
        await rig.stop();
      }
    });
  let patienceMs = 10_000;
  const until = <T>(what: string, probe: () => T) => untilWithin(what, probe, patienceMs);
  const begin = ({ scanner }: ScannerRig, events: Event[]) => scanner.start((event) => events.push(event));
  const state = (events: Event[]) => events.findLast((event) => event.type === "status")?.status.state;
  const reach = (events: Event[], wanted: string) => until(wanted, () => state(events) === wanted);
  const scans = (events: Event[]) => events.flatMap((event) => (event.type === "scan" ? [event.text] : []));
  const discards = (events: Event[]) => events.flatMap((event) => (event.type === "discard" ? [event.count] : []));

  check("codes are read as they are, in order", async (rig, events) => {
    begin(rig, events);
    await reach(events, "ready");
    for (const text of texts) await rig.scan(text);
    await until("all codes", () => scans(events).length >= texts.length);
    assert.equal(scans(events), texts);
    assert.equal(discards(events), []);
  });

  check("a QR code is known as one where the scanner says so", async (rig, events) => {
    begin(rig, events);
    await reach(events, "ready");
    await rig.scan("12345678");
    await rig.scanQr?.("87654321");
    await until("codes", () => scans(events).length === (rig.scanQr ? 2 : 1));
    const kinds = events.flatMap((event) => (event.type === "scan" ? [event.symbology] : []));
    assert.equal(kinds, rig.scanQr ? ["unknown", "qr"] : ["unknown"]);
  });

  check("noise is dropped and counted, and the next code is read", async (rig, events) => {
    if (!rig.noise) return;
    begin(rig, events);
    await reach(events, "ready");
    for (let round = 1; round <= 2; round++) {
      const before = discards(events).length;
      await rig.noise();
      await until("counted", () => discards(events).length > before);
      await rig.scan("12345678");
      await until("read", () => scans(events).length === round);
    }
    assert.equal(scans(events), ["12345678", "12345678"]);
    discards(events).forEach((count, index) => {
      assert.is(count, index + 1);
    });
    assert.is(state(events), "ready");
  });

  check("it may be missing at start, vanish and come back", async (rig, events) => {
    await rig.unplug();
    begin(rig, events);
    await reach(events, "offline");
    for (let round = 1; round <= 2; round++) {
      await rig.plug();
      await reach(events, "ready");
      await rig.scan(`code ${round}`);
      await until("read", () => scans(events).length === round);
      await rig.unplug();
      await reach(events, "offline");
    }
    assert.equal(scans(events), ["code 1", "code 2"]);
  });

  check("the same status is never sent twice in a row, and after stop nothing is", async (rig, events) => {
    begin(rig, events);
    await reach(events, "ready");
    await rig.unplug();
    await reach(events, "offline");
    await rig.plug();
    await reach(events, "ready");
    const told = events.flatMap((event) => (event.type === "status" ? [JSON.stringify(event.status)] : []));
    told.forEach((status, index) => {
      assert.is.not(status, told[index - 1]);
    });
    await rig.scanner.stop();
    const before = events.length;
    await rig.scan("12345678");
    await rig.unplug();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(events.length, before);
  });
}
