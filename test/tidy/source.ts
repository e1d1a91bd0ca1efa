/** One tracked file, and for code the views of it that the rules read. */
export interface SourceFile {
  /** From the root, with slashes. */
  path: string;
  text: string;
}

export interface Code extends SourceFile {
  /** The text with comments and the contents of strings and regular expressions blanked; lines stay where they are. */
  bare: string;
  /** What stands in strings and templates, with the line it begins on. */
  strings: { line: number; value: string }[];
  imports: Import[];
}

export interface Import {
  /** As written: `./codec.ts`, `node:fs`, `mqtt`. */
  from: string;
  /** For one of our own files: its path from the root. */
  target: string | undefined;
  line: number;
  /** The exported names that are taken; `*` for all of them. */
  names: string[];
}

/** A rule looks at all files and says in words what is wrong, each with its file. */
export type Rule = (files: readonly SourceFile[]) => string[];

export const isCode = (path: string) => /\.(?:ts|js|mjs)$/.test(path);

const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length;

/** A `/` after one of these begins a regular expression; after anything else it divides. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|await|yield|throw))\s*$/;

/** The text between `${` and its `}` is code again, so templates are read by recursion. */
function readParts(text: string): Pick<Code, "bare" | "strings"> {
  let bare = "";
  const strings: Code["strings"] = [];
  let index = 0;

  const blank = (to: number) => {
    bare += text.slice(index, to).replace(/[^\n]/g, " ");
    index = to;
  };
  const keep = (to: number) => {
    bare += text.slice(index, to);
    index = to;
  };
  const endOf = (pattern: RegExp, otherwise: number) => {
    pattern.lastIndex = index;
    return pattern.exec(text) ? pattern.lastIndex : otherwise;
  };

  function readTemplate(): void {
    const line = lineAt(text, index);
    let value = "";
    keep(index + 1);
    while (index < text.length && text[index] !== "`") {
      if (text.startsWith("${", index)) {
        value += "…";
        keep(index + 2);
        readCode("}");
        keep(index + 1);
      } else {
        const to = index + (text[index] === "\\" ? 2 : 1);
        value += text.slice(index, to);
        blank(to);
      }
    }
    strings.push({ line, value });
    keep(index + 1);
  }

  function readCode(until?: string): void {
    let depth = 0;
    while (index < text.length) {
      const here = text[index] ?? "";
      if (here === until && depth === 0) return;
      if (text.startsWith("//", index)) blank(endOf(/(?=\n)/g, text.length));
      else if (text.startsWith("/*", index)) blank(endOf(/\*\//g, text.length));
      else if (here === '"' || here === "'") {
        const end = endOf(here === '"' ? /"(?:[^"\\\n]|\\.)*"/y : /'(?:[^'\\\n]|\\.)*'/y, index + 1);
        strings.push({ line: lineAt(text, index), value: text.slice(index + 1, end - 1) });
        keep(index + 1);
        blank(Math.max(end - 1, index));
        keep(end);
      } else if (here === "`") readTemplate();
      else if (here === "/" && beforeRegex.test(bare.slice(-500))) {
        blank(endOf(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y, index + 1));
        // It stands there as a value, so that a `/` after it divides.
        bare = `${bare.slice(0, -1)}0`;
      } else {
        if (here === "{") depth += 1;
        if (here === "}") depth -= 1;
        keep(index + 1);
      }
    }
  }

  readCode();
  return { bare, strings };
}

const normalise = (path: string) => {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
};

const namesIn = (clause: string) => {
  if (/\*/.test(clause)) return ["*"];
  const list = /\{([^}]*)\}/.exec(clause)?.[1] ?? "";
  const named = list
    .split(",")
    .map(
      (entry) =>
        entry
          .trim()
          .replace(/^type\s+/, "")
          .split(/\s+as\s+/)[0] ?? "",
    )
    .filter((entry) => entry !== "");
  const rest = clause.replace(/\{[^}]*\}/, "").replace(/^\s*type\b/, "");
  const hasDefault = /^\s*[A-Za-z_$][\w$]*\s*(?:,|$)/.test(rest);
  return hasDefault ? [...named, "default"] : named;
};

/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`, `require("x")` and their `resolve`. */
const importForms = [
  /\b(?:import|export)\s+((?:type\s+)?(?:[\w$*\s,]|\{[^}]*\})+?)\s*\bfrom\s*["']/g,
  /\bimport\s*(())["']/g,
  /\b(?:import(?:\.meta\.resolve)?|require(?:\.resolve)?)\s*\(\s*(())["'`]/g,
];

function readImports(path: string, text: string, bare: string): Import[] {
  return importForms.flatMap((form) =>
    [...bare.matchAll(form)].map((match) => {
      const start = match.index + match[0].length;
      const from = /^[^"'`]*/.exec(text.slice(start))?.[0] ?? "";
      const target = from.startsWith(".") ? normalise(`${path}/../${from}`) : undefined;
      const clause = match[1] ?? "";
      return { from, target, line: lineAt(text, match.index), names: clause === "" ? ["*"] : namesIn(clause) };
    }),
  );
}

const known = new WeakMap<SourceFile, Code>();

/** The code among the files, read once. */
export function codeOf(files: readonly SourceFile[]): Code[] {
  return files
    .filter(({ path }) => isCode(path))
    .map((file) => {
      const seen = known.get(file);
      if (seen) return seen;
      const parts = readParts(file.text);
      const code = { ...file, ...parts, imports: readImports(file.path, file.text, parts.bare) };
      known.set(file, code);
      return code;
    });
}

/** Each place where a pattern occurs, as `path:line: what`. The pattern needs the flag `g`. */
export function places(path: string, text: string, pattern: RegExp, what: string): string[] {
  return [...text.matchAll(pattern)].map(
    (match) => `${path}:${lineAt(text, match.index)}: ${what}: ${match[0].trim()}`,
  );
}
