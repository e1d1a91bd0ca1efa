import { codeOf, type Rule } from "./source.ts";

const folders = ["device", "hub", "protocol", "deploy", "test"];
const topLevel = new Set([...folders, "package.json", "package-lock.json", "tsconfig.json", "README.md"]);
/** No file is longer, in lines. */
const fileLinesMax = 400;

/** Whoever opens the repository sees the machine in the folders. */
export const topLevelNames: Rule = (files) =>
  [...new Set(files.map(({ path }) => path.split("/")[0] ?? ""))]
    .filter((name) => !topLevel.has(name) && !name.startsWith("."))
    .map((name) => `${name}: not a name for the top level`);

/** A thing lives with what it serves. */
export const placeNames: Rule = (files) =>
  files
    .filter(({ path }) => /(?:^|\/)(?:utils?|commons?|helpers?)(?:\.[^/]*)?(?:\/|$)/i.test(path))
    .map(({ path }) => `${path}: a name that says nothing`);

export const fileLength: Rule = (files) =>
  files
    .filter(({ path }) => /\.(?:ts|js|mjs|css|html|sql|sh|py)$/.test(path))
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > fileLinesMax)
    .map(({ path, lines }) => `${path}: ${lines} lines, at most ${fileLinesMax}`);

/**
 * What each place may import of ours, the first that fits; `deploy` and `test` may import everything. The machines of
 * the device know the ports: those are types alone. Everybody may ask package.json for the version.
 */
const allowed: [place: string, targets: string[]][] = [
  ["protocol/", ["protocol/"]],
  ["hub/office/", ["hub/office/", "protocol/"]],
  ["hub/insight/", ["hub/insight/", "hub/office/", "protocol/"]],
  ["hub/", ["hub/", "protocol/"]],
  ["device/terminal/", ["device/terminal/", "device/ports.ts", "device/time-format.ts", "protocol/"]],
  ["device/board/", ["device/board/", "device/ports.ts", "device/time-format.ts", "protocol/"]],
  ["device/", ["device/", "protocol/"]],
];

/** Device and hub meet only in `protocol/`; what is pure leans on nothing that is not. */
export const importDirection: Rule = (files) =>
  codeOf(files).flatMap(({ path, imports }) => {
    const targets = allowed.find(([place]) => path.startsWith(place))?.[1];
    if (!targets) return [];
    return imports
      .filter(({ target }) => target !== undefined && target !== "package.json")
      .filter(({ target }) => !targets.some((place) => target?.startsWith(place)))
      .map(({ line, target }) => `${path}:${line}: may not import ${target}`);
  });

/** Files that import each other in a circle can only be understood, and loaded, together. */
export const noCycles: Rule = (files) => {
  const targets = new Map(
    codeOf(files)
      .filter(({ path }) => /^(?:device|hub|protocol|deploy)\//.test(path))
      .map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found.map((circle) => `imports in a circle: ${circle}`);
};
