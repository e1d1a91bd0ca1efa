import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeId } from "../../protocol/ids.ts";
import type { Beat } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import { movableTime } from "../fake-time.ts";
import { temporaryFolder } from "../hub/hub-process.ts";
import { ask, openOfficeProcess } from "../hub/office-process.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";

const dayMs = 86_400_000;
/** The hub looks at its clock with every beat. */
const noticedMs = 20_000;

if (need("faketime")) {
  test("a hub whose clock is set days ahead, and one that starts in 1970, keeps its day and tells staff", async () => {
    const time = movableTime(temporaryFolder(), "2026-11-23T10:00:00+01:00");
    const aheadMs = time.now() - Date.now();
    const right = () => Date.now() + aheadMs;
    const environment = { ...time.environment, WARTEMARKE_CLOCK: "guarded" };
    const office = await openOfficeProcess("embedded", { environment });
    try {
      const beats: Beat[] = [];
      const session = await office.connect("admin-1", (own) => own.subscribe("beat", {}, (beat) => beats.push(beat)));
      const asks = <V extends Verb>(verb: V, args: Arguments<V>) => ask(session, verb, args, { id: makeId(right()) });
      const issue = async () => (await asks("ticket.issue", { service: "id-card" })).ticket.id;
      const doubt = async () => (await asks("hub.check", {})).alarms.find(({ alarm }) => alarm === "clock")?.detail;
      const beatOff = () => Math.abs(Date.parse(beats.at(-1)?.at ?? "") - right());
      await asks("desk.open", { desk: "1" });
      for (const number of ["A001", "A002", "A003"]) assert.is(await issue(), `2026-11-23/${number}`);
      await asks("call.next", { desk: "1" });
      assert.is(await doubt(), undefined);

      time.moveTo(right() + 3 * dayMs);
      const detail = await until("staff are told", doubt, noticedMs);
      assert.match(
        detail,
        /^the machine's clock showed 2026-11-26T.*the hub goes on from 2026-11-23T.* by its own count/,
      );
      assert.is(await issue(), "2026-11-23/A004");
      time.moveTo(right());
      await until("it is over", async () => (await doubt()) === undefined, noticedMs);
      assert.ok(beatOff() < 5_000, `${beatOff()} ms off`);

      await office.hub.stop();
      time.moveTo(Date.parse("1970-01-01T00:10:00Z"));
      await office.startHub();
      assert.match(await until("staff are told", doubt, noticedMs), /showed 1970-01-01T.* until the clock is set$/);
      assert.is(await issue(), "2026-11-23/A005");
      time.moveTo(right());
      await until("it is over", async () => (await doubt()) === undefined, noticedMs);
      assert.is(await issue(), "2026-11-23/A006");
      await until("a beat", () => beatOff() < 5_000, noticedMs);

      const { tickets } = await asks("queue.list", {});
      assert.equal(
        tickets.map(({ number }) => number),
        ["A002", "A003", "A004", "A005", "A006"],
      );
      const { events } = await asks("event.list", { limit: 100 });
      assert.equal(events.filter(({ type }) => type === "ticket.expired"), []); // biome-ignore format: one thought
      const times = events.map(({ at }) => Date.parse(at));
      assert.equal(times, times.toSorted((a, b) => a - b)); // biome-ignore format: one thought

      // What was recorded may itself have been in the future: one start that trusts the clock puts that right.
      await office.hub.stop();
      time.moveTo(Date.parse("2025-06-02T10:00:00+02:00"));
      beats.length = 0;
      await office.startHub({ ...environment, WARTEMARKE_CLOCK: "trusted" });
      await until("it is noted", () => beats.length > 2, noticedMs);
      await office.hub.stop();
      await office.startHub();
      beats.length = 0;
      await until("a beat", () => beats.length > 1, noticedMs);
      assert.is(beats.at(-1)?.at.slice(0, 10), "2025-06-02");
      assert.is(await doubt(), undefined);
    } finally {
      await office.close();
    }
  });

  test.run();
}
