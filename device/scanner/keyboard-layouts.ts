/**
 * What the usage codes of the keyboard page (HID Usage Tables 1.12, section 10) mean depends on the layout that is set
 * in the scanner, not on the scanner: it plays the keys that would type the code on such a keyboard.
 */
export interface KeyboardLayout {
  plain: ReadonlyMap<number, string>;
  shift: ReadonlyMap<number, string>;
  altGr: ReadonlyMap<number, string>;
  /** Characters that wait for a letter to sit on, with their combining form; a blank after one means itself. */
  dead: ReadonlyMap<string, string>;
}

/** Keys from a usage on, one character each. */
const keys = (first: number, characters: string): [number, string][] =>
  [...characters].map((character, index) => [first + index, character]);

const blank: [number, string][] = [
  [0x2b, "\t"],
  [0x2c, " "],
];
const keypad = (decimal: string): [number, string][] => [
  ...keys(0x54, "/*-+"),
  ...keys(0x59, "1234567890"),
  [0x63, decimal],
];

const us: KeyboardLayout = {
  plain: new Map([
    ...keys(0x04, "abcdefghijklmnopqrstuvwxyz"),
    ...keys(0x1e, "1234567890"),
    ...blank,
    ...keys(0x2d, "-=[]\\\\;'`,./"),
    [0x64, "\\"],
    ...keypad("."),
  ]),
  shift: new Map([
    ...keys(0x04, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ...keys(0x1e, "!@#$%^&*()"),
    ...blank,
    ...keys(0x2d, '_+{}||:"~<>?'),
    [0x64, "|"],
  ]),
  altGr: new Map(),
  dead: new Map(),
};

const de: KeyboardLayout = {
  plain: new Map([
    ...keys(0x04, "abcdefghijklmnopqrstuvwxzy"),
    ...keys(0x1e, "1234567890"),
    ...blank,
    ...keys(0x2d, "ß´ü+##öä^,.-"),
    [0x64, "<"],
    ...keypad(","),
  ]),
  shift: new Map([
    ...keys(0x04, "ABCDEFGHIJKLMNOPQRSTUVWXZY"),
    ...keys(0x1e, '!"§$%&/()='),
    ...blank,
    ...keys(0x2d, "?`Ü*''ÖÄ°;:_"),
    [0x64, ">"],
  ]),
  altGr: new Map([
    [0x14, "@"],
    [0x08, "€"],
    [0x10, "µ"],
    [0x1f, "²"],
    [0x20, "³"],
    ...keys(0x24, "{[]}"),
    [0x2d, "\\"],
    [0x30, "~"],
    [0x64, "|"],
  ]),
  dead: new Map([
    ["´", "\u0301"],
    ["`", "\u0300"],
    ["^", "\u0302"],
  ]),
};

export const keyboardLayouts: Record<"us" | "de", KeyboardLayout> = { us, de };
