import { test } from "uvu";
import * as assert from "uvu/assert";
import { brokersHere } from "../brokers.ts";
import { until } from "../until.ts";
import { ask, openOfficeProcess } from "./office-process.ts";
import { connectRaw } from "./raw-client.ts";

const request = (id: string) => JSON.stringify({ id, service: "id-card" });

for (const kind of brokersHere()) {
  test(`${kind}: a request that the broker keeps is not done at a start of the hub, and staff hear of it`, async () => {
    const office = await openOfficeProcess(kind);
    try {
      const admin = await office.connect("admin-1");
      const check = async () => {
        const { events } = await ask(admin, "event.list", { limit: 100 });
        return {
          alarms: events.filter(({ type, alarm }) => type === "device.alarm" && alarm === "retained request"),
          tickets: (await ask(admin, "hub.check", {})).counts.tickets,
        };
      };
      const discarded = () =>
        office.hub.lines().findLast(({ msg }) => msg === "retained request discarded")?.retainedRequests;
      let terminal = await connectRaw(office.url, "terminal-1");
      // To those who listen already a broker passes it on like any other (MQTT 3.1.1, section 3.3.1.3): one ticket.
      const { reply } = await terminal.sendAlone("ticket.issue", request("kept-1"), { retain: true });
      assert.ok(reply.ok, JSON.stringify(reply));
      assert.equal(await check(), { alarms: [], tickets: 1 });
      await terminal.end();

      if (kind === "embedded") {
        await office.hub.stop();
        await office.startHub();
        await ask(admin, "queue.list", {});
        assert.equal(await check(), { alarms: [], tickets: 1 }, "the broker went with the hub and kept nothing");
        return;
      }
      for (const start of [1, 2, 3]) {
        await office.hub.stop();
        if (start === 2) {
          terminal = await connectRaw(office.url, "terminal-1");
          await terminal.send("ticket.withdraw", JSON.stringify({ id: "kept-2", request: "kept-1" }), { retain: true });
          await terminal.send("ticket.issue", request("kept-3"), { retain: true });
          await terminal.end();
        }
        await office.startHub();
        const kept = start === 1 ? 1 : 2;
        await until("all are counted", () => discarded() === kept);
        const seen = await until("the alarm", async () => {
          const now = await check();
          return now.alarms.length >= (start === 1 ? 1 : 1 + 2 * (start - 1)) && now;
        });
        assert.is(seen.alarms.length, start === 1 ? 1 : 1 + 2 * (start - 1));
        assert.is(seen.alarms[0]?.client, "terminal-1");
        assert.is(seen.tickets, 1, `start ${start}`);
      }
      const { tickets } = await ask(admin, "queue.list", {});
      assert.equal(
        tickets.map(({ number }) => number),
        ["A001"],
        "nor was it withdrawn",
      );
    } finally {
      await office.close();
    }
  });
}

test.run();
