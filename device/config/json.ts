export type ParsedJson =
  | { ok: true; value: unknown }
  /** Where the text stops being JSON, counted from 1, and what would have to stand there. */
  | { ok: false; line: number; column: number; expected: string };

/** JSON text to a value. `JSON.parse` does not always say where the text is wrong, which is what a person needs. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const { offset, expected } = firstFault(text);
    const before = text.slice(0, offset).split("\n");
    return { ok: false, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected };
  }
}

/** Lists and objects within each other that are looked into; a configuration has five. */
const nestingMax = 100;

const blank = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in strings (section 7)
const text = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

/** Walks over the text by the grammar of RFC 8259 and stops where it leaves it. */
function firstFault(source: string): { offset: number; expected: string } {
  let offset = 0;
  let nesting = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    const found = pattern.exec(source);
    if (found) offset += found[0].length;
    return found !== null;
  };
  const take = (character: string): boolean => {
    skip(blank);
    if (source[offset] !== character) return false;
    offset += 1;
    return true;
  };

  /** What is expected at `offset` but not there; undefined when a whole value was read. */
  function value(): string | undefined {
    if (take("{")) return members("}", member);
    if (take("[")) return members("]", value);
    return skip(text) || skip(scalar) ? undefined : "a value";
  }
  function member(): string | undefined {
    skip(blank);
    if (!skip(text)) return "a name in double quotes";
    return take(":") ? value() : '":"';
  }
  function members(end: string, one: () => string | undefined): string | undefined {
    if (take(end)) return undefined;
    nesting += 1;
    if (nesting > nestingMax) return `no more than ${nestingMax} levels`;
    do {
      const missing = one();
      if (missing) return missing;
    } while (take(","));
    nesting -= 1;
    return take(end) ? undefined : `"," or "${end}"`;
  }

  const missing = value();
  skip(blank);
  return { offset, expected: missing ?? "the end of the file" };
}
