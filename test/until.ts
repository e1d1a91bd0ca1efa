/** How often a condition is looked at, in milliseconds. */
const pollMs = 5;

/**
 * Waits until `probe` gives something truthy and returns it. Tests wait for what they need, never for time to pass.
 *
 * @param what names the condition in the error when it does not come true within `ms` milliseconds.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  ms = 10_000,
): Promise<Exclude<T, undefined | null | false | 0 | "">> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, undefined | null | false | 0 | "">;
    if (Date.now() > deadline) throw new Error(`did not happen within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
