import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { examples, filesOf } from "./tidy/bad-code.ts";
import * as content from "./tidy/content.ts";
import * as layout from "./tidy/layout.ts";
import * as packages from "./tidy/packages.ts";
import { codeOf, type Rule, type SourceFile } from "./tidy/source.ts";

const root = join(import.meta.dirname, "..");
const rules: Record<string, Rule> = { ...layout, ...content, ...packages };

/** The text files that git tracks. */
const trackedFiles: SourceFile[] = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
  .filter(({ text }) => !text.includes("\0"));

test("the files are there", () => {
  const paths = trackedFiles.map(({ path }) => path);
  for (const path of ["protocol/topics.ts", "test/tidy.test.ts", "package.json"]) assert.ok(paths.includes(path), path);
});

for (const [name, rule] of Object.entries(rules)) {
  test(`the product keeps the rule ${name}`, () => {
    const broken = rule(trackedFiles);
    if (broken.length > 0) throw new Error(broken.join("\n    "));
  });

  test(`the rule ${name} catches what it should, and nothing else`, () => {
    const { good, bad } = examples[name] ?? { good: [], bad: [] };
    assert.ok(good.length > 0 && bad.length > 0, "there are examples");
    for (const snippet of good) assert.equal(rule(filesOf(snippet)), [], JSON.stringify(snippet));
    for (const snippet of bad) {
      const found = rule(filesOf(snippet));
      assert.is(found.length, 1, `${JSON.stringify(snippet)}: ${found.join("; ")}`);
    }
  });
}

/** One file's code as the rules see it. */
function readCode(text: string) {
  const [code] = codeOf([{ path: "hub/a.ts", text }]);
  if (!code) throw new Error("not read as code");
  return code;
}

test("comments, strings and patterns are blanked, and nothing else", () => {
  const table: [text: string, bare: string][] = [
    ["a // b\nc", "a     \nc"],
    ["a /* b\n */ c", "a     \n    c"],
    ['f("x\\"y", \'z\')', "f(\"    \", ' ')"],
    [`\`a\${b + \`c\${d}\`}e\``, `\` \${b + \` \${d}\`} \``],
    [`\`a\${{ b: 1 }}\``, `\` \${{ b: 1 }}\``],
    ["x = /[/'\"]/g; y", "x =        0; y"],
    ["a / b / c", "a / b / c"],
    ["(a) / b; 'c'", "(a) / b; ' '"],
    ['"//" + a', '"  " + a'],
    ["return /'/.test(a)", "return   0.test(a)"],
  ];
  for (const [text, bare] of table) assert.is(readCode(text).bare, bare, text);
});

test("imports are read with their targets and names", () => {
  const { imports } = readCode(`import a, { type B, c as d } from "./x.ts";
import type { E } from "../device/y.ts";
import * as z from 'zod';
export { f } from "./deep/../z.ts";
const later = await import("./w.ts");`);
  assert.equal(
    imports.map(({ target, from, line, names }) => [target ?? from, line, names.join(" ")]),
    [
      ["hub/x.ts", 1, "B c default"],
      ["device/y.ts", 2, "E"],
      ["zod", 3, "*"],
      ["hub/z.ts", 4, "f"],
      ["hub/w.ts", 5, "*"],
    ],
  );
});

test.run();
