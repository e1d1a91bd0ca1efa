import fc from "fast-check";

/** Runs of a property; `WARTEMARKE_FUZZ=50 npm test` makes fifty times as many. fast-check prints the seed of a failure. */
export const fuzzRuns = (usual: number) => ({
  numRuns: Math.ceil(usual * Number(process.env.WARTEMARKE_FUZZ ?? "1")),
});

/** Texts that have broken somebody's software before, and any others. */
export const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom(
    "",
    " ",
    "\u0000",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066",
    "__proto__",
    "constructor",
    "toString",
    `"><script>alert(1)</script>`,
    "' OR 1=1 --",
    "{{7*7}}%s%n",
    "../../../etc/passwd",
    "NaN",
    "-0",
    "1e309",
    "9007199254740993",
    "8640000000000001",
    "٣٤",
    "x".repeat(2_000),
    "9999-99-99",
    "0000-00-00",
    "2026-02-30",
    "2026-11-23T25:61:61Z",
    "0000-01-01T00:00:00Z",
    "1900-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "+275760-09-13T00:00:00.001Z",
  ),
);

/** Numbers at every edge that dates, counters and lengths have. */
export const hostileNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, -1, 1e308, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 8.64e15, 8.64e15 + 1),
);

/** Lists and objects within each other so deep that whatever walks over them by calling itself ends badly. */
const deep = fc
  .constantFrom<[string, string]>(["[", "]"], ['{"a":', "}"])
  .map(([open, close]): unknown => JSON.parse(`${open.repeat(500)}0${close.repeat(500)}`));

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 3, arbitrary: hostileNumber },
  { weight: 3, arbitrary: fc.jsonValue({ noUnicodeString: false }) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null]) },
  { weight: 1, arbitrary: deep },
);

type Change =
  | { do: "drop" | "double" }
  | { do: "replace"; by: unknown }
  | { do: "rename"; to: string }
  | { do: "scale"; by: number }
  | { do: "repeat"; times: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom<Change>({ do: "drop" }, { do: "double" }),
  hostileValue.map((by): Change => ({ do: "replace", by })),
  hostileText.map((to): Change => ({ do: "rename", to })),
  hostileNumber.map((by): Change => ({ do: "scale", by })),
  fc.constantFrom(2, 100, 3_000).map((times): Change => ({ do: "repeat", times })),
);

/** A JSON value that was right, with up to three places in it changed. */
export function mutated(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const places = fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 3 });
  return fc.tuple(valid, places).map(([value, changes]) => {
    const root = { root: structuredClone(value) };
    for (const [pick, how] of changes) changeAt(root, pick, how);
    return root.root;
  });
}

/** A place is a field or an entry, with the object or list that holds it. */
type Place = { within: Record<string, unknown> | unknown[]; key: string };
const placesMax = 2_000;

function placesOf(value: unknown): Place[] {
  const found: Place[] = [];
  const open = [value];
  while (open.length > 0 && found.length < placesMax) {
    const within = open.pop();
    if (typeof within !== "object" || within === null) continue;
    for (const key of Object.keys(within)) {
      found.push({ within: within as Place["within"], key });
      open.push((within as Record<string, unknown>)[key]);
    }
  }
  return found;
}

function changeAt(root: object, pick: number, how: Change): void {
  const places = placesOf(root);
  const place = places[pick % places.length];
  if (!place) return;
  const { key } = place;
  const within = place.within as Record<string, unknown>;
  const value = within[key];
  const define = (name: string, of: unknown) =>
    Object.defineProperty(within, name, { value: of, enumerable: true, configurable: true, writable: true });
  if (how.do === "drop") delete within[key];
  else if (how.do === "replace") within[key] = how.by;
  else if (how.do === "double") {
    if (Array.isArray(place.within)) place.within.push(structuredClone(value));
    else define(`${key}2`, structuredClone(value));
  } else if (how.do === "rename" && !Array.isArray(place.within)) {
    delete within[key];
    define(how.to, value);
  } else if (how.do === "scale" && typeof value === "number") within[key] = value * how.by;
  else if (how.do === "repeat" && typeof value === "string") within[key] = value.repeat(how.times).slice(0, 60_000);
  else if (how.do === "repeat" && Array.isArray(value)) {
    within[key] = Array.from({ length: Math.min(how.times, 300) }, () => value).flat();
  }
}

/** What a wire may carry instead of a message: noise, JSON of any shape, and messages that were right once. */
export function hostilePayload(valid: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: hostileValue.map(text) },
    { weight: 6, arbitrary: mutated(valid).map(text) },
    {
      weight: 1,
      arbitrary: fc.tuple(valid, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const bytes = text(value);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    },
  );
}
