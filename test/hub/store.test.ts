import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { runHub } from "./running-hub.ts";
import { openOffice, outcome } from "./test-office.ts";

test("a file that somebody else has locked: refused at once, nothing happened, and the hub goes on", async () => {
  const hub = await runHub();
  const url = `mqtt://127.0.0.1:${hub.mqttPort}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  let beats = 0;
  session.subscribe("beat", {}, () => {
    beats += 1;
  });
  session.start();
  await hub.ask("ticket.issue", { service: "id-card" });
  const other = new Database(join(hub.folder, "data", "hub.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  const refused = await session.request("ticket.issue", { service: "id-card" });
  assert.is(refused.state === "refused" && refused.error.code, "unavailable");
  const before = beats;
  await until("two beats, with what is saved at each", () => beats >= before + 2, 20_000);
  other.exec("COMMIT");
  other.close();
  const issued = await until("the store takes it again", async () => {
    const answer = await session.request("ticket.issue", { service: "id-card" });
    return answer.state === "done" && answer.result.ticket.number;
  });
  assert.is(issued, "A002");
  const { events } = await hub.ask("event.list", { after: 0 });
  assert.ok(events.some((event) => event.alarm === "store"));
  assert.is((await hub.ask("hub.check", {})).ok, true);
  await session.stop();
  await hub.stop();
});

test("the check finds a gap in the record, and works beside the office", async () => {
  const office = openOffice();
  for (let n = 0; n < 5; n += 1) await office.issue();
  assert.equal((await office.store.check()).problems, []);
  const [first] = office.store.events(1, 0, 1);
  const file = new Database(office.file);
  file.prepare("DELETE FROM event WHERE seq = ?").run((first?.seq ?? 0) + 2);
  file.close();
  const reply = await office.ask("admin", "hub.check");
  assert.is(outcome(reply), "ok");
  assert.match(JSON.stringify(reply.ok && reply.result), /"ok":false.*epoch 1: \d+ events recorded/);
  office.close();
});

test("old replies are forgotten little by little, events are not", async () => {
  const office = openOffice();
  for (let n = 0; n < 600; n += 1) void office.issue("pick-up");
  await office.issue();
  const counts = async () => (await office.store.check()).counts;
  assert.is((await counts()).replies, 601);
  office.store.tidy(office.now);
  assert.is((await counts()).replies, 601, "those of this instant are kept");
  office.store.tidy(office.now + 1);
  assert.is((await counts()).replies, 101);
  assert.ok(((await counts()).events ?? 0) > 600);
  office.close();
});

test.run();
