import type { Office } from "../../protocol/messages.ts";
import german from "./texts/de.json" with { type: "json" };

/** All texts of one language file. German is the measure: every other file has the same keys. */
export type Texts = Readonly<typeof german>;

/** Language files by two-letter code. */
export type Languages = Readonly<Record<string, Texts>>;

/** Every visitor starts in this language, and staff read it. */
export const mainLanguage = "de";

/** Puts values into a text: `{count} warten`. A place without a value stays as it is, so that it is seen. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The texts of a language, or German where there is no file for it. */
export function textsOf(languages: Languages, language: string): Texts {
  return languages[language] ?? german;
}

/** The languages a visitor may choose: those of the office for which there is a file, the main language first. */
export function offeredLanguages(languages: Languages, office: Office): string[] {
  const others = office.languages.filter((code) => code !== mainLanguage && Object.hasOwn(languages, code));
  return [mainLanguage, ...new Set(others)];
}

/** A text of the office in this language; German where the office has not translated it. */
export function localText(texts: Readonly<{ de: string; [language: string]: string }>, language: string): string {
  return texts[language] ?? texts.de;
}
