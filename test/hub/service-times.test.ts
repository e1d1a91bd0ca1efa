import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Visit } from "../../hub/office/service-times.ts";
import { blend, measureTimes } from "../../hub/office/service-times.ts";
import { createRandom } from "../month/random.ts";
import { openOffice } from "./test-office.ts";

const test = suite("service times");
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const visit = (minutes: number, more: Partial<Visit> = {}): Visit => ({
  services: ["id-card"],
  state: "finished",
  persons: 1,
  calledAt: 0,
  endedAt: minutes * minuteMs,
  ...more,
});
const within = (value: number | undefined, low: number, high: number, what: string) =>
  assert.ok(value !== undefined && low <= value && value <= high, `${what}: ${value} is not from ${low} to ${high}`);

test("the mean and the spread of log-normal visits, whatever was forgotten or clicked away among them", () => {
  const random = createRandom(1);
  const served = Array.from({ length: 800 }, () => visit(random.logNormal(8, 0.5)));
  const forgotten = Array.from({ length: 20 }, () => visit(random.between(200, 500)));
  const clicked = Array.from({ length: 20 }, () => visit(0.02));
  const { minutes, spread, samples, absent } = measureTimes([...forgotten, ...served, ...clicked])["id-card"] ?? {};
  within(minutes, 7.6, 8.4, "minutes");
  within(spread, 0.45, 0.6, "spread");
  within(samples, 780, 800, "samples");
  assert.is(absent, 0);
});

test("a family's visit counts for each of them, and who was not there is told apart", () => {
  const visits = [...Array.from({ length: 9 }, () => visit(30, { persons: 3 })), visit(2, { state: "no-show" })];
  assert.equal(measureTimes(visits), { "id-card": { minutes: 10, spread: 0, samples: 9, absent: 0.1 } });
});

test("what says nothing about one service is left out", () => {
  const silent = [
    visit(10, { services: ["id-card", "pick-up"] }),
    visit(10, { endedAt: null }),
    visit(10, { calledAt: null }),
    visit(10, { state: "cancelled" }),
    visit(10, { state: "expired" }),
  ];
  assert.equal(measureTimes(silent), {});
  assert.equal(measureTimes([]), {});
});

test("few measurements change little, many replace the configuration", () => {
  assert.is(blend(12, undefined).minutes, 12);
  const measured = (samples: number) => ({ minutes: 6, spread: 0.5, samples, absent: 0 });
  within(blend(12, measured(1)).minutes, 11, 12, "one visit");
  within(blend(12, measured(15)).minutes, 8.9, 9.1, "as many as weigh the configuration up");
  within(blend(12, measured(1_000)).minutes, 6, 6.2, "many");
});

test("measured at midnight from the days before, on record, and known after a restart", async () => {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  let current: string | null = null;
  for (let turn = 0; turn < 12; turn += 1) {
    const { id } = await office.issue("pick-up");
    await office.ask("clerk", "call.next", { desk: "1", current, finish: true });
    current = id;
    office.now += 7 * minuteMs;
  }
  await office.ask("clerk", "ticket.finish", { desk: "1", ticket: current });
  assert.equal(office.state.serviceTimes, {}, "a day is measured when it is over");
  office.now += dayMs;
  await office.tick();
  const measured = { "pick-up": { minutes: 7, spread: 0, samples: 12, absent: 0 } };
  assert.equal(office.state.serviceTimes, measured);
  const last = office.events.filter((event) => event.type === "office.changed" && event.what === "service-times");
  assert.is(last.length, 1);
  office.restart();
  assert.equal(office.state.serviceTimes, measured);
  office.now += 60 * dayMs;
  await office.tick();
  assert.equal(office.state.serviceTimes, measured, "days on which nobody came do not count");
  office.close();
});

test.run();
