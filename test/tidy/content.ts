import { codeOf, places, type Rule } from "./source.ts";

/** Pure: given the same state and input it does the same, at any time and on any machine. */
const pureFolders = /^(?:hub\/office|hub\/insight|device\/terminal|device\/board)\//;
const purePackages = new Set(["zod", "opening_hours", "temporal-polyfill", "lean-qr"]);
const bannedWhenPure =
  /\b(?:Date\.now|Temporal\.Now|Math\.random|random(?:UUID|Bytes|Int)|getRandomValues)\b|\bnew Date\(\s*\)|(?<!new )\bDate\(|(?<!\.)\b(?:performance|set(?:Timeout|Interval|Immediate)|queueMicrotask|console|process|crypto|globalThis)\b(?!:)|(?<!\.)\bfetch\(/g;

export const pureFoldersArePure: Rule = (files) =>
  codeOf(files)
    .filter(({ path }) => pureFolders.test(path))
    .flatMap(({ path, bare, imports }) => [
      ...places(path, bare, bannedWhenPure, "not pure"),
      ...imports
        .filter(({ from, target }) => target === undefined && !purePackages.has(from))
        .map(({ line, from }) => `${path}:${line}: not a pure package: ${from}`),
    ]);

/** Written with brackets, so that this line does not find itself. */
const unfinished = /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/g;

export const nothingUnfinished: Rule = (files) =>
  files
    .filter(({ path }) => path !== "package-lock.json")
    .flatMap(({ path, text }) => places(path, text, unfinished, "unfinished"));

/** Outside `protocol/` topics are built by name; in tests and documents they are spelled to see that they are right. */
const handSpelledTopic =
  /(?:^|\/)1\/[^/]+\/client\/|wartemarke\/1\/|(?:^|\/)client\/.*\/(?:request|reply|status|command)\b/;

export const topicsHaveOneHome: Rule = (files) =>
  codeOf(files)
    .filter(({ path }) => /^(?:device|hub|deploy)\//.test(path) && !path.startsWith("deploy/docs/"))
    .flatMap(({ path, strings }) =>
      strings
        .filter(({ value }) => handSpelledTopic.test(value))
        .map(({ line, value }) => `${path}:${line}: topic spelled by hand: ${value}`),
    );

/** Folders of the machine it was written on have no place in a product. */
export const noMachinePaths: Rule = (files) =>
  files
    .filter(({ path }) => !path.startsWith("test/"))
    .flatMap(({ path, text }) => places(path, text, /(?<![\w.-])\/(?:work|tmp)\/[^\s"'`]*/g, "path of a machine"));

/** Tests that uvu would leave out without a word: chosen away, never run, or added after the run. */
export const testFiles: Rule = (files) =>
  codeOf(files)
    .filter(({ path }) => path.startsWith("test/"))
    .flatMap(({ path, bare, imports }) => {
      const suites = [...bare.matchAll(/\b([\w$]+) = suite(?:<[^>]*>)?\(/g)].map(([, name]) => name ?? "");
      if (imports.some(({ from, names }) => from === "uvu" && names.includes("test"))) suites.push("test");
      const chosen = ["test", ...suites].join("|");
      const problems = places(path, bare, RegExp(`\\b(?:${chosen})\\.(?:only|skip)\\b`, "g"), "runs only some tests");
      if (!path.endsWith(".test.ts")) return problems;
      if (suites.length === 0) problems.push(`${path}: no test or suite of uvu`);
      for (const name of suites) {
        const runs = [...bare.matchAll(RegExp(`\\b${name}\\.run\\(\\)`, "g"))];
        if (runs.length !== 1) problems.push(`${path}: ${runs.length} times ${name}.run(), must be once`);
        const after = bare.slice(runs.at(-1)?.index ?? bare.length);
        if (RegExp(`\\b${name}\\(`).test(after)) problems.push(`${path}: a test after ${name}.run() never runs`);
      }
      return problems;
    });

/** A document that names a test as its proof names one that is there and must run, and so does each row of such a table. */
export const documentsNameTheirTests: Rule = (files) => {
  const there = new Set(files.map(({ path }) => path));
  const list = files.find(({ path }) => path === "test/required.txt")?.text ?? "";
  const required = new Set(list.split("\n").map((line) => line.replace(/#.*/, "").trim()));
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) => {
      let isTable = false;
      return text.split("\n").flatMap((line, index) => {
        const isHead = /^\|.*\| tests? \|$/.test(line);
        isTable = isHead || (isTable && line.startsWith("|"));
        const place = `${path}:${index + 1}`;
        const named = [...line.matchAll(/\btest\/[\w/-]+\.test\.ts\b/g)].map(([name]) => name);
        if (isTable && !isHead && named.length === 0 && !/^\|[\s|:-]+\|$/.test(line))
          return [`${place}: a row without a test`];
        return named.flatMap((name) => {
          if (!there.has(name)) return [`${place}: there is no ${name}`];
          return required.has(name) ? [] : [`${place}: ${name} is not in test/required.txt`];
        });
      });
    });
};

/** An exported value that no file takes, and that its own file does not use either, is dead. */
export const noDeadExports: Rule = (files) => {
  const code = codeOf(files);
  const used = new Set<string>();
  for (const { imports, bare } of code) {
    for (const { target, names } of imports) {
      const taken = names.includes("*") ? (bare.match(/[A-Za-z_$][\w$]*/g) ?? []) : names;
      for (const name of taken) used.add(`${target} ${name}`);
    }
  }
  return code
    .filter(({ path }) => /^(?:device|hub|protocol)\/.*\.ts$/.test(path))
    .flatMap(({ path, bare }) =>
      [...bare.matchAll(/^export (?:async )?(?:const|let|function\*?|class) ([A-Za-z_$][\w$]*)/gm)]
        .map(([, name]) => name ?? "")
        .filter((name) => !used.has(`${path} ${name}`) && (bare.match(RegExp(`\\b${name}\\b`, "g")) ?? []).length < 2)
        .map((name) => `${path}: nobody uses ${name}`),
    );
};
