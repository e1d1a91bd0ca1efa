import de from "./texts.de.json" with { type: "json" };
import en from "./texts.en.json" with { type: "json" };

export type BookingTexts = typeof de;

export const bookingTexts: Record<string, BookingTexts> = { de, en };

/** The first of the languages somebody reads that the office has and there are texts for; German otherwise. */
export function chooseLanguage(offered: readonly string[], wanted: readonly (string | undefined)[]): string {
  const known = offered.filter((language) => bookingTexts[language]);
  return wanted.find((language) => language !== undefined && known.includes(language)) ?? known[0] ?? "de";
}

/** Languages of an `Accept-Language` header in the order in which they stand there (RFC 9110, section 12.5.4). */
export const acceptedLanguages = (header: string | undefined): string[] =>
  (header ?? "").split(",").map((part) => part.trim().slice(0, 2).toLowerCase());

/** Puts values into the gaps of a text. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
