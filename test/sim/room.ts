import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";
import type { Visitor } from "./visitors.ts";

/** What somebody wants of staff, besides being called. */
export interface Wish {
  kind: "back" | "cancel" | "priority" | "emergency" | "other-service" | "number" | "late";
  visitor: Visitor;
}

/** The waiting room: who has a number, goes away and comes back, and turns to whichever clerk has a moment. */
export interface Room {
  /** Somebody comes from the terminal with his number. */
  enters(visitor: Visitor): void;
  /** Somebody who takes his number from staff, as one of a family or because he is late for his appointment. */
  asks(visitor: Visitor, kind: "number" | "late"): void;
  /** Whom staff turn to next; he is asked about no more. */
  next(): Wish | undefined;
  /** What could not be done now is asked for again. */
  again(wish: Wish): void;
  /** Whether anybody still waits for his number from staff. */
  readonly asking: boolean;
}

/** When somebody goes out or to staff after he has his number, in milliseconds. */
const soonMs = [5_000, 240_000] as const;
/** How long somebody is away, in milliseconds: whoever is longer away than a quarter of an hour may come too late. */
const awayMs = [60_000, 20 * 60_000] as const;
/** So often somebody turns to staff with the same wish, and after so long, in milliseconds. */
const triesMax = 8;
const againMs = 15_000;

/** Whether he has a number and has not been served, nor gone for good. */
export const waits = ({ number, servedAt, gone }: Visitor) => number !== undefined && servedAt === undefined && !gone;

export function createRoom(schedule: Schedule, random: Random): Room {
  const wishes: Wish[] = [];
  const tries = new Map<Visitor, number>();
  const without = new Set<Visitor>();
  const ask = (kind: Wish["kind"], visitor: Visitor) => {
    if (waits(visitor) || (visitor.number === undefined && !visitor.gone)) wishes.push({ kind, visitor });
  };

  async function goOut(visitor: Visitor, life: Life): Promise<void> {
    visitor.away = true;
    await schedule.sleep(random.whole(...awayMs), life);
    visitor.away = false;
    if (visitor.givenUp) ask("back", visitor);
  }

  return {
    enters(visitor) {
      const { errand } = visitor;
      if (errand === "leave") {
        visitor.gone = true;
        return;
      }
      if (errand === "none") return;
      const life: Life = { name: visitor.name, alive: true };
      void schedule.sleep(random.whole(...soonMs), life).then(() => {
        if (!waits(visitor) || visitor.atDesk !== undefined) return;
        if (errand === "away") void goOut(visitor, life);
        else ask(errand, visitor);
      });
    },
    asks(visitor, kind) {
      without.add(visitor);
      ask(kind, visitor);
    },
    get asking() {
      return [...without].some(({ number, gone }) => number === undefined && !gone);
    },
    next: () => wishes.shift(),
    again(wish) {
      const count = (tries.get(wish.visitor) ?? 0) + 1;
      tries.set(wish.visitor, count);
      if (count > triesMax) {
        wish.visitor.gone = true;
        return;
      }
      schedule.after(againMs, { name: wish.visitor.name, alive: true }, () => ask(wish.kind, wish.visitor));
    },
  };
}
