import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Watched } from "../../hub/cli/watch-screen.ts";
import { drawWatch } from "../../hub/cli/watch-screen.ts";
import type { Event } from "../../protocol/messages.ts";

const now = Date.parse("2026-11-23T09:00:00+01:00");
const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString();

function busyOffice(): Watched {
  const services = ["id-card", "registration", "pick-up", "a-service-with-a-very-long-name"];
  const event = (seq: number, more: object): Event => ({ epoch: 1, seq, at: at(seq), type: "ticket.issued", ...more });
  return {
    url: "mqtt://127.0.0.1:1883",
    link: { up: true, why: "" },
    hub: { state: "online", version: "1.0.0", protocol: 1, since: at(600), session: "s" },
    beatHeardAt: now - 1_000,
    queues: new Map(
      services.map((service) => [
        service,
        { service, open: true, waiting: 12, estimateMinutes: [5, 10], lastCalled: "A017", desksOpen: 2 },
      ]),
    ),
    display: {
      ...{ epoch: 1, revision: 1, message: null },
      calls: Array.from({ length: 20 }, (_, index) => ({
        ...{ call: `c${index}`, number: `A0${40 - index}`, desk: "1", deskName: "Platz 1" },
        ...{ calledAt: at(index), count: 1 + (index % 2) },
      })),
    },
    events: Array.from({ length: 60 }, (_, index) =>
      event(60 - index, { number: `B0${60 - index}`, service: "pick-up" }),
    ),
    alarms: [event(70, { type: "device.alarm", client: "terminal-1", alarm: "printer: paper-out", detail: "" })],
    desks: Array.from({ length: 8 }, (_, index) => ({
      ...{
        id: String(index),
        name: `Platz ${index}`,
        state: "open" as const,
        services: [],
        number: null,
        ticket: null,
      },
    })),
    devices: Array.from({ length: 6 }, (_, index) => ({
      client: `device-${index}`,
      role: "board",
      state: "online",
      lastSeen: at(5),
      clockOffsetMs: 0,
      alarms: [],
      commands: [],
      status: { state: "online", role: "board", version: "1", at: at(5), session: "s", peripherals: {} },
    })),
  };
}

const bare = (lines: string[]) => lines.map((line) => stripVTControlCharacters(line));

test("nothing is wider or higher than the window, whatever its size", () => {
  for (const columns of [1, 20, 50, 75, 76, 80, 120, 300]) {
    for (const rows of [1, 2, 5, 10, 24, 50, 200]) {
      const lines = bare(drawWatch(busyOffice(), now, { columns, rows }));
      assert.ok(lines.length <= rows, `${columns}×${rows}: ${lines.length} lines`);
      for (const line of lines) assert.ok(line.length <= columns, `${columns}×${rows}: ${line}`);
    }
  }
});

test("at the usual size every part is there; on a large one all of it", () => {
  const usual = bare(drawWatch(busyOffice(), now, { columns: 80, rows: 24 })).join("\n");
  for (const part of ["live", "terminal-1", "id-card", "called", "desk ", "device ", "events"]) {
    assert.ok(usual.includes(part), `${part}:\n${usual}`);
  }
  assert.match(usual, /… \d+ more/);
  const large = bare(drawWatch(busyOffice(), now, { columns: 160, rows: 120 })).join("\n");
  assert.not.match(large, /… \d+ more/);
  for (const part of ["Platz 7", "device-5", "A021"]) assert.ok(large.includes(part), part);
  assert.is(large.match(/ticket\.issued/g)?.length, 60);
});

test("an old alarm is no longer shown; a terminal that does not say its size has the usual one", () => {
  const watched = busyOffice();
  watched.alarms = watched.alarms.map((event) => ({ ...event, at: at(25 * 60) }));
  const lines = bare(drawWatch(watched, now, { columns: 0, rows: 0 }));
  assert.not.ok(lines.join("\n").includes("terminal-1"));
  assert.ok(lines.length <= 24);
});

test("what a device sends cannot command the terminal", () => {
  const watched = busyOffice();
  watched.events = watched.events.map((event) => ({ ...event, number: "\x1b[2J\x1b]0;title\x07\u009b1A\r\nX" }));
  const lines = drawWatch(watched, now, { columns: 100, rows: 40 });
  const withoutColours = lines
    .join("")
    .split("\x1b")
    .map((part) => part.replace(/^\[[0-9;]*m/, ""))
    .join("");
  assert.not.match(withoutColours, /\p{Cc}/u);
  assert.ok(lines.every((line) => !line.includes("\x1b[2J")));
});

test("the connection's state comes first", () => {
  const watched = busyOffice();
  const first = (change: Partial<Watched>, later = 0) =>
    bare(drawWatch({ ...watched, ...change }, now + later, { columns: 100, rows: 24 }))[0] ?? "";
  assert.match(first({}), / live /);
  assert.match(first({}, 11_000), /NOT LIVE: the hub is away/);
  assert.match(first({ link: { up: false, why: "refused" } }), /NO CONNECTION to mqtt:.*: refused/);
  assert.match(first({ hub: { ...(watched.hub as NonNullable<Watched["hub"]>), state: "offline" } }), /NOT LIVE/);
});

test("a desk that nobody has looked after since a restore says so", () => {
  const office = busyOffice();
  const [first, ...others] = office.desks ?? [];
  if (!first) throw new Error("no desk");
  const lines = bare(drawWatch({ ...office, desks: [{ ...first, afterRestore: true }, ...others] }, now, { columns: 120, rows: 80 })); // biome-ignore format: one line
  const marked = lines.filter((line) => line.includes("after a restore, please check"));
  assert.is(marked.length, 1);
  assert.match(marked[0] ?? "", /^Platz 0 +open +after a restore, please check/);
});

test.run();
