/** What waits for its turn, each client's in the order in which it came. */
export interface Inbox<T> {
  readonly size: number;
  /** False where too much waits already, of all clients or of this one. */
  add(client: string, item: T): boolean;
  /**
   * At most so many, in the order in which they came. Where more wait, each client has its turn: one that sends thousands
   * holds up itself and nobody else.
   */
  take(max: number): T[];
}

export function createInbox<T>({ max, perClientMax }: { max: number; perClientMax: number }): Inbox<T> {
  const waiting = new Map<string, { item: T; place: number }[]>();
  let size = 0;
  let places = 0;

  /** How many of each client's are among the next. */
  function sharesOf(most: number): Map<string, number> {
    const shares = new Map<string, number>();
    for (let left = Math.min(most, size); left > 0; ) {
      for (const [client, items] of waiting) {
        const share = shares.get(client) ?? 0;
        if (left === 0 || share === items.length) continue;
        shares.set(client, share + 1);
        left -= 1;
      }
    }
    return shares;
  }

  return {
    get size() {
      return size;
    },
    add(client, item) {
      const own = waiting.get(client);
      if (size >= max || (own?.length ?? 0) >= perClientMax) return false;
      places += 1;
      size += 1;
      const entry = { item, place: places };
      if (own) own.push(entry);
      else waiting.set(client, [entry]);
      return true;
    },
    take(most) {
      const taken = [...sharesOf(most)].flatMap(([client, share]) => {
        const own = waiting.get(client) ?? [];
        const first = own.splice(0, share);
        // Whoever had his turn is behind the others the next time.
        waiting.delete(client);
        if (own.length > 0) waiting.set(client, own);
        return first;
      });
      size -= taken.length;
      return taken.sort((a, b) => a.place - b.place).map(({ item }) => item);
    },
  };
}
