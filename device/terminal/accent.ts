/** Used where the town's colour is missing, unreadable or too pale. */
export const usualAccent = "#0b4f8a";
/** Of an accent on white paper, and of white letters on it (WCAG 2.2, success criterion 1.4.3). */
const contrastMin = 4.5;

/** Relative luminance of `#rrggbb` (WCAG 2.2, definitions), 0 to 1. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of a colour `#rrggbb` with white, 1 to 21. */
export function contrastWithWhite(colour: string): number {
  return 1.05 / (luminance(colour) + 0.05);
}

/** The office's accent if it can be read on white, else the usual one: a terminal that refuses to start helps nobody. */
export function readableAccent(accent: string | undefined): string {
  if (!accent || !/^#[0-9a-f]{6}$/i.test(accent)) return usualAccent;
  return contrastWithWhite(accent) >= contrastMin ? accent : usualAccent;
}
