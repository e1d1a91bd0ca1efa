import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { languagesFolder, loadLanguages } from "../../device/languages.ts";
import { fill, offeredLanguages } from "../../device/terminal/texts.ts";
import { makeOffice } from "./terminal.ts";

function withFolder(run: (folder: string, english: Record<string, string>) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-texts-"));
  copyFileSync(join(languagesFolder, "de.json"), join(folder, "de.json"));
  try {
    run(folder, JSON.parse(readFileSync(join(languagesFolder, "en.json"), "utf8")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a further language is one more file", () =>
  withFolder((folder, english) => {
    writeFileSync(join(folder, "tr.json"), JSON.stringify({ ...english, languageName: "Türkçe", locale: "tr-TR" }));
    const languages = loadLanguages(folder);
    assert.is(languages.tr?.languageName, "Türkçe");
    assert.equal(offeredLanguages(languages, makeOffice({ languages: ["tr", "en", "tr"] })), ["de", "tr"]);
  }));

test("a text that is missing, unknown or without its places is named", () =>
  withFolder((folder, { question, ...english }) => {
    const file = join(folder, "en.json");
    writeFileSync(file, JSON.stringify(english));
    assert.throws(() => loadLanguages(folder), /en\.json: text question is missing/);
    writeFileSync(file, JSON.stringify({ ...english, question, extra: "x" }));
    assert.throws(() => loadLanguages(folder), /en\.json: unknown text extra/);
    writeFileSync(file, JSON.stringify({ ...english, question, waiting: "some are waiting" }));
    assert.throws(() => loadLanguages(folder), /en\.json: text waiting needs exactly \{count\}/);
  }));

test("the languages that come with the product are whole, and German and English are there", () => {
  assert.equal(Object.keys(loadLanguages()).sort(), ["de", "en"]);
});

test("a place without a value stays visible", () => {
  assert.is(fill("{count} von {all}", { count: 3 }), "3 von {all}");
});

test.run();
