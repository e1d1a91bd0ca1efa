/**
 * Reads a HID report descriptor (Device Class Definition for HID 1.11, section 6.2.2) as far as it tells where the
 * fields of the input reports are. Whatever is beyond the limits or cut off ends the reading; it never throws.
 */

/** Fields taken from one descriptor; a scanner has some dozens. */
const fieldsMax = 1_024;

/** One input item: `count` values of `bits` bits at `bitOffset` of the report, the report id not counted. */
export interface InputField {
  reportId: number;
  bitOffset: number;
  bits: number;
  count: number;
  /** Page in the upper, id in the lower 16 bits. The last one holds for the remaining values. */
  usages: number[];
  /** Values are usage codes (as of keys), not one value per usage. */
  array: boolean;
}

interface Globals {
  usagePage: number;
  reportId: number;
  bits: number;
  count: number;
}

export function parseReportDescriptor(bytes: Uint8Array): InputField[] {
  const fields: InputField[] = [];
  const used = new Map<number, number>();
  const stack: Globals[] = [];
  let globals: Globals = { usagePage: 0, reportId: 0, bits: 0, count: 0 };
  let usages: number[] = [];
  let at = 0;

  while (at < bytes.length && fields.length < fieldsMax) {
    const prefix = bytes[at] ?? 0;
    const size = [0, 1, 2, 4][prefix & 3] ?? 0;
    if (prefix === 0xfe) {
      at += 3 + (bytes[at + 1] ?? 0);
      continue;
    }
    let value = 0;
    for (let byte = 0; byte < size; byte++) value += (bytes[at + 1 + byte] ?? 0) * 2 ** (8 * byte);
    at += 1 + size;
    const tag = prefix & 0xfc;
    if (tag === 0x04) globals = { ...globals, usagePage: value };
    else if (tag === 0x84) globals = { ...globals, reportId: value & 0xff };
    else if (tag === 0x74) globals = { ...globals, bits: Math.min(value, 32) };
    else if (tag === 0x94) globals = { ...globals, count: Math.min(value, 0xffff) };
    else if (tag === 0xa4) stack.push(globals);
    else if (tag === 0xb4) globals = stack.pop() ?? globals;
    else if (tag === 0x08 && usages.length < fieldsMax) {
      usages.push(size === 4 ? value : globals.usagePage * 0x10000 + value);
    } else if (tag === 0x80) {
      const bitOffset = used.get(globals.reportId) ?? 0;
      const { reportId, bits, count } = globals;
      used.set(reportId, bitOffset + bits * count);
      fields.push({ reportId, bitOffset, bits, count, usages, array: (value & 2) === 0 });
    }
    // Main items (type 0) end the local ones.
    if ((tag & 0x0c) === 0) usages = [];
  }
  return fields;
}
