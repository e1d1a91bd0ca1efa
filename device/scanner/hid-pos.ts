import { codeBytesMax, type Decoded, decodeBytes, partPauseMs, type ScanDecoder } from "./decoding.ts";
import type { InputField } from "./report-descriptor.ts";

/** HID Point of Sale Usage Tables 1.02, section 4: the bar code scanner page, and the byte count of the desktop page. */
const scannerPage = 0x8c0000;
const byteCount = 0x01003b;
const identifierUsages = [scannerPage | 0xfb, scannerPage | 0xfc, scannerPage | 0xfd];
const decodedData = scannerPage | 0xfe;
const decodedDataContinued = scannerPage | 0xff;

/** Where a scanned-data report has what. Offsets are bytes from the beginning of the report, its id included. */
export interface PosLayout {
  /** 0 when the reports have no id. */
  reportId: number;
  reportBytes: number;
  lengthAt: number;
  /** Undefined when the scanner sends no symbology identifier. */
  identifierAt: number | undefined;
  dataAt: number;
  dataBytes: number;
  /** The bit that says that the code goes on in the next report; undefined when every code is one report. */
  continued: { at: number; mask: number } | undefined;
}

/** For scanners whose descriptor cannot be read: the layout of the Access-IS ATR110 and LSR118 product manuals. */
export const usualPosLayout: PosLayout = {
  reportId: 2,
  reportBytes: 64,
  lengthAt: 1,
  identifierAt: 2,
  dataAt: 5,
  dataBytes: 56,
  continued: { at: 63, mask: 1 },
};

/** The layout that a descriptor gives, or undefined when it describes no scanned data that we can read. */
export function posLayoutOf(fields: InputField[]): PosLayout | undefined {
  const data = fields.find(
    ({ usages, bits, bitOffset }) => usages[0] === decodedData && bits === 8 && bitOffset % 8 === 0,
  );
  if (!data) return undefined;
  const { reportId } = data;
  const same = fields.filter((field) => field.reportId === reportId);
  const idBytes = reportId === 0 ? 0 : 1;
  const byteAt = (field: InputField, index = 0) => idBytes + (field.bitOffset + field.bits * index) / 8;
  const length = same.find(
    ({ usages, bits, bitOffset }) => usages[0] === byteCount && bits === 8 && bitOffset % 8 === 0,
  );
  if (!length) return undefined;
  const identifier = same.find(({ usages, bits }) => bits === 8 && usages.includes(identifierUsages[0] ?? 0));
  const next = same.find(({ usages, bits }) => bits === 1 && usages[0] === decodedDataContinued);
  const bitsUsed = Math.max(...same.map((field) => field.bitOffset + field.bits * field.count));
  return {
    reportId,
    reportBytes: idBytes + Math.ceil(bitsUsed / 8),
    lengthAt: byteAt(length),
    identifierAt: identifier && byteAt(identifier, identifier.usages.indexOf(identifierUsages[0] ?? 0)),
    dataAt: byteAt(data),
    dataBytes: data.count,
    continued: next && { at: idBytes + (next.bitOffset >> 3), mask: 1 << (next.bitOffset & 7) },
  };
}

/** Puts scanned-data reports together to codes; a code longer than one report goes on in the next. */
export function createPosDecoder(layout: PosLayout): ScanDecoder {
  let parts: Buffer[] = [];
  let bytes = 0;
  let identifier: string | undefined;
  let skipping = false;
  let lastAt = 0;

  const unfinished = () => parts.length > 0 || skipping;
  const reset = () => {
    parts = [];
    bytes = 0;
    skipping = false;
  };
  const idle = (now: number): Decoded[] => {
    if (!unfinished() || now - lastAt < partPauseMs) return [];
    const told = skipping;
    reset();
    return told ? [] : [{ discard: "a code that was not continued" }];
  };

  const take = (report: Uint8Array): Decoded[] => {
    const why = misformed(report, layout);
    if (why) {
      reset();
      return [{ discard: why }];
    }
    const goesOn = layout.continued !== undefined && ((report[layout.continued.at] ?? 0) & layout.continued.mask) !== 0;
    if (skipping) {
      skipping = goesOn;
      return [];
    }
    const data = report.subarray(layout.dataAt, layout.dataAt + (report[layout.lengthAt] ?? 0));
    if (parts.length === 0) identifier = identifierOf(report, layout);
    parts.push(Buffer.from(data));
    // An empty part counts too, so that a scanner cannot go on for ever with nothing.
    bytes += Math.max(1, data.length);
    if (bytes > codeBytesMax) {
      reset();
      skipping = goesOn;
      return [{ discard: "a code that goes on for too long" }];
    }
    if (goesOn) return [];
    const whole = Buffer.concat(parts);
    reset();
    return [decodeBytes(whole, identifier)];
  };

  return {
    push(report, now) {
      const dropped = idle(now);
      lastAt = now;
      return [...dropped, ...take(report)];
    },
    idle,
    idleAt: () => (unfinished() ? lastAt + partPauseMs : undefined),
  };
}

function misformed(report: Uint8Array, layout: PosLayout): string | undefined {
  if (layout.reportId !== 0 && report[0] !== layout.reportId) return "a report of another kind";
  if (report.length !== layout.reportBytes) return `a report of ${report.length} bytes`;
  if ((report[layout.lengthAt] ?? 0) > layout.dataBytes) return "a report that claims more data than it holds";
  return undefined;
}

/** Three zero bytes say that the scanner sends none; the beginning of the text is then looked at instead. */
function identifierOf(report: Uint8Array, { identifierAt }: PosLayout): string | undefined {
  if (identifierAt === undefined || report[identifierAt] === 0) return undefined;
  return String.fromCharCode(...report.subarray(identifierAt, identifierAt + 3));
}
