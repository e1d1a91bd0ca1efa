import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createReport } from "../../hub/insight/report.ts";
import type { TalliedEvent } from "../../hub/insight/tally.ts";
import { createTally } from "../../hub/insight/tally.ts";
import { clock, happened, issued } from "./events.ts";

// The figures once more, as somebody with a pencil would reckon them: for each number asked for, from the list of all events.

const zone = "Europe/Berlin";
const services = ["id-card", "registration", "pick-up"];
const midnight = clock("2026-11-23 00:00");
const minuteMs = 60_000;

type Life = { service: string; from: number; steps: { what: string; after: number }[]; appointment: boolean };

/** Lives of visitors: any sequence that the office's rules allow. */
const steps = {
  waiting: ["called", "cancelled", "expired"],
  called: ["recalled", "finished", "no-show", "parked", "transferred", "undone"],
  "no-show": ["called"],
  parked: ["resumed", "expired"],
} as const;
const leadsTo: Record<string, keyof typeof steps | "over"> = {
  ...{ called: "called", recalled: "called", "no-show": "no-show", parked: "parked", transferred: "waiting" },
  ...{ resumed: "called", undone: "waiting", finished: "over", cancelled: "over", expired: "over" },
};

const life: fc.Arbitrary<Life> = fc
  .record({
    service: fc.constantFrom(...services),
    from: fc.integer({ min: 0, max: 24 * 60 - 1 }),
    appointment: fc.boolean(),
    choices: fc.array(fc.record({ pick: fc.nat(), after: fc.integer({ min: 0, max: 200 }) }), { maxLength: 9 }),
  })
  .map(({ choices, ...rest }) => {
    let state: keyof typeof steps | "over" = "waiting";
    const taken: Life["steps"] = [];
    let undoable = false;
    for (const { pick, after } of choices) {
      if (state === "over") break;
      const possible: string[] = steps[state].filter((each) => each !== "undone" || undoable);
      const what = possible[pick % possible.length] ?? "";
      undoable = what === "called" && (state === "waiting" || taken.length === 0);
      state = leadsTo[what] ?? "over";
      taken.push({ what, after });
      // A parked visitor who is resumed is called in the same moment.
      if (what === "resumed") taken.push({ what: "called", after: 0 });
    }
    return { ...rest, steps: taken };
  });

function eventsOf(lives: Life[]): TalliedEvent[] {
  const all = lives.flatMap(({ service, from, steps: taken, appointment }, index) => {
    const ticket = `2026-11-23/A${String(index).padStart(3, "0")}`;
    let at = midnight + from * minuteMs;
    const booked = appointment ? { kind: "appointment", appointmentAt: at + 7 * minuteMs } : {};
    const first = issued(ticket, at, { service, ...booked });
    return [
      first,
      ...taken.map(({ what, after }) => {
        at += after * 6_000;
        return happened(what, ticket, at, what === "resumed" ? { desk: "1" } : {});
      }),
    ];
  });
  return all.map((event, order) => ({ event, order })).sort((a, b) => a.event.at - b.event.at || a.order - b.order).map(({ event }) => event); // biome-ignore format: a chain
}

/** One ticket's line of time: at each tenth of a minute, what he is doing. */
function naive(events: TalliedEvent[]) {
  const last = events.at(-1);
  const start = events[0];
  if (!last || !start) throw new Error("no events");
  // An undone call is struck out with its repeats.
  const kept: TalliedEvent[] = [];
  for (const event of events) {
    if (event.type !== "ticket.undone") kept.push(event);
    else while (kept.pop()?.type !== "ticket.called");
  }
  let waited = 0;
  let served = 0;
  const ready = Math.max(start.at, start.appointmentAt ?? 0);
  for (const [index, event] of kept.entries()) {
    const next = kept[index + 1];
    if (!next) break;
    const waits = event.type === "ticket.issued" || event.type === "ticket.transferred";
    if (waits) waited += Math.max(0, next.at - (event.type === "ticket.issued" ? ready : event.at));
    const isThere = ["ticket.called", "ticket.recalled"].includes(event.type);
    if (isThere && next.type !== "ticket.no-show" && next.type !== "ticket.recalled") served += next.at - event.at;
  }
  const end = kept.at(-1)?.type.slice("ticket.".length);
  const call = kept.find(({ type }) => type === "ticket.called");
  const minutes = call && Math.round((call.at - start.at) / minuteMs);
  const promised = start.kind === "walk-in" && minutes !== undefined;
  return { end, waited, served, promised, kept: promised && minutes >= 5 && minutes <= 10 };
}

const percentile = (values: number[], hundredths: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  // The first that at least so many of a hundred do not exceed.
  return sorted.find((value) => 100 * sorted.filter((other) => other <= value).length >= hundredths * sorted.length);
};
const times = (values: number[]) => {
  const tenths = values.map((ms) => Math.round(ms / 6_000) / 10);
  return tenths.length === 0 ? null : { median: percentile(tenths, 50), p90: percentile(tenths, 90) };
};

test("figures of any day are those of the pencil, however often it is settled on the way", () => {
  fc.assert(
    fc.property(fc.array(life, { maxLength: 40 }), fc.array(fc.integer({ min: 0, max: 200 })), (lives, cuts) => {
      const events = eventsOf(lives);
      const builder = createReport();
      let tally = createTally(zone);
      for (const [index, event] of events.entries()) {
        tally.take(event);
        if (!cuts.includes(index)) continue;
        const { days, open } = tally.settle(event.at);
        for (const [date, day] of days) builder.add(date, day);
        tally = createTally(zone, JSON.parse(JSON.stringify(open)));
      }
      for (const [date, day] of tally.days()) builder.add(date, day);
      const report = builder.report("2026-11-23", "2026-11-23");
      for (const service of services) {
        const tickets = [...new Set(events.filter((event) => event.service === service).map(({ ticket }) => ticket))];
        const all = tickets.map((ticket) => naive(events.filter((event) => event.ticket === ticket)));
        const those = (end: string) => all.filter((each) => each.end === end);
        const found = report.services.find((each) => each.service === service);
        if (!found) {
          assert.is(tickets.length, 0);
          continue;
        }
        assert.equal(
          [found.arrivals, found.served, found.noShows, found.cancelled, found.expired],
          [tickets.length, ...["finished", "no-show", "cancelled", "expired"].map((end) => those(end).length)],
        );
        assert.equal(found.promises, {
          made: all.filter(({ promised }) => promised).length,
          kept: all.filter(({ kept }) => kept).length,
        });
        assert.equal(found.waitMinutes, times(those("finished").map(({ waited }) => waited)));
        assert.equal(found.serviceMinutes, times(those("finished").map(({ served }) => served)));
      }
    }),
    { numRuns: 300 },
  );
});

test.run();
