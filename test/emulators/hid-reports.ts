/** The report descriptor of a HID-POS scanner with the usual 64-byte report (HID Point of Sale Usage Tables 1.02). */
export const posDescriptor = Buffer.from(
  [
    "05 8C 09 02 A1 01", // page bar code scanner, usage bar code scanner, application collection
    "09 12 A1 02 85 02", // scanned data report, logical collection, report id 2
    "15 00 26 FF 00 75 08 95 01 05 01 09 3B 81 02", // byte count
    "95 03 05 8C 09 FB 09 FC 09 FD 81 02", // three bytes of symbology identifier
    "95 38 09 FE 82 02 01", // 56 bytes of decoded data, buffered
    "06 66 FF 95 02 09 04 09 00 81 02", // two bytes of the vendor
    "05 8C 25 01 75 01 95 01 09 FF 81 02 95 07 81 03", // one bit: continued; seven to fill up
    "C0 C0",
  ]
    .join(" ")
    .replaceAll(" ", ""),
  "hex",
);

/** A boot keyboard's report descriptor (Device Class Definition for HID 1.11, appendix E.6). */
export const keyboardDescriptor = Buffer.from(
  [
    "05 01 09 06 A1 01", // page generic desktop, usage keyboard, application collection
    "05 07 19 E0 29 E7 15 00 25 01 75 01 95 08 81 02", // eight modifier bits
    "95 01 75 08 81 01", // reserved byte
    "95 05 75 01 05 08 19 01 29 05 91 02 95 01 75 03 91 01", // lamps, output
    "95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00", // six keys
    "C0",
  ]
    .join(" ")
    .replaceAll(" ", ""),
  "hex",
);

/** A code as scanned-data reports of `posDescriptor`: 56 bytes each, the last bit set while more follows. */
export function posReports(text: string, identifier = "]Q1"): Buffer[] {
  const code = Buffer.from(text, "utf8");
  const reports: Buffer[] = [];
  for (let from = 0; from === 0 || from < code.length; from += 56) {
    const part = code.subarray(from, from + 56);
    const report = Buffer.alloc(64);
    report[0] = 0x02;
    report[1] = part.length;
    report.write(identifier, 2, "latin1");
    part.copy(report, 5);
    report[63] = from + 56 < code.length ? 1 : 0;
    reports.push(report);
  }
  return reports;
}

const shift = 0x02;
const altGr = 0x40;
/** Rows of a keyboard as printed on its keys: unshifted, shifted, and with AltGr, and the usage of each key. */
interface Row {
  usages: number[];
  caps: string[];
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
/** The letter rows by the usage codes of Q … P, A … L and Z … M on a US keyboard. */
const top = [0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13];
const home = [0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f];
const bottom = [0x1d, 0x1b, 0x06, 0x19, 0x05, 0x11, 0x10];
const keyboards: Record<"us" | "de", Row[]> = {
  us: [
    { usages: [0x35, ...range(0x1e, 0x27), 0x2d, 0x2e], caps: ["`1234567890-=", "~!@#$%^&*()_+"] },
    { usages: [...top, 0x2f, 0x30, 0x31], caps: ["qwertyuiop[]\\", "QWERTYUIOP{}|"] },
    { usages: [...home, 0x33, 0x34], caps: ["asdfghjkl;'", 'ASDFGHJKL:"'] },
    { usages: [...bottom, 0x36, 0x37, 0x38, 0x2c], caps: ["zxcvbnm,./ ", "ZXCVBNM<>? "] },
  ],
  de: [
    { usages: [...range(0x1e, 0x27), 0x2d], caps: ["1234567890ß", '!"§$%&/()=?', " ²³   {[]}\\"] },
    { usages: [...top, 0x2f, 0x30], caps: ["qwertzuiopü+", "QWERTZUIOPÜ*", "@ €        ~"] },
    { usages: [...home, 0x33, 0x34, 0x31], caps: ["asdfghjklöä#", "ASDFGHJKLÖÄ'"] },
    { usages: [0x64, ...bottom, 0x36, 0x37, 0x38], caps: ["<yxcvbnm,.-", ">YXCVBNM;:_", "|      µ   "] },
    { usages: [0x35], caps: [" ", "°"] },
    { usages: [0x2c], caps: [" ", " "] },
  ],
};
/** On a German keyboard these wait for a letter; with the blank after them they are themselves. */
const germanAccents: Record<string, [modifiers: number, usage: number]> = {
  "^": [0, 0x35],
  "´": [0, 0x2e],
  "`": [shift, 0x2e],
};

type Stroke = [modifiers: number, usage: number];

function strokesOf(layout: "us" | "de"): Map<string, Stroke[]> {
  const strokes = new Map<string, Stroke[]>();
  for (const { usages, caps } of keyboards[layout]) {
    caps.forEach((row, level) => {
      [...row].forEach((character, index) => {
        const usage = usages[index];
        if (usage === undefined || (character === " " && usage !== 0x2c) || strokes.has(character)) return;
        strokes.set(character, [[[0, shift, altGr][level] ?? 0, usage]]);
      });
    });
  }
  if (layout === "de") {
    for (const [accent, stroke] of Object.entries(germanAccents)) strokes.set(accent, [stroke, [0, 0x2c]]);
  }
  return strokes;
}

const strokes = { us: strokesOf("us"), de: strokesOf("de") };

/** Every character that a scanner with this layout can type. */
export function typeable(layout: "us" | "de"): string[] {
  return [...strokes[layout].keys()];
}

/**
 * A code as boot keyboard reports, Enter at its end. A `rolling` scanner puts the next key down before it lifts the
 * last one, unless they are the same. Throws for a character that the layout lacks.
 */
export function keyboardReports(text: string, layout: "us" | "de", rolling = false): Buffer[] {
  const report = (modifiers: number, ...keys: number[]) =>
    Buffer.from([modifiers, 0, ...keys, ...Array(6 - keys.length).fill(0)]);
  const all: Stroke[] = [...text].flatMap((character) => {
    const found = strokes[layout].get(character);
    if (!found) throw new Error(`no key types '${character}' with layout ${layout}`);
    return found;
  });
  all.push([0, 0x28]);
  const reports: Buffer[] = [];
  let held: number | undefined;
  for (const [modifiers, usage] of all) {
    if (rolling && held !== undefined && held !== usage)
      reports.push(report(modifiers, held, usage), report(modifiers, usage));
    else reports.push(...(held === undefined ? [] : [report(0)]), report(modifiers, usage));
    held = rolling ? usage : undefined;
    if (!rolling) reports.push(report(0));
  }
  reports.push(report(0));
  return reports;
}
