/** So many half hours has a day; on the days when clocks change two of them are missing or stand for twice the time. */
export const halfHoursPerDay = 48;

/** Offsets from UTC change at whole quarters of an hour everywhere, so that one look is enough for each, in milliseconds. */
const stepMs = 900_000;
/** Steps that are remembered: more than a year of them. */
const stepsKept = 40_000;

/** Tells in which half hour of the day, 0 to 47, an instant lies on the clocks of a time zone. */
export function halfHoursOf(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const known = new Map<number, number>();
  return (at) => {
    const step = Math.floor(at / stepMs);
    const before = known.get(step);
    if (before !== undefined) return before;
    const [hour = 0, minute = 0] = format
      .format(step * stepMs)
      .split(":")
      .map(Number);
    const halfHour = hour * 2 + (minute >= 30 ? 1 : 0);
    if (known.size >= stepsKept) known.clear();
    known.set(step, halfHour);
    return halfHour;
  };
}

/** When a half hour begins: `08:30`. */
export function halfHourText(halfHour: number): string {
  return `${String(halfHour >> 1).padStart(2, "0")}:${halfHour % 2 === 0 ? "00" : "30"}`;
}

/** The day of the week of a date, 1 for Monday to 7 for Sunday (ISO 8601). */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
}
