import type * as z from "zod";

/** Wrong fields named in one message; the rest show when these are right. */
const issuesNamedMax = 5;

/** Zod's own words where they say what is allowed, ours where they do not. */
export const issueWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "unrecognized_keys") {
    const shape = issue.inst?._zod.def as { shape?: object } | undefined;
    const known = Object.keys(shape?.shape ?? {});
    const unknown = issue.keys.map((key) => `"${key}"`).join(", ");
    return `unknown setting ${unknown}; allowed here: ${known.join(", ")}`;
  }
  if (issue.code === "invalid_type" && issue.input === undefined)
    return `is missing: give ${withArticle(issue.expected)}`;
  if (issue.code === "invalid_union" && Array.isArray(issue.options)) {
    const allowed = issue.options.map((option) => `"${option}"`).join(", ");
    return `${issue.input === undefined ? "is missing: " : ""}use one of ${allowed}`;
  }
  return undefined;
};

const withArticle = (type: string) => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

/** `terminal.panel.buttons[0].pin` */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

/**
 * One line for each wrong field: the file, the field, what is wrong and what is allowed. A field that the environment
 * set is named by its variable.
 */
export function issuesInLines(file: string, error: z.ZodError, variables: ReadonlyMap<string, string>): string {
  const lines = error.issues.slice(0, issuesNamedMax).map(({ path, message }) => {
    const field = fieldName(path);
    const variable = variables.get(field);
    const where = variable ? `${variable} (${field} of ${file})` : `${file}: ${field || "the whole file"}`;
    return `${where}: ${message}`;
  });
  const more = error.issues.length - issuesNamedMax;
  return [...lines, ...(more > 0 ? [`${file}: and ${more} more`] : [])].join("\n");
}
