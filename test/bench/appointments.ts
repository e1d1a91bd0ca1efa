import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { OfferedDay } from "../../hub/office/appointments/slots.ts";
import { overbooked, storedBookings } from "../hub/stored-bookings.ts";
import type { BenchOptions, Part } from "./bench.ts";
import type { Calendar } from "./busy-calendar.ts";
import { busyOffice, openCalendar } from "./busy-calendar.ts";
import { median, ms, quantile } from "./figures.ts";
import { bookingPages } from "./pages.ts";
import { startHub } from "./servers.ts";

/** What the booking page shows at once. */
const monthDays = 31;
/** Target 7, in milliseconds. */
const freeTimesMsMax = 5;

/** Milliseconds to find the free times of a month, and how many times were found in all. */
export interface FreeTimes {
  samples: number[];
  found: number;
}

/** Asks for the free times of months that begin all over the year, for one to four persons. */
export function findFreeTimes({ booking, state }: Calendar, count: number): FreeTimes {
  const first = state.calendar.slice(0, -monthDays);
  const samples: number[] = [];
  let found = 0;
  for (let index = 0; index < count; index += 1) {
    const from = first[(index * 37) % first.length]?.date;
    const services = [{ service: index % 2 === 0 ? "id-card" : "registration", persons: 1 + (index % 4) }];
    const before = performance.now();
    const days: OfferedDay[] = booking.offer(services, from, monthDays);
    samples.push(performance.now() - before);
    found += days.reduce((sum, { times }) => sum + times.length, 0);
  }
  return { samples, found };
}

/** Target 7, and of target 5 the start: a year of a busy office in the calendar, beside an empty one. */
export async function booking(options: BenchOptions): Promise<Part> {
  const { bookings, rounds, requests } = options;
  const [emptyFolder, busyFolder] = ["empty", "busy"].map((name) => join(options.folder, "calendar", name));
  if (!emptyFolder || !busyFolder) throw new Error("no folders");
  for (const folder of [emptyFolder, busyFolder]) mkdirSync(folder, { recursive: true });
  const [empty, busy] = [await openCalendar(emptyFolder), await openCalendar(busyFolder)];
  await busy.fill(bookings);
  for (const calendar of [empty, busy]) findFreeTimes(calendar, requests);
  const pairs = Array.from({ length: rounds }, () => ({
    empty: median(findFreeTimes(empty, requests).samples),
    busy: findFreeTimes(busy, requests),
  }));
  const samples = pairs.flatMap((pair) => pair.busy.samples);
  const [middle, p99] = [median(samples), quantile(samples, 0.99)];
  const desksAt = (at: number) =>
    busy.state.calendar.flatMap(({ bookable }) => bookable).find(({ from, to }) => from <= at && at < to)?.desks ?? 0;
  const ratio = median(pairs.map((pair) => median(pair.busy.samples) / pair.empty));
  for (const calendar of [empty, busy]) calendar.close();
  const stored = storedBookings(join(busyFolder, "hub.sqlite"));
  const mistakes = [
    ...overbooked(stored, desksAt).slice(0, 1),
    ...(stored.length === bookings ? [] : [`${stored.length} appointments are in the file, not ${bookings}`]),
    ...(pairs.some((pair) => pair.busy.found === 0) ? ["no free time was found"] : []),
  ];

  const starts: { emptyMs: number; busyMs: number; rss: number }[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    const ofEmpty = await startHub("embedded", 1, emptyFolder, busyOffice);
    await ofEmpty.stop();
    const ofBusy = await startHub("embedded", 1, busyFolder, busyOffice);
    starts.push({ emptyMs: ofEmpty.startMs, busyMs: ofBusy.startMs, rss: ofBusy.rssMiB() });
    await ofBusy.stop();
  }
  const pages = await bookingPages(busyFolder, options);
  const [emptyMs, busyMs] = [median(starts.map((each) => each.emptyMs)), median(starts.map((each) => each.busyMs))];
  const size = `${bookings.toLocaleString("en")} appointments`;
  return {
    figures: [
      {
        what: `target 7: free times of a month, ${size}, median`,
        floor: `${ms(median(pairs.map((pair) => pair.empty)))} (empty calendar)`,
        measured: ms(middle),
        ratio,
        target: `≤ ${freeTimesMsMax} ms`,
        met: middle <= freeTimesMsMax,
      },
      {
        what: "target 7: the same, p99",
        measured: ms(p99),
        target: `≤ ${freeTimesMsMax} ms`,
        met: p99 <= freeTimesMsMax,
      },
      {
        what: `target 5: hub, start to ready, ${size}`,
        floor: `${ms(emptyMs)} (empty calendar)`,
        measured: ms(busyMs),
        ratio: busyMs / emptyMs,
        target: "≤ 1 s",
        met: busyMs <= 1_000,
      },
      {
        what: `hub, memory at start, ${size}`,
        measured: `${Math.round(median(starts.map(({ rss }) => rss)))} MiB`,
      },
      ...pages.figures,
    ],
    mistakes: [...mistakes, ...pages.mistakes],
  };
}
