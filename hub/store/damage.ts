import { isDamage } from "./file.ts";
import type { Store } from "./store.ts";

/**
 * The store, with `found` told when any use of it comes upon damage, before whoever used it hears of that. A start reads
 * today and not all of the file, so damage may show only in the middle of the day; nobody is to go on with such a file.
 *
 * What threads of their own find, the backup and the look through the file, is for those who asked for it.
 */
export function watchDamage(store: Store, found: (error: unknown) => void): Store {
  const watched = <T extends object>(part: T): T =>
    Object.fromEntries(Object.entries(part).map(([name, value]) => [name, wrapped(value, found)])) as T;
  return { ...watched(store), figures: watched(store.figures), staff: watched(store.staff) };
}

function wrapped(value: unknown, found: (error: unknown) => void): unknown {
  if (typeof value !== "function") return value;
  return (...args: unknown[]) => {
    try {
      return value(...args);
    } catch (error) {
      // All that the store parses it wrote itself.
      if (isDamage(error) || error instanceof SyntaxError) found(error);
      throw error;
    }
  };
}
