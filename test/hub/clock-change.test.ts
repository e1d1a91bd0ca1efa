import { test } from "uvu";
import * as assert from "uvu/assert";
import { hourMs, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { outcome } from "./test-office.ts";

const secondMs = 1000;
/** Days of 25 and of 23 hours: the clocks go back, and forward, at 01:00 UTC. */
const nights = [
  { at: "2026-10-25T02:00:00+01:00", what: "the hour that comes twice, the second time" },
  { at: "2026-10-25T02:45:00+02:00", what: "the hour that comes twice, the first time" },
  { at: "2027-03-28T03:00:00+02:00", what: "the first minute behind the hour that is missing" },
];
const always = { openingHours: "24/7" };

for (const { at: text, what } of nights) {
  const at = Date.parse(text);
  for (const [offset, code] of [
    [-15 * minuteMs - secondMs, "too-early"],
    [-15 * minuteMs, "ok"],
    [5 * minuteMs, "ok"],
    [5 * minuteMs + secondMs, "too-late"],
  ] as const) {
    test(`${what}: ${offset / secondMs} s from the time is ${code}`, async () => {
      const office = openAppointmentOffice({ now: at - 3 * hourMs, config: always });
      try {
        const { code: digits } = await office.bookFor(at);
        office.now = at + offset;
        const args = { code: digits, at: new Date(office.now).toISOString() };
        assert.is(outcome(await office.ask("terminal", "appointment.check-in", args)), code);
      } finally {
        office.close();
      }
    });
  }
  for (const [late, code] of [
    [2 * hourMs, "ok"],
    [2 * hourMs + secondMs, "too-late"],
  ] as const) {
    test(`${what}: reserved an hour before it and confirmed ${late / secondMs} s later is ${code}`, async () => {
      const office = openAppointmentOffice({ now: at - hourMs, config: always });
      try {
        await office.reserve({ at: at + 6 * hourMs });
        const { link = "" } = office.mail("activation");
        office.now += late;
        const answer = await office.booking.confirm(link);
        assert.is(answer.ok ? "ok" : answer.error.code, code);
      } finally {
        office.close();
      }
    });
  }
}

for (const [day, minutes] of [
  ["2026-10-25", 25 * 60],
  ["2027-03-28", 23 * 60],
] as const) {
  test(`${day} offers the quarters of ${minutes / 60} hours, each once and one after another`, async () => {
    const office = openAppointmentOffice({ now: Date.parse(`${day}T12:00:00+01:00`) - 48 * hourMs, config: always });
    try {
      const services = ["id-card"];
      const reply = await office.ask("clerk", "appointment.slots", { services, from: day, days: 1 });
      const { days } = (reply as unknown as { result: { days: { times: string[] }[] } }).result;
      const times = (days[0]?.times ?? []).map((time) => Date.parse(time));
      assert.is(times.length, minutes / 15);
      for (const [index, time] of times.entries()) assert.is(time, (times[0] ?? 0) + index * 15 * minuteMs);
    } finally {
      office.close();
    }
  });
}

test.run();
