/**
 * Code page 858 (ESC t 19 on Epson printers): ASCII and these, of which the block graphics are left out because text
 * never needs them.
 */
const beyondAscii = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»ÁÂÀ©¢¥ãÃ¤ðÐÊËÈ€ÍÎÏ¦ÌÓßÔÒõÕµþÞÚÛÙýÝ¯´±¾¶§÷¸°¨·¹³²";

const onPaper = new Set(beyondAscii);

/** Printed for a character of which no letter is near: visible, so that nobody takes the text for complete. */
const unknownLetter = "?";

const nearest: Record<string, string> = {
  // Signs of good typography, and spaces that are wide or narrow.
  "„": '"',
  "“": '"',
  "”": '"',
  "‟": '"',
  "″": '"',
  "‹": "'",
  "›": "'",
  "‚": "'",
  "‘": "'",
  "’": "'",
  "′": "'",
  "–": "-",
  "—": "-",
  "‐": "-",
  "‑": "-",
  "−": "-",
  "•": "·",
  "→": "->",
  "←": "<-",
  "\u2009": " ",
  "\u202f": " ",
  "\u00ad": "",
  "\u200b": "",
  "\u200e": "",
  "\u200f": "",
  "\ufeff": "",
  // Latin letters that are not a letter with a mark.
  ẞ: "SS",
  Œ: "OE",
  œ: "oe",
  Ł: "L",
  ł: "l",
  Đ: "D",
  đ: "d",
  Ħ: "H",
  ħ: "h",
  ı: "i",
  Ŧ: "T",
  ŧ: "t",
  Ə: "E",
  ə: "e",
  // Cyrillic, as German readers know it from passports (ICAO 9303 part 3, section 6.B).
  ...table("абвгґдезиіїклмнопрстуфцыэ", "a b v g g d e z i i i k l m n o p r s t u f ts y e"),
  ...table("жйхчшщъьюяєћџљњђјѓќѕў", "zh i kh ch sh shch ie  iu ia ie c dz lj nj d j g k dz u"),
  // Greek (ELOT 743).
  ...table("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o"),
};

function table(letters: string, latin: string): Record<string, string> {
  const words = latin.split(" ");
  return Object.fromEntries([...letters].map((letter, at) => [letter, words[at] ?? unknownLetter]));
}

/** The Latin letters nearest to one that the paper lacks; a capital stays one ("Щ" is "Shch"). */
function latinFor(letter: string): string | undefined {
  const found = nearest[letter];
  if (found !== undefined) return found;
  const small = nearest[letter.toLowerCase()];
  return small === undefined ? undefined : small.charAt(0).toUpperCase() + small.slice(1);
}

function isPrintable(letter: string): boolean {
  return (letter >= " " && letter <= "~") || letter === "\u00a0" || onPaper.has(letter);
}

function substitute(grapheme: string): string {
  const letters = [...grapheme].map((letter) => (isPrintable(letter) ? letter : latinFor(letter)));
  if (letters.every((letter) => letter !== undefined)) return letters.join("");
  // A letter with marks that the code page lacks (ș, ğ, ć, й) is printed without them, a ligature as its letters.
  const parts = [...grapheme.normalize("NFKD")].filter((part) => !/\p{Mark}/u.test(part));
  const bare = parts.map((part) => (isPrintable(part) ? part : latinFor(part)));
  return bare.length > 0 && bare.every((part) => part !== undefined) ? bare.join("") : unknownLetter;
}

const graphemes = new Intl.Segmenter("de", { granularity: "grapheme" });

/**
 * The text in characters that the paper has: what code page 858 lacks becomes the nearest Latin letters, and what has
 * none a question mark for each character as a reader counts them. Control characters never get through, so that no
 * text can command the printer. No-break spaces stay, for the line breaking that follows.
 */
export function toPaperLetters(text: string): string {
  let out = "";
  for (const { segment } of graphemes.segment(text.normalize("NFC").replace(/\t/g, " "))) out += substitute(segment);
  return out;
}
