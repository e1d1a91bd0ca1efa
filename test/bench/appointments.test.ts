// time limit: 120 s
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findFreeTimes } from "./appointments.ts";
import { openCalendar } from "./busy-calendar.ts";
import { median, ms } from "./figures.ts";

/** A year of a busy office. */
const bookings = 50_000;
/** Free times of a month, in milliseconds: the median of the best round, so that other programs do not count. */
const medianMsMax = 5;
/** And beside the same in an empty calendar: what is booked on other days must not cost anything. */
const ratioMax = 4;
const rounds = 8;
const lookups = 60;

test(`the free times of a month are there within ${medianMsMax} ms, with ${bookings} appointments in the calendar`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-calendar-"));
  const folders = ["empty", "busy"].map((name) => join(folder, name));
  try {
    for (const each of folders) mkdirSync(each);
    const [empty, busy] = await Promise.all(folders.map(openCalendar));
    if (!empty || !busy) throw new Error("no calendars");
    await busy.fill(bookings);
    assert.is(busy.state.appointments.records.size, bookings);
    const medians = Array.from({ length: rounds }, () => ({
      empty: median(findFreeTimes(empty, lookups).samples),
      busy: median(findFreeTimes(busy, lookups).samples),
    }));
    assert.ok(findFreeTimes(busy, lookups).found > 0, "times are found");
    const best = Math.min(...medians.map((each) => each.busy));
    const ratio = best / Math.min(...medians.map((each) => each.empty));
    const figures = `${ms(best)}, ${ratio.toFixed(2)} times that of an empty calendar`;
    console.log(`\nfree times of a month: ${figures}`);
    assert.ok(best <= medianMsMax && ratio <= ratioMax, figures);
    for (const calendar of [empty, busy]) calendar.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
