import type { Figures, FiguresReport } from "../../protocol/messages.ts";
import type { CellLists, Counts, DayCells } from "./cells.ts";
import { countNames, eachEncoded, listsOf } from "./cells.ts";
import { halfHoursPerDay, halfHourText, weekdayOf } from "./local-time.ts";

/** Times are counted in tenths of a minute. */
const perMinute = 10;
const shares = { median: 0.5, p90: 0.9 } as const;

/** Room for times that a distribution begins with, in tenths of a minute: an hour. It doubles when it is too little. */
const tenthsFirst = 600;

/** How often each time occurred: percentiles need no more, and it stays small however many visits there were. */
class Distribution {
  #counts = new Uint32Array(tenthsFirst);
  #total = 0;

  add(tenths: number, times = 1): void {
    if (tenths >= this.#counts.length) {
      const wider = new Uint32Array(Math.max(tenths + 1, 2 * this.#counts.length));
      wider.set(this.#counts);
      this.#counts = wider;
    }
    this.#counts[tenths] = (this.#counts[tenths] ?? 0) + times;
    this.#total += times;
  }

  addAll(other: Distribution): void {
    for (const [tenths, times] of other.#counts.entries()) if (times > 0) this.add(tenths, times);
  }

  /** The smallest time that at least this share did not exceed (nearest rank), in minutes. */
  #at(share: number): number {
    // A share of a whole number is not always exact: 0.9 × 10 must be rank 9.
    const rank = Math.max(1, Math.ceil(this.#total * share - 1e-9));
    let seen = 0;
    for (const [tenths, times] of this.#counts.entries()) {
      seen += times;
      if (seen >= rank) return tenths / perMinute;
    }
    return 0;
  }

  minutes(): { median: number; p90: number } | null {
    return this.#total === 0 ? null : { median: this.#at(shares.median), p90: this.#at(shares.p90) };
  }
}

class Group {
  /** In the order of `countNames`. */
  readonly #counts: number[] = countNames.map(() => 0);
  readonly #waits = new Distribution();
  readonly #serviceTimes = new Distribution();

  addCell({ counts, waits, serviceTimes }: CellLists): void {
    for (let index = 0; index < counts.length; index += 1)
      this.#counts[index] = (this.#counts[index] ?? 0) + (counts[index] ?? 0);
    for (const tenths of waits) this.#waits.add(tenths);
    for (const tenths of serviceTimes) this.#serviceTimes.add(tenths);
  }

  addGroup(other: Group): void {
    this.addCell({ counts: other.#counts, waits: [], serviceTimes: [] });
    this.#waits.addAll(other.#waits);
    this.#serviceTimes.addAll(other.#serviceTimes);
  }

  figures(): Figures {
    const counts = Object.fromEntries(
      countNames.map((name, index) => [name, this.#counts[index] ?? 0]),
    ) as unknown as Counts;
    const { promised, kept, ...rest } = counts;
    return {
      ...rest,
      waitMinutes: this.#waits.minutes(),
      serviceMinutes: this.#serviceTimes.minutes(),
      promises: { made: promised, kept },
    };
  }
}

function groupIn<K>(groups: Map<K, Group>, key: K): Group {
  const group = groups.get(key) ?? new Group();
  groups.set(key, group);
  return group;
}

const sorted = <K extends string | number>(groups: Map<K, Group>) =>
  [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, group]) => ({ key, figures: group.figures() }));

/** Collects days, one at a time, so that no more than the sums of ten years are ever in memory. */
export interface ReportBuilder {
  add(date: string, day: DayCells): void;
  /** As `add`, of a day as it is stored. */
  addStored(date: string, body: string): void;
  report(from: string, to: string): FiguresReport;
}

export function createReport(): ReportBuilder {
  /** By service, and by weekday and half hour as one number. */
  const cells = new Map<string, Map<number, Group>>();
  const dates = new Set<string>();

  const addCell = (weekday: number, service: string, halfHour: number, lists: CellLists) => {
    const slots = cells.get(service) ?? new Map<number, Group>();
    cells.set(service, slots);
    groupIn(slots, weekday * halfHoursPerDay + halfHour).addCell(lists);
  };

  return {
    add(date, day) {
      const weekday = weekdayOf(date);
      for (const [service, halfHours] of day) {
        for (const [halfHour, cell] of halfHours) addCell(weekday, service, halfHour, listsOf(cell));
      }
      if (day.size > 0) dates.add(date);
    },
    addStored(date, body) {
      const weekday = weekdayOf(date);
      eachEncoded(body, (service, halfHour, lists) => addCell(weekday, service, halfHour, lists));
      dates.add(date);
    },
    report(from, to) {
      const total = new Group();
      const services = new Map<string, Group>();
      const weekdays = new Map<number, Group>();
      const halfHours = new Map<number, Group>();
      const list = [...cells].flatMap(([service, slots]) =>
        [...slots].map(([slot, group]) => {
          const [weekday, halfHour] = [Math.floor(slot / halfHoursPerDay), slot % halfHoursPerDay];
          const sums = [total, groupIn(services, service), groupIn(weekdays, weekday), groupIn(halfHours, halfHour)];
          for (const sum of sums) sum.addGroup(group);
          return { slot, weekday, time: halfHourText(halfHour), service, group };
        }),
      );
      return {
        from,
        to,
        days: dates.size,
        total: total.figures(),
        services: sorted(services).map(({ key, figures }) => ({ service: key, ...figures })),
        weekdays: sorted(weekdays).map(({ key, figures }) => ({ weekday: key, ...figures })),
        halfHours: sorted(halfHours).map(({ key, figures }) => ({ time: halfHourText(key), ...figures })),
        cells: list
          .sort((a, b) => a.slot - b.slot || (a.service < b.service ? -1 : 1))
          .map(({ weekday, time, service, group }) => ({ weekday, time, service, ...group.figures() })),
      };
    },
  };
}
