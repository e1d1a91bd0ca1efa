/** What happens when, in order of time; of what happens at the same time, what has the lower order. */
export interface Agenda {
  /** @param order what was planned first comes first when it is left out. */
  at(time: number, happen: (now: number) => void, order?: number): void;
  /** Lets all of it happen, and what is planned meanwhile. */
  run(): void;
}

interface Entry {
  time: number;
  order: number;
  happen(now: number): void;
}

const before = (a: Entry, b: Entry) => a.time < b.time || (a.time === b.time && a.order < b.order);

/** A binary heap. */
export function createAgenda(): Agenda {
  const heap: Entry[] = [];
  let planned = 0;
  const swap = (a: number, b: number) => {
    const [first, second] = [heap[a] as Entry, heap[b] as Entry];
    heap[a] = second;
    heap[b] = first;
  };
  const isBefore = (a: number, b: number) => before(heap[a] as Entry, heap[b] as Entry);
  const take = (): Entry | undefined => {
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    heap[0] = last;
    for (let place = 0; ; ) {
      const left = 2 * place + 1;
      if (left >= heap.length) return first;
      const child = left + 1 < heap.length && isBefore(left + 1, left) ? left + 1 : left;
      if (!isBefore(child, place)) return first;
      swap(child, place);
      place = child;
    }
  };
  return {
    at(time, happen, order = planned++) {
      heap.push({ time, order, happen });
      for (let place = heap.length - 1; place > 0; ) {
        const parent = (place - 1) >> 1;
        if (!isBefore(place, parent)) return;
        swap(place, parent);
        place = parent;
      }
    },
    run() {
      for (let entry = take(); entry; entry = take()) entry.happen(entry.time);
    },
  };
}
