import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Hours, OfficeDay } from "../../hub/almanac.ts";
import { makeAlmanac } from "../../hub/almanac.ts";
import { modelOffice } from "./test-office.ts";

/** Public holidays of North Rhine-Westphalia, as its law on Sundays and holidays (§ 2 FeiertagsG NW) gives them. */
const holidays: Record<number, string[]> = {
  2026: ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "06-04", "10-03", "11-01", "12-25", "12-26"],
  2027: ["01-01", "03-26", "03-29", "05-01", "05-06", "05-17", "05-27", "10-03", "11-01", "12-25", "12-26"],
  2028: ["01-01", "04-14", "04-17", "05-01", "05-25", "06-05", "06-15", "10-03", "11-01", "12-25", "12-26"],
};
const years = Object.keys(holidays).map(Number);
const isHoliday = (date: string) => holidays[Number(date.slice(0, 4))]?.includes(date.slice(5)) ?? false;

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Dates are reckoned here in UTC alone, so that nothing of the machine's calendar is believed. */
const utc = (date: string) => Date.parse(`${date}T00:00:00Z`);
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);
/** 0 is Sunday. */
const weekday = (date: string) => new Date(utc(date)).getUTCDay();

/** Easter Sunday by Spencer's algorithm (Meeus, Astronomical Algorithms, chapter 8). */
function easter(year: number): string {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const [d, e] = [Math.floor(b / 4), b % 4];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const [i, k] = [Math.floor(c / 4), c % 4];
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const day = (h + l - 7 * m + 33 * month + 19) % 32;
  return dateOf(Date.UTC(year, month - 1, day));
}

/** The last Sunday of a month, on which the clocks of Europe change at 01:00 UTC. */
function lastSunday(year: number, month: number): string {
  const last = Date.UTC(year, month, 0);
  return dateOf(last - new Date(last).getUTCDay() * dayMs);
}

const isSummer = (at: number) => {
  const year = new Date(at).getUTCFullYear();
  return utc(lastSunday(year, 3)) + hourMs <= at && at < utc(lastSunday(year, 10)) + hourMs;
};

/** An instant of the local clock. Of the hour that comes twice it is the second. */
function local(date: string, time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const inWinter = utc(date) + (hour - 1) * hourMs + minute * 60_000;
  return isSummer(inWinter - hourMs) && isSummer(inWinter) ? inWinter - hourMs : inWinter;
}

/** `08:00-16:00` as instants of this date. */
const span = (date: string, text: string) => {
  const [from = "", to = ""] = text.split("-");
  return { from: local(date, from), to: to === "24:00" ? local(dateOf(utc(date) + dayMs), "00:00") : local(date, to) };
};
const spans = (date: string, ...texts: string[]) => texts.map((text) => span(date, text));
const desksAt = (date: string, ...pieces: [times: string, desks: number][]) =>
  pieces.map(([times, desks]) => ({ ...span(date, times), desks }));

const model: Hours = {
  openingHours: modelOffice.openingHours,
  region: { country: "de", state: "Nordrhein-Westfalen" },
  closures: [],
  specialHours: [],
};
const noon = "T12:00:00Z";
const almanac = (changes: Partial<Hours>, from: string, days: number) =>
  makeAlmanac({ ...model, ...changes }, Date.parse(from + noon), days);
const dayOf = (changes: Partial<Hours>, date: string): OfficeDay => {
  const [day] = almanac(changes, date, 1);
  if (!day) throw new Error(`no ${date}`);
  return day;
};
const daysIn = (year: number) => (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / dayMs;
const allDays = (changes: Partial<Hours>) => years.flatMap((year) => almanac(changes, `${year}-01-01`, daysIn(year)));

/** The model office's hours as a person reads them, without the library's syntax. */
function hoursOf(date: string): string[] {
  if (isHoliday(date)) return [];
  const week: Record<number, string> = { 1: "08:00-16:00", 2: "08:00-16:00", 4: "08:00-18:00", 5: "08:00-13:00" };
  const isFirstSaturday = weekday(date) === 6 && Number(date.slice(8)) <= 7;
  const hours = isFirstSaturday ? "09:30-12:00" : week[weekday(date)];
  return hours === undefined ? [] : [hours];
}

test("the table of holidays agrees with Easter's algorithm and the fixed days", () => {
  assert.equal(years.map(easter), ["2026-04-05", "2027-03-28", "2028-04-16"]);
  for (const year of years) {
    const after = (days: number) => dateOf(utc(easter(year)) + days * dayMs).slice(5);
    const movable = [-2, 1, 39, 50, 60].map(after);
    const fixed = ["01-01", "05-01", "10-03", "11-01", "12-25", "12-26"];
    assert.equal(holidays[year], [...movable, ...fixed].sort(), String(year));
  }
});

test("the office is shut on each public holiday of three years and on no other day because of one", () => {
  const shut = allDays({ openingHours: "24/7; PH off" }).filter(({ open }) => open.length === 0);
  assert.equal(
    shut.map(({ date }) => date),
    years.flatMap((year) => holidays[year]?.map((day) => `${year}-${day}`) ?? []),
  );
  for (const date of ["2027-01-06", "2027-02-08", "2026-08-15", "2026-10-31", "2026-11-18", "2026-12-24"]) {
    assert.not.ok(isHoliday(date), `${date} is a holiday elsewhere, or none at all`);
  }
});

test("every single day of three years has the hours of the model office, and no other", () => {
  const days = allDays({});
  assert.is(days.length, 365 + 365 + 366);
  for (const { date, open, bookable, closed } of days) {
    assert.equal(open, spans(date, ...hoursOf(date)), date);
    assert.equal(bookable, [], "without bookable desks nothing can be booked");
    assert.is(closed, undefined);
  }
});

test("first Saturdays: never the second, and not on a holiday", () => {
  const saturdays = allDays({}).filter(({ date, open }) => weekday(date) === 6 && open.length > 0);
  assert.equal(
    years.map((year) => saturdays.filter(({ date }) => date.startsWith(String(year))).length),
    [11, 11, 11],
    "one of each year's twelve is a holiday",
  );
  for (const date of ["2026-10-03", "2027-05-01", "2028-01-01"]) {
    assert.is(weekday(date), 6, date);
    assert.equal(dayOf({}, date).open, [], `${date} is a first Saturday and a holiday`);
    assert.equal(dayOf({}, dateOf(utc(date) + 7 * dayMs)).open, [], "the next one does not stand in for it");
  }
  assert.equal(dayOf({}, "2026-11-07").open, spans("2026-11-07", "09:30-12:00"));
  assert.equal(dayOf({}, "2026-08-01").open, spans("2026-08-01", "09:30-12:00"), "the first day of a month");
});

test("Wednesdays are off, also beside holidays and at the month's turn", () => {
  const open = allDays({}).filter((day) => weekday(day.date) === 3 && day.open.length > 0);
  assert.equal(open, []);
});

test("a year's days follow each other without a gap, with 23 and 25 hours when the clocks change", () => {
  for (const year of years) {
    const days = almanac({ openingHours: "24/7" }, `${year}-01-01`, daysIn(year));
    for (const [index, { date, start, end, open }] of days.entries()) {
      assert.is(start, local(date, "00:00"), date);
      assert.is(end, days[index + 1]?.start ?? end, date);
      assert.equal(open, [{ from: start, to: end }], date);
      const hours = date === lastSunday(year, 3) ? 23 : date === lastSunday(year, 10) ? 25 : 24;
      assert.is((end - start) / hourMs, hours, date);
    }
  }
});

test("on the days when the clocks change, hours are those of the local clock", () => {
  const night = {
    openingHours: "Su 00:00-08:00",
    appointments: { desks: 2, capacity: [{ hours: "04:00-06:00", desks: 5 }] },
  };
  const table: [date: string, hours: number][] = [
    ["2026-10-25", 9],
    ["2027-03-28", 7],
    ["2027-10-31", 9],
    ["2028-03-26", 7],
    ["2028-10-29", 9],
  ];
  for (const [date, hours] of table) {
    const { open, bookable } = dayOf(night, date);
    const [from, to] = [local(date, "00:00"), local(date, "08:00")];
    assert.is((to - from) / hourMs, hours, date);
    assert.equal(open, [{ from, to }], date);
    assert.equal(bookable, desksAt(date, ["00:00-04:00", 2], ["04:00-06:00", 5], ["06:00-08:00", 2]), date);
  }
});

test("before and after the change of clocks the office opens at eight by the local clock", () => {
  const openings = (date: string) => dayOf({}, date).open.map(({ from }) => new Date(from).toISOString().slice(11, 16));
  assert.equal([openings("2026-10-23"), openings("2026-10-26")], [["06:00"], ["07:00"]]);
  assert.equal([openings("2027-03-25"), openings("2027-03-30")], [["07:00"], ["06:00"]]);
});

const rules = [
  { hours: "Mo-Fr 08:00-09:00", desks: 4 },
  { hours: "Th 16:00-18:00", desks: 1 },
  { hours: "Mo 08:30-10:00", desks: 6 },
  { hours: "Tu 12:00-13:00", desks: 0 },
  { hours: "Fr 07:00-20:00", desks: 2 },
];
const withDesks = { appointments: { desks: 3, capacity: rules } };

test("other desks by weekday and hour: the last rule that fits counts, and none lies outside the opening hours", () => {
  const table: [date: string, ...pieces: [times: string, desks: number][]][] = [
    ["2026-11-23", ["08:00-08:30", 4], ["08:30-10:00", 6], ["10:00-16:00", 3]],
    ["2026-11-24", ["08:00-09:00", 4], ["09:00-12:00", 3], ["13:00-16:00", 3]],
    ["2026-11-25"],
    ["2026-11-26", ["08:00-09:00", 4], ["09:00-16:00", 3], ["16:00-18:00", 1]],
    ["2026-11-27", ["08:00-13:00", 2]],
    ["2026-12-05", ["09:30-12:00", 3]],
    ["2026-12-25"],
  ];
  for (const [date, ...pieces] of table) assert.equal(dayOf(withDesks, date).bookable, desksAt(date, ...pieces), date);
  const reversed = { appointments: { desks: 3, capacity: [...rules].reverse() } };
  assert.equal(
    dayOf(reversed, "2026-11-23").bookable,
    desksAt("2026-11-23", ["08:00-09:00", 4], ["09:00-10:00", 6], ["10:00-16:00", 3]),
    "the same rules in another order",
  );
});

test("rules may name holidays, months and weeks, as opening hours may", () => {
  const seasonal = {
    appointments: {
      desks: 3,
      capacity: [
        { hours: "Dec 01-23", desks: 1 },
        { hours: "Sa[1]", desks: 2 },
      ],
    },
  };
  assert.equal(dayOf(seasonal, "2026-11-30").bookable, desksAt("2026-11-30", ["08:00-16:00", 3]));
  assert.equal(dayOf(seasonal, "2026-12-01").bookable, desksAt("2026-12-01", ["08:00-16:00", 1]));
  assert.equal(dayOf(seasonal, "2026-12-05").bookable, desksAt("2026-12-05", ["09:30-12:00", 2]), "the last counts");
});

test("a closure beats opening hours, special hours and every rule of desks; special hours beat the week and holidays", () => {
  const [closed, special, both] = ["2026-12-24", "2026-12-26", "2026-12-31"];
  const dates = {
    ...withDesks,
    closures: [closed, both].map((date) => ({ date, reason: "Betriebsferien" })),
    specialHours: [special, both].map((date) => ({ date, hours: "10:00-14:00" })),
  };
  for (const date of [closed, both]) {
    const { open, bookable, closed: reason } = dayOf(dates, date);
    assert.equal([open, bookable, reason], [[], [], "Betriebsferien"], date);
    assert.ok(dayOf(withDesks, date).bookable.length > 0, `${date} would be open`);
  }
  const { open, bookable } = dayOf(dates, special);
  assert.equal(open, spans(special, "10:00-14:00"), "an extra opening on a holiday");
  assert.equal(bookable, desksAt(special, ["10:00-14:00", 3]), "rules of weekdays apply to it too: it is a Saturday");
});

test("no desks at all: the office is open and nothing can be booked", () => {
  const { open, bookable } = dayOf({ appointments: { desks: 0, capacity: [] } }, "2026-11-23");
  assert.is(open.length, 1);
  assert.equal(bookable, []);
  const onlyMornings = { appointments: { desks: 0, capacity: [{ hours: "08:00-12:00", desks: 2 }] } };
  assert.equal(dayOf(onlyMornings, "2026-11-23").bookable, desksAt("2026-11-23", ["08:00-12:00", 2]));
});

test.run();
