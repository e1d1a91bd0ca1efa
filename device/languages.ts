import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import german from "./terminal/texts/de.json" with { type: "json" };
import type { Languages, Texts } from "./terminal/texts.ts";

/** Where the terminal's language files are: one JSON file a language, named by its two-letter code. */
export const languagesFolder = join(import.meta.dirname, "terminal", "texts");

const places = (text: string): string => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join(" ");

/**
 * Reads every language file of a folder; a further language is one more file.
 *
 * @throws naming file and text when one is missing, unknown, or has not the places (`{count}`) of the German one.
 */
export function loadLanguages(folder = languagesFolder): Languages {
  const files = readdirSync(folder).filter((name) => /^[a-z]{2}\.json$/.test(name));
  return Object.fromEntries(
    files.map((name) => {
      const texts: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
      return [basename(name, ".json"), checked(name, texts as Record<string, unknown>)];
    }),
  );
}

function checked(file: string, texts: Record<string, unknown>): Texts {
  for (const key of Object.keys(texts))
    if (!Object.hasOwn(german, key)) throw new Error(`${file}: unknown text ${key}`);
  for (const [key, text] of Object.entries(german)) {
    const own = texts[key];
    if (typeof own !== "string" || own === "") throw new Error(`${file}: text ${key} is missing`);
    if (places(own) !== places(text)) throw new Error(`${file}: text ${key} needs exactly ${places(text) || "no {…}"}`);
  }
  return texts as Texts;
}
