import type { SourceFile } from "./source.ts";

/** Files by path. */
type Snippet = Record<string, string>;

export const filesOf = (snippet: Snippet): SourceFile[] =>
  Object.entries(snippet).map(([path, text]) => ({ path, text }));

const uvu = 'import { test } from "uvu";';
const run = "test.run();";
const circle = { "hub/a.ts": 'import { b } from "./b.ts";', "hub/b.ts": 'export { a } from "./a.ts";' };
const manifest = (version: string) => `{"dependencies":{"mqtt":"${version}"},"devDependencies":{"uvu":"0.5.6"}}`;

const proof = { "test/a/b.test.ts": `${uvu}${run}`, "test/required.txt": "test/a/b.test.ts\n" };
const table = (row: string) => `| fault | test |\n| --- | --- |\n${row}\n`;

/** Every given package in use, without the one named. */
const uses = (left: string): Snippet => {
  const names = "johnny-five serialport @serialport/parser-readline escpos escpos-usb node-hid mqtt better-sqlite3";
  const lines = names.split(" ").filter((name) => name !== left);
  return {
    "hub/all.ts": lines.map((name) => `import x from "${name}";`).join("\n"),
    "test/a.test.ts": left === "uvu" ? "" : uvu,
  };
};

/** For each rule what it must let pass, and what it must catch: once in each snippet. */
export const examples: Record<string, { good: Snippet[]; bad: Snippet[] }> = {
  topLevelNames: {
    good: [{ "device/a.ts": "", "README.md": "", ".ci/run": "", "package-lock.json": "" }],
    bad: [{ "src/a.ts": "", "src/b.ts": "" }, { "NOTES.md": "" }],
  },
  placeNames: {
    good: [{ "hub/utility-bill.ts": "" }],
    bad: [{ "hub/utils.ts": "" }, { "hub/common/a.ts": "" }, { "test/helpers.test.ts": "" }, { "hub/helper.js": "" }],
  },
  fileLength: {
    good: [{ "hub/a.ts": "x\n".repeat(400), "README.md": "x\n".repeat(900) }],
    bad: [{ "hub/a.ts": "x\n".repeat(401) }, { "deploy/setup.sh": "x\n".repeat(500) }],
  },
  importDirection: {
    good: [
      { "protocol/a.ts": 'import { b } from "./b.ts"; import * as z from "zod";' },
      { "hub/office/queue.ts": 'import type { Ticket } from "../../protocol/messages.ts";' },
      { "deploy/demo/main.ts": 'import { x } from "../../test/emulators/pty.ts"; import "../../hub/main.ts";' },
      { "device/terminal/a.ts": 'import type { B } from "../ports.ts"; import pkg from "../../package.json";' },
      { "hub/a.ts": '// import { x } from "../device/x.ts";\nconst text = `import "../device/x.ts"`;' },
    ],
    bad: [
      { "protocol/a.ts": 'import { b } from "../hub/b.ts";' },
      { "hub/a.ts": 'import type { B } from "../device/b.ts";' },
      { "hub/a.ts": 'export * from "../device/b.ts";' },
      { "hub/a.ts": 'const b = await import("../test/b.ts");' },
      { "device/a.ts": 'import {\n  b,\n  c,\n} from "../hub/b.ts";' },
      { "device/a.ts": 'import "../deploy/b.ts";' },
      { "device/a.ts": 'createRequire(import.meta.url); require("../test/b.ts");' },
      { "hub/office/a.ts": 'import { b } from "../store/b.ts";' },
      { "device/terminal/a.ts": 'import { b } from "../runtime.ts";' },
      { "device/board/a.ts": 'import b, { c } from "../terminal/b.ts";' },
    ],
  },
  noCycles: {
    good: [{ "hub/a.ts": 'import { b } from "./b.ts";', "hub/b.ts": "", "test/x.ts": 'import "./x.ts";' }],
    bad: [circle, { "hub/a.ts": 'import "./a.ts";' }, { ...circle, "hub/c.ts": 'import "./a.ts";' }],
  },
  pureFoldersArePure: {
    good: [
      { "hub/office/a.ts": 'import * as z from "zod"; // not Date.now()\nconst at = new Date(now), text = "console";' },
      { "hub/service.ts": 'import fs from "node:fs"; Date.now(); console.log(process.env);' },
      { "device/terminal/a.ts": 'const pattern = /console/; const half = count / 2; input.process; x = "setTimeout";' },
    ],
    bad: [
      ..."Date.now()|new Date()|new Date( )|Date()|Math.random()|performance.now()|Temporal.Now.instant()"
        .split("|")
        .map((text) => ({ "hub/office/a.ts": `const x = ${text};` })),
      ...`setTimeout(f, 1)|setInterval(f)|console.log(1)|process.env|randomUUID()|fetch(url)|\`\${Math.random()}\``
        .split("|")
        .map((text) => ({ "device/terminal/a.ts": `const y = ${text};` })),
      ...["node:fs", "net", "node:child_process", "node:crypto", "mqtt", "node:timers"].map((from) => ({
        "device/board/a.ts": `import { x } from "${from}";`,
      })),
    ],
  },
  nothingUnfinished: {
    good: [{ "hub/a.ts": "// what is to do\nconst todo = hackney;" }],
    bad: [{ "hub/a.ts": `// TO${"DO"}: later` }, { "README.md": `FIX${"ME"}` }, { "test/a.ts": `// HA${"CK"}` }],
  },
  topicsHaveOneHome: {
    good: [
      { "protocol/topics.ts": 'const path = "client/{client}/request/{verb}";' },
      { "hub/a.ts": '// wartemarke/1/demo/hub\nimport { x } from "./client/table.ts";' },
      { "test/a.ts": 'const topic = "wartemarke/1/demo/hub";' },
    ],
    bad: [
      { "hub/a.ts": 'const topic = "wartemarke/1/demo/hub";' },
      { "device/a.ts": `const topic = \`wartemarke/1/\${site}/queue\`;` },
      { "device/a.ts": `const topic = \`\${base}/client/\${user}/request/\${verb}\`;` },
      { "deploy/a.ts": "const topic = 'client/desk-1/reply';" },
    ],
  },
  noMachinePaths: {
    good: [{ "hub/a.ts": 'const text = "paper/work/x and https://a.example/tmp/x";', "test/a.ts": '"/tmp/x"' }],
    bad: [{ "hub/a.ts": 'const path = "/tmp/x";' }, { "README.md": "see /work/here" }],
  },
  testFiles: {
    good: [{ "test/a.test.ts": `${uvu}\ntest("x", () => {});\nif (need("x")) {\n  ${run}\n}`, "test/until.ts": "" }],
    bad: [
      { "test/a.test.ts": `${uvu} test("x", () => {});` },
      { "test/a.test.ts": `${uvu} ${run} ${run}` },
      { "test/a.test.ts": `${uvu} test("x"); ${run} test("y");` },
      { "test/a.test.ts": `${uvu} test.only("x"); ${run}` },
      { "test/a.test.ts": `${uvu} test.skip("x"); ${run}` },
      { "test/contract/a.ts": `${uvu} test.skip("x");` },
      { "test/a.test.ts": `import { suite } from "uvu"; const usb = suite("x"); usb("y", () => {});` },
      { "test/a.test.ts": `import { suite } from "uvu"; const usb = suite("x"); usb.run(); usb("y", () => {});` },
      { "test/a.test.ts": `import { suite, test } from "uvu"; const usb = suite("x"); ${run}` },
      { "test/a.test.ts": "console.log(1)" },
      { "test/a.test.ts": `${uvu} // ${run}` },
    ],
  },
  noDeadExports: {
    good: [
      {
        "hub/a.ts": "export const a = 1;\nexport interface B {}",
        "hub/b.ts": 'import { type B, a as c } from "./a.ts";',
      },
      { "hub/a.ts": "export function f() {}", "test/b.ts": 'import * as all from "../hub/a.ts"; all.f();' },
      { "hub/a.ts": "export const aMax = 1;\nif (x > aMax) y();" },
      { "hub/a.ts": "export const a = 1;", "hub/b.ts": 'const { a } = await import("./a.ts");' },
    ],
    bad: [
      { "hub/a.ts": "export const a = 1;", "hub/b.ts": 'import { b } from "./a.ts";' },
      { "hub/a.ts": "export async function f() {}", "hub/b.ts": 'import { f } from "./c.ts";' },
      { "hub/a.ts": "export class A {}\nexport const b = 1;", "hub/b.ts": 'import { b } from "./a.ts";' },
      { "hub/a.ts": "export const a = 1;", "hub/b.ts": 'import * as all from "./a.ts"; all.c;' },
    ],
  },
  documentsNameTheirTests: {
    good: [
      { ...proof, "deploy/docs/a.md": table("| hub killed | `test/a/b.test.ts` |") },
      { ...proof, "README.md": "see `test/a/b.test.ts`\n\n| part | folder |\n| --- | --- |\n| tests | test |" },
    ],
    bad: [
      { ...proof, "README.md": "see `test/a/c.test.ts`" },
      { ...proof, "deploy/docs/a.md": table("| hub killed | `test/a/c.test.ts`, `test/a/b.test.ts` |") },
      { ...proof, "deploy/docs/a.md": table("| hub killed | we are sure |") },
      { "test/a/b.test.ts": `${uvu}${run}`, "deploy/docs/a.md": table("| hub killed | `test/a/b.test.ts` |") },
    ],
  },
  givenPackagesAreUsed: {
    good: [uses("")],
    bad: [uses("escpos"), uses("uvu"), { ...uses("mqtt"), "test/b.ts": 'import mqtt from "mqtt";' }],
  },
  exactVersions: {
    good: [
      { "package.json": manifest("5.16.0") },
      { "package.json": manifest("3.0.0-alpha.6") },
      { "package.json": '{"overrides":{"usb":"$usb","x":"npm:@favware/skip-dependency@1.2.2"}}' },
    ],
    bad: ["^5.16.0", "~5.16.0", "5", "*", "latest", ">=5.16.0", "npm:mqtt@^5.0.0", "git+https://a.example/x.git"].map(
      (version) => ({ "package.json": manifest(version) }),
    ),
  },
  importsAreDeclared: {
    good: [
      {
        "package.json": manifest("5.16.0"),
        "hub/a.ts": 'import mqtt from "mqtt/sub"; import "node:fs"; import "./b.ts"; import "/page/live.js";',
        "test/a.ts": 'import { test } from "uvu"; import "mqtt";',
      },
    ],
    bad: [
      { "package.json": manifest("5.16.0"), "hub/a.ts": 'import { test } from "uvu";' },
      { "package.json": manifest("5.16.0"), "test/a.ts": 'import x from "@a/b/c";' },
      { "package.json": manifest("5.16.0"), "hub/a.ts": 'import fs from "fs";' },
    ],
  },
  lockNamesNoHost: {
    good: [{ "package-lock.json": '{"version": "1.0.0"}', "hub/a.json": '{"resolved": "https://a.example"}' }],
    bad: [{ "package-lock.json": '{"resolved": "https://registry.example/x.tgz"}' }],
  },
};
