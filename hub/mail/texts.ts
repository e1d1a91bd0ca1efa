import de from "./texts.de.json" with { type: "json" };
import en from "./texts.en.json" with { type: "json" };

export type MailTexts = typeof de;

const languages: Record<string, MailTexts> = { de, en };

/** The texts of a language; German, named so, where there are none. */
export function textsOf(wanted: string): { language: string; texts: MailTexts } {
  const texts = languages[wanted];
  return texts ? { language: wanted, texts } : { language: "de", texts: de };
}

/** Puts values into the gaps of a text. A gap without a value stays, so that it is seen. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
