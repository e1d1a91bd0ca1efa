/** A reply stays below the 64 KiB of a payload; this much of it is for the entries of a list, in bytes of JSON. */
const listBytesMax = 60_000;

/**
 * The first entries of a list, as many as `limit` and one reply allow, and the key behind which the next page begins
 * (null when there is none).
 *
 * @param besides what else the reply holds, in bytes of JSON.
 */
export function takePage<T, K>(
  entries: Iterable<T>,
  limit: number,
  key: (entry: T) => K,
  besides = 0,
): { page: T[]; next: K | null } {
  const page: T[] = [];
  let bytes = besides;
  for (const entry of entries) {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    const last = page.at(-1);
    if (last !== undefined && (page.length >= limit || bytes > listBytesMax)) return { page, next: key(last) };
    page.push(entry);
  }
  return { page, next: null };
}
