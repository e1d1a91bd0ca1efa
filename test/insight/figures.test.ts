import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DayCells } from "../../hub/insight/cells.ts";
import { addEncoded, encodeDay } from "../../hub/insight/cells.ts";
import { halfHoursOf, halfHourText, weekdayOf } from "../../hub/insight/local-time.ts";
import { createReport } from "../../hub/insight/report.ts";
import type { TalliedEvent } from "../../hub/insight/tally.ts";
import { createTally } from "../../hub/insight/tally.ts";
import type { Figures, FiguresReport } from "../../protocol/messages.ts";
import { clock, happened, issued } from "./events.ts";

const zone = "Europe/Berlin";

function reportOf(events: TalliedEvent[], from = "2026-01-01", to = "2026-12-31"): FiguresReport {
  const tally = createTally(zone);
  for (const event of events) tally.take(event);
  const builder = createReport();
  for (const [date, cells] of tally.days()) builder.add(date, cells);
  return builder.report(from, to);
}

const nobody: Figures = {
  ...{ arrivals: 0, appointments: 0, persons: 0, served: 0, noShows: 0, cancelled: 0, expired: 0, lapsed: 0 },
  ...{ waitMinutes: null, serviceMinutes: null, promises: { made: 0, kept: 0 } },
};
const one = { arrivals: 1, persons: 1 };
const alike = (minutes: number) => ({ median: minutes, p90: minutes });

const a = "2026-11-23/A001";
/** On the Monday of the tests. */
const on = (time: string) => clock(`2026-11-23 ${time}`);
const come = issued(a, on("09:10"));
/** A number that a terminal gave alone, of the same visitor. */
const alone = "2026-11-23/A950";
const adopted = (more: object = {}): TalliedEvent => ({
  ...{ type: "ticket.adopted", at: on("09:40"), ticket: alone, day: "2026-11-23", service: "id-card", kind: "walk-in" },
  ...{ issuedAt: on("09:10"), appointmentAt: null, aliasOf: null, expired: false, ...more },
});
const replaced = (desk: string | null) => happened("replaced", a, on("09:40"), { replacement: alone, desk });
const call = (at: number) => happened("called", a, at, { desk: "1" });

/** A visit, event by event, and what it comes to. */
const visits: [what: string, events: TalliedEvent[], figures: Partial<Figures>][] = [
  ["who waits is an arrival and nothing more", [come], one],
  [
    "served: waited 8 minutes, was at the desk for 12.5, within what was promised",
    [come, call(on("09:18")), happened("finished", a, on("09:30:30"))],
    { ...one, served: 1, waitMinutes: alike(8), serviceMinutes: alike(12.5), promises: { made: 1, kept: 1 } },
  ],
  [
    "a wait of 10:29 is ten minutes, as promised; of 10:30 it is eleven",
    [
      come,
      call(on("09:20:29")),
      issued("2026-11-23/A002", on("09:15")),
      happened("called", "2026-11-23/A002", on("09:25:30"), { desk: "2" }),
    ],
    { arrivals: 2, persons: 2, promises: { made: 2, kept: 1 } },
  ],
  [
    "a wait that is shorter than promised was not promised so",
    [come, call(on("09:13"))],
    { ...one, promises: { made: 1, kept: 0 } },
  ],
  [
    "called again: his time at the desk begins when he was called last, his wait ended when he was called first",
    [come, call(on("09:18")), happened("recalled", a, on("09:20")), happened("finished", a, on("09:30"))],
    { ...one, served: 1, waitMinutes: alike(8), serviceMinutes: alike(10), promises: { made: 1, kept: 1 } },
  ],
  [
    "a number of the time without the hub counts from when it was given, and nothing was promised",
    [adopted(), happened("called", alone, on("09:50"), { desk: "1" }), happened("finished", alone, on("09:55"))],
    { ...one, served: 1, waitMinutes: alike(40), serviceMinutes: alike(5) },
  ],
  [
    "what the hub made of the same touch is no visitor, called or not",
    [come, call(on("09:20")), adopted(), replaced("1"), happened("finished", alone, on("09:45"))],
    { ...one, served: 1, waitMinutes: alike(30), serviceMinutes: alike(5) },
  ],
  [
    "who came too early waits from the time of his appointment on, by whatever number",
    [
      ...[adopted(), happened("checked-in", alone, on("09:45"), { type: "appointment.checked-in", time: on("09:55") })],
      ...[happened("called", alone, on("09:57"), { desk: "1" }), happened("finished", alone, on("10:02"))],
    ],
    { ...one, appointments: 1, served: 1, waitMinutes: alike(2), serviceMinutes: alike(5) },
  ],
  ["a second number of a visitor, and one of a day that is over", [adopted({ aliasOf: a }), come, replaced(null)], {}],
  ["a number of a day that is over has expired", [adopted({ expired: true })], { ...one, expired: 1 }],
  [
    "a no-show has no times",
    [come, call(on("09:18")), happened("recalled", a, on("09:20")), happened("no-show", a, on("09:22"))],
    { ...one, noShows: 1, promises: { made: 1, kept: 1 } },
  ],
  [
    "a no-show who came back was served: the time he was away is no wait, and nobody was at the desk before",
    [
      ...[come, call(on("09:18")), happened("recalled", a, on("09:20")), happened("no-show", a, on("09:22"))],
      ...[call(on("09:30")), happened("finished", a, on("09:35"))],
    ],
    { ...one, served: 1, waitMinutes: alike(8), serviceMinutes: alike(5), promises: { made: 1, kept: 1 } },
  ],
  [
    "one who went back to the front waits again",
    [
      ...[come, call(on("09:18")), happened("no-show", a, on("09:22")), happened("resumed", a, on("09:25"))],
      ...[call(on("09:28")), happened("finished", a, on("09:35"))],
    ],
    { ...one, served: 1, waitMinutes: alike(11), serviceMinutes: alike(7), promises: { made: 1, kept: 1 } },
  ],
  [
    "parked time is neither wait nor service",
    [
      ...[come, call(on("09:18")), happened("parked", a, on("09:20"), { desk: "1" })],
      ...[happened("resumed", a, on("10:20"), { desk: "1" }), call(on("10:20"))],
      happened("finished", a, on("10:25")),
    ],
    { ...one, served: 1, waitMinutes: alike(8), serviceMinutes: alike(7), promises: { made: 1, kept: 1 } },
  ],
  [
    "a transfer: both waits and both desks, counted where he came for",
    [
      ...[come, call(on("09:18")), happened("transferred", a, on("09:21"), { service: "pick-up" })],
      ...[call(on("09:25")), happened("finished", a, on("09:30"))],
    ],
    { ...one, served: 1, waitMinutes: alike(12), serviceMinutes: alike(8), promises: { made: 1, kept: 1 } },
  ],
  [
    "a call that was undone was no call: he waited on",
    [
      ...[come, call(on("09:12")), happened("recalled", a, on("09:13")), happened("undone", a, on("09:14"))],
      ...[call(on("09:17")), happened("finished", a, on("09:20"))],
    ],
    { ...one, served: 1, waitMinutes: alike(7), serviceMinutes: alike(3), promises: { made: 1, kept: 1 } },
  ],
  [
    "who was finished for a call that was undone was at the desk all the time",
    [
      ...[come, issued("2026-11-23/A002", on("09:15")), call(on("09:18")), happened("finished", a, on("09:20"))],
      happened("called", "2026-11-23/A002", on("09:20"), { desk: "1" }),
      happened("undone", "2026-11-23/A002", on("09:21"), { desk: "1", finished: a }),
      happened("finished", a, on("09:26")),
    ],
    {
      ...{ arrivals: 2, persons: 2, served: 1, waitMinutes: alike(8), serviceMinutes: alike(8) },
      promises: { made: 1, kept: 1 },
    },
  ],
  ["gave up", [come, happened("cancelled", a, on("09:40"), { void: false })], { ...one, cancelled: 1 }],
  ["nobody ever had the ticket: no arrival", [come, happened("cancelled", a, on("09:11"), { void: true })], {}],
  [
    "still waiting at the end of the day",
    [come, happened("expired", a, clock("2026-11-24 00:00"))],
    { ...one, expired: 1 },
  ],
  [
    "a family of four on one ticket",
    [issued(a, on("09:10"), { persons: 4, promised: { minutes: null } }), call(on("09:18"))],
    { arrivals: 1, persons: 4 },
  ],
  [
    "an appointment waits from its time on, if it came before, and is promised nothing",
    [
      issued(a, on("09:10"), { kind: "appointment", appointmentAt: on("09:20") }),
      ...[call(on("09:24")), happened("finished", a, on("09:34"))],
    ],
    { ...one, appointments: 1, served: 1, waitMinutes: alike(4), serviceMinutes: alike(10) },
  ],
  [
    "an appointment that came late waits from then on; one called before its time did not wait",
    [
      issued(a, on("09:24"), { kind: "appointment", appointmentAt: on("09:20") }),
      ...[call(on("09:26")), happened("finished", a, on("09:36"))],
      issued("2026-11-23/T002", on("09:05"), { kind: "appointment", appointmentAt: on("09:20") }),
      happened("called", "2026-11-23/T002", on("09:08"), { desk: "2" }),
      happened("finished", "2026-11-23/T002", on("09:18")),
    ],
    {
      ...{ arrivals: 2, persons: 2, appointments: 2, served: 2 },
      ...{ waitMinutes: { median: 0, p90: 2 }, serviceMinutes: alike(10) },
    },
  ],
  [
    "nobody came to an appointment; a reservation that was never confirmed is none",
    [
      {
        ...{ type: "appointment.lapsed", at: on("09:26"), time: on("09:20") },
        ...{ services: [{ service: "id-card", persons: 2 }], reason: { code: "not-checked-in" } },
      },
      {
        ...{ type: "appointment.lapsed", at: on("09:26"), time: on("11:20") },
        ...{ services: [{ service: "id-card", persons: 1 }], reason: { code: "not-confirmed" } },
      },
    ],
    { lapsed: 1 },
  ],
];

for (const [what, events, figures] of visits) {
  test(what, () => assert.equal(reportOf(events).total, { ...nobody, ...figures }));
}

test("percentiles by hand: of ten waits the fifth and the ninth, of three the second and the third", () => {
  const served = (waits: number[], letter: string, service: string) =>
    waits.flatMap((minutes, index) => {
      const ticket = `2026-11-23/${letter}${String(index).padStart(3, "0")}`;
      const called = on("09:10") + minutes * 60_000;
      return [
        issued(ticket, on("09:10"), { service }),
        happened("called", ticket, called, { desk: "1" }),
        happened("finished", ticket, called + 60_000),
      ];
    });
  const { services, total } = reportOf([
    ...served([30, 1, 2, 3, 4, 5, 60, 7, 8, 9], "A", "id-card"),
    ...served([10, 20, 90], "B", "pick-up"),
  ]);
  assert.equal(
    services.map(({ service, waitMinutes }) => [service, waitMinutes]),
    [
      ["id-card", { median: 5, p90: 30 }],
      ["pick-up", { median: 20, p90: 90 }],
    ],
  );
  assert.equal(total.waitMinutes, { median: 8, p90: 60 }, "the seventh and the twelfth of thirteen");
});

test("a day at a desk over midnight, in two days of a week, at three times of the day", () => {
  const late = "2026-11-23/A009";
  const next = "2026-11-24/B001";
  const report = reportOf([
    ...[issued(late, on("23:50")), happened("called", late, on("23:58"), { desk: "1" })],
    { type: "office.changed", at: clock("2026-11-24 00:00") },
    happened("finished", late, clock("2026-11-24 00:08")),
    issued(next, clock("2026-11-24 08:29:59"), { service: "pick-up" }),
    issued("2026-11-24/B002", clock("2026-11-24 08:30"), { service: "pick-up" }),
  ]);
  assert.is(report.days, 2);
  assert.equal(
    report.cells.map(({ weekday, time, service, arrivals }) => [weekday, time, service, arrivals]),
    [
      [1, "23:30", "id-card", 1],
      [2, "08:00", "pick-up", 1],
      [2, "08:30", "pick-up", 1],
    ],
  );
  assert.equal(report.total.serviceMinutes, alike(10));
  assert.equal(
    report.weekdays.map(({ weekday, arrivals, served }) => [weekday, arrivals, served]),
    [
      [1, 1, 1],
      [2, 2, 0],
    ],
  );
  assert.equal(
    report.halfHours.map(({ time }) => time),
    ["08:00", "08:30", "23:30"],
  );
});

test("the days on which the clocks change: times are elapsed, half hours are those of the clock", () => {
  // In spring 01:59 is followed by 03:00, in autumn 02:59 by 02:00.
  const spring = "2026-03-29/A001";
  const [first, second] = ["2026-10-25/A001", "2026-10-25/A002"];
  const at = (text: string) => Date.parse(text);
  const report = reportOf([
    issued(spring, at("2026-03-29T01:55:00+01:00")),
    happened("called", spring, at("2026-03-29T03:05:00+02:00"), { desk: "1" }),
    happened("finished", spring, at("2026-03-29T03:06:00+02:00")),
    issued(first, at("2026-10-25T02:40:00+02:00")),
    issued(second, at("2026-10-25T02:40:00+01:00")),
    happened("called", first, at("2026-10-25T02:45:00+01:00"), { desk: "1" }),
    happened("finished", first, at("2026-10-25T02:46:00+01:00")),
  ]);
  assert.equal(
    report.halfHours.map(({ time, arrivals, waitMinutes }) => [time, arrivals, waitMinutes]),
    [
      ["01:30", 1, alike(10)],
      ["02:30", 2, alike(65)],
    ],
  );
  assert.equal(
    report.weekdays.map(({ weekday, arrivals }) => [weekday, arrivals]),
    [[7, 3]],
  );
});

test("what is settled is given once; a no-show, or one at a desk, may still change and stays", () => {
  const [done, away, there] = ["2026-11-23/A001", "2026-11-23/A002", "2026-11-23/A003"];
  const events = [
    ...[done, away, there].map((ticket) => issued(ticket, on("20:00"))),
    ...[done, away, there].map((ticket) => happened("called", ticket, on("20:06"), { desk: "1" })),
    ...[happened("finished", done, on("20:10")), happened("no-show", away, on("23:55"))],
  ];
  const early = createTally(zone);
  for (const event of events) early.take(event);
  const { days, open } = early.settle(clock("2026-11-24 00:00"));
  const arrivals = (of: Map<string, DayCells>) => of.get("2026-11-23")?.get("id-card")?.get(40)?.arrivals;
  assert.is(arrivals(days), 1);
  assert.equal(open.map(({ ticket }) => ticket).sort(), [away, there]);
  assert.is(arrivals(early.days()), 2, "they are still counted");
  const later = createTally(zone, JSON.parse(JSON.stringify(open)));
  later.take(happened("called", away, clock("2026-11-24 00:05"), { desk: "2" }));
  later.take(happened("finished", away, clock("2026-11-24 00:15")));
  later.take(happened("finished", there, clock("2026-11-24 00:16")));
  const rest = later.settle(clock("2026-11-25 00:00"));
  assert.equal(rest.open, []);
  const cell = rest.days.get("2026-11-23")?.get("id-card")?.get(40);
  assert.equal([cell?.served, cell?.noShows, cell?.serviceTimes], [2, 0, [100, 2500]]);
});

test("a day comes back from its text as it was, and two of them add up", () => {
  const tally = createTally(zone);
  for (const [, events] of visits.slice(0, 2)) for (const event of events) tally.take(event);
  const day = tally.days().get("2026-11-23") ?? new Map();
  const twice: DayCells = new Map();
  addEncoded(twice, encodeDay(day));
  assert.equal(twice, day);
  addEncoded(twice, encodeDay(day));
  assert.equal(twice.get("id-card")?.get(18)?.waits, [80, 80]);
  assert.is(twice.get("id-card")?.get(18)?.arrivals, 2);
});

test("half hours and weekdays, in other zones too", () => {
  const noon = Date.parse("2026-07-01T12:00:00Z");
  assert.equal(
    ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"].map((name) =>
      halfHourText(halfHoursOf(name)(noon)),
    ),
    ["14:00", "17:30", "22:30", "12:00"],
  );
  assert.equal(["2026-11-23", "2026-11-29", "2024-02-29"].map(weekdayOf), [1, 7, 4]);
});

test.run();
